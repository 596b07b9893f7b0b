-- Old months go as a whole and leave a signed word behind: the events up to this one were there, had this hash and this
-- tree, and were retired on purpose.

create table audit.retirement (
  tenant_id uuid not null,
  -- Events 1 to seq are gone.
  seq bigint not null check (seq > 0),
  hash bytea not null check (octet_length(hash) = 32),
  event_at timestamptz not null,
  -- The complete subtrees of the Merkle tree over them: what proofs of later events need of these.
  frontier bytea not null check (octet_length(frontier) % 32 = 0),
  kid text collate "C" not null,
  jws text not null,
  made_at timestamptz not null,
  primary key (tenant_id, seq)
);
create trigger append_only before update or delete or truncate on audit.retirement
  for each statement execute function audit.refuse_change();
alter table audit.retirement enable row level security;
alter table audit.retirement force row level security;
create policy tenant_ro on audit.retirement for select to pz_app
  using (tenant_id = current_setting('app.current_tenant')::uuid);
create policy platform_ro on audit.retirement for select to pz_admin
  using (tenant_id = '00000000-0000-0000-0000-000000000000');
create policy append on audit.retirement for insert to pz_owner with check (true);
create policy own on audit.retirement for select to pz_owner using (true);
grant select on audit.retirement to pz_app, pz_admin, pz_backup;

-- Everything below is a job of the platform, done by nobody on a tenant's behalf.

-- The months that end at or before this time.
create function audit.months_before(cut timestamptz) returns setof regclass
  language sql stable set search_path = pg_catalog
as $$
  select c.oid::regclass from pg_inherits i join pg_class c on c.oid = i.inhrelid
   where i.inhparent = 'audit.event'::regclass and c.relname ~ '^event_[0-9]{4}_[0-9]{2}$'
     and c.relname < 'event_' || to_char(cut at time zone 'UTC', 'YYYY_MM')
   order by c.relname
$$;
revoke execute on function audit.months_before(timestamptz) from public;

-- From here on the months before the cut take no event: what is now verified and signed about them stays true until they
-- are dropped.
create function audit.close_months(cut timestamptz) returns void
  language plpgsql volatile security definer set search_path = pg_catalog set lock_timeout = '5s'
as $$
declare
  part regclass;
begin
  if current_setting('app.current_tenant')::uuid <> '00000000-0000-0000-0000-000000000000' then
    raise exception 'only the platform retires events' using errcode = 'insufficient_privilege';
  end if;
  if cut <> date_trunc('month', cut, 'UTC') or cut > date_trunc('month', now(), 'UTC') - interval '1 month' then
    raise exception 'only whole months go, and the current and the last one stay' using errcode = 'invalid_parameter_value';
  end if;
  for part in select audit.months_before(cut) loop
    if not exists (select from pg_constraint where conrelid = part and conname = 'month_is_closed') then
      execute format('alter table %s add constraint month_is_closed check (false) not valid', part);
    end if;
  end loop;
end
$$;
revoke execute on function audit.close_months(timestamptz) from public;
grant execute on function audit.close_months(timestamptz) to pz_admin;

-- Each chain that has events before the cut: the last of them, and where it was cut the last time.
create function audit.retirable_chains(cut timestamptz)
  returns table (chain uuid, seq bigint, at timestamptz,
                 retired_seq bigint, retired_hash bytea, retired_at timestamptz, frontier bytea)
  language plpgsql stable security definer set search_path = pg_catalog
as $$
begin
  if current_setting('app.current_tenant')::uuid <> '00000000-0000-0000-0000-000000000000' then
    raise exception 'only the platform retires events' using errcode = 'insufficient_privilege';
  end if;
  return query
    select h.tenant_id, e.seq, e.at, coalesce(r.seq, 0), coalesce(r.hash, decode(repeat('00', 32), 'hex')),
           coalesce(r.event_at, '-infinity'), coalesce(r.frontier, ''::bytea)
      from audit.chain_head h
     cross join lateral (
        select v.seq, v.at from audit.event v
         where v.tenant_id = h.tenant_id and v.at < cut order by v.at desc, v.seq desc limit 1) e
      left join lateral (
        select k.seq, k.hash, k.event_at, k.frontier from audit.retirement k
         where k.tenant_id = h.tenant_id order by k.seq desc limit 1) r on true
     order by h.tenant_id;
end
$$;
revoke execute on function audit.retirable_chains(timestamptz) from public;
grant execute on function audit.retirable_chains(timestamptz) to pz_admin;

create function audit.checkpoints_between(of_chain uuid, behind bigint, up_to bigint) returns setof text
  language plpgsql stable security definer set search_path = pg_catalog
as $$
begin
  if current_setting('app.current_tenant')::uuid <> '00000000-0000-0000-0000-000000000000' then
    raise exception 'only the platform retires events' using errcode = 'insufficient_privilege';
  end if;
  return query select c.jws from audit.checkpoint c
                where c.tenant_id = of_chain and c.seq > behind and c.seq <= up_to order by c.seq;
end
$$;
revoke execute on function audit.checkpoints_between(uuid, bigint, bigint) from public;
grant execute on function audit.checkpoints_between(uuid, bigint, bigint) to pz_admin;

create function audit.keep_retirement(
    of_chain uuid, at_seq bigint, at_hash bytea, at_time timestamptz, new_frontier bytea, by_kid text, new_jws text,
    made timestamptz)
  returns void
  language plpgsql volatile security definer set search_path = pg_catalog
as $$
begin
  if current_setting('app.current_tenant')::uuid <> '00000000-0000-0000-0000-000000000000' then
    raise exception 'only the platform retires events' using errcode = 'insufficient_privilege';
  end if;
  insert into audit.retirement (tenant_id, seq, hash, event_at, frontier, kid, jws, made_at)
  values (of_chain, at_seq, at_hash, at_time, new_frontier, by_kid, new_jws, made)
  on conflict do nothing;
end
$$;
revoke execute on function audit.keep_retirement(uuid, bigint, bytea, timestamptz, bytea, text, text, timestamptz)
  from public;
grant execute on function audit.keep_retirement(uuid, bigint, bytea, timestamptz, bytea, text, text, timestamptz)
  to pz_admin;

-- The default partition lets nothing go to anybody, its owner included, but in the two functions below: what they do, and the
-- locks on the table, end with their transaction.
create function audit.open_default_partition() returns void
  language plpgsql set search_path = pg_catalog
as $$
begin
  alter table audit.event_default no force row level security;
  alter table audit.event_default disable trigger append_only;
end
$$;
revoke execute on function audit.open_default_partition() from public;

create function audit.shut_default_partition() returns void
  language plpgsql set search_path = pg_catalog
as $$
begin
  alter table audit.event_default enable trigger append_only;
  alter table audit.event_default force row level security;
end
$$;
revoke execute on function audit.shut_default_partition() from public;

-- Drops the closed months before the cut, and what the default partition has of that time. Only events for which a
-- retirement is signed go. Returns the number of months.
create function audit.drop_months(cut timestamptz) returns integer
  language plpgsql volatile security definer set search_path = pg_catalog set lock_timeout = '5s'
as $$
declare
  part regclass;
  dropped integer := 0;
begin
  if current_setting('app.current_tenant')::uuid <> '00000000-0000-0000-0000-000000000000' then
    raise exception 'only the platform retires events' using errcode = 'insufficient_privilege';
  end if;
  if exists (select from audit.months_before(cut) m (part)
              where not exists (select from pg_constraint c
                                 where c.conrelid = m.part and c.conname = 'month_is_closed'))
     or exists (select from audit.retirable_chains(cut) c where c.seq > c.retired_seq) then
    raise exception 'not all of it was signed as retired' using errcode = 'object_not_in_prerequisite_state';
  end if;
  for part in select audit.months_before(cut) loop
    execute format('drop table %s', part);
    dropped := dropped + 1;
  end loop;
  if exists (select from audit.event e where e.tableoid = 'audit.event_default'::regclass and e.at < cut) then
    perform audit.open_default_partition();
    delete from audit.event_default e using audit.retirement r
     where e.at < cut and r.tenant_id = e.tenant_id and e.seq <= r.seq;
    perform audit.shut_default_partition();
  end if;
  return dropped;
end
$$;
revoke execute on function audit.drop_months(timestamptz) from public;
grant execute on function audit.drop_months(timestamptz) to pz_admin;

-- As before, and what the default partition took while the month had none of its own moves into it.
create or replace function audit.make_partitions(months_ahead integer) returns integer
  language plpgsql volatile security definer set search_path = pg_catalog
as $$
declare
  month timestamptz := date_trunc('month', now(), 'UTC');
  next timestamptz;
  name text;
  made integer := 0;
begin
  if session_user <> 'pz_migrator'
     and current_setting('app.current_tenant')::uuid <> '00000000-0000-0000-0000-000000000000' then
    raise exception 'only the platform makes partitions' using errcode = 'insufficient_privilege';
  end if;
  for i in 0 .. months_ahead loop
    name := 'event_' || to_char(month at time zone 'UTC', 'YYYY_MM');
    next := (month at time zone 'UTC' + interval '1 month') at time zone 'UTC';
    if to_regclass('audit.' || name) is null then
      execute format('create table audit.%I (like audit.event including constraints)', name);
      if exists (select from audit.event e
                  where e.tableoid = 'audit.event_default'::regclass and e.at >= month and e.at < next) then
        perform audit.open_default_partition();
        execute format('with moved as (delete from audit.event_default where at >= %L and at < %L returning *)
                        insert into audit.%I select * from moved', month, next, name);
        perform audit.shut_default_partition();
      end if;
      execute format('alter table audit.event attach partition audit.%I for values from (%L) to (%L)', name, month, next);
      perform audit.guard_partition(to_regclass('audit.' || name));
      made := made + 1;
    end if;
    month := next;
  end loop;
  return made;
end
$$;
