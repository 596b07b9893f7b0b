-- Lists by title and by name, and the answers that Idempotency-Key remembers.

-- Keyset pages by title: the id behind the folded title makes the order total. It leads like item_title, which it replaces.
create index item_title_page on app.item (tenant_id, title_folded, id);
drop index app.item_title;

-- Adding a stored column rewrites the table, so it comes while the table is small.
alter table app.project add name_folded text collate "C" not null generated always as (lower(name)) stored;
create index project_name_page on app.project (tenant_id, name_folded, id);

-- One row per Idempotency-Key that created something: the answer as it was sent, for a client that asks again. Written in
-- the transaction of what it answers, so that the two are never apart; good for 24 hours.
create table platform.idempotency_key (
  tenant_id uuid not null default current_setting('app.current_tenant')::uuid references platform.tenant,
  -- The acting person; the nil UUID for the caller without a token.
  actor_id uuid not null,
  key text collate "C" not null check (key ~ '^[!-~]{1,64}$'),
  -- SHA-256 of method, target and body: the same key with another request is a mistake of the client.
  fingerprint bytea not null check (octet_length(fingerprint) = 32),
  status smallint not null check (status between 200 and 299),
  location text,
  etag text,
  body text not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, actor_id, key)
);
create index idempotency_key_age on platform.idempotency_key (tenant_id, created_at);

alter table platform.idempotency_key enable row level security;
alter table platform.idempotency_key force row level security;
create policy tenant_rw on platform.idempotency_key for all to pz_app
  using (tenant_id = current_setting('app.current_tenant')::uuid)
  with check (tenant_id = current_setting('app.current_tenant')::uuid);
create policy tenant_ro on platform.idempotency_key for select to pz_support
  using (tenant_id = current_setting('app.current_tenant')::uuid);
create policy platform_ro on platform.idempotency_key for select to pz_admin using (true);
grant select, insert, update, delete on platform.idempotency_key to pz_app;
grant select on platform.idempotency_key to pz_support, pz_admin, pz_backup;

-- Stands in front of the statements of a request with an Idempotency-Key and lets them run, or raises what the answer is to
-- be: PZ409 the same key is in flight (nobody waits for it), PZ422 it was used with another request, PZ208 it is answered.
-- The lock ends with the transaction, whichever way that goes. Volatile, so that the second statement sees what a request
-- committed while this one waited for nothing but its turn.
create function platform.claim_idempotency_key(tenant uuid, actor uuid, wanted_key text, wanted_fingerprint bytea)
  returns void
  language plpgsql volatile set search_path = pg_catalog
as $$
declare
  answered record;
begin
  if not pg_try_advisory_xact_lock(hashtextextended(tenant::text || actor::text || wanted_key, 0)) then
    raise exception 'the key is in flight' using errcode = 'PZ409';
  end if;
  select fingerprint = wanted_fingerprint as same into answered
    from platform.idempotency_key
   where tenant_id = tenant and actor_id = actor and key = wanted_key and created_at > now() - interval '24 hours';
  if found and answered.same then
    raise exception 'the key is answered' using errcode = 'PZ208';
  elsif found then
    raise exception 'the key was used with another request' using errcode = 'PZ422';
  end if;
end
$$;
revoke execute on function platform.claim_idempotency_key from public;
grant execute on function platform.claim_idempotency_key to pz_app;
