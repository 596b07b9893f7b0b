#include "catalog_rules.hpp"

#include <ostream>

namespace pz::tests {

namespace {

/// Prefix of the queries below. tenant_table: every table (partitions included) of schema app, and those of
/// platform that have a tenant_id. service: the login roles that serve requests.
constexpr std::string_view common = R"sql(
    with tenant_table as (
      select c.oid, c.oid::regclass::text as name, c.relacl, c.relrowsecurity, c.relforcerowsecurity
        from pg_class c
       where c.relkind in ('r', 'p')
         and (c.relnamespace = 'app'::regnamespace
              or c.relnamespace = 'platform'::regnamespace
                 and exists (select from pg_attribute a
                              where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped))),
    tenant_column as (
      select t.oid, a.attnum, a.attnotnull, a.atttypid from tenant_table t
        join pg_attribute a on a.attrelid = t.oid and a.attname = 'tenant_id' and not a.attisdropped),
    service as (
      select oid, rolname from pg_roles where rolname in ('pz_app', 'pz_support', 'pz_admin', 'pz_identity')),
    login as (
      select * from service union all
      select oid, rolname from pg_roles where rolname in ('pz_migrator', 'pz_backup')),
    our_schema as (
      select oid, nspname, nspacl, nspowner from pg_namespace where nspname in ('platform', 'identity', 'app', 'audit'))
)sql";

std::string rule_query(std::string_view select) {
    return std::string{common} + std::string{select};
}

std::vector<CatalogRule> make_rules() {
    std::vector<CatalogRule> rules;

    rules.push_back({
        .name = "schema_app_has_tables",
        .reason = "the rules below say nothing about an empty schema",
        .query = rule_query(
            "select 'app is empty' where not exists (select from tenant_table where name like 'app.%')"
        ),
        .breaches = {"do $$ declare t regclass; begin"
                     " for t in select oid from pg_class where relnamespace = 'app'::regnamespace and "
                     "relkind = 'r' loop"
                     " execute format('drop table if exists %s cascade', t); end loop; end $$"},
    });
    rules.push_back({
        .name = "every_tenant_table_has_tenant_id_uuid_not_null",
        .reason = "a row without a tenant belongs to everybody or to nobody",
        .query = rule_query(R"sql(
            select t.name from tenant_table t left join tenant_column c using (oid)
             where c.oid is null or not c.attnotnull or c.atttypid <> 'uuid'::regtype)sql"),
        .breaches =
            {"create table app.broken (id uuid primary key)",
             "create table app.broken (tenant_id uuid, id uuid primary key)",
             "create table app.broken (tenant_id text not null, id uuid primary key)"},
    });
    rules.push_back({
        .name = "tenant_id_defaults_to_the_transactions_tenant",
        .reason = "a statement that names no tenant must not write into another one",
        .query = rule_query(R"sql(
            select t.name from tenant_table t join tenant_column c using (oid)
              left join pg_attrdef d on d.adrelid = c.oid and d.adnum = c.attnum
             where pg_get_expr(d.adbin, d.adrelid)
                   is distinct from '(current_setting(''app.current_tenant''::text))::uuid')sql"),
        .breaches =
            {"alter table app.item alter tenant_id drop default",
             "alter table app.item alter tenant_id set default '00000000-0000-0000-0000-000000000000'"},
    });
    rules.push_back({
        .name = "every_index_begins_with_tenant_id",
        .reason = "a unique one tells tenants about each other; the others are not used below the policy",
        // The exceptions are for the roles whose policy is no predicate: identity-service and the platform's
        // staff.
        .query = rule_query(R"sql(
            select i.indexrelid::regclass::text from tenant_table t join tenant_column c using (oid)
              join pg_index i on i.indrelid = t.oid
             where i.indkey[0] <> c.attnum
               and (i.indisunique or i.indexrelid::regclass::text not in
                    ('platform.impersonation_session_id', 'platform.impersonation_session_recent',
                     'platform.impersonation_session_agent')))sql"),
        .breaches =
            {"create unique index on app.item (id)",
             "alter table app.project add unique (name)",
             "create index on app.item (title_folded)",
             "create index on app.item (created_at, tenant_id)",
             "drop index platform.impersonation_session_id;"
             "create unique index impersonation_session_id on platform.impersonation_session (id)"},
    });
    rules.push_back({
        .name = "every_tenant_refers_to_the_registry",
        .reason = "rows of a tenant that never existed are nobody's to erase",
        .query = rule_query(R"sql(
            select t.name from tenant_table t join tenant_column c using (oid)
             where not exists (select from pg_constraint k where k.contype = 'f' and k.conrelid = t.oid
                                and k.confrelid = 'platform.tenant'::regclass and k.conkey = array[c.attnum]))sql"
        ),
        .breaches = {"alter table app.item drop constraint item_tenant_id_fkey"},
    });
    rules.push_back({
        .name = "the_policies_are_exactly_the_three_canonical_ones",
        .reason = "permissive policies are OR-ed, so one more opens the table; any other text needs a review",
        .query = rule_query(R"sql(,
            canonical (policy, command, role, using_text, check_text) as (values
              ('tenant_rw', '*', 'pz_app', '(tenant_id = (current_setting(''app.current_tenant''::text))::uuid)',
               '(tenant_id = (current_setting(''app.current_tenant''::text))::uuid)'),
              ('tenant_ro', 'r', 'pz_support', '(tenant_id = (current_setting(''app.current_tenant''::text))::uuid)', null),
              ('platform_ro', 'r', 'pz_admin', 'true', null)),
            wanted as (
              select t.oid, c.policy, true as permissive, c.command, array[c.role] as roles, c.using_text, c.check_text
                from tenant_table t cross join canonical c
               where t.name not in ('platform.live_session', 'platform.usage_hour', 'platform.usage_size')
              union all  -- read by whoever serves requests, written by the owner's triggers alone
              select t.oid, p.policy, true, p.command, p.roles, p.using_text, p.check_text
                from tenant_table t
                cross join (values
                  ('tenant_ro', 'r', array['pz_app', 'pz_support', 'pz_admin', 'pz_identity'],
                   '(tenant_id = (current_setting(''app.current_tenant''::text))::uuid)', null),
                  ('owner_all', '*', array['pz_owner'], 'true', 'true')) p (policy, command, roles, using_text, check_text)
               where t.name = 'platform.live_session'
              union all  -- written by the platform, so that no tenant keeps its own account
              select t.oid, p.policy, true, p.command, p.roles, p.using_text, p.check_text
                from tenant_table t
                cross join (values
                  ('tenant_ro', 'r', array['pz_app', 'pz_support'],
                   '(tenant_id = (current_setting(''app.current_tenant''::text))::uuid)', null),
                  ('platform_rw', '*', array['pz_admin'], 'true', 'true')) p (policy, command, roles, using_text, check_text)
               where t.name in ('platform.usage_hour', 'platform.usage_size')
              union all  -- token exchange asks whether an agent's session is active
              select t.oid, 'identity_ro', true, 'r', array['pz_identity'], 'true', null
                from tenant_table t where t.name = 'platform.impersonation_session'
              union all  -- what the functions of the state machine run as
              select t.oid, 'owner_all', true, '*', array['pz_owner'], 'true', 'true'
                from tenant_table t where t.name in ('platform.impersonation_session', 'platform.support_policy')),
            found as (
              select t.oid, p.polname::text, p.polpermissive, p.polcmd::text,
                     (select array_agg(case when role = 0 then 'public' else role::regrole::text end order by place)
                        from unnest(p.polroles) with ordinality as named (role, place)),
                     pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
                from tenant_table t join pg_policy p on p.polrelid = t.oid)
            select 'lacks ' || wanted::text from (select * from wanted except select * from found) wanted
            union all
            select 'has ' || found::text from (select * from found except select * from wanted) found)sql"),
        .breaches =
            {"drop policy tenant_rw on app.item",
             "drop policy tenant_rw on platform.idempotency_key",
             "create policy tenant_rw on platform.live_session for all to pz_app using (true)",
             "alter policy tenant_ro on platform.live_session using (true)",
             "create policy tenant_rw on platform.usage_hour for all to pz_app using (true)",
             "create policy identity_ro on app.item for select to pz_identity using (true)",
             "alter policy identity_ro on platform.impersonation_session to pz_app",
             "create policy more on app.item for select to pz_app using (status = 'open')",
             "create policy more on app.item as restrictive for select to pz_app using (true)",
             "create policy more on app.item to public using (tenant_id is not null)",
             "alter policy tenant_rw on app.item using (true)",
             "alter policy tenant_rw on app.item with check (true)",
             "alter policy tenant_ro on app.item using (true)",
             "alter policy tenant_rw on app.item using (tenant_id = current_setting('app.current_tenant', "
             "true)::uuid)",
             "alter policy tenant_rw on app.item to public",
             "create table app.broken (tenant_id uuid not null, id uuid, primary key (tenant_id, id))"},
    });
    rules.push_back({
        .name = "the_grants_on_tenant_tables_are_exactly_the_listed_ones",
        .reason = "TRUNCATE empties all tenants at once, REFERENCES is an oracle, TRIGGER runs code in other "
                  "people's writes",
        .query = rule_query(R"sql(,
            canonical (grantee, privileges) as (values
              ('pz_app', array['DELETE', 'INSERT', 'SELECT', 'UPDATE']), ('pz_support', array['SELECT']),
              ('pz_admin', array['SELECT']), ('pz_backup', array['SELECT'])),
            wanted as (
              select t.name, c.grantee, unnest(c.privileges) as privilege, false as grantable
                from tenant_table t cross join canonical c
               where t.name not in ('platform.live_session', 'platform.usage_hour', 'platform.usage_size')
              union all
              select t.name, unnest(array['pz_app', 'pz_support', 'pz_admin', 'pz_backup']), 'SELECT', false
                from tenant_table t where t.name in ('platform.usage_hour', 'platform.usage_size')
              union all
              select t.name, 'pz_admin', unnest(array['INSERT', 'UPDATE', 'DELETE']), false
                from tenant_table t where t.name in ('platform.usage_hour', 'platform.usage_size')
              union all select 'platform.impersonation_session', 'pz_identity', 'SELECT', false
              union all
              select 'platform.live_session', unnest(array['pz_app', 'pz_support', 'pz_admin', 'pz_identity', 'pz_backup']),
                     'SELECT', false),
            found as (
              select t.name, case when a.grantee = 0 then 'public' else a.grantee::regrole::text end,
                     a.privilege_type, a.is_grantable
                from tenant_table t cross join aclexplode(t.relacl) a where a.grantee <> 'pz_owner'::regrole)
            select 'lacks ' || wanted::text from (select * from wanted except select * from found) wanted
            union all
            select 'has ' || found::text from (select * from found except select * from wanted) found
            union all
            select t.name || '.' || a.attname from tenant_table t
              join pg_attribute a on a.attrelid = t.oid where a.attacl is not null)sql"),
        .breaches =
            {"grant truncate on app.item to pz_app",
             "grant references on app.item to pz_app",
             "grant trigger on app.item to pz_app",
             "grant insert on app.item to pz_support",
             "grant update (title) on app.item to pz_support",
             "grant select on app.item to public",
             "grant select on app.item to pz_identity",
             "grant insert on platform.live_session to pz_identity",
             "grant update on platform.usage_hour to pz_app",
             "revoke select on platform.live_session from pz_support",
             "grant update on platform.impersonation_session to pz_identity",
             "grant select on app.item to pz_app with grant option",
             "revoke select on app.item from pz_app"},
    });
    rules.push_back({
        .name = "schema_app_holds_tables_and_indexes_only",
        .reason = "a view or a materialized view shows its owner's rows, a foreign table carries no policy, "
                  "a sequence counts all",
        .query = rule_query(R"sql(
            select oid::regclass::text from pg_class
             where relnamespace = 'app'::regnamespace and relkind not in ('r', 'p', 'i', 'I')
            union all select oid::regprocedure::text from pg_proc where pronamespace = 'app'::regnamespace)sql"
        ),
        .breaches =
            {"create view app.broken as select * from app.item",
             "create materialized view app.broken as select 1 as one",
             "create sequence app.broken",
             "alter table app.item add number bigint generated always as identity",
             "create function app.broken() returns int language sql as 'select 1'"},
    });
    rules.push_back({
        .name = "no_triggers_and_no_rules_on_tenant_tables",
        .reason = "they run outside the statement that the reader sees",
        .query = rule_query(R"sql(
            select g.tgname || ' on ' || t.name from tenant_table t join pg_trigger g on g.tgrelid = t.oid
             where not g.tgisinternal
            union all
            select r.rulename || ' on ' || t.name from tenant_table t join pg_rewrite r on r.ev_class = t.oid)sql"
        ),
        .breaches =
            {"create trigger broken before update on app.item for each row"
             " execute function suppress_redundant_updates_trigger()",
             "create rule broken as on delete to app.item do instead nothing"},
    });
    rules.push_back({
        .name = "everything_belongs_to_the_owner_who_cannot_log_in",
        .reason = "an owner changes policies and grants as it likes",
        .query = rule_query(R"sql(
            select nspname::text from our_schema where nspowner <> 'pz_owner'::regrole
            union all select c.oid::regclass::text from pg_class c join our_schema s on s.oid = c.relnamespace
             where c.relowner <> 'pz_owner'::regrole
            union all select p.oid::regprocedure::text from pg_proc p join our_schema s on s.oid = p.pronamespace
             where p.proowner <> 'pz_owner'::regrole
            union all select rolname::text from pg_roles where rolname = 'pz_owner' and rolcanlogin)sql"),
        .breaches =
            {"alter table app.item owner to pz_app",
             "alter schema app owner to pz_admin",
             "alter function platform.require_live owner to postgres",
             "alter role pz_owner login"},
    });
    rules.push_back({
        .name = "no_login_role_is_powerful",
        .reason = "superusers and BYPASSRLS see every tenant; only the backup may, and it only reads",
        .query = rule_query(R"sql(
            select r.rolname::text from pg_roles r join login using (oid)
             where r.rolsuper or r.rolcreaterole or r.rolcreatedb or r.rolreplication
                or r.rolbypassrls and r.rolname <> 'pz_backup'
            union all select 'pz_backup may write' from pg_roles
             where rolname = 'pz_backup' and not coalesce('default_transaction_read_only=on' = any (rolconfig), false)
            union all select 'missing: ' || name
              from unnest(array['pz_app', 'pz_support', 'pz_admin', 'pz_identity', 'pz_migrator', 'pz_backup']) name
             where name not in (select rolname from login))sql"),
        .breaches =
            {"alter role pz_app superuser",
             "alter role pz_support bypassrls",
             "alter role pz_admin createrole",
             "alter role pz_migrator bypassrls",
             "alter role pz_identity createdb",
             "alter role pz_app replication",
             "alter role pz_backup reset default_transaction_read_only"},
    });
    rules.push_back({
        .name = "no_login_role_is_a_member_of_another_but_the_migrator_of_the_owner",
        .reason = "SET ROLE takes what membership gives, inherited or not",
        .query = rule_query(R"sql(
            select l.rolname || ' in ' || m.roleid::regrole::text from pg_auth_members m join login l on l.oid = m.member
             where not (l.rolname = 'pz_migrator' and m.roleid = 'pz_owner'::regrole)
            union all select 'pz_owner in ' || roleid::regrole::text from pg_auth_members
             where member = 'pz_owner'::regrole)sql"),
        .breaches =
            {"grant pz_owner to pz_app",
             "grant pz_backup to pz_support",
             "grant pg_read_all_data to pz_admin",
             "grant pg_write_all_data to pz_owner",
             "grant pz_app to pz_identity"},
    });
    rules.push_back({
        .name = "the_migrator_acts_as_the_owner_with_row_security_off",
        .reason = "a data migration behind a policy must raise, not change nothing and look successful",
        .query = rule_query(R"sql(
            select wanted from unnest(array['role=pz_owner', 'row_security=off', 'lock_timeout=2s']) wanted
             where wanted not in (
               select unnest(s.setconfig) from pg_db_role_setting s
                where s.setrole = 'pz_migrator'::regrole and s.setdatabase = 0))sql"),
        .breaches =
            {"alter role pz_migrator reset row_security",
             "alter role pz_migrator reset role",
             "alter role pz_migrator set row_security = on"},
    });
    rules.push_back({
        .name = "no_service_role_creates_anything",
        .reason = "own operators and functions leak rows below the policy; temporary tables shadow names",
        .query = rule_query(R"sql(
            select l.rolname || ' creates in ' || n.nspname from login l cross join pg_namespace n
             where n.nspname !~ '^pg_(toast|temp)' and l.rolname <> 'pz_migrator'
               and has_schema_privilege(l.oid, n.oid, 'create')
            union all
            select l.rolname || ' has TEMPORARY or CREATE' from login l
             where l.rolname <> 'pz_migrator'
               and (has_database_privilege(l.oid, current_database(), 'temporary')
                    or has_database_privilege(l.oid, current_database(), 'create')))sql"),
        .breaches =
            {"grant create on schema app to pz_app",
             "grant create on schema public to public",
             "do $$ begin execute format('grant temporary on database %I to pz_support', "
             "current_database()); end $$",
             "do $$ begin execute format('grant create on database %I to pz_admin', current_database()); end "
             "$$"},
    });
    rules.push_back({
        .name = "no_service_role_may_call_set_config",
        .reason = "an injected expression could switch the tenant in the middle of a SELECT",
        .query = rule_query(R"sql(
            select rolname::text from login
             where has_function_privilege(oid, 'pg_catalog.set_config(text, text, boolean)', 'execute')
               and rolname not in ('pz_migrator', 'pz_backup'))sql"),
        .breaches =
            {"grant execute on function pg_catalog.set_config(text, text, boolean) to public",
             "grant execute on function pg_catalog.set_config(text, text, boolean) to pz_support"},
    });
    rules.push_back({
        .name = "only_the_identity_service_reaches_identity",
        .reason = "password hashes, sessions and signing keys are nobody else's",
        .query = rule_query(R"sql(
            select l.rolname || ' uses schema identity' from login l
             where l.rolname not in ('pz_identity', 'pz_backup', 'pz_migrator')
               and has_schema_privilege(l.oid, 'identity', 'usage')
            union all
            select l.rolname || ': ' || c.oid::regclass::text from login l cross join pg_class c
             where c.relnamespace = 'identity'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'S')
               and l.rolname not in ('pz_identity', 'pz_backup', 'pz_migrator')
               and (case when c.relkind = 'S' then has_sequence_privilege(l.oid, c.oid, 'usage, select, update')
                         else has_table_privilege(l.oid, c.oid, 'select, insert, update, delete, truncate, references, trigger')
                    end)
            union all
            select 'pz_identity: ' || c.oid::regclass::text from pg_class c
             where c.relnamespace = 'identity'::regnamespace and c.relkind in ('r', 'p')
               and has_table_privilege('pz_identity', c.oid, 'truncate, references, trigger'))sql"),
        .breaches =
            {"grant usage on schema identity to pz_app",
             "grant select on identity.person to pz_admin",
             "grant select on identity.signing_key to public",
             "grant truncate on identity.session to pz_identity"},
    });
    rules.push_back({
        .name = "the_registry_of_tenants_is_written_by_the_platform_only",
        .reason = "a service that changes its tenant's state or epoch revives what was suspended",
        .query = rule_query(R"sql(
            select l.rolname::text || ' ' || privilege from login l
              cross join unnest(array['insert', 'update', 'delete', 'truncate', 'references', 'trigger']) privilege
             where has_table_privilege(l.oid, 'platform.tenant', privilege)
               and l.rolname <> 'pz_migrator'
               and not (l.rolname = 'pz_admin' and privilege = 'insert')
            union all
            select l.rolname::text || ' update of ' || a.attname from login l
              join pg_attribute a on a.attrelid = 'platform.tenant'::regclass and a.attnum > 0 and not a.attisdropped
             where has_column_privilege(l.oid, a.attrelid, a.attnum, 'update') and l.rolname <> 'pz_migrator'
               and a.attname not in ('name', 'version', 'updated_at')
               and not (l.rolname = 'pz_app' and a.attname in ('contact_email', 'time_zone'))
               and not (l.rolname = 'pz_admin' and a.attname in ('plan', 'item_limit', 'member_limit', 'request_limit')))sql"
        ),
        .breaches =
            {"grant update on platform.tenant to pz_app",
             "grant delete on platform.tenant to pz_admin",
             "grant update on platform.tenant to pz_admin",
             "grant update (state) on platform.tenant to pz_admin",
             "grant insert on platform.tenant to pz_identity",
             "grant truncate on platform.tenant to public"},
    });
    rules.push_back({
        .name = "nothing_is_granted_to_everybody",
        .reason = "every role that comes later would have it too",
        .query = rule_query(R"sql(
            select s.nspname::text from our_schema s cross join aclexplode(s.nspacl) a where a.grantee = 0
            union all
            select c.oid::regclass::text || ' ' || a.privilege_type from pg_class c
              join our_schema s on s.oid = c.relnamespace cross join aclexplode(c.relacl) a
             where a.grantee = 0 and not (c.oid::regclass::text = 'platform.schema_migration' and a.privilege_type = 'SELECT')
            union all
            select p.oid::regprocedure::text from pg_proc p join our_schema s on s.oid = p.pronamespace
             where has_function_privilege('public', p.oid, 'execute')
            union all
            select 'default privileges of ' || d.defaclrole::regrole::text from pg_default_acl d
              cross join aclexplode(d.defaclacl) a where a.grantee = 0
            union all
            select 'public' from pg_namespace n cross join aclexplode(n.nspacl) a
             where n.nspname = 'public' and a.grantee = 0)sql"),
        .breaches =
            {"grant usage on schema app to public",
             "grant select on platform.tenant to public",
             "create function platform.broken() returns int language sql as 'select 1'",
             "alter default privileges for role pz_owner grant select on tables to public",
             "grant usage on schema public to public"},
    });
    return rules;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const CatalogRule& rule) {
    return out << rule.name;
}

const std::vector<CatalogRule>& catalog_rules() {
    static const std::vector<CatalogRule> rules = make_rules();
    return rules;
}

}  // namespace pz::tests
