-- The demo's business rows: 5 projects and 200 items in each organization, written as the service itself would write
-- them: as pz_app, one transaction per organization, behind the same policies. Idempotent.

begin;
set local app.current_tenant = '0197c0de-0000-7000-8000-00000000ac3e';
insert into app.project (tenant_id, id, name, description, created_at, updated_at)
  select '0197c0de-0000-7000-8000-00000000ac3e', ('0197c0de-0001-7000-9000-' || lpad(to_hex(n), 12, '0'))::uuid,
         (array['Gripper', 'Conveyor', 'Vision', 'Welding cell', 'Warehouse'])[n], 'Everything about ' || lower((array['Gripper', 'Conveyor', 'Vision', 'Welding cell', 'Warehouse'])[n]) || '.',
         timestamptz '2026-01-05 09:00:00+00' + n * interval '1 day', timestamptz '2026-01-05 09:00:00+00' + n * interval '1 day'
    from generate_series(1, 5) n
on conflict (tenant_id, id) do nothing;
insert into app.item (tenant_id, id, project_id, title, description, status, created_by, created_at, updated_at)
  select '0197c0de-0000-7000-8000-00000000ac3e', ('0197c0de-0001-7000-a000-' || lpad(to_hex(n), 12, '0'))::uuid,
         case when n % 7 = 0 then null else ('0197c0de-0001-7000-9000-' || lpad(to_hex(n % 5 + 1), 12, '0'))::uuid end,
         (array['Calibrate', 'Inspect', 'Order parts for', 'Update firmware of', 'Document'])[n % 5 + 1] || ' ' || (array['axis', 'gripper', 'camera', 'controller', 'safety fence', 'belt', 'encoder', 'tool changer'])[n / 5 % 8 + 1] || ' ' || lpad(n::text, 3, '0'),
         case when n % 3 = 0 then 'Created by the demo.' end,
         case when n % 11 = 0 then 'archived' when n % 4 = 0 then 'done' else 'open' end,
         '0197c0de-0000-7000-9000-000000000003',
         timestamptz '2026-01-10 08:00:00+00' + n * interval '37 minutes', timestamptz '2026-01-10 08:00:00+00' + n * interval '37 minutes'
    from generate_series(1, 200) n
on conflict (tenant_id, id) do nothing;
commit;

begin;
set local app.current_tenant = '0197c0de-0000-7000-8000-00000000610b';
insert into app.project (tenant_id, id, name, description, created_at, updated_at)
  select '0197c0de-0000-7000-8000-00000000610b', ('0197c0de-0002-7000-9000-' || lpad(to_hex(n), 12, '0'))::uuid,
         (array['Launch', 'Website', 'Customer care', 'Logistics', 'Hiring'])[n], 'Everything about ' || lower((array['Launch', 'Website', 'Customer care', 'Logistics', 'Hiring'])[n]) || '.',
         timestamptz '2026-01-05 09:00:00+00' + n * interval '1 day', timestamptz '2026-01-05 09:00:00+00' + n * interval '1 day'
    from generate_series(1, 5) n
on conflict (tenant_id, id) do nothing;
insert into app.item (tenant_id, id, project_id, title, description, status, created_by, created_at, updated_at)
  select '0197c0de-0000-7000-8000-00000000610b', ('0197c0de-0002-7000-a000-' || lpad(to_hex(n), 12, '0'))::uuid,
         case when n % 7 = 0 then null else ('0197c0de-0002-7000-9000-' || lpad(to_hex(n % 5 + 1), 12, '0'))::uuid end,
         (array['Plan', 'Review', 'Announce', 'Budget', 'Close'])[n % 5 + 1] || ' ' || (array['campaign', 'supplier', 'contract', 'shipment', 'interview', 'survey', 'release', 'forecast'])[n / 5 % 8 + 1] || ' ' || lpad(n::text, 3, '0'),
         case when n % 3 = 0 then 'Created by the demo.' end,
         case when n % 11 = 0 then 'archived' when n % 4 = 0 then 'done' else 'open' end,
         '0197c0de-0000-7000-9000-000000000005',
         timestamptz '2026-01-10 08:00:00+00' + n * interval '37 minutes', timestamptz '2026-01-10 08:00:00+00' + n * interval '37 minutes'
    from generate_series(1, 200) n
on conflict (tenant_id, id) do nothing;
commit;

begin;
set local app.current_tenant = '0197c0de-0000-7000-8000-00000001417c';
insert into app.project (tenant_id, id, name, description, created_at, updated_at)
  select '0197c0de-0000-7000-8000-00000001417c', ('0197c0de-0003-7000-9000-' || lpad(to_hex(n), 12, '0'))::uuid,
         (array['Reporting', 'Migration', 'Invoicing', 'Printers', 'Archive'])[n], 'Everything about ' || lower((array['Reporting', 'Migration', 'Invoicing', 'Printers', 'Archive'])[n]) || '.',
         timestamptz '2026-01-05 09:00:00+00' + n * interval '1 day', timestamptz '2026-01-05 09:00:00+00' + n * interval '1 day'
    from generate_series(1, 5) n
on conflict (tenant_id, id) do nothing;
insert into app.item (tenant_id, id, project_id, title, description, status, created_by, created_at, updated_at)
  select '0197c0de-0000-7000-8000-00000001417c', ('0197c0de-0003-7000-a000-' || lpad(to_hex(n), 12, '0'))::uuid,
         case when n % 7 = 0 then null else ('0197c0de-0003-7000-9000-' || lpad(to_hex(n % 5 + 1), 12, '0'))::uuid end,
         (array['Fix', 'Rewrite', 'Test', 'Retire', 'Audit'])[n % 5 + 1] || ' ' || (array['cover sheet', 'ledger', 'server', 'printer', 'report', 'interface', 'backup', 'queue'])[n / 5 % 8 + 1] || ' ' || lpad(n::text, 3, '0'),
         case when n % 3 = 0 then 'Created by the demo.' end,
         case when n % 11 = 0 then 'archived' when n % 4 = 0 then 'done' else 'open' end,
         '0197c0de-0000-7000-9000-000000000007',
         timestamptz '2026-01-10 08:00:00+00' + n * interval '37 minutes', timestamptz '2026-01-10 08:00:00+00' + n * interval '37 minutes'
    from generate_series(1, 200) n
on conflict (tenant_id, id) do nothing;
commit;
