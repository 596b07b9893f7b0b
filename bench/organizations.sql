-- What the registry's lists take at 100,000 organizations, in the server, with generic plans as the service has them: after
-- each statement the server's own processor time, which holds on a busy machine too, and the time that passed.
-- For a migrated database that nobody needs:  psql -X -U postgres -d scratch -f bench/organizations.sql
-- The statements are those of product-core-api/src/registry/repository.cpp; tests/db checks their plans.

\set QUIET on
\pset tuples_only on
\ir organizations-seed.sql
vacuum analyze;
set log_statement_stats = on;
set role pz_admin;
set plan_cache_mode = force_generic_plan;
set app.current_tenant = '00000000-0000-0000-0000-000000000000';

prepare age(timestamptz, uuid, bigint, text, text, text, uuid, timestamptz) as
SELECT t.id, t.slug, t.name, t.state, t.plan, m.members, m.admins, u.requests, t.created_at, t.updated_at, t.version
  FROM (SELECT id FROM platform.tenant
         WHERE (created_at, id) < ($1, $2) AND ($4::text IS NULL OR state = $4) AND ($5::text IS NULL OR plan = $5)
           AND ($6::text IS NULL OR strpos(name_folded, (SELECT lower($6))) > 0
                OR starts_with(slug, (SELECT lower($6))) OR id = $7)
         ORDER BY created_at DESC, id DESC LIMIT $3) AS page
  JOIN platform.tenant t ON t.id = page.id
 CROSS JOIN LATERAL platform.count_members(t.id) AS m
 CROSS JOIN LATERAL (SELECT coalesce(sum(requests), 0)::bigint AS requests FROM platform.usage_hour
                      WHERE tenant_id = t.id AND hour > $8::timestamptz - interval '7 days') AS u
 ORDER BY t.created_at DESC, t.id DESC;

prepare name(text, uuid, bigint, text, text, text, uuid, timestamptz) as
SELECT t.id, t.slug, t.name, t.state, t.plan, m.members, m.admins, u.requests, t.created_at, t.updated_at, t.version
  FROM (SELECT id FROM platform.tenant
         WHERE (name_folded, id) > (lower($1::text), $2) AND ($4::text IS NULL OR state = $4) AND ($5::text IS NULL OR plan = $5)
           AND ($6::text IS NULL OR strpos(name_folded, (SELECT lower($6))) > 0
                OR starts_with(slug, (SELECT lower($6))) OR id = $7)
         ORDER BY name_folded, id LIMIT $3) AS page
  JOIN platform.tenant t ON t.id = page.id
 CROSS JOIN LATERAL platform.count_members(t.id) AS m
 CROSS JOIN LATERAL (SELECT coalesce(sum(requests), 0)::bigint AS requests FROM platform.usage_hour
                      WHERE tenant_id = t.id AND hour > $8::timestamptz - interval '7 days') AS u
 ORDER BY t.name_folded, t.id;

prepare state(text, uuid, bigint, text, text, text, uuid, timestamptz) as
SELECT t.id, t.slug, t.name, t.state, t.plan, m.members, m.admins, u.requests, t.created_at, t.updated_at, t.version
  FROM (SELECT id FROM platform.tenant
         WHERE (state, id) > ($1, $2) AND ($4::text IS NULL OR state = $4) AND ($5::text IS NULL OR plan = $5)
           AND ($6::text IS NULL OR strpos(name_folded, (SELECT lower($6))) > 0
                OR starts_with(slug, (SELECT lower($6))) OR id = $7)
         ORDER BY state, id LIMIT $3) AS page
  JOIN platform.tenant t ON t.id = page.id
 CROSS JOIN LATERAL platform.count_members(t.id) AS m
 CROSS JOIN LATERAL (SELECT coalesce(sum(requests), 0)::bigint AS requests FROM platform.usage_hour
                      WHERE tenant_id = t.id AND hour > $8::timestamptz - interval '7 days') AS u
 ORDER BY t.state, t.id;

\o /dev/null
execute age('infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 51, null, null, null, null, now());
execute name('', '00000000-0000-0000-0000-000000000000', 51, null, null, null, null, now());
execute state('', '00000000-0000-0000-0000-000000000000', 51, null, null, null, null, now());
\timing on
set client_min_messages = log;
\echo 'first page of 50: newest, by name, by state'
execute age('infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 51, null, null, null, null, now());
execute name('', '00000000-0000-0000-0000-000000000000', 51, null, null, null, null, now());
execute state('', '00000000-0000-0000-0000-000000000000', 51, null, null, null, null, now());
\echo 'search with many hits'
execute age('infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 51, null, null, 'works', null, now());
execute name('', '00000000-0000-0000-0000-000000000000', 51, null, null, 'works', null, now());
execute state('', '00000000-0000-0000-0000-000000000000', 51, null, null, 'works', null, now());
\echo 'search with one hit, and with none: the whole index is read'
execute age('infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 51, null, null, 'works 77777', null, now());
execute age('infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 51, null, null, 'zzzz', null, now());
execute name('', '00000000-0000-0000-0000-000000000000', 51, null, null, 'zzzz', null, now());
execute state('', '00000000-0000-0000-0000-000000000000', 51, null, null, 'zzzz', null, now());
\echo 'suspended ones of one plan'
execute age('infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 51, 'suspended', 'free', null, null, now());
\echo 'stats: states, plans, growth'
SELECT state, count(*) FROM platform.tenant GROUP BY state ORDER BY state;
SELECT plan, count(*) FROM platform.tenant WHERE state NOT IN ('deleting', 'deleted') GROUP BY plan ORDER BY plan;
SELECT date_trunc('month', created_at, 'UTC') AS month, count(*) FROM platform.tenant
 WHERE created_at >= date_trunc('month', now(), 'UTC') - interval '11 months' GROUP BY month ORDER BY month;
