-- The platform's own organization and its first admin, once, in a new installation: nobody could invite them. Run with psql
-- as pz_migrator. The admin has no password yet; "Forgot password" on the sign-in page sends the link that sets one.
--   psql -v organization='Example' -v slug=example -v name='Ada Admin' -v email=ada@example.com -f first_staff.sql
-- Running it again changes nothing.
\set ON_ERROR_STOP on
begin;
-- The migrator's connections have it off, so that a migration raises where a policy would hide rows; here the owner's policy is wanted.
set local row_security = on;

insert into platform.tenant (id, slug, name, plan)
values ('00000000-0000-0000-0000-000000000000', :'slug', :'organization', 'enterprise')
on conflict (id) do nothing;

with made as (
  insert into identity.person (id, email, name)
  select gen_random_uuid(), :'email', :'name'
   where not exists (select from identity.membership where role = 'platform_admin')
  returning id)
insert into identity.membership (tenant_id, person_id, role)
select '00000000-0000-0000-0000-000000000000', id, 'platform_admin' from made;

commit;
