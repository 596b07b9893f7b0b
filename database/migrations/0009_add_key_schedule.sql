-- The schedule of the signing keys: when each state began, which steps there are, and how a revoked key's tokens die on
-- their next request.

alter table identity.signing_key
  add column activated_at timestamptz,
  add column retiring_at timestamptz,
  add column retired_at timestamptz,
  add column revoked_at timestamptz,
  -- Given up as soon as the key no longer signs.
  alter column private_key_encrypted drop not null;
update identity.signing_key set activated_at = changed_at where state = 'active';
alter table identity.signing_key
  add constraint signing_key_private_half check (
    private_key_encrypted is not null or state in ('retiring', 'retired', 'revoked'));

create unique index signing_key_one_next on identity.signing_key (state) where state = 'next';
-- Empty but for emergencies, so asking it costs a request next to nothing.
create index signing_key_revoked on identity.signing_key (kid) where state = 'revoked';

-- next → active → retiring → retired, and revoked from anywhere: whoever writes.
create function identity.refuse_wrong_key_step() returns trigger
  language plpgsql set search_path = pg_catalog
as $$
begin
  if new.state = 'revoked' and old.state <> 'revoked'
     or (old.state, new.state) in (('next', 'active'), ('active', 'retiring'), ('retiring', 'retired')) then
    return new;
  end if;
  raise exception 'a signing key does not go from % to %', old.state, new.state using errcode = '23514';
end
$$;
revoke execute on function identity.refuse_wrong_key_step from public;
create trigger signing_key_step before update of state on identity.signing_key
  for each row when (old.state is distinct from new.state) execute function identity.refuse_wrong_key_step();

-- What every request asks beside platform.live_session: verifiers keep the issuer's keys for minutes, so that the end of a
-- key must reach them through the database.
create view platform.revoked_key with (security_barrier) as
  select kid from identity.signing_key where state = 'revoked';
grant select on platform.revoked_key to pz_app, pz_support, pz_admin, pz_identity;

-- The check of before, and the key that signed the token. It runs as its caller, who may read the view.
create function platform.require_live_token(
  signing_key text, person uuid, person_epoch integer, tenant_epoch integer, session uuid, writes boolean
) returns void
  language plpgsql stable set search_path = pg_catalog
as $$
begin
  if exists (select from platform.revoked_key k where k.kid = require_live_token.signing_key) then
    raise exception 'the key that signed the token is revoked' using errcode = 'PZ498';
  end if;
  perform platform.require_live(
    require_live_token.person, require_live_token.person_epoch, require_live_token.tenant_epoch,
    require_live_token.session, require_live_token.writes);
end
$$;
revoke execute on function platform.require_live_token from public;
grant execute on function platform.require_live_token to pz_app, pz_support, pz_admin, pz_identity;
