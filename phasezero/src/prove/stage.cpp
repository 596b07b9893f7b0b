#include "stage.hpp"

#include "row_maker.hpp"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace pz::command::prove {

namespace {

long last_number(std::string_view text) {
    const std::size_t begin = text.find_last_not_of("0123456789") + 1;
    long number = -1;
    std::from_chars(text.data() + begin, text.data() + text.size(), number);
    return number;
}

}  // namespace

long Attempt::affected() const {
    return last_number(tag);
}

long Attempt::count() const {
    return rows.empty() || rows[0].empty() ? -1 : last_number(rows[0][0].value_or(""));
}

Stage::Stage(
    pg::BlockingConnection& connection,
    std::function<pg::BlockingConnection()> connect,
    Lens lens,
    std::vector<NamedStatement> statements
)
    : connection_(connection),
      connect_(std::move(connect)),
      lens_(std::move(lens)),
      statements_(std::move(statements)) {
    find_tables();
    for (const pg::TextResult::Row& row :
         look_through_lens("select rolname, quote_ident(rolname) from governed order by 1").rows) {
        actors_.push_back({row[0].value_or(""), row[1].value_or("")});
    }
    make_rows();
    for (const Actor& actor : actors_) {
        for (const StageTable& table : tables_) {
            first_answers_[{actor.name, table.name}] =
                attempt(actor, Binding::unbound, "select count(*) from " + table.name);
        }
    }
}

std::optional<std::string> Stage::find_obstacle(pg::BlockingConnection& connection) {
    if (connection.value("select rolsuper from pg_roles where rolname = session_user") == "t") {
        return std::nullopt;
    }
    return "the proofs act as every role, which takes a superuser";
}

void Stage::find_tables() {
    for (const pg::TextResult::Row& row : look_through_lens(R"sql(
            select t.oid::text, t.name, t.attname,
                   (select string_agg(quote_ident(a.attname), ', ' order by a.attnum) from pg_attribute a
                     where a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '')
              from tenant_table t
             where not exists (select from pg_inherits i where i.inhrelid = t.oid)
             order by t.name)sql")
                                              .rows) {
        tables_.push_back(
            {.oid = row[0].value_or(""),
             .name = row[1].value_or(""),
             .tenant = row[2].value_or(""),
             .columns = row[3].value_or(""),
             .own_row = {},
             .foreign_row = {}}
        );
    }
    const std::string type = look_through_lens(
                                 "select coalesce((select format_type(atttypid, null) from tenant_table "
                                 "order by name limit 1), '')"
    )
                                 .rows[0][0]
                                 .value_or("");
    if (type == "uuid") {
        own_ = look("select gen_random_uuid()").rows[0][0].value_or("");
        foreign_ = look("select gen_random_uuid()").rows[0][0].value_or("");
    } else if (type == "smallint") {
        own_ = "32001";
        foreign_ = "32002";
    } else if (type == "integer" || type == "bigint" || type == "numeric") {
        own_ = "2000000001";
        foreign_ = "2000000002";
    } else {
        own_ = "prove-own";
        foreign_ = "prove-foreign";
    }
}

void Stage::make_rows() {
    connection_.execute_script("set local session_replication_role = replica");
    std::vector<StageTable> filled;
    for (StageTable& table : tables_) {
        MadeRow own = make_row(connection_, table.oid, table.name, table.tenant, own_);
        MadeRow foreign = make_row(connection_, table.oid, table.name, table.tenant, foreign_);
        table.own_row = std::move(own.json);
        table.foreign_row = std::move(foreign.json);
        table.why_empty = own.why_not.empty() ? foreign.why_not : own.why_not;
        const bool empty = table.own_row.empty() || table.foreign_row.empty();
        (empty ? empty_tables_ : filled).push_back(std::move(table));
    }
    tables_ = std::move(filled);
    connection_.execute_script("set local session_replication_role = origin");
}

Attempt Stage::attempt(
    const Actor& actor,
    Binding binding,
    const std::string& sql,
    const std::vector<std::optional<std::string>>& parameters,
    const std::string& before
) {
    std::string script =
        "savepoint attempt; set constraints all immediate; set local search_path to default;"
        " set local session authorization " +
        actor.quoted;
    if (binding == Binding::bound) {
        script += fmt::format("; set local {} = {}", quote_setting(lens_.setting), quote_literal(own_));
    }
    connection_.execute_script(script);
    Attempt outcome;
    try {
        if (!before.empty()) {
            connection_.execute_script(before);
        }
        pg::TextResult result = connection_.query(sql, parameters);
        outcome.tag = std::move(result.command_tag);
        outcome.rows = std::move(result.rows);
    } catch (const pg::BlockingError& error) {
        outcome.sqlstate = error.sqlstate();
        outcome.message = error.what();
        outcome.constraint = error.constraint();
    }
    connection_.execute_script("rollback to attempt; release attempt");
    return outcome;
}

Attempt Stage::attempt_between(
    const std::string& prepare, const Actor& actor, const std::string& sql, const std::string& look
) {
    connection_.execute_script("savepoint between; " + prepare);
    connection_.execute_script(fmt::format(
        "savepoint attempt; set constraints all immediate; set local session authorization {}; set local {} "
        "= {}",
        actor.quoted,
        quote_setting(lens_.setting),
        quote_literal(own_)
    ));
    Attempt outcome;
    try {
        pg::TextResult result = connection_.query(sql);
        outcome.tag = std::move(result.command_tag);
        outcome.rows = std::move(result.rows);
        if (!look.empty()) {
            connection_.execute_script("set local session authorization default");
            outcome.rows = connection_.query(look).rows;
        }
    } catch (const pg::BlockingError& error) {
        outcome.sqlstate = error.sqlstate();
        outcome.message = error.what();
        outcome.constraint = error.constraint();
    }
    connection_.execute_script("rollback to between; release between");
    return outcome;
}

const Attempt& Stage::first_answer(const Actor& actor, const StageTable& table) const {
    return first_answers_.at({actor.name, table.name});
}

bool Stage::sees_only_its_own(const Actor& actor, const StageTable& table) {
    const Attempt seen = count_foreign_rows(actor, table);
    return seen.succeeded() && seen.count() == 0;
}

Attempt Stage::count_foreign_rows(const Actor& actor, const StageTable& table) {
    return attempt(
        actor,
        Binding::bound,
        fmt::format(
            "select count(*) from (select from {} where {} is distinct from {} limit 1000) foreign_rows",
            table.name,
            table.tenant,
            quote_literal(own_)
        )
    );
}

pg::TextResult Stage::look(
    const std::string& sql, const std::vector<std::optional<std::string>>& parameters
) {
    return connection_.query(sql, parameters);
}

pg::TextResult Stage::look_through_lens(std::string_view sql) {
    return connection_.query(std::string{common_tables} + std::string{sql}, lens_.parameters());
}

}  // namespace pz::command::prove
