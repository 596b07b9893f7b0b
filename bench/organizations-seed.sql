-- 100,000 organizations, and a week of use for the newest thousand.
insert into platform.tenant (id, slug, name, state, plan, created_at)
select ('0198' || lpad(to_hex(n), 28, '0'))::uuid, 'org-' || n,
       (array['Acme', 'Globex', 'Initech', 'Umbrella', 'Stark', 'Wayne', 'Hooli', 'Soylent'])[1 + n % 8] || ' '
         || substr(md5(n::text), 1, 12) || ' Works ' || n,
       case when n % 1000 = 0 then 'suspended' when n % 50 = 0 then 'trial' else 'active' end,
       (array['free', 'team', 'business', 'enterprise'])[1 + n % 4], '2026-01-01'::timestamptz + n * interval '1 minute'
  from generate_series(1, 100000) n;
insert into platform.usage_hour
select ('0198' || lpad(to_hex(n), 28, '0'))::uuid, date_trunc('hour', now()) - h * interval '1 h', 100, 1
  from generate_series(99001, 100000) n cross join generate_series(0, 167) h;
