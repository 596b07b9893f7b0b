-- Schema audit: what somebody did, as chains of hashes that cannot be changed unseen. docs/audit.md tells the whole story.
-- tenant_id is the chain; the nil UUID is the platform's.

create schema audit;
grant usage on schema audit to pz_app, pz_support, pz_admin, pz_identity, pz_backup;

-- Where each chain ends. Every append locks this row until its COMMIT: that is what makes the numbers gap-free and the chain
-- one line. Rewritten by each event, so there is room in the page for the versions.
create table audit.chain_head (
  tenant_id uuid primary key,
  seq bigint not null default 0,
  hash bytea not null default decode(repeat('00', 32), 'hex') check (octet_length(hash) = 32),
  -- The latest time of any event, so that the column `at` of audit.event never goes back within a chain.
  at timestamptz not null default '-infinity'
) with (fillfactor = 20);

create table audit.event (
  tenant_id uuid not null,
  -- The event's time, or that of an earlier event if its clock was ahead: monotone, so that a chain is in order by time and
  -- by number alike, and each month is one run of it.
  at timestamptz not null,
  seq bigint not null check (seq > 0),
  id uuid not null,
  -- What lists filter by. The truth is the body; the verifier compares.
  action text collate "C" not null check (char_length(action) <= 100),
  outcome text collate "C" not null check (outcome in ('success', 'refused', 'failure')),
  actor_id uuid,
  target_id text collate "C",
  impersonation_id uuid,
  -- RFC 8785, exactly the bytes that were hashed.
  body bytea not null check (octet_length(body) <= 65536),
  hash bytea not null check (octet_length(hash) = 32),
  primary key (tenant_id, at, seq)
) partition by range (at);
create index event_action on audit.event (tenant_id, action, at, seq);
create index event_actor on audit.event (tenant_id, actor_id, at, seq);
create index event_target on audit.event (tenant_id, target_id, at, seq);
create index event_outcome on audit.event (tenant_id, outcome, at, seq) where outcome <> 'success';
create index event_impersonation on audit.event (tenant_id, impersonation_id, at, seq) where impersonation_id is not null;

-- Signed words about where a chain stood: the same are in a file outside the database.
create table audit.checkpoint (
  tenant_id uuid not null,
  seq bigint not null check (seq > 0),
  hash bytea not null check (octet_length(hash) = 32),
  -- The complete subtrees of the Merkle tree over the events up to here, so that the next root needs the new events only.
  frontier bytea not null check (octet_length(frontier) % 32 = 0),
  kid text collate "C" not null,
  jws text not null,
  made_at timestamptz not null,
  primary key (tenant_id, seq)
);

-- What the commitments in the events stand for. Deleting a row here is the erasure: without the salt a commitment says
-- nothing, and the chain does not change.
create table audit.pii (
  tenant_id uuid not null,
  commitment text collate "C" not null check (commitment ~ '^[A-Za-z0-9_-]{43}$'),
  kind text collate "C" not null check (kind in ('address', 'user_agent', 'email')),
  salt bytea not null check (octet_length(salt) = 32),
  value text not null check (char_length(value) <= 1000),
  person_id uuid,
  made_at timestamptz not null,
  primary key (tenant_id, commitment)
);
create index pii_person on audit.pii (tenant_id, person_id) where person_id is not null;

-- Raises for everybody but the owner of the database, logged in as such. In front of it stand missing grants; this is for
-- those whom grants do not bind: the migrator, and a superuser who does not first switch triggers off.
create function audit.refuse_change() returns trigger
  language plpgsql set search_path = pg_catalog
as $$
begin
  if session_user <> (select pg_get_userbyid(datdba) from pg_database where datname = current_database()) then
    raise exception 'the audit log is only ever added to' using errcode = 'insufficient_privilege';
  end if;
  return null;
end
$$;
revoke execute on function audit.refuse_change() from public;

create trigger append_only before update or delete or truncate on audit.event
  for each statement execute function audit.refuse_change();
create trigger append_only before update or delete or truncate on audit.checkpoint
  for each statement execute function audit.refuse_change();
create trigger append_only before delete or truncate on audit.chain_head
  for each statement execute function audit.refuse_change();

alter table audit.chain_head enable row level security;
alter table audit.chain_head force row level security;
alter table audit.event enable row level security;
alter table audit.event force row level security;
alter table audit.checkpoint enable row level security;
alter table audit.checkpoint force row level security;
alter table audit.pii enable row level security;
alter table audit.pii force row level security;

-- A tenant reads its own chain, the platform's staff the platform's. What is written is written by the functions below, as
-- the owner.
do $$
declare
  t text;
begin
  foreach t in array array['chain_head', 'event', 'checkpoint', 'pii'] loop
    execute format($p$create policy tenant_ro on audit.%I for select to pz_app
      using (tenant_id = current_setting('app.current_tenant')::uuid)$p$, t);
    execute format($p$create policy platform_ro on audit.%I for select to pz_admin
      using (tenant_id = '00000000-0000-0000-0000-000000000000')$p$, t);
    execute format('grant select on audit.%I to pz_app, pz_admin, pz_backup', t);
  end loop;
end
$$;
create policy append on audit.chain_head for all to pz_owner using (true) with check (true);
create policy append on audit.event for insert to pz_owner with check (true);
create policy own on audit.event for select to pz_owner using (true);
create policy append on audit.checkpoint for insert to pz_owner with check (true);
create policy own on audit.checkpoint for select to pz_owner using (true);
create policy keep on audit.pii for all to pz_owner using (true) with check (true);

-- The partitions of the months up to so many ahead. Whoever reads goes through audit.event and its policies; only the backup
-- reads a partition by itself. A new one leaves the default empty, which is there so that no action ever fails for want of
-- a partition.
create table audit.event_default partition of audit.event default;

create function audit.guard_partition(part regclass) returns void
  language plpgsql set search_path = pg_catalog
as $$
begin
  execute format('alter table %s enable row level security', part);
  execute format('alter table %s force row level security', part);
  execute format('grant select on %s to pz_backup', part);
  execute format('create trigger append_only before update or delete or truncate on %s
                  for each statement execute function audit.refuse_change()', part);
end
$$;
revoke execute on function audit.guard_partition(regclass) from public;

create function audit.make_partitions(months_ahead integer) returns integer
  language plpgsql volatile security definer set search_path = pg_catalog
as $$
declare
  month timestamptz := date_trunc('month', now(), 'UTC');
  name text;
  made integer := 0;
begin
  -- A thing of the platform, done by nobody on a tenant's behalf.
  if session_user <> 'pz_migrator'
     and current_setting('app.current_tenant')::uuid <> '00000000-0000-0000-0000-000000000000' then
    raise exception 'only the platform makes partitions' using errcode = 'insufficient_privilege';
  end if;
  for i in 0 .. months_ahead loop
    name := 'event_' || to_char(month at time zone 'UTC', 'YYYY_MM');
    if to_regclass('audit.' || name) is null then
      execute format('create table audit.%I partition of audit.event for values from (%L) to (%L)',
                     name, month, (month at time zone 'UTC' + interval '1 month') at time zone 'UTC');
      perform audit.guard_partition(to_regclass('audit.' || name));
      made := made + 1;
    end if;
    month := (month at time zone 'UTC' + interval '1 month') at time zone 'UTC';
  end loop;
  return made;
end
$$;
revoke execute on function audit.make_partitions(integer) from public;
grant execute on function audit.make_partitions(integer) to pz_admin;

select audit.guard_partition('audit.event_default');
select audit.make_partitions(3);

-- Adds one event to its chain and returns its number: the only way into audit.event. `before` and `after` are the canonical
-- body in front of and behind the number, which nobody knows before the chain's head is locked. The lock lasts until COMMIT,
-- so this is a transaction's last statement; who writes to two chains writes to the smaller UUID first.
create function audit.append(
    chain uuid, event_id uuid, event_time timestamptz, event_action text, event_outcome text, actor uuid, target text,
    impersonation uuid, before text, after text)
  returns bigint
  language plpgsql volatile security definer set search_path = pg_catalog
as $$
declare
  new record;
begin
  -- Tenants' requests add to their own chain, whatever their statement says.
  if session_user not in ('pz_admin', 'pz_identity') and chain <> current_setting('app.current_tenant')::uuid then
    raise exception 'another tenant''s chain' using errcode = 'insufficient_privilege';
  end if;
  if right(before, 7) <> ',"seq":' then
    raise exception 'the body has no place for its number' using errcode = 'invalid_parameter_value';
  end if;
  loop
    update audit.chain_head h
       set seq = h.seq + 1,
           at = greatest(h.at, event_time),
           hash = sha256('\x02'::bytea || uuid_send(chain) || int8send(h.seq + 1) || h.hash
                         || sha256(convert_to(before || (h.seq + 1)::text || after, 'UTF8')))
     where h.tenant_id = chain
    returning h.seq, h.hash, h.at into new;
    exit when found;
    insert into audit.chain_head (tenant_id) values (chain) on conflict do nothing;
  end loop;
  insert into audit.event
    (tenant_id, at, seq, id, action, outcome, actor_id, target_id, impersonation_id, body, hash)
  values
    (chain, new.at, new.seq, event_id, event_action, event_outcome, actor, target, impersonation,
     convert_to(before || new.seq::text || after, 'UTF8'), new.hash);
  return new.seq;
end
$$;
revoke execute on function audit.append(uuid, uuid, timestamptz, text, text, uuid, text, uuid, text, text) from public;
grant execute on function audit.append(uuid, uuid, timestamptz, text, text, uuid, text, uuid, text, text)
  to pz_app, pz_support, pz_admin, pz_identity;

-- The clear value behind a commitment.
create function audit.keep_personal(
    chain uuid, new_commitment text, new_kind text, new_salt bytea, new_value text, person uuid, at timestamptz)
  returns void
  language plpgsql volatile security definer set search_path = pg_catalog
as $$
begin
  if session_user not in ('pz_admin', 'pz_identity') and chain <> current_setting('app.current_tenant')::uuid then
    raise exception 'another tenant''s chain' using errcode = 'insufficient_privilege';
  end if;
  insert into audit.pii (tenant_id, commitment, kind, salt, value, person_id, made_at)
  values (chain, new_commitment, new_kind, new_salt, new_value, person, at)
  on conflict do nothing;
end
$$;
revoke execute on function audit.keep_personal(uuid, text, text, bytea, text, uuid, timestamptz) from public;
grant execute on function audit.keep_personal(uuid, text, text, bytea, text, uuid, timestamptz)
  to pz_app, pz_support, pz_admin, pz_identity;

-- Takes at most `batch` clear values of a tenant that is being deleted away; returns how many. Its events stay, and tell
-- nobody's address: a commitment without its salt says nothing.
create function audit.erase_personal(chain uuid, batch integer) returns integer
  language plpgsql volatile security definer set search_path = pg_catalog set row_security = on
as $$
declare
  erased integer;
begin
  if current_setting('app.current_tenant')::uuid <> '00000000-0000-0000-0000-000000000000' then
    raise exception 'only the platform erases a tenant' using errcode = 'insufficient_privilege';
  end if;
  perform from platform.tenant t where t.id = chain and t.state = 'deleting';
  if not found then
    raise exception 'the tenant is not being deleted' using errcode = 'PZ409';
  end if;
  delete from audit.pii p where p.tenant_id = chain and p.commitment in (
    select q.commitment from audit.pii q where q.tenant_id = chain limit batch);
  get diagnostics erased = row_count;
  return erased;
end
$$;
revoke execute on function audit.erase_personal(uuid, integer) from public;
grant execute on function audit.erase_personal(uuid, integer) to pz_admin;

-- What signs the chains: a job of the platform, which sees every chain's numbers and hashes and no event.
-- Chains with so many events since their last checkpoint, or with any and a last checkpoint that old, each with that checkpoint.
create function audit.unsigned_chains(many bigint, before timestamptz)
  returns table (chain uuid, seq bigint, hash bytea, signed_seq bigint, frontier bytea)
  language plpgsql stable security definer set search_path = pg_catalog
as $$
begin
  if current_setting('app.current_tenant')::uuid <> '00000000-0000-0000-0000-000000000000' then
    raise exception 'only the platform signs chains' using errcode = 'insufficient_privilege';
  end if;
  return query
    select h.tenant_id, h.seq, h.hash, coalesce(c.seq, 0), coalesce(c.frontier, ''::bytea)
      from audit.chain_head h
      left join lateral (
        select k.seq, k.frontier, k.made_at from audit.checkpoint k
         where k.tenant_id = h.tenant_id order by k.seq desc limit 1) c on true
     where h.seq > coalesce(c.seq, 0)
       and (h.seq - coalesce(c.seq, 0) >= many or coalesce(c.made_at, '-infinity') <= before);
end
$$;
revoke execute on function audit.unsigned_chains(bigint, timestamptz) from public;
grant execute on function audit.unsigned_chains(bigint, timestamptz) to pz_admin;

-- The Merkle leaves of the events behind one number and up to another, in their order.
create function audit.leaves(of_chain uuid, behind bigint, up_to bigint) returns setof bytea
  language plpgsql stable security definer set search_path = pg_catalog
as $$
begin
  if current_setting('app.current_tenant')::uuid <> '00000000-0000-0000-0000-000000000000' then
    raise exception 'only the platform signs chains' using errcode = 'insufficient_privilege';
  end if;
  return query
    select sha256('\x00'::bytea || e.body) from audit.event e
     where e.tenant_id = of_chain and e.seq > behind and e.seq <= up_to
     order by e.at, e.seq;
end
$$;
revoke execute on function audit.leaves(uuid, bigint, bigint) from public;
grant execute on function audit.leaves(uuid, bigint, bigint) to pz_admin;

create function audit.keep_checkpoint(
    of_chain uuid, at_seq bigint, at_hash bytea, new_frontier bytea, by_kid text, new_jws text, made timestamptz)
  returns void
  language plpgsql volatile security definer set search_path = pg_catalog
as $$
begin
  if current_setting('app.current_tenant')::uuid <> '00000000-0000-0000-0000-000000000000' then
    raise exception 'only the platform signs chains' using errcode = 'insufficient_privilege';
  end if;
  insert into audit.checkpoint (tenant_id, seq, hash, frontier, kid, jws, made_at)
  values (of_chain, at_seq, at_hash, new_frontier, by_kid, new_jws, made);
end
$$;
revoke execute on function audit.keep_checkpoint(uuid, bigint, bytea, bytea, text, text, timestamptz) from public;
grant execute on function audit.keep_checkpoint(uuid, bigint, bytea, bytea, text, text, timestamptz) to pz_admin;
