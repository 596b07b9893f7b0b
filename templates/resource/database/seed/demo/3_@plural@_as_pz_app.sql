-- The demo's @words@: 12 in Acme Robotics and 12 in Globex, written as the service itself would write them. Idempotent.

begin;
set local app.current_tenant = '0197c0de-0000-7000-8000-00000000ac3e';
insert into app.@singular@ (tenant_id, id, @field_names@, created_at, updated_at)
  select '0197c0de-0000-7000-8000-00000000ac3e', ('0197c0de-0001-7000-b000-' || lpad(to_hex(n), 12, '0'))::uuid,
         @field.seed@,
         timestamptz '2026-01-15 08:00:00+00' + n * interval '6 hours',
         timestamptz '2026-01-15 08:00:00+00' + n * interval '6 hours'
    from generate_series(1, 12) n
on conflict (tenant_id, id) do nothing;
commit;

begin;
set local app.current_tenant = '0197c0de-0000-7000-8000-00000000610b';
insert into app.@singular@ (tenant_id, id, @field_names@, created_at, updated_at)
  select '0197c0de-0000-7000-8000-00000000610b', ('0197c0de-0002-7000-b000-' || lpad(to_hex(n), 12, '0'))::uuid,
         @field.seed@,
         timestamptz '2026-01-15 08:00:00+00' + n * interval '6 hours',
         timestamptz '2026-01-15 08:00:00+00' + n * interval '6 hours'
    from generate_series(1, 12) n
on conflict (tenant_id, id) do nothing;
commit;
