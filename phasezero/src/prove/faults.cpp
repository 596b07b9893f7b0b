#include "faults.hpp"

#include "exit_code.hpp"

#include <fmt/format.h>

#include <utility>

namespace pz::command::prove {

namespace {

/// {name} stands for a member of the site: the texts below are SQL, and SQL has few braces.
std::string fill(std::string text, const Site& site) {
    const std::pair<std::string_view, const std::string&> members[] = {
        {"{schema}", site.schema},
        {"{table}", site.table},
        {"{tenant}", site.tenant},
        {"{type}", site.type},
        {"{policy}", site.policy},
        {"{role}", site.role},
        {"{other_role}", site.other_role},
        {"{owner}", site.owner},
        {"{setting}", site.setting},
        {"{setting_name}", site.setting_name},
    };
    for (const auto& [name, value] : members) {
        for (std::size_t at = text.find(name); at != std::string::npos;
             at = text.find(name, at + value.size())) {
            text.replace(at, name.size(), value);
        }
    }
    return text;
}

using IdAndSql = std::pair<std::string_view, std::string>;

constexpr std::string_view form = "{tenant} = current_setting({setting})::{type}";

/// A table of good shape but for what `columns` brings along: keyed, secured, granted to the role.
std::string planted_table(
    std::string_view name, std::string_view columns, std::string_view key = "{tenant}, id"
) {
    return fmt::format(
        "create table {{schema}}.{0} ({{tenant}} {{type}} not null, id uuid not null default "
        "gen_random_uuid(){1}{2}"
        ", primary key ({3}));"
        "alter table {{schema}}.{0} enable row level security; alter table {{schema}}.{0} force row level "
        "security;"
        "create policy planted on {{schema}}.{0} for all to {{role}} using ({4});"
        "grant select, insert, update, delete on {{schema}}.{0} to {{role}};",
        name,
        columns.empty() ? "" : ", ",
        columns,
        key,
        form
    );
}

/// A child whose foreign key leaves the tenant out.
std::string loose_reference() {
    return planted_table("planted_parent", "unique (id)") +
           planted_table(
               "planted_child", "parent uuid references {schema}.planted_parent (id) on delete cascade"
           );
}

constexpr std::string_view definer_function =
    "create function {schema}.planted() returns bigint language sql stable security definer set search_path "
    "= pg_catalog"
    " as $$ select count(*) from {table} where {tenant} = current_setting({setting})::{type} $$;"
    "alter function {schema}.planted() owner to {owner};"
    "revoke execute on function {schema}.planted() from public;";

std::vector<IdAndSql> faults_of_rules() {
    return {
        {"L01", "alter table {table} disable row level security"},
        {"L01",
         "create table {schema}.planted ({tenant} {type} not null, id uuid, primary key ({tenant}, id));"
         "grant select on {schema}.planted to {role}"},
        {"L02", "alter table {table} disable row level security"},
        {"L03", "alter table {table} no force row level security"},
        {"L04", "drop policy {policy} on {table}"},
        {"L05", "create policy planted on {table} for select to {role} using ({tenant} is not null)"},
        {"L05", "create policy planted on {table} for update to public using (true)"},
        {"L06", "alter policy {policy} on {table} using (true)"},
        {"L06", "alter policy {policy} on {table} using ({tenant} = current_setting({setting}, true)::{type})"
        },
        {"L06", fmt::format("alter policy {{policy}} on {{table}} using ({} or {{tenant}} is null)", form)},
        {"L06",
         fmt::format("alter policy {{policy}} on {{table}} using ({0}) with check (({0}) is not false)", form)
        },
        {"L07",
         "alter policy {policy} on {table} using ({tenant} = (select current_setting({setting})::{type}))"},
        {"L08", "create policy planted on {table} as restrictive for select to {role} using (true)"},
        {"L09", "alter policy {policy} on {table} with check (true)"},
        {"L10", loose_reference()},
        {"L11", planted_table("planted", "name text unique")},
        {"L11", planted_table("planted", "span int4range, exclude using gist (span with &&)")},
        {"L12", planted_table("planted", "", "id, {tenant}")},
        {"L12", planted_table("planted", "") + "alter table {schema}.planted drop constraint planted_pkey"},
        {"L13",
         planted_table("planted", "") + "alter table {schema}.planted drop constraint planted_pkey,"
                                        " alter {tenant} drop not null"},
        {"L14",
         planted_table("planted_parent", "") + planted_table(
                                                   "planted_child",
                                                   "parent uuid, foreign key ({tenant}, parent) references"
                                                   " {schema}.planted_parent on delete set null"
                                               )},
        {"L15",
         planted_table("planted", "price numeric") + "create index on {schema}.planted ({tenant}, price)"},
        {"L15", planted_table("planted", "body jsonb") + "create index on {schema}.planted using gin (body)"},
        {"L16",
         planted_table("planted", "email text") + "create index on {schema}.planted ({tenant}, lower(email))"
        },
        {"L17", "create function {schema}.planted(int) returns int language sql leakproof as 'select $1'"},
        {"L18",
         "create function {schema}.planted() returns {type} language sql stable set search_path = pg_catalog"
         " as $$ select current_setting({setting})::{type} $$;"
         "alter policy {policy} on {table} using ({tenant} = {schema}.planted())"},
        {"L19",
         "create function {schema}.planted() returns text language sql immutable"
         " as $$ select current_setting({setting}) $$"},
        {"L20", "grant truncate on {table} to {role}"},
        {"L20", "grant references on {table} to {role}"},
        {"L20", "grant trigger on {table} to public"},
        {"L21", "alter role {role} bypassrls"},
        {"L21", "alter role {role} superuser"},
        {"L22", "grant {owner} to {role}"},
        {"L22",
         "create role planted_between noinherit; grant {owner} to planted_between; grant planted_between to "
         "{role}"},
        {"L22",
         "create role planted_all; create policy planted on {table} for select to planted_all using (true);"
         "grant planted_all to {role}"},
        {"L22", "alter table {table} owner to {role}"},
        {"L22", "alter role {role} createrole"},
        {"L22", "grant pg_read_all_data to {role}"},
        {"L23", "alter role {role} set {setting_name} = '00000000-0000-0000-0000-000000000000'"},
        {"L23",
         "do $$ begin execute format('alter database %I set {setting_name} = %L', current_database(), 'x'); "
         "end "
         "$$"},
        {"L24", "grant execute on function pg_catalog.set_config(text, text, boolean) to {role}"},
        {"L24", "grant execute on function pg_catalog.set_config(text, text, boolean) to public"},
        {"L25", "grant create on schema {schema} to {role}"},
        {"L25",
         "do $$ begin execute format('grant temporary on database %I to public', current_database()); end $$"
        },
        {"L25",
         "do $$ begin execute format('grant create on database %I to {role}', current_database()); end $$"},
        {"L26", "create view {schema}.planted as select * from {table}"},
        {"L26",
         "create view {schema}.planted_inner with (security_invoker) as select * from {table};"
         "create view {schema}.planted as select * from {schema}.planted_inner"},
        {"L27",
         "create materialized view {schema}.planted as select * from {table}; grant select on "
         "{schema}.planted "
         "to {role}"},
        {"L28", std::string{definer_function} + "grant execute on function {schema}.planted() to public"},
        {"L28", std::string{definer_function} + "alter function {schema}.planted() reset search_path"},
        {"L28", std::string{definer_function} + "alter function {schema}.planted() owner to {role}"},
        {"L28",
         "create function {schema}.planted() returns bigint language sql security definer set search_path = "
         "pg_catalog"
         " as 'select count(*) from {table}'; revoke execute on function {schema}.planted() from public"},
        {"L29",
         planted_table("planted", "") + "create table {schema}.planted_child () inherits ({schema}.planted);"
                                        "grant select on {schema}.planted_child to {role}"},
        {"L29",
         "create table {schema}.planted ({tenant} {type} not null, id uuid, primary key ({tenant}, id)) "
         "partition by hash ({tenant});"
         "create table {schema}.planted_part partition of {schema}.planted for values with (modulus 1, "
         "remainder "
         "0);"
         "alter table {schema}.planted enable row level security; alter table {schema}.planted force row "
         "level "
         "security;"
         "grant select on {schema}.planted_part to public"},
        {"L31",
         "create trigger planted before update on {table} for each row execute function "
         "suppress_redundant_updates_trigger()"},
        {"L32", planted_table("planted", "number bigint generated always as identity")},
        {"L32", planted_table("planted", "number bigserial")},
        {"L33", "create publication planted for table {table}"},
        {"L33", "create publication planted for all tables"},
        {"L34", "alter policy {policy} on {table} to public"},
        {"L35", "alter default privileges for role {owner} grant select on tables to public"},
        {"L36",
         "create foreign data wrapper planted; create server planted foreign data wrapper planted;"
         "create foreign table {schema}.planted (id int) server planted; grant select on {schema}.planted to "
         "{role}"},
        {"L38",
         loose_reference() + "insert into {schema}.planted_parent ({tenant}, id) values ({one}, "
                             "'00000000-0000-0000-0000-0000000000aa');"
                             "insert into {schema}.planted_child ({tenant}, parent) values ({two}, "
                             "'00000000-0000-0000-0000-0000000000aa')"},
    };
}

std::vector<IdAndSql> faults_of_proofs() {
    return {
        {"D1", "alter policy {policy} on {table} using (true)"},
        {"D1", "alter policy {policy} on {table} with check (true)"},
        {"D1", "create policy planted on {table} for select to {role} using (true)"},
        {"D1", "create policy planted on {table} for delete to {role} using (true)"},
        {"D1", "grant truncate on {table} to {role}"},
        {"D2", "alter policy {policy} on {table} using ({tenant} = current_setting({setting}, true)::{type})"
        },
        {"D2",
         "alter policy {policy} on {table} using ({tenant} = nullif(current_setting({setting}, true), "
         "'')::{type})"},
        {"D4", loose_reference()},
        {"D4", loose_reference() + "revoke update on {schema}.planted_child from {role}"},
        {"D5", planted_table("planted", "name text not null unique")},
        {"D7",
         "do $$ begin execute format('grant temporary on database %I to {role}', current_database()); end $$"
        },
        {"D7", "grant {other_role} to {role}"},
        {"D7", "grant create on schema {schema} to {role}"},
        {"D8", "grant execute on function pg_catalog.set_config(text, text, boolean) to {role}"},
        {"D9", "alter policy {policy} on {table} using ({tenant}::text = current_setting({setting}))"},
    };
}

}  // namespace

Site find_site(pg::BlockingConnection& connection, const Lens& lens) {
    const std::string sql = std::string{common_tables} + R"sql(
        select n.nspname, t.name, t.attname, format_type(t.atttypid, null), p.name, quote_ident(g.rolname),
               coalesce((select quote_ident(o.rolname) from governed o where o.oid <> g.oid and o.rolcanlogin order by 1 limit 1),
                        quote_ident(g.rolname)),
               quote_ident(w.rolname), g.rolname
          from tenant_table t join pg_class c on c.oid = t.oid join pg_namespace n on n.oid = c.relnamespace
          join policy p on p.polrelid = t.oid join governed g on g.oid = any (p.polroles)
          join pg_roles w on w.oid = t.relowner cross join lens
         where strpos(p.using_text, quote_literal(lens.setting)) > 0 and g.rolcanlogin
         order by p.polcmd = '*' desc, p.name, t.name limit 1)sql";
    const pg::TextResult found = connection.query(sql, lens.parameters());
    if (found.rows.empty()) {
        throw CommandError(
            ExitCode::usage,
            fmt::format("no policy of a login role reads {}, so there is nothing to break", lens.setting)
        );
    }
    const auto cell = [&](std::size_t column) { return found.rows[0][column].value_or(""); };
    return {
        .schema = pg::quote_identifier(cell(0)),
        .table = cell(1),
        .tenant = cell(2),
        .type = cell(3),
        .policy = cell(4),
        .role = cell(5),
        .role_name = cell(8),
        .other_role = cell(6),
        .owner = cell(7),
        .setting = quote_literal(lens.setting),
        .setting_name = quote_setting(lens.setting),
    };
}

std::vector<Fault> planted_faults(const Site& site) {
    const bool uuid = site.type == "uuid";
    std::vector<Fault> faults;
    for (const auto& [id, sql] : faults_of_rules()) {
        std::string text = fill(sql, site);
        for (const auto& [name, value] :
             {std::pair{"{one}", uuid ? "'00000000-0000-0000-0000-000000000001'" : "'1'"},
              std::pair{"{two}", uuid ? "'00000000-0000-0000-0000-000000000002'" : "'2'"}}) {
            if (const std::size_t at = text.find(name); at != std::string::npos) {
                text.replace(at, std::string_view{name}.size(), value);
            }
        }
        faults.push_back({.id = id, .sql = std::move(text)});
    }
    for (const auto& [id, sql] : faults_of_proofs()) {
        if (site.role != site.other_role || sql.find("{other_role}") == std::string::npos) {
            faults.push_back({.id = id, .sql = fill(sql, site)});
        }
    }
    faults.push_back(
        {.id = "D3",
         .sql = fill(
             "do $$ begin execute format('alter database %I set {setting_name} = %L', current_database(), "
             "'x'); end $$",
             site
         ),
         .undo = fill(
             "do $$ begin execute format('alter database %I reset {setting_name}', current_database()); end "
             "$$",
             site
         )}
    );
    faults.push_back({.id = "D6", .sql = {}, .statement = fill("select * from {table}", site)});
    faults.push_back(
        {.id = "D6",
         .sql = fill(
             "alter policy {policy} on {table} using ({tenant}::text = current_setting({setting}))", site
         ),
         .statement = fill("select * from {table} where {tenant} = $1", site)}
    );
    return faults;
}

}  // namespace pz::command::prove
