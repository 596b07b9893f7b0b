// The static rules. Each is one element of the table: what is wrong, why that matters, and the query that
// finds it (three columns: object, message, fix). Measurements in the explanations are ours, on
// PostgreSQL 15.

#include "rules.hpp"

#include <pz/core/process.hpp>

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <system_error>

namespace pz::command::prove {

namespace {

RuleResult compare_server_with_its_program(pg::BlockingConnection& connection, const Rule& rule);

using enum Severity;

constexpr std::array all_rules = std::to_array<Rule>({
    {{.id = "L01",
      .severity = error,
      .title = "a table with the tenant column has no row level security",
      .explanation =
          "Whoever may select from such a table sees every tenant's rows: the predicate that somebody forgot "
          "is then the only wall. Enable and force row level security and create a policy for each role. A "
          "table that is shared on purpose belongs on the allow-list; the finding names the roles that reach "
          "it, so that one more role is one more finding."},
     R"sql(
        select t.name || ' reached by ' || coalesce(
                 (select string_agg(a.rolname::text, ', ' order by a.rolname::text) from acting a
                   where not pg_has_role(a.oid, t.relowner, 'member')
                     and (has_table_privilege(a.oid, t.oid, 'select, insert, update, delete')
                          or has_any_column_privilege(a.oid, t.oid, 'select, insert, update'))), 'nobody but its owner'),
               'every tenant''s rows are visible to whoever may read it',
               format('alter table %1$s enable row level security; alter table %1$s force row level security', t.name)
          from candidate t
         where not t.relrowsecurity
           and not exists (select from tenant_table p left join pg_inherits i on i.inhrelid = t.oid
                            where p.oid = i.inhparent or p.oid <> t.oid and p.oid = pg_partition_root(t.oid)))sql"
    },
    {{.id = "L02",
      .severity = error,
      .title = "policies exist, but row level security is off",
      .explanation =
          "A policy on a table whose row security is off does nothing at all, and reads in a review as if it "
          "did. It is left behind by a migration that created the policy and forgot the switch, or by "
          "somebody who turned row security off to look into something. Turn it on, and force it."},
     R"sql(
        select name, 'its policies have no effect',
               format('alter table %1$s enable row level security; alter table %1$s force row level security', name)
          from secured where not relrowsecurity)sql"},
    {{.id = "L03",
      .severity = error,
      .title = "row level security is not forced",
      .explanation =
          "Without FORCE the owner of a table is not held by its policies, and neither is a SECURITY DEFINER "
          "function or a view that belongs to the owner. One such function, granted to an application, shows "
          "all tenants. With FORCE a data migration has to say row_security = off, and then it raises "
          "instead of changing nothing."},
     R"sql(
        select name, 'its owner, and whatever runs as its owner, sees all rows',
               format('alter table %s force row level security', name)
          from secured where relrowsecurity and not relforcerowsecurity)sql"},
    {{.id = "L04",
      .severity = warning,
      .title = "a role may select, but no policy speaks of it",
      .explanation =
          "The default is to deny, so the role sees nothing, but the server looks at every row to find that "
          "out: a point lookup read 24,634 buffers in 78 ms where a policy makes it 7 buffers in 0.02 ms. "
          "Create the policy that was meant, or revoke the grant."},
     R"sql(
        select format('%s on %s', g.rolname, t.name), 'it reads every row to show none',
               format('revoke select on %s from %I', t.name, g.rolname)
          from governed g cross join tenant_table t
         where has_table_privilege(g.oid, t.oid, 'select')
           and not exists (
             select from policy p
              where p.polrelid = t.oid and p.polpermissive and p.polcmd in ('r', '*')
                and exists (select from unnest(p.polroles) x where x = 0 or pg_has_role(g.oid, x, 'usage'))))sql"
    },
    {{.id = "L05",
      .severity = error,
      .title = "more than one permissive policy for a table, role and command",
      .explanation =
          "Permissive policies are joined by OR, so the second one can only open the table. Adding a policy "
          "`using (status = 'open')` beside the tenant's own showed rows of 1,000 tenants instead of one. "
          "Write what was meant into the one policy, as AND, or into the statement."},
     R"sql(
        select format('%s on %s', r.rolname, p.table_name),
               format('for %s: %s', case c when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' else 'delete' end,
                      string_agg(p.name, ' OR ' order by p.name)),
               format('keep one of them on %s: what the others say belongs into it, by AND', p.table_name)
          from policy p cross join unnest(array['r', 'a', 'w', 'd']) c
          join pg_roles r on not r.rolsuper and exists (
                 select from unnest(p.polroles) x where x = 0 or pg_has_role(r.oid, x, 'usage'))
         where p.polpermissive and p.polcmd in (c::"char", '*')
           and (r.oid in (select oid from acting) or r.oid = any (p.polroles))
         group by r.rolname, p.table_name, c
        having count(*) > 1)sql"},
    {{.id = "L06",
      .severity = error,
      .title = "a policy says something else than tenant = setting",
      .explanation =
          "One form is known to be safe, indexable and loud: (tenant_id = current_setting('…')::type), with "
          "no second argument to current_setting, so that a session without a tenant raises. Every other "
          "text needs a person to think about it: OR, IS NULL, a function, a sub-select, current_setting(…, "
          "true), which turns a forgotten binding into an empty answer. The text is compared as the server "
          "prints it. Policies of roles that work across tenants stand on the allow-list with their text."},
     R"sql(
        , form as (
          select t.oid, case when t.atttypid = 'text'::regtype then format('(%s = current_setting(%L::text))', t.attname, lens.setting)
                             else format('(%s = (current_setting(%L::text))::%s)', t.attname, lens.setting,
                                         format_type(t.atttypid, null)) end as text
            from tenant_table t, lens)
        select format('%s: %s to %s', p.table_name, p.command, p.roles)
                 || coalesce(' using (' || p.using_text || ')', '') || coalesce(' check (' || p.check_text || ')', ''),
               format('policy %s is not the one form %s', p.name, f.text),
               format('drop policy %s on %s, and create it in that form', p.name, p.table_name)
          from policy p join form f on f.oid = p.polrelid
         where p.using_text is distinct from f.text and p.polcmd <> 'a'
            or p.check_text <> f.text
            or p.polcmd = 'a' and p.check_text is null)sql"},
    {{.id = "L07",
      .severity = warning,
      .title = "a policy holds a sub-select",
      .explanation =
          "A sub-select runs below the policy on tables that have policies of their own, hides joins in "
          "every "
          "plan, and closes the way to distribution: Citus refuses such policies. Wrapping current_setting "
          "in "
          "a select, which some linters advise, is not needed where the statement names the tenant too: the "
          "planner then evaluates the policy once."},
     R"sql(
        select format('%s on %s', name, table_name), 'it looks into other tables for each statement',
               format('drop policy %s on %s, and compare with the setting alone', name, table_name)
          from policy where using_text ~* '\mselect\M' or check_text ~* '\mselect\M')sql"},
    {{.id = "L08",
      .severity = warning,
      .title = "a restrictive policy",
      .explanation =
          "Restrictive policies are joined by AND, which is safe here, but they do not travel: Citus writes "
          "CREATE POLICY without the words AS RESTRICTIVE to its shards, where the policy then is permissive "
          "and opens the table. One permissive policy that says everything holds everywhere."},
     R"sql(
        select format('%s on %s', name, table_name), 'it would become permissive on the shards of a distributed table',
               format('drop policy %s on %s, and say it in the permissive one', name, table_name)
          from policy where not polpermissive)sql"},
    {{.id = "L09",
      .severity = error,
      .title = "a policy lets rows of another tenant be written",
      .explanation =
          "WITH CHECK decides what a row may look like after INSERT and UPDATE. With `true`, or without the "
          "tenant column, a row was planted in another tenant, and `update t set tenant_id = …` without "
          "a WHERE clause moved rows there (with one it failed, which is how this is overlooked). Leave WITH "
          "CHECK out, "
          "so that USING applies, or repeat the tenant's predicate."},
     R"sql(
        select format('%s: %s to %s', p.table_name, p.command, p.roles),
               format('policy %s checks new rows by (%s)', p.name, coalesce(p.check_text, p.using_text)),
               format('alter policy %s on %s with check (%s)', p.name, p.table_name,
                      format('%s = current_setting(%L)::%s', t.attname, lens.setting, format_type(t.atttypid, null)))
          from policy p join tenant_table t on t.oid = p.polrelid cross join lens
         where p.polcmd in ('a', 'w', '*') and p.polpermissive
           and strpos(coalesce(p.check_text, p.using_text, ''), t.attname) = 0)sql"},
    {{.id = "L10",
      .severity = error,
      .title = "a foreign key between tenant tables does not pair the tenant column",
      .explanation =
          "Foreign keys are checked by the server itself, below every policy. With a key on the id alone, "
          "tenant B's row referred to tenant A's, which told B that the id exists, and A's delete cascaded "
          "into B's data. Make the tenant column a part of the key on both sides, at the same position."},
     R"sql(
        select format('%I on %s', k.conname, own.name),
               format('its rows may refer to another tenant''s rows of %s', other.name),
               format('alter table %s drop constraint %I, add foreign key (%s, …) references %s (%s, …)',
                      own.name, k.conname, own.attname, other.name, other.attname)
          from pg_constraint k
          join tenant_table own on own.oid = k.conrelid join tenant_table other on other.oid = k.confrelid
         where k.contype = 'f' and k.conparentid = 0
           and (array_position(k.conkey, own.attnum) is null
                or array_position(k.conkey, own.attnum) is distinct from array_position(k.confkey, other.attnum)))sql"
    },
    {{.id = "L11",
      .severity = error,
      .title = "a unique or exclusion index without the tenant column",
      .explanation =
          "Uniqueness is checked below every policy, so a value that another tenant has is refused: an "
          "answer to the question whether it exists, and a false conflict for somebody who cannot see the "
          "other "
          "row. Make the tenant column a part of the key. Values that are unique across tenants on purpose "
          "belong on the allow-list."},
     R"sql(
        select i.indexrelid::regclass::text, format('it tells tenants of %s about each other''s rows', t.name),
               format('create it again with %s as its first column', t.attname)
          from tenant_table t join pg_index i on i.indrelid = t.oid
         where (i.indisunique or i.indisexclusion) and not t.attnum = any ((i.indkey::int2[])[0:i.indnkeyatts - 1]))sql"
    },
    {{.id = "L12",
      .severity = error,
      .title = "a primary key does not begin with the tenant column",
      .explanation =
          "A key on the id alone is an oracle for ids (rule L11), scatters a tenant's rows over the whole "
          "index, and cannot be distributed by tenant. The key (tenant, id) serves every lookup that names "
          "its tenant, and that is every lookup."},
     R"sql(
        select t.name, case when i.indrelid is null then 'it has no primary key' else format('its key is (%s)',
                 (select string_agg(quote_ident(a.attname), ', ' order by k.place) from unnest(i.indkey::int2[]) with ordinality k (number, place)
                    join pg_attribute a on a.attrelid = t.oid and a.attnum = k.number)) end,
               format('alter table %s add primary key (%s, …)', t.name, t.attname)
          from tenant_table t left join pg_index i on i.indrelid = t.oid and i.indisprimary
         where i.indrelid is null or i.indkey[0] <> t.attnum)sql"},
    {{.id = "L13",
      .severity = error,
      .title = "the tenant column may be null",
      .explanation = "A row without a tenant is nobody's: no tenant sees it, nobody erases it, and the first "
                     "policy that "
                     "is edited to tolerate NULL shows it to all of them."},
     R"sql(
        select name, format('%s is nullable', attname), format('alter table %s alter %s set not null', name, attname)
          from tenant_table where not attnotnull)sql"},
    {{.id = "L14",
      .severity = error,
      .title = "a foreign key sets the tenant column on delete or update",
      .explanation = "ON DELETE SET NULL (or DEFAULT) over a composite key also nulls its tenant column: the "
                     "delete fails "
                     "with 23502, or, where the column is nullable, the child leaves its tenant. PostgreSQL "
                     "15 takes a list of columns, "
                     "SET NULL (project_id); distributed tables refuse even that, and there the "
                     "service clears the reference itself."},
     R"sql(
        select format('%I on %s', k.conname, t.name), format('deleting the parent overwrites %s', t.attname),
               'name the other columns: on delete set null (…)'
          from pg_constraint k join tenant_table t on t.oid = k.conrelid
         where k.contype = 'f' and k.conparentid = 0 and t.attnum = any (k.conkey)
           and (k.confdeltype in ('n', 'd') and (k.confdelsetcols is null or t.attnum = any (k.confdelsetcols))
                or k.confupdtype in ('n', 'd')))sql"},
    {{.id = "L15",
      .severity = error,
      .title = "an index whose operators are not leakproof",
      .explanation =
          "Below a policy the planner evaluates leakproof operators only, so an index on any other type is "
          "silently not used by those whom the policy holds: enum equality was 219 times slower, numeric "
          "389, jsonb containment 318, "
          "full text 309. It is meant for tables that are hot: text with a CHECK instead of an enum, bigint "
          "minor units instead of numeric. An index for a role across tenants, or for a small table, belongs "
          "on the allow-list."},
     R"sql(
        select i.indexrelid::regclass::text,
               format('%s cannot be used below the policy', string_agg(distinct p.oid::regoperator::text, ', ' order by p.oid::regoperator::text)),
               'use a type whose operators are leakproof: uuid, integers, text, timestamptz'
          from tenant_table t join pg_index i on i.indrelid = t.oid
         cross join unnest(i.indclass::oid[]) as used (opclass)
          join pg_opclass o on o.oid = used.opclass
          join pg_amop a on a.amopfamily = o.opcfamily and a.amoplefttype = o.opcintype and a.amoprighttype = o.opcintype
          join pg_operator p on p.oid = a.amopopr join pg_proc f on f.oid = p.oprcode
         where not f.proleakproof
         group by i.indexrelid)sql"},
    {{.id = "L16",
      .severity = error,
      .title = "an index on an expression that is not leakproof",
      .explanation =
          "The planner may not evaluate lower(email) below a policy, so the index on it is not used: that "
          "was 2,900 "
          "times slower than a lookup by a stored column. Keep the folded form in a column of its own "
          "(GENERATED ALWAYS AS … STORED) and index that."},
     R"sql(
        select i.indexrelid::regclass::text,
               format('%s cannot run below the policy', string_agg(distinct f.oid::regprocedure::text, ', ' order by f.oid::regprocedure::text)),
               'keep the value in a generated column, and index that'
          from tenant_table t join pg_index i on i.indrelid = t.oid
         cross join regexp_matches(i.indexprs::text, ':(?:funcid|opfuncid) (\d+)', 'g') found
          join pg_proc f on f.oid = found[1]::oid
         where not f.proleakproof
         group by i.indexrelid)sql"},
    {{.id = "L17",
      .severity = error,
      .title = "a function of ours claims to be leakproof",
      .explanation =
          "LEAKPROOF is a promise that nobody checks. The function then runs on rows that the policy has not "
          "filtered yet, and any error message, log line or timing in it tells about them."},
     R"sql(
        select p.oid::regprocedure::text, 'it runs on rows before the policy has seen them',
               format('alter function %s not leakproof', p.oid::regprocedure)
          from pg_proc p where p.proleakproof and p.pronamespace <> 'pg_catalog'::regnamespace)sql"},
    {{.id = "L18",
      .severity = warning,
      .title = "a policy calls a function that cannot be inlined",
      .explanation = "A function with a SET clause (a pinned search_path, for example), or in another "
                     "language than sql, is called "
                     "for each row: 2 times slower for a point lookup, 21 times as a filter. A policy that "
                     "compares with "
                     "the setting itself needs no function."},
     R"sql(
        select format('%s on %s', p.name, p.table_name), format('%s is called for each row', f.oid::regprocedure),
               'compare with current_setting itself'
          from policy p join pg_depend d on d.classid = 'pg_policy'::regclass and d.objid = p.oid and d.refclassid = 'pg_proc'::regclass
          join pg_proc f on f.oid = d.refobjid join pg_language l on l.oid = f.prolang
         where f.proconfig is not null or l.lanname <> 'sql')sql"},
    {{.id = "L19",
      .severity = error,
      .title = "an immutable function reads a setting",
      .explanation =
          "What is immutable is evaluated when a statement is planned and kept in the plan: the first tenant "
          "that used the prepared statement is then everybody's tenant. It is STABLE at best."},
     R"sql(
        select p.oid::regprocedure::text, 'a cached plan keeps the first tenant that it saw',
               format('alter function %s stable', p.oid::regprocedure)
          from pg_proc p join our_schema s on s.oid = p.pronamespace
         where p.provolatile = 'i' and p.prokind in ('f', 'p') and pg_get_functiondef(p.oid) ~* 'current_setting')sql"
    },
    {{.id = "L20",
      .severity = error,
      .title = "an application role holds TRUNCATE, REFERENCES or TRIGGER",
      .explanation =
          "Row security does not stand in front of these. TRUNCATE by tenant B emptied the table of all "
          "tenants; REFERENCES makes an oracle of a foreign key; TRIGGER runs one's own code in other "
          "people's writes."},
     R"sql(
        select format('%s on %s', g.rolname, t.name), format('it holds %s', string_agg(v, ', ' order by v)),
               format('revoke %s on %s from %I', string_agg(v, ', ' order by v), t.name, g.rolname)
          from governed g cross join candidate t cross join unnest(array['truncate', 'references', 'trigger']) v
         where has_table_privilege(g.oid, t.oid, v)
         group by g.rolname, t.name)sql"},
    {{.id = "L21",
      .severity = error,
      .title = "a login role that policies do not hold",
      .explanation =
          "Superusers and roles with BYPASSRLS see every tenant whatever the policies say. The cluster's "
          "first superuser cannot be otherwise and is not reported; every other one is a person's or a "
          "program's choice and needs a reason. pg_dump needs BYPASSRLS, and nothing else does."},
     R"sql(
        select rolname::text, case when rolsuper then 'it is a superuser' else 'it has BYPASSRLS' end,
               format('alter role %I %s', rolname, case when rolsuper then 'nosuperuser' else 'nobypassrls' end)
          from pg_roles where rolcanlogin and (rolsuper or rolbypassrls) and oid <> 10)sql"},
    {{.id = "L22",
      .severity = error,
      .title = "a login role can become one that policies do not hold",
      .explanation = "SET ROLE follows membership at any depth, with or without INHERIT, so a member of the "
                     "owner, of an "
                     "administrator or of a BYPASSRLS role is one injected statement away from all tenants. "
                     "CREATEROLE can, "
                     "in PostgreSQL 15, grant itself any role that is no superuser; some predefined roles "
                     "read tables or files of everybody."},
     R"sql(
        , power as (
          select r.oid, r.rolname, case when r.rolsuper then 'a superuser' when r.rolbypassrls then 'has BYPASSRLS'
                   when o.oid is not null then 'the owner of tenant tables' when u.oid is not null then 'sees all tenants'
                   when r.rolcreaterole then 'may grant itself roles' else 'reads or writes everything' end as why
            from pg_roles r left join owner o on o.oid = r.oid
            left join (select distinct unnest(p.polroles) as oid from policy p join tenant_table t on t.oid = p.polrelid
                        where p.using_text = 'true') u on u.oid = r.oid
           where r.rolsuper or r.rolbypassrls or o.oid is not null or u.oid is not null or r.rolcreaterole
              or r.rolname in ('pg_read_all_data', 'pg_write_all_data', 'pg_read_server_files', 'pg_write_server_files',
                               'pg_execute_server_program'))
        select format('%s as %s', l.rolname, p.rolname),
               case when l.oid = p.oid then format('it can log in and is %s', p.why) else format('%s is %s', p.rolname, p.why) end,
               case when l.oid = p.oid then format('use another role to log in than %I', l.rolname)
                    else format('revoke %I from %I', p.rolname, l.rolname) end
          from role l join power p on pg_has_role(l.oid, p.oid, 'member')
         where l.rolcanlogin and not l.rolbypassrls
           and (l.oid <> p.oid or p.why in ('the owner of tenant tables', 'may grant itself roles')))sql"},
    {{.id = "L23",
      .severity = error,
      .title = "a tenant is set by default",
      .explanation = "A tenant in ALTER ROLE … SET, ALTER DATABASE … SET or the server's configuration makes "
                     "every session "
                     "that forgot to bind one work, for that tenant: the loud error becomes a silent leak. "
                     "It works, we tried it."},
     R"sql(
        select coalesce('role ' || quote_ident(r.rolname), 'all roles') || coalesce(' in ' || quote_ident(d.datname), ''),
               format('its sessions begin with %s', c), format('alter %s reset %s',
                 coalesce('role ' || quote_ident(r.rolname), 'database ' || quote_ident(d.datname)), lens.setting)
          from lens cross join pg_db_role_setting s cross join unnest(s.setconfig) c
          left join pg_roles r on r.oid = s.setrole left join pg_database d on d.oid = s.setdatabase
         where lower(split_part(c, '=', 1)) = lower(lens.setting)
           and (d.oid is null or d.datname = current_database())
        union all
        select 'the server''s configuration', format('its sessions begin with %s=%s', g.name, g.setting), 'remove it from postgresql.conf'
          from pg_settings g, lens where g.name = lens.setting and g.source = 'configuration file')sql"},
    {{.id = "L24",
      .severity = warning,
      .title = "an application role may call set_config",
      .explanation =
          "SET LOCAL is a statement, but set_config is an expression: an injection into a SELECT is enough "
          "to "
          "switch the tenant in the middle of it. After revoking it from PUBLIC all our five probes failed. "
          "Managed PostgreSQL may not let you: then this stays a warning that you know about."},
     R"sql(
        select rolname::text, 'an injected expression can switch the tenant',
               'revoke execute on function pg_catalog.set_config(text, text, boolean) from public'
          from governed where has_function_privilege(oid, 'pg_catalog.set_config(text, text, boolean)', 'execute'))sql"
    },
    {{.id = "L25",
      .severity = error,
      .title = "an application role may create objects",
      .explanation = "Own operators and functions run on rows before the policy has filtered them as soon as "
                     "somebody can be "
                     "made to use them, and temporary tables shadow names in every function without a pinned "
                     "search_path. An "
                     "application needs neither CREATE on a schema nor TEMPORARY on the database."},
     R"sql(
        select format('%s in schema %I', g.rolname, n.nspname), 'it may create objects there',
               format('revoke create on schema %1$I from %2$I; revoke create on schema %1$I from public', n.nspname, g.rolname)
          from governed g cross join pg_namespace n
         where n.nspname !~ '^pg_(toast|temp)' and has_schema_privilege(g.oid, n.oid, 'create')
        union all
        select format('%s in the database', g.rolname), format('it holds %s', v),
               format('revoke %1$s on database %2$I from %3$I; revoke %1$s on database %2$I from public', v, current_database(), g.rolname)
          from governed g cross join unnest(array['temporary', 'create']) v
         where has_database_privilege(g.oid, current_database(), v))sql"},
    {{.id = "L26",
      .severity = error,
      .title = "a view shows a tenant table as its owner sees it",
      .explanation = "A view reads with its owner's rights, so the caller's policies do not apply: 5,000 "
                     "rows instead of "
                     "5. WITH (security_invoker) reads with the caller's, since PostgreSQL 15."},
     R"sql(
        , recursive_view as (
          with recursive over_tenants (oid) as (
            select oid from candidate union select oid from secured
            union
            select r.ev_class from over_tenants o
              join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = o.oid and d.classid = 'pg_rewrite'::regclass
              join pg_rewrite r on r.oid = d.objid)
          select distinct oid from over_tenants)
        select c.oid::regclass::text, format('it reads with the rights of %s', c.relowner::regrole),
               format('alter view %s set (security_invoker = on)', c.oid::regclass)
          from recursive_view v join pg_class c on c.oid = v.oid
         where c.relkind = 'v'
           and not exists (select from unnest(c.reloptions) o where o ~* '^security_invoker=(true|on|1|yes)$'))sql"
    },
    {{.id = "L27",
      .severity = error,
      .title = "a materialized view over tenant tables can be read by an application",
      .explanation =
          "It holds what its refresher saw, usually everybody's rows, and row security cannot be put on it. "
          "Keep it in a schema that no application reaches, or make it a table with policies."},
     R"sql(
        , recursive_view as (
          with recursive over_tenants (oid) as (
            select oid from candidate union select oid from secured
            union
            select r.ev_class from over_tenants o
              join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = o.oid and d.classid = 'pg_rewrite'::regclass
              join pg_rewrite r on r.oid = d.objid)
          select distinct oid from over_tenants)
        select format('%s to %s', c.oid::regclass, g.rolname), 'it holds what its refresher saw',
               format('revoke select on %s from %I', c.oid::regclass, g.rolname)
          from recursive_view v join pg_class c on c.oid = v.oid cross join governed g
         where c.relkind = 'm' and has_table_privilege(g.oid, c.oid, 'select'))sql"},
    {{.id = "L28",
      .severity = error,
      .title = "a SECURITY DEFINER function that is not closed",
      .explanation =
          "It runs with its owner's rights (5,000 rows instead of 5). So its owner must be one that policies "
          "hold and nobody logs in as, its search_path pinned against shadowing, EXECUTE given by name and "
          "not to PUBLIC, and its body must "
          "bind itself to the session's tenant by reading the setting."},
     R"sql(
        select format('%s: %s', p.oid::regprocedure, fault.name), fault.message, fault.fix
          from lens cross join pg_proc p join our_schema s on s.oid = p.pronamespace join pg_roles r on r.oid = p.proowner
         cross join lateral (values
           ('owner', r.rolsuper or r.rolbypassrls or r.rolcanlogin, format('it runs as %s', r.rolname),
            format('alter function %s owner to a role without login and BYPASSRLS', p.oid::regprocedure)),
           ('public', has_function_privilege('public', p.oid, 'execute'), 'everybody may call it',
            format('revoke execute on function %s from public', p.oid::regprocedure)),
           ('search_path', not coalesce((select bool_or(c like 'search_path=%') from unnest(p.proconfig) c), false),
            'its caller chooses what its names mean', format('alter function %s set search_path = pg_catalog', p.oid::regprocedure)),
           -- A trigger's function acts on the row that fired it, and nobody can call it.
           ('tenant', p.prorettype <> 'trigger'::regtype and strpos(pg_get_functiondef(p.oid), lens.setting) = 0,
            'it does not read the session''s tenant',
            format('compare with current_setting(%L) in it', lens.setting))) as fault (name, broken, message, fix)
         where p.prosecdef and p.prokind in ('f', 'p') and fault.broken)sql"},
    {{.id = "L29",
      .severity = error,
      .title = "a partition or child table without row security can be reached itself",
      .explanation =
          "The parent's policies hold for queries through the parent. Asked by its own name the child showed "
          "483 rows where the "
          "parent showed one. Children need no grant: take it away, or give them policies of their own."},
     R"sql(
        select c.oid::regclass::text,
               format('granted to %s', string_agg(distinct case when a.grantee = 0 then 'public' else a.grantee::regrole::text end, ', ')),
               format('revoke all on %s from %s', c.oid::regclass,
                      string_agg(distinct case when a.grantee = 0 then 'public' else a.grantee::regrole::text end, ', '))
          from secured t join pg_inherits i on true join pg_class c on c.oid = i.inhrelid
           and (i.inhparent = t.oid or pg_partition_root(c.oid) = t.oid)
         cross join aclexplode(c.relacl) a
         where t.relrowsecurity and not c.relrowsecurity and a.grantee <> c.relowner
         group by c.oid)sql"},
    {{.id = "L30",
      .severity = error,
      .title = "the server lacks fixes of row level security",
      .explanation = "Releases of the 15 line closed holes in row security itself: 15.3 (CVE-2023-2455, "
                     "inlined functions "
                     "after a role change), 15.4 (CVE-2023-39418, MERGE), 15.7 (CVE-2024-4317, statistics), "
                     "15.9 (CVE-2024-10976 and 10978, cached plans), "
                     "15.14 (CVE-2025-8713, statistics through partitions and views), 15.19 (CVE-2026-14666, "
                     "cached plans after a "
                     "change of membership). Other lines are held to the release of the same day."},
     R"sql(
        select format('PostgreSQL %s', current_setting('server_version')), format('fixed in %s.%s', w.major, w.minor),
               'install the update and restart the server'
          from (values (15, 19), (16, 15), (17, 11), (18, 5)) w (major, minor)
         where current_setting('server_version_num')::int / 10000 = w.major
           and current_setting('server_version_num')::int % 10000 < w.minor)sql"},
    {{.id = "L31",
      .severity = warning,
      .title = "a trigger on a tenant table",
      .explanation = "A trigger does what the statement does not say, with the rights of its caller or, as "
                     "SECURITY DEFINER, of its owner: "
                     "reviewers of the statement do not see it, and distributed tables refuse it."},
     R"sql(
        select format('%I on %s', g.tgname, t.name), format('it runs %s behind the statement', g.tgfoid::regprocedure),
               format('drop trigger %I on %s, and say it in the statement', g.tgname, t.name)
          from tenant_table t join pg_trigger g on g.tgrelid = t.oid where not g.tgisinternal and g.tgparentid = 0)sql"
    },
    {{.id = "L32",
      .severity = warning,
      .title = "a sequence numbers rows of all tenants",
      .explanation =
          "A number from one counter tells each tenant how much the others write, and nextval is bound to no "
          "tenant. UUIDv7 made by the service sorts by time just as well."},
     R"sql(
        select format('%s.%I', t.name, a.attname), 'its numbers count what all tenants write',
               'use a uuid that the service makes'
          from tenant_table t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
          left join pg_attrdef d on d.adrelid = t.oid and d.adnum = a.attnum
         where a.attidentity <> '' or pg_get_expr(d.adbin, d.adrelid) ~ '\mnextval\(')sql"},
    {{.id = "L33",
      .severity = warning,
      .title = "a publication carries tenant tables",
      .explanation =
          "Row security does not filter replication, and there are no privileges on a publication: every "
          "role "
          "that may subscribe to one may subscribe to all of them, and then has all tenants' rows."},
     R"sql(
        select format('%I with %s', p.pubname, t.name), 'subscribers get the rows of all tenants',
               format('alter publication %I drop table %s', p.pubname, t.name)
          from pg_publication_tables p join tenant_table t on t.oid = format('%I.%I', p.schemaname, p.tablename)::regclass)sql"
    },
    {{.id = "L34",
      .severity = error,
      .title = "a policy for PUBLIC",
      .explanation = "It holds for every role that there will ever be, so the next one, made for a report or "
                     "an import, has a "
                     "way in that nobody wrote. Name the roles."},
     R"sql(
        select format('%s on %s', name, table_name), 'every future role has it',
               format('alter policy %s on %s to the roles that need it', name, table_name)
          from policy where 0 = any (polroles))sql"},
    {{.id = "L35",
      .severity = warning,
      .title = "default privileges give new objects to PUBLIC",
      .explanation =
          "The next table or function of that owner is everybody's from the moment it is created, before "
          "anybody has thought about its policies."},
     R"sql(
        select format('%s: %s', d.defaclrole::regrole,
                 case d.defaclobjtype when 'r' then 'tables' when 'f' then 'functions' when 'S' then 'sequences' when 'n' then 'schemas' else 'types' end),
               format('PUBLIC gets %s on each new one', string_agg(a.privilege_type, ', ' order by a.privilege_type)),
               format('alter default privileges for role %s … revoke all … from public', d.defaclrole::regrole)
          from pg_default_acl d cross join aclexplode(d.defaclacl) a
         where a.grantee = 0 and d.defaclobjtype in ('r', 'f', 'S', 'n')
         group by d.defaclrole, d.defaclobjtype)sql"},
    {{.id = "L36",
      .severity = error,
      .title = "an application role reaches a foreign table",
      .explanation = "A foreign table cannot carry row security, and the server behind it knows nothing of "
                     "the session's "
                     "tenant."},
     R"sql(
        select format('%s to %s', c.oid::regclass, g.rolname), 'no policy can stand in front of it',
               format('revoke all on %s from %I', c.oid::regclass, g.rolname)
          from pg_class c join our_schema s on s.oid = c.relnamespace cross join governed g
         where c.relkind = 'f' and has_table_privilege(g.oid, c.oid, 'select, insert, update, delete'))sql"},
    {{.id = "L37",
      .severity = warning,
      .title = "the running server is not the installed one",
      .explanation =
          "An update that is installed under a running server is not in effect until it is restarted, and "
          "what it loads "
          "meanwhile comes from the new version: after 15.18 → 15.20 creating a PL/pgSQL function failed "
          "with an undefined symbol. It can be seen only on the server's own machine; elsewhere the rule is "
          "not run."},
     {},
     false,
     &compare_server_with_its_program},
    {{.id = "L38",
      .severity = error,
      .title = "a row refers to a row of another tenant",
      .explanation = "Damage that a foreign key without the tenant column (rule L10) has let in, or that was "
                     "there before a "
                     "composite one was added NOT VALID. The query reads all tenants' rows, so the rule "
                     "needs a role that sees them. Correct the rows, "
                     "then validate the constraint."},
     // Which tables to look into is known only at run time; query_to_xml runs a text and stays one statement.
     R"sql(
        , pair as (
          select format('%I on %s', k.conname, own.name) as object, own.name as child, other.name as parent,
                 format('c.%s <> p.%s', own.attname, other.attname) as differ,
                 (select string_agg(format('c.%I = p.%I', a.attname, b.attname), ' and ')
                    from unnest(k.conkey, k.confkey) as x (own_number, other_number)
                    join pg_attribute a on a.attrelid = k.conrelid and a.attnum = x.own_number
                    join pg_attribute b on b.attrelid = k.confrelid and b.attnum = x.other_number
                   where x.own_number <> own.attnum and x.other_number <> other.attnum) as matches
            from pg_constraint k
            join candidate own on own.oid = k.conrelid join candidate other on other.oid = k.confrelid
           where k.contype = 'f' and k.conparentid = 0
             and (not k.convalidated
                  or array_position(k.conkey, own.attnum) is null
                  or array_position(k.conkey, own.attnum) is distinct from array_position(k.confkey, other.attnum))),
        counted as (
          select pair.*, (xpath('/row/n/text()', query_to_xml(format(
                   'select count(*) as n from %s c join %s p on %s where %s', child, parent, matches, differ), false, true, '')))[1]::text::bigint as n
            from pair where matches is not null)
        select object, format('%s rows of %s refer to another tenant''s row of %s', n, child, parent),
               format('select * from %s c join %s p on %s where %s', child, parent, matches, differ)
          from counted where n > 0)sql",
     true},
});

/// /proc names the program that serves this very session; a name that ends with " (deleted)" was replaced.
RuleResult compare_server_with_its_program(pg::BlockingConnection& connection, const Rule& rule) {
    constexpr std::string_view deleted = " (deleted)";
    const pg::TextResult session = connection.query(
        "select pg_backend_pid()::text, current_setting('server_version') where inet_server_addr() is null"
    );
    std::error_code failure;
    std::string program;
    if (!session.rows.empty()) {
        program = std::filesystem::read_symlink("/proc/" + *session.rows[0][0] + "/exe", failure).string();
    }
    if (program.ends_with(deleted)) {
        program.resize(program.size() - deleted.size());
    }
    if (failure || !program.ends_with("/postgres") || !std::filesystem::exists(program, failure)) {
        return {.findings = {}, .not_run = "the server's program is not on this machine, or not ours to see"};
    }
    const core::ProcessResult asked =
        core::run_process({.command = {program, "--version"}}, std::chrono::seconds{5});
    const std::string running = version_in(") " + *session.rows[0][1]);
    const std::string installed = version_in(asked.output);
    RuleResult result;
    if (!installed.empty() && installed != running) {
        result.findings.push_back(
            {.article = &rule,
             .object = "PostgreSQL " + running,
             .message = "version " + installed + " is installed",
             .fix = "restart the server"}
        );
    }
    return result;
}

}  // namespace

std::span<const Rule> rules() {
    return all_rules;
}

RuleResult run_rule(pg::BlockingConnection& connection, const Lens& lens, const Rule& rule) {
    if (rule.check != nullptr) {
        return rule.check(connection, rule);
    }
    if (rule.reads_rows && connection.value("select rolsuper or rolbypassrls from pg_roles where rolname = "
                                            "current_user") != "t") {
        return {.findings = {}, .not_run = "it needs a role that sees all tenants' rows"};
    }
    RuleResult result;
    const std::string sql = std::string{common_tables} + std::string{rule.query} + " order by 1, 2";
    for (const pg::TextResult::Row& row : connection.query(sql, lens.parameters()).rows) {
        result.findings.push_back(
            {.article = &rule,
             .object = row.at(0).value_or("?"),
             .message = row.at(1).value_or("?"),
             .fix = row.at(2).value_or("?")}
        );
    }
    return result;
}

std::string version_in(std::string_view text) {
    const std::size_t begin = text.find_first_of("0123456789", text.find(')'));
    if (begin == std::string_view::npos) {
        return {};
    }
    return std::string{text.substr(begin, text.find_first_not_of("0123456789.", begin) - begin)};
}

}  // namespace pz::command::prove
