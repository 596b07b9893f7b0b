#include "lens.hpp"

#include "exit_code.hpp"

#include <fmt/format.h>

namespace pz::command::prove {

const std::string_view common_tables = R"sql(
with lens (schemas, tenant_column, setting) as (select $1::text[], $2::text, $3::text),
our_schema as (
  select n.oid, n.nspname from pg_namespace n, lens
   where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
     and (lens.schemas is null or n.nspname = any (lens.schemas))),
candidate as (
  select c.oid, c.oid::regclass::text as name, c.relowner, c.relkind, c.relacl, c.relrowsecurity, c.relforcerowsecurity,
         a.attnum, quote_ident(a.attname) as attname, a.atttypid, a.attnotnull
    from lens cross join pg_class c join our_schema s on s.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attname = lens.tenant_column and a.attnum > 0 and not a.attisdropped
   where c.relkind in ('r', 'p')),
tenant_table as (select * from candidate where relrowsecurity),
secured as (
  select c.oid, c.oid::regclass::text as name, c.relowner, c.relrowsecurity, c.relforcerowsecurity
    from pg_class c join our_schema s on s.oid = c.relnamespace
   where c.relkind in ('r', 'p')
     and (c.relrowsecurity or exists (select from pg_policy p where p.polrelid = c.oid))),
owner as (select distinct relowner as oid from candidate union select relowner from secured),
role as (select * from pg_roles where rolname !~ '^pg_' and not rolsuper),
acting as (
  select r.* from role r
   where exists (
           select from candidate t
            where has_table_privilege(r.oid, t.oid, 'select, insert, update, delete, truncate, references, trigger')
               or has_any_column_privilege(r.oid, t.oid, 'select, insert, update, references'))
     and (r.rolcanlogin or exists (
           select from role l where l.rolcanlogin and pg_has_role(l.oid, r.oid, 'member')))),
governed as (
  select * from acting a
   where not a.rolbypassrls and not exists (select from owner o where pg_has_role(a.oid, o.oid, 'member'))),
policy as (
  select p.oid, p.polrelid, t.name as table_name, quote_ident(p.polname) as name, p.polcmd, p.polpermissive, p.polroles,
         pg_get_expr(p.polqual, p.polrelid) as using_text, pg_get_expr(p.polwithcheck, p.polrelid) as check_text,
         case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete'
                       else 'all' end as command,
         (select string_agg(case when x = 0 then 'public' else x::regrole::text end, ', ' order by x::regrole::text)
            from unnest(p.polroles) x) as roles
    from pg_policy p join secured t on t.oid = p.polrelid)
)sql";

std::vector<std::optional<std::string>> Lens::parameters() const {
    std::optional<std::string> list;
    if (!schemas.empty()) {
        list = "{";
        for (const std::string& schema : schemas) {
            *list += *list == "{" ? "\"" : ",\"";
            for (const char c : schema) {
                if (c == '"' || c == '\\') {
                    *list += '\\';
                }
                *list += c;
            }
            *list += '"';
        }
        *list += '}';
    }
    return {list, tenant_column, setting};
}

void prepare_session(pg::BlockingConnection& connection) {
    constexpr int oldest = 150'000;  // pg_constraint.confdelsetcols, security_invoker
    if (connection.server_version() < oldest) {
        throw CommandError(
            ExitCode::usage,
            fmt::format(
                "the server is PostgreSQL {}; the rules need 15 or newer",
                connection.server_version() / 10'000
            )
        );
    }
    connection.execute_script(
        "set default_transaction_read_only = on; set search_path = pg_catalog; set statement_timeout = '60s';"
        "set lock_timeout = '2s'; set application_name = 'phasezero prove'; set standard_conforming_strings "
        "= on"
    );
}

std::string quote_literal(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        out.append(c == '\'' ? 2 : 1, c);
    }
    return out + '\'';
}

std::string quote_setting(std::string_view name) {
    const std::size_t dot = name.find('.');
    return dot == std::string_view::npos
               ? pg::quote_identifier(name)
               : pg::quote_identifier(name.substr(0, dot)) + "." + pg::quote_identifier(name.substr(dot + 1));
}

}  // namespace pz::command::prove
