-- The demo's integrations, written as the service itself would write them. None has a secret yet: only the service has the
-- key that one would be encrypted with, and a demo has nothing to keep. Idempotent.

begin;
set local app.current_tenant = '0197c0de-0000-7000-8000-00000000ac3e';
insert into app.integration (tenant_id, id, name, kind, created_at, updated_at)
  select '0197c0de-0000-7000-8000-00000000ac3e', ('0197c0de-0001-7000-b100-' || lpad(to_hex(n), 12, '0'))::uuid,
         (array['Parts supplier', 'Freight tracking', 'Shift planner'])[n], (array['api_key', 'webhook', 'oauth_client'])[n],
         timestamptz '2026-01-08 09:00:00+00' + n * interval '1 day', timestamptz '2026-01-08 09:00:00+00' + n * interval '1 day'
    from generate_series(1, 3) n
on conflict (tenant_id, id) do nothing;
commit;

begin;
set local app.current_tenant = '0197c0de-0000-7000-8000-00000000610b';
insert into app.integration (tenant_id, id, name, kind, created_at, updated_at)
  select '0197c0de-0000-7000-8000-00000000610b', ('0197c0de-0002-7000-b100-' || lpad(to_hex(n), 12, '0'))::uuid,
         (array['Newsletter', 'Payments', 'Customs portal'])[n], (array['api_key', 'webhook', 'password'])[n],
         timestamptz '2026-01-08 09:00:00+00' + n * interval '1 day', timestamptz '2026-01-08 09:00:00+00' + n * interval '1 day'
    from generate_series(1, 3) n
on conflict (tenant_id, id) do nothing;
commit;
