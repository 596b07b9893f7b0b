-- Schema identity: people, memberships, sessions, signing keys. Only identity-service's role reaches it.

create schema identity;
grant usage on schema identity to pz_identity, pz_backup;

create table identity.person (
  id uuid primary key,
  email text not null check (char_length(email) between 3 and 254),
  -- The one form that is compared. An account is global; a membership ties it to a tenant.
  email_folded text collate "C" not null generated always as (lower(email)) stored
    constraint person_email_key unique,
  name text not null check (char_length(name) between 1 and 200),
  password_hash text,
  state text not null default 'active' check (state in ('active', 'disabled')),
  -- Raised by a role or password change, a disable, a forced sign-out: tokens that carry an older number are dead.
  epoch integer not null default 1 check (epoch > 0),
  -- Seeded by the demo; a production service refuses to start while such accounts exist.
  demo boolean not null default false,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index person_demo on identity.person (id) where demo;

create table identity.membership (
  tenant_id uuid not null references platform.tenant,
  person_id uuid not null references identity.person,
  role text not null check (role in ('admin', 'standard', 'platform_admin', 'support_agent')),
  created_at timestamptz not null default now(),
  primary key (tenant_id, person_id),
  -- Platform roles live in the platform's own tenant and nowhere else.
  constraint membership_platform_role check (
    (role in ('platform_admin', 'support_agent')) = (tenant_id = '00000000-0000-0000-0000-000000000000'))
);
create index membership_person on identity.membership (person_id, tenant_id);

create table identity.session (
  id uuid primary key,
  person_id uuid not null references identity.person,
  tenant_id uuid not null references platform.tenant,
  -- Input of the keyed hash that makes this session's refresh tokens; useless without the service's key.
  refresh_nonce bytea not null check (octet_length(refresh_nonce) = 16),
  -- The generation that is valid now; its parent is accepted for a few seconds after rotated_at.
  refresh_counter integer not null default 0 check (refresh_counter >= 0),
  rotated_at timestamptz not null,
  created_at timestamptz not null,
  auth_time timestamptz not null,
  idle_expires_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  revoke_reason text check (revoke_reason in ('signed_out', 'refresh_reuse', 'forced', 'password_changed')),
  constraint session_revocation check ((revoked_at is null) = (revoke_reason is null))
);
create index session_person on identity.session (person_id, created_at desc);
create index session_expiry on identity.session (expires_at);

create table identity.signing_key (
  kid text primary key,
  algorithm text not null check (algorithm in ('ES256', 'RS256', 'EdDSA')),
  state text not null check (state in ('next', 'active', 'retiring', 'retired', 'revoked')),
  public_jwk text not null,
  -- Fernet under PZ_ENCRYPTION_KEYS; never in the clear at rest.
  private_key_encrypted text not null,
  created_at timestamptz not null default now(),
  changed_at timestamptz not null default now()
);
create unique index signing_key_one_active on identity.signing_key (state) where state = 'active';

grant select, insert, update on identity.person, identity.session, identity.signing_key to pz_identity;
grant select, insert, update, delete on identity.membership to pz_identity;
grant select on all tables in schema identity to pz_backup;

-- Called inside every request's own transaction, right behind SET LOCAL: a suspended tenant, a disabled person or an
-- ended session is refused on its next request, without a round trip of its own. It takes the tenant from the
-- transaction, not from its caller.
create function platform.require_live(
  person uuid, person_epoch integer, tenant_epoch integer, session uuid, writes boolean
) returns void
  language plpgsql stable security definer set search_path = pg_catalog
as $$
declare
  live record;
begin
  select t.state, t.epoch as tenant_epoch, p.epoch as person_epoch, p.state as person_state,
         s.id is not null and s.revoked_at is null and s.expires_at > now() as session_live
    into live
    from platform.tenant t
    left join identity.person p on p.id = require_live.person
    left join identity.session s on s.id = require_live.session and s.person_id = p.id and s.tenant_id = t.id
   where t.id = current_setting('app.current_tenant')::uuid;
  if not found or live.state not in ('trial', 'active', 'read_only') then
    raise exception 'the organization is not active' using errcode = 'PZ403';
  end if;
  if require_live.person is not null
     and (live.person_state is distinct from 'active' or not live.session_live
          or live.person_epoch <> require_live.person_epoch or live.tenant_epoch <> require_live.tenant_epoch) then
    raise exception 'the session has ended' using errcode = 'PZ401';
  end if;
  if require_live.writes and live.state = 'read_only' then
    raise exception 'the organization is read-only' using errcode = 'PZ423';
  end if;
end
$$;
revoke execute on function platform.require_live from public;
grant execute on function platform.require_live to pz_app, pz_support, pz_admin;
