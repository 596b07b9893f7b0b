-- Who may act right now, in one row. The liveness check stands in every request's transaction, and as a join of session,
-- person and tenant with a look at the revoked keys it cost PostgreSQL more than the request's own query. Now it is one
-- look-up by primary key.
--
-- The table only ever says yes. Triggers take a session's row away in the transaction that ends the session, disables the
-- person, changes a role or a password, suspends the tenant or revokes the key, and put it back when a token is issued.
-- What the table does not have is asked of platform.require_live_token(), which decides from the tables themselves: a row
-- that is missing costs time, never access. A row that is too many would be a breach; hence the locks below.

drop view platform.live_session;

create table platform.live_session (
  tenant_id uuid not null default current_setting('app.current_tenant')::uuid references platform.tenant,
  id uuid not null,
  person_id uuid not null,
  person_epoch integer not null,
  tenant_epoch integer not null,
  -- The key that signs now. A token of the one before, or of the one after, takes the long way.
  signing_key text collate "C" not null,
  writable boolean not null,
  expires_at timestamptz not null,
  primary key (tenant_id, id)
);

create function identity.keep_live_session() returns trigger
  language plpgsql security definer set search_path = pg_catalog set row_security = on
as $$
begin
  if tg_op = 'DELETE' or new.revoked_at is not null then
    delete from platform.live_session l where l.tenant_id = old.tenant_id and l.id = old.id;
    return null;
  end if;
  -- FOR SHARE: who raises an epoch, changes a state or revokes the key at this moment either is waited for, so that this
  -- reads what they leave, or waits for this transaction, and then finds its row and takes it away.
  insert into platform.live_session as l
    (tenant_id, id, person_id, person_epoch, tenant_epoch, signing_key, writable, expires_at)
  select t.id, new.id, p.id, p.epoch, t.epoch, k.kid, t.state <> 'read_only', new.expires_at
    from platform.tenant t, identity.person p, identity.signing_key k
   where t.id = new.tenant_id and t.state in ('trial', 'active', 'read_only')
     and p.id = new.person_id and p.state = 'active'
     and k.state = 'active'
     for share of t, p, k
  on conflict (tenant_id, id) do update
    set person_id = excluded.person_id, person_epoch = excluded.person_epoch, tenant_epoch = excluded.tenant_epoch,
        signing_key = excluded.signing_key, writable = excluded.writable, expires_at = excluded.expires_at
  where (l.person_id, l.person_epoch, l.tenant_epoch, l.signing_key, l.writable, l.expires_at) is distinct from
        (excluded.person_id, excluded.person_epoch, excluded.tenant_epoch, excluded.signing_key, excluded.writable,
         excluded.expires_at);
  return null;
end
$$;
revoke execute on function identity.keep_live_session from public;

-- rotated_at: when the session's last token was issued.
create trigger session_live_insert after insert on identity.session
  for each row when (new.revoked_at is null) execute function identity.keep_live_session();
create trigger session_live_update after update of tenant_id, person_id, revoked_at, expires_at, rotated_at on identity.session
  for each row when (
    (old.tenant_id, old.person_id, old.revoked_at, old.expires_at, old.rotated_at) is distinct from
    (new.tenant_id, new.person_id, new.revoked_at, new.expires_at, new.rotated_at))
  execute function identity.keep_live_session();
create trigger session_live_delete after delete on identity.session
  for each row execute function identity.keep_live_session();

create function identity.end_live_sessions_of_person() returns trigger
  language plpgsql security definer set search_path = pg_catalog set row_security = on
as $$
begin
  delete from platform.live_session l using identity.session s
   where s.person_id = old.id and l.tenant_id = s.tenant_id and l.id = s.id;
  return null;
end
$$;
revoke execute on function identity.end_live_sessions_of_person from public;
create trigger person_live after update of epoch, state on identity.person
  for each row when ((old.epoch, old.state) is distinct from (new.epoch, new.state))
  execute function identity.end_live_sessions_of_person();

create function platform.end_live_sessions_of_tenant() returns trigger
  language plpgsql security definer set search_path = pg_catalog set row_security = on
as $$
begin
  delete from platform.live_session where tenant_id = old.id;
  return null;
end
$$;
revoke execute on function platform.end_live_sessions_of_tenant from public;
create trigger tenant_live after update of epoch, state on platform.tenant
  for each row when ((old.epoch, old.state) is distinct from (new.epoch, new.state))
  execute function platform.end_live_sessions_of_tenant();

create function identity.end_live_sessions_of_key() returns trigger
  language plpgsql security definer set search_path = pg_catalog set row_security = on
as $$
begin
  delete from platform.live_session where signing_key = old.kid;
  return null;
end
$$;
revoke execute on function identity.end_live_sessions_of_key from public;
create trigger signing_key_live after update of state on identity.signing_key
  for each row when (new.state = 'revoked' and old.state <> 'revoked')
  execute function identity.end_live_sessions_of_key();

-- The sessions of before get their row with their next token.
alter table platform.live_session enable row level security;
alter table platform.live_session force row level security;
create policy tenant_ro on platform.live_session for select to pz_app, pz_support, pz_admin, pz_identity
  using (tenant_id = current_setting('app.current_tenant')::uuid);
create policy owner_all on platform.live_session for all to pz_owner using (true) with check (true);
grant select on platform.live_session to pz_app, pz_support, pz_admin, pz_identity, pz_backup;
