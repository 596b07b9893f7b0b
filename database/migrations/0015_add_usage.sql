-- What a tenant uses, and what its own admins say about it.

alter table platform.tenant
  add column contact_email text check (char_length(contact_email) between 3 and 254),
  -- An IANA name, for whoever shows times.
  add column time_zone text not null default 'UTC' check (time_zone ~ '^[A-Za-z0-9_+/-]{1,64}$');

-- A tenant changes these columns of its own row and no other. One policy, as everywhere: what may be changed is the grant's
-- to say.
drop policy tenant_own on platform.tenant;
create policy tenant_own on platform.tenant for all to pz_app
  using (id = current_setting('app.current_tenant')::uuid) with check (id = current_setting('app.current_tenant')::uuid);
grant update (name, contact_email, time_zone, version, updated_at) on platform.tenant to pz_app;

-- Requests that were answered for a tenant, by the hour in which they were counted. Written by the platform alone: nobody
-- keeps his own account.
create table platform.usage_hour (
  tenant_id uuid not null default current_setting('app.current_tenant')::uuid references platform.tenant,
  hour timestamptz not null,
  requests bigint not null check (requests >= 0),
  -- Answered with 4xx or 5xx.
  errors bigint not null check (errors between 0 and requests),
  primary key (tenant_id, hour)
);

-- How much a tenant has in each table of schema app, as it was last measured.
create table platform.usage_size (
  tenant_id uuid not null default current_setting('app.current_tenant')::uuid references platform.tenant,
  table_name text collate "C" not null,
  row_count bigint not null check (row_count >= 0),
  bytes bigint not null check (bytes >= 0),
  measured_at timestamptz not null,
  primary key (tenant_id, table_name)
);

alter table platform.usage_hour enable row level security;
alter table platform.usage_hour force row level security;
create policy tenant_ro on platform.usage_hour for select to pz_app, pz_support
  using (tenant_id = current_setting('app.current_tenant')::uuid);
create policy platform_rw on platform.usage_hour for all to pz_admin using (true) with check (true);
grant select on platform.usage_hour to pz_app, pz_support, pz_backup;
grant select, insert, update, delete on platform.usage_hour to pz_admin;

alter table platform.usage_size enable row level security;
alter table platform.usage_size force row level security;
create policy tenant_ro on platform.usage_size for select to pz_app, pz_support
  using (tenant_id = current_setting('app.current_tenant')::uuid);
create policy platform_rw on platform.usage_size for all to pz_admin using (true) with check (true);
grant select on platform.usage_size to pz_app, pz_support, pz_backup;
grant select, insert, update, delete on platform.usage_size to pz_admin;

-- Measures every table of schema app, whichever there are by now; runs as its caller, who sees all tenants. Of a table with
-- more than a million rows a sample of about a million is taken and scaled up. One process at a time; a tenant that has
-- nothing left in a table is measured as nothing. Returns the number of tables, null when another process is at it.
create function platform.measure_sizes(at timestamptz) returns integer
  language plpgsql volatile set search_path = pg_catalog
as $$
declare
  measured record;
  share double precision;
  tables integer := 0;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('platform.measure_sizes', 0)) then
    return null;
  end if;
  for measured in
    select c.oid::regclass::text as name, c.reltuples from pg_class c
     where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
     order by 1
  loop
    share := least(100, 100 * 1000000 / greatest(measured.reltuples, 1));
    execute format(
      'insert into platform.usage_size as u (tenant_id, table_name, row_count, bytes, measured_at)
       select t.tenant_id, $1, count(*) * 100 / $2, sum(pg_column_size(t.*)) * 100 / $2, $3
         from %s t tablesample system ($2) group by t.tenant_id
       on conflict (tenant_id, table_name)
       do update set row_count = excluded.row_count, bytes = excluded.bytes, measured_at = excluded.measured_at',
      measured.name) using measured.name, share, at;
    update platform.usage_size u set row_count = 0, bytes = 0, measured_at = at
     where u.table_name = measured.name and u.measured_at < at;
    tables := tables + 1;
  end loop;
  return tables;
end
$$;
revoke execute on function platform.measure_sizes from public;
grant execute on function platform.measure_sizes to pz_admin;

-- A tenant may know how many people it has itself; of the others only the platform's role, in the platform's own tenant.
create or replace function platform.count_members(tenant uuid) returns table (members bigint, admins bigint, invited bigint)
  language sql stable security definer set search_path = pg_catalog
as $$
  with asked as (
    select count_members.tenant as id
     where current_setting('app.current_tenant')::uuid = count_members.tenant
        or session_user = 'pz_admin'
           and current_setting('app.current_tenant')::uuid = '00000000-0000-0000-0000-000000000000')
  select (select count(*) from identity.membership m join asked on m.tenant_id = asked.id where m.state = 'active'),
         (select count(*) from identity.membership m join asked on m.tenant_id = asked.id
           where m.state = 'active' and m.role = 'admin'),
         (select count(*) from identity.invitation i join asked on i.tenant_id = asked.id
           where i.state = 'pending' and i.expires_at > now())
$$;
grant execute on function platform.count_members to pz_app, pz_support;
