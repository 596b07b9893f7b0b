-- What lists.ts pages through: 100,000 organizations, and 100,000 items of the demo's Acme.
\set QUIET on
\set ON_ERROR_STOP on
\ir ../../bench/organizations-seed.sql
insert into app.item (tenant_id, id, title, status, created_by, created_at, updated_at)
select '0197c0de-0000-7000-8000-00000000ac3e', ('0199' || lpad(to_hex(n), 28, '0'))::uuid, 'Inspect gripper ' || n,
       case when n % 11 = 0 then 'archived' when n % 4 = 0 then 'done' else 'open' end, '0197c0de-0000-7000-9000-000000000003',
       at, at
  from generate_series(1, 100000) n, lateral (select '2026-02-01'::timestamptz + n * interval '1 minute' as at) as made;
vacuum analyze;
