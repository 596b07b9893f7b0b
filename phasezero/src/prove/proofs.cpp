// The dynamic proofs: what row level security does, and not only what the catalog says about it.

#include "proofs.hpp"

#include <pz/core/json.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace pz::command::prove {

namespace {

using enum Severity;
using Binding = Stage::Binding;
using Findings = std::vector<Finding>;

/// How a statement may end that has written nothing across tenants: a refusal. What cannot come from a
/// refusal (a syntax error, a missing table) is a mistake of the proof, and proves nothing.
bool is_refusal(const Attempt& attempt) {
    constexpr std::array<std::string_view, 9> refusals{
        "42501",  // privilege, policy, row_security = off
        "42704",  // the setting was never set
        "22P02",  // … or is empty
        "0A000",  // COPY FROM a table with row security
        "428C9",  // a generated column
        "25006",  // read-only
        "55000",  // not updatable
        "42809",  // not a table
        "P0001",  // raised by a trigger
    };
    return std::ranges::find(refusals, attempt.sqlstate) != refusals.end();
}

void require_meaning(const Article& article, const std::string& sql, const Attempt& attempt) {
    if (!attempt.succeeded() && !attempt.reached_constraints() && !is_refusal(attempt)) {
        throw pg::BlockingError(
            fmt::format("{} cannot tell what \"{}\" proves: {}", article.id, sql, attempt.message),
            attempt.sqlstate
        );
    }
}

/// A row from JSON as an INSERT without its last clause.
std::string insert_row(const StageTable& table, std::string_view json = "$1::jsonb") {
    return fmt::format(
        "insert into {0} as target ({1}) overriding system value select {1} from "
        "jsonb_populate_record(null::{0}, {2})",
        table.name,
        table.columns,
        json
    );
}

std::string under_tenant(
    Stage& stage, const StageTable& table, const std::string& row, const std::string& tenant
) {
    return stage
        .look(
            "select ($1::jsonb || jsonb_build_object((select attname from pg_attribute where attrelid = "
            "$2::oid and "
            "quote_ident(attname) = $3), $4::text))::text",
            {row, table.oid, table.tenant, tenant}
        )
        .rows[0][0]
        .value_or("");
}

/// One column that the actor may update, quoted; empty when there is none.
std::string updatable_column(Stage& stage, const Actor& actor, const StageTable& table) {
    const pg::TextResult found = stage.look(
        "select quote_ident(attname) from pg_attribute where attrelid = $2::oid and attnum > 0 and not "
        "attisdropped"
        " and attgenerated = '' and attidentity = '' and has_column_privilege($1, attrelid, attnum, 'update')"
        " order by quote_ident(attname) = $3, attnum limit 1",
        {actor.name, table.oid, table.tenant}
    );
    return found.rows.empty() ? "" : found.rows[0][0].value_or("");
}

bool holds(Stage& stage, const Actor& actor, const StageTable& table, std::string_view privilege) {
    return stage
               .look(
                   "select has_any_column_privilege($1, $2::oid, $3)",
                   {actor.name, table.oid, std::string{privilege}}
               )
               .rows[0][0] == "t";
}

/// D1. One actor, one table, every verb.
class VerbMatrix {
 public:
    VerbMatrix(
        Stage& stage, const Article& article, const Actor& actor, const StageTable& table, Findings& findings
    )
        : stage_(stage),
          article_(article),
          actor_(actor),
          table_(table),
          findings_(findings),
          foreign_(fmt::format("{} = {}", table.tenant, quote_literal(stage.foreign()))) {}

    void try_all() {
        try_reading();
        try_inserting();
        try_updating();
        try_deleting();
        try_merging();
        refuse("truncate", "truncate " + table_.name, "policies do not stand in front of it");
        if (holds(stage_, actor_, table_, "insert")) {
            refuse("copy from", "copy " + table_.name + " from stdin", "it brings rows in past the policies");
        }
    }

 private:
    Attempt run(const std::string& sql, const std::vector<std::optional<std::string>>& parameters = {}) {
        Attempt attempt = stage_.attempt(actor_, Binding::bound, sql, parameters);
        if (attempt.sqlstate != "08006") {
            require_meaning(article_, sql, attempt);
        }
        return attempt;
    }

    void report(std::string_view verb, std::string message) {
        findings_.push_back(
            {.article = &article_,
             .object = fmt::format("{}: {} on {}", actor_.name, verb, table_.name),
             .message = std::move(message),
             .fix = "see the policies for this role: --explain L06, L09"}
        );
    }

    void refuse(
        std::string_view verb,
        const std::string& sql,
        std::string_view otherwise,
        const std::vector<std::optional<std::string>>& parameters = {}
    ) {
        const Attempt attempt = run(sql, parameters);
        // COPY that waits for rows, and TRUNCATE that only a reference from another table stops, were let in.
        const bool let_in =
            attempt.sqlstate == "08006" || (verb == "truncate" && attempt.sqlstate == "0A000");
        if (attempt.succeeded() || let_in) {
            report(verb, std::string{otherwise});
        } else if (attempt.reached_constraints()) {
            report(verb, fmt::format("{}: only {} stopped it", otherwise, attempt.constraint));
        }
    }

    void touch_none(std::string_view verb, const std::string& sql) {
        const Attempt attempt = run(sql);
        if (attempt.succeeded() && attempt.affected() != 0) {
            report(verb, "it reaches rows of another tenant");
        } else if (attempt.reached_constraints()) {
            report(
                verb, fmt::format("it reaches rows of another tenant: only {} stopped it", attempt.constraint)
            );
        } else {
            return;
        }
        leaks_ = true;
    }

    void touch_one(std::string_view verb, const std::string& sql) {
        const Attempt attempt = run(sql);
        if (attempt.succeeded() && attempt.affected() > 1) {
            report(
                verb,
                fmt::format("without a predicate it touched {} rows, and one is its own", attempt.affected())
            );
        }
    }

    void try_reading() {
        const Attempt seen = stage_.count_foreign_rows(actor_, table_);
        require_meaning(article_, "select", seen);
        if (seen.succeeded() && seen.count() != 0) {
            report("select", "it sees rows of other tenants");
            leaks_ = true;
        }
        touch_none(
            "select for update", fmt::format("select from {} where {} for update", table_.name, foreign_)
        );
    }

    void try_inserting() {
        const std::vector<std::optional<std::string>> foreign_row{table_.foreign_row};
        const std::string insert = insert_row(table_);
        refuse("insert", insert, "it plants rows in another tenant", foreign_row);
        refuse(
            "insert returning",
            insert + " returning target.*",
            "it plants rows in another tenant",
            foreign_row
        );
        refuse(
            "insert on conflict do nothing",
            insert + " on conflict do nothing",
            "it says whether another tenant has a row",
            foreign_row
        );
        try_upserting();
    }

    /// ON CONFLICT DO UPDATE by each unique constraint: under the other tenant, and under its own with the
    /// other tenant's values, where a key without the tenant finds the other tenant's row.
    void try_upserting() {
        const std::string column = updatable_column(stage_, actor_, table_);
        if (column.empty() || !holds(stage_, actor_, table_, "insert") ||
            !holds(stage_, actor_, table_, "select")) {
            return;
        }
        const std::string borrowed = under_tenant(stage_, table_, table_.foreign_row, stage_.own());
        for (const pg::TextResult::Row& key : stage_
                                                  .look(
                                                      "select quote_ident(conname) from pg_constraint where "
                                                      "conrelid = $1::oid and contype in ('p', "
                                                      "'u') order by 1",
                                                      {table_.oid}
                                                  )
                                                  .rows) {
            const std::string clause = fmt::format(
                " on conflict on constraint {} do update set {} = excluded.{}",
                key[0].value_or(""),
                column,
                column
            );
            refuse(
                "insert on conflict do update",
                insert_row(table_) + clause,
                "it writes rows of another tenant",
                {table_.foreign_row}
            );
            // Without the foreign keys, which would refuse a row of these tenants wherever it ends up.
            const std::string upsert =
                insert_row(table_, quote_literal(borrowed)) + clause + " returning target." + foreign_;
            const Attempt met =
                stage_.attempt_between("set local session_replication_role = replica", actor_, upsert);
            require_meaning(article_, upsert, met);
            if (met.succeeded() && !met.rows.empty() && met.rows[0][0] == "t") {
                report(
                    "insert on conflict do update", "it changes a row of another tenant that its own meets"
                );
            }
        }
    }

    void try_updating() {
        const std::string column = updatable_column(stage_, actor_, table_);
        if (column.empty()) {
            return;
        }
        const std::string same = fmt::format("update {0} set {1} = {1}", table_.name, column);
        touch_none("update", fmt::format("{} where {}", same, foreign_));
        if (!leaks_) {
            touch_one("update without where", same);
        }
        const std::string move =
            fmt::format("update {} set {} = {}", table_.name, table_.tenant, quote_literal(stage_.foreign()));
        const std::string own = fmt::format(" where {} = {}", table_.tenant, quote_literal(stage_.own()));
        if (!leaks_) {
            refuse("update of the tenant without where", move, "it moves rows into another tenant");
        }
        refuse("update of the tenant", move + own, "it moves rows into another tenant");
    }

    void try_deleting() {
        touch_none("delete", fmt::format("delete from {} where {}", table_.name, foreign_));
        if (!leaks_) {
            touch_one("delete without where", "delete from " + table_.name);
        }
    }

    void try_merging() {
        const std::string column = updatable_column(stage_, actor_, table_);
        if (column.empty() || !holds(stage_, actor_, table_, "select")) {
            return;
        }
        touch_none(
            "merge",
            fmt::format(
                "merge into {0} target using (values (1)) source (one) on target.{1} when matched then "
                "update set {2} = "
                "target.{2}",
                table_.name,
                foreign_,
                column
            )
        );
    }

    Stage& stage_;
    const Article& article_;
    const Actor& actor_;
    const StageTable& table_;
    Findings& findings_;
    std::string foreign_;
    bool leaks_ = false;  // then what has no predicate would touch the whole table
};

Findings prove_verbs(Stage& stage, const Article& article) {
    Findings findings;
    for (const StageTable& table : stage.empty_tables()) {
        findings.push_back(
            {.article = &article,
             .object = table.name + ": no rows",
             .message = "no row could be made, so nothing is proven about it: " + table.why_empty,
             .fix = "run the proofs where the table has a row"}
        );
    }
    for (const Actor& actor : stage.actors()) {
        for (const StageTable& table : stage.tables()) {
            VerbMatrix{stage, article, actor, table, findings}.try_all();
        }
    }
    return findings;
}

/// D2.
Findings prove_unbound_sessions(Stage& stage, const Article& article) {
    Findings findings;
    for (const Actor& actor : stage.actors()) {
        for (const StageTable& table : stage.tables()) {
            if (!stage.sees_only_its_own(actor, table)) {
                continue;  // may not read, or sees everything in every state: the first proof's business
            }
            const auto report = [&](std::string_view when, long rows) {
                findings.push_back(
                    {.article = &article,
                     .object = fmt::format("{}: select on {}", actor.name, table.name),
                     .message = fmt::format("{} it answers {} rows instead of raising", when, rows),
                     .fix = fmt::format(
                         "compare with current_setting({}), without a second argument",
                         quote_literal(stage.lens().setting)
                     )}
                );
            };
            if (const Attempt& first = stage.first_answer(actor, table); first.succeeded()) {
                report("never bound to a tenant,", first.count());
            } else {
                // After a finished SET LOCAL the setting is there, and empty.
                const Attempt later =
                    stage.attempt(actor, Binding::unbound, "select count(*) from " + table.name);
                if (later.succeeded()) {
                    report("after a request has ended,", later.count());
                }
            }
        }
    }
    return findings;
}

/// D3. A session of its own, because it needs a COMMIT; nothing is written.
Findings prove_nothing_stays(Stage& stage, const Article& article) {
    Findings findings;
    const std::string setting = quote_literal(stage.lens().setting);
    const std::string ask = "select coalesce(current_setting(" + setting + ", true), '')";
    const std::string bind = fmt::format(
        "begin read only; set local {} = {}", quote_setting(stage.lens().setting), quote_literal(stage.own())
    );
    for (const Actor& actor : stage.actors()) {
        pg::BlockingConnection session = stage.connect();
        session.execute_script("set session authorization " + actor.quoted);
        const auto check = [&](std::string_view when) {
            const std::string value = session.value(ask);
            if (!value.empty()) {
                findings.push_back(
                    {.article = &article,
                     .object = actor.name,
                     .message = fmt::format("{} the session is bound to {}", when, value),
                     .fix = "see --explain L23; bind with SET LOCAL inside a transaction"}
                );
            }
        };
        check("before any request");
        session.execute_script(bind + "; select 1; commit");
        check("after a commit");
        session.execute_script(bind + "; rollback");
        check("after a rollback");
        session.execute_script(bind);
        try {
            session.execute_script("select 1 / 0");
        } catch (const pg::BlockingError&) {
            session.execute_script("commit");  // answers ROLLBACK
        }
        check("after an error");
    }
    return findings;
}

/// The other half of D4: the other tenant's child refers to the actor's own row, as a key without the tenant
/// lets it, and the actor deletes that. The child has to stay as it is.
void try_deleting_a_parent(
    Stage& stage,
    const Article& article,
    const Actor& actor,
    const StageTable& child,
    const StageTable& parent,
    const pg::TextResult::Row& key,
    Findings& findings
) {
    const pg::TextResult may =
        stage.look("select has_table_privilege($1, $2::oid, 'delete')", {actor.name, parent.oid});
    if (may.rows[0][0] != "t") {
        return;
    }
    const std::string own_parent =
        fmt::format("jsonb_populate_record(null::{}, {}::jsonb)", parent.name, quote_literal(parent.own_row));
    const Attempt attempt = stage.attempt_between(
        fmt::format(
            "set local session_replication_role = replica; update {} set {} from (select {} as row) parent "
            "where {}.{} = {}; set local session_replication_role = origin",
            child.name,
            key[3].value_or(""),
            own_parent,
            child.name,
            child.tenant,
            quote_literal(stage.foreign())
        ),
        actor,
        fmt::format("delete from {} where {} = {}", parent.name, parent.tenant, quote_literal(stage.own())),
        fmt::format(
            "select count(*) from {} child, {} parent where child.{} = {} and {}",
            child.name,
            own_parent,
            child.tenant,
            quote_literal(stage.foreign()),
            key[5].value_or("")
        )
    );
    const auto report = [&](std::string message) {
        findings.push_back(
            {.article = &article,
             .object = fmt::format("{}: {} on {}", actor.name, key[0].value_or(""), child.name),
             .message = std::move(message),
             .fix = "pair the tenant column in the foreign key: --explain L10"}
        );
    };
    if (attempt.succeeded() && attempt.affected() > 0 && attempt.count() == 0) {
        report(fmt::format("deleting a row of {} reaches another tenant's row", parent.name));
    } else if (attempt.sqlstate == "23503" && attempt.constraint == key[4]) {
        report(fmt::format("a row of {} cannot be deleted because of another tenant's row", parent.name));
    } else if (!attempt.succeeded() && !attempt.reached_constraints()) {
        require_meaning(article, "delete from " + parent.name, attempt);
    }
}

/// D4.
Findings prove_references(Stage& stage, const Article& article) {
    Findings findings;
    const pg::TextResult keys = stage.look_through_lens(R"sql(
        select quote_ident(k.conname), own.name, other.name,
               (select string_agg(format('%I = (parent.row).%I', a.attname, b.attname), ', ')
                  from unnest(k.conkey, k.confkey) as x (own_number, other_number)
                  join pg_attribute a on a.attrelid = k.conrelid and a.attnum = x.own_number
                  join pg_attribute b on b.attrelid = k.confrelid and b.attnum = x.other_number
                 where x.own_number <> own.attnum),
               k.conname,
               (select string_agg(format('child.%I is not distinct from parent.%I', a.attname, b.attname), ' and ')
                  from unnest(k.conkey, k.confkey) as x (own_number, other_number)
                  join pg_attribute a on a.attrelid = k.conrelid and a.attnum = x.own_number
                  join pg_attribute b on b.attrelid = k.confrelid and b.attnum = x.other_number
                 where x.own_number <> own.attnum)
          from pg_constraint k
          join tenant_table own on own.oid = k.conrelid join tenant_table other on other.oid = k.confrelid
         where k.contype = 'f' and k.conparentid = 0 order by 2, 1)sql");
    const auto find_table = [&](const std::string& name) {
        return std::ranges::find(stage.tables(), name, &StageTable::name);
    };
    for (const pg::TextResult::Row& key : keys.rows) {
        const auto child = find_table(key[1].value_or(""));
        const auto parent = find_table(key[2].value_or(""));
        if (child == stage.tables().end() || parent == stage.tables().end() || !key[3]) {
            continue;
        }
        for (const Actor& actor : stage.actors()) {
            try_deleting_a_parent(stage, article, actor, *child, *parent, key, findings);
            const std::string sql = fmt::format(
                "update {} set {} from (select jsonb_populate_record(null::{}, $1::jsonb) as row) parent "
                "where {}.{} = {}",
                child->name,
                *key[3],
                parent->name,
                child->name,
                child->tenant,
                quote_literal(stage.own())
            );
            if (!holds(stage, actor, *child, "update")) {
                continue;
            }
            const Attempt attempt = stage.attempt(actor, Binding::bound, sql, {parent->foreign_row});
            require_meaning(article, sql, attempt);
            if (attempt.succeeded() && attempt.affected() > 0) {
                findings.push_back(
                    {.article = &article,
                     .object = fmt::format("{}: {} on {}", actor.name, key[0].value_or(""), child->name),
                     .message = fmt::format("its rows may refer to another tenant's row of {}", parent->name),
                     .fix = "pair the tenant column in the foreign key: --explain L10"}
                );
            }
        }
    }
    return findings;
}

/// D5.
Findings prove_uniqueness(Stage& stage, const Article& article) {
    Findings findings;
    for (const Actor& actor : stage.actors()) {
        for (const StageTable& table : stage.tables()) {
            if (!holds(stage, actor, table, "insert")) {
                continue;
            }
            // Its own row makes way, so that a value that is taken is the other tenant's.
            const std::string insert =
                insert_row(table, quote_literal(under_tenant(stage, table, table.foreign_row, stage.own())));
            const Attempt attempt = stage.attempt_between(
                fmt::format(
                    "set local session_replication_role = replica; delete from {} where {} = {}; set local "
                    "session_replication_role = origin",
                    table.name,
                    table.tenant,
                    quote_literal(stage.own())
                ),
                actor,
                insert
            );
            require_meaning(article, insert, attempt);
            if (attempt.sqlstate == "23505" || attempt.sqlstate == "23P01") {
                findings.push_back(
                    {.article = &article,
                     .object = fmt::format("{}: {} on {}", actor.name, attempt.constraint, table.name),
                     .message = "a value that another tenant has is refused, which says that it exists",
                     .fix = "make the tenant column its first one: --explain L11"}
                );
            }
        }
    }
    return findings;
}

/// D7.
Findings prove_no_escalation(Stage& stage, const Article& article) {
    Findings findings;
    const pg::TextResult roles = stage.look_through_lens(
        "select rolname, quote_ident(rolname) from pg_roles where rolsuper or rolbypassrls or rolcreaterole"
        " or oid in (select oid from owner) or oid in (select oid from acting) order by 1"
    );
    const pg::TextResult schemas = stage.look_through_lens(
        "select quote_ident(nspname) from pg_namespace where oid in (select oid from our_schema) or nspname "
        "= 'public' order by 1"
    );
    for (const Actor& actor : stage.actors()) {
        const auto refuse =
            [&](const std::string& what, const std::string& sql, const std::string& before = {}) {
                const Attempt attempt = stage.attempt(actor, Binding::bound, sql, {}, before);
                require_meaning(article, before + sql, attempt);
                if (attempt.succeeded()) {
                    findings.push_back(
                        {.article = &article,
                         .object = fmt::format("{}: {}", actor.name, what),
                         .message = "it may",
                         .fix = "revoke what lets it: --explain L20, L22, L25"}
                    );
                }
            };
        for (const pg::TextResult::Row& role : roles.rows) {
            if (role[0] != actor.name) {
                refuse("set role " + role[1].value_or(""), "set local role " + role[1].value_or(""));
            }
        }
        for (const pg::TextResult::Row& schema : schemas.rows) {
            const std::string& name = schema[0].value();
            refuse("create in schema " + name, "create table " + name + ".planted_by_prove (id int)");
        }
        refuse("create a schema", "create schema planted_by_prove");
        refuse("create a temporary table", "create temporary table planted_by_prove (id int)");
        refuse("become BYPASSRLS", "alter role " + actor.quoted + " bypassrls");
        refuse("set session_replication_role", "set local session_replication_role = replica");
        refuse("read files of the server", "select pg_read_file('PG_VERSION')");
        for (const StageTable& table : stage.tables()) {
            refuse("alter table " + table.name, "alter table " + table.name + " disable row level security");
            if (holds(stage, actor, table, "select")) {
                refuse(
                    "read " + table.name + " with row_security off",
                    "select count(*) from " + table.name,
                    "set local row_security = off"
                );
            }
        }
    }
    return findings;
}

/// D8.
Findings prove_no_switch_in_an_expression(Stage& stage, const Article& article) {
    Findings findings;
    const std::string setting = quote_literal(stage.lens().setting);
    const std::string call = fmt::format("set_config({}, {}, true)", setting, quote_literal(stage.foreign()));
    for (const Actor& actor : stage.actors()) {
        const auto table = std::ranges::find_if(stage.tables(), [&](const StageTable& candidate) {
            return stage.sees_only_its_own(actor, candidate);
        });
        if (table == stage.tables().end()) {
            continue;
        }
        const std::pair<std::string_view, std::string> injections[] = {
            {"select list", fmt::format("select {} from {}", call, table->name)},
            {"where", fmt::format("select from {} where {} is not null", table->name, call)},
            {"with",
             fmt::format(
                 "with switched as materialized (select {}) select from switched, {}", call, table->name
             )},
            {"order by", fmt::format("select from {} order by {}", table->name, call)},
            {"pg_settings",
             fmt::format(
                 "update pg_settings set setting = {} where name = {}",
                 quote_literal(stage.foreign()),
                 setting
             )},
        };
        std::string open;
        for (const auto& [where, sql] : injections) {
            const Attempt attempt = stage.attempt(actor, Binding::bound, sql);
            require_meaning(article, sql, attempt);
            if (attempt.succeeded()) {
                open += (open.empty() ? "" : ", ") + std::string{where};
            }
        }
        if (!open.empty()) {
            findings.push_back(
                {.article = &article,
                 .object = actor.name,
                 .message = "an injected expression switches the tenant in: " + open,
                 .fix = "revoke execute on function pg_catalog.set_config(text, text, boolean) from public"}
            );
        }
    }
    return findings;
}

/// Whether a plan's scans were carried out at all.
bool ran_a_scan(const boost::json::object& node) {
    const boost::json::value* loops = node.if_contains("Actual Loops");
    if (node.contains("Relation Name") && loops != nullptr && loops->to_number<double>() > 0) {
        return true;
    }
    const boost::json::value* children = node.if_contains("Plans");
    return children != nullptr &&
           std::ranges::any_of(children->get_array(), [](const boost::json::value& child) {
               return ran_a_scan(child.get_object());
           });
}

/// D9.
Findings prove_predicate_and_policy_are_one(Stage& stage, const Article& article) {
    Findings findings;
    for (const Actor& actor : stage.actors()) {
        for (const StageTable& table : stage.tables()) {
            if (!stage.sees_only_its_own(actor, table)) {
                continue;
            }
            const std::string sql = fmt::format(
                "explain (analyze, timing off, costs off, format json) select * from {} where {} = {}",
                table.name,
                table.tenant,
                quote_literal(stage.foreign())
            );
            const Attempt attempt = stage.attempt(actor, Binding::bound, sql);
            require_meaning(article, sql, attempt);
            if (!attempt.succeeded()) {
                continue;
            }
            const boost::json::value plan = boost::json::parse(attempt.rows.at(0).at(0).value_or("[]"));
            if (ran_a_scan(plan.at(0).at("Plan").get_object())) {
                findings.push_back(
                    {.article = &article,
                     .object = fmt::format("{}: {}", actor.name, table.name),
                     .message = "asked for another tenant, it reads the table to find nothing",
                     .fix = "let the policy compare the bare column with the setting: --explain L06"}
                );
            }
        }
    }
    return findings;
}

constexpr std::array all_proofs = std::to_array<Proof>({
    {{.id = "D1",
      .severity = error,
      .title = "a role reaches another tenant's rows",
      .explanation =
          "Two tenants are made, with a row in every table, and every role that policies hold, bound to the "
          "first, tries to reach "
          "the second: SELECT, FOR UPDATE, INSERT with and without RETURNING and ON CONFLICT (DO NOTHING, DO "
          "UPDATE), UPDATE and "
          "DELETE with and without "
          "WHERE, moving its own row over, MERGE, COPY FROM, TRUNCATE. A write that only a constraint "
          "stopped has passed the policy. "
          "A table for which no row could be made is a finding too, because nothing is proven about it."},
     &prove_verbs},
    {{.id = "D2",
      .severity = error,
      .title = "a session without a tenant is answered",
      .explanation = "A request that forgot to bind its tenant must fail loudly. current_setting with one "
                     "argument raises 42704 where "
                     "nothing was ever set, and the cast raises 22P02 for the empty string that a finished "
                     "SET LOCAL leaves behind; both "
                     "states are tried. With a second argument, `true`, the answer is silently empty, and "
                     "one edit (coalesce, OR IS "
                     "NULL) away from everything. A column of type text has no cast that raises: check the "
                     "setting's form in the policy."},
     &prove_unbound_sessions},
    {{.id = "D3",
      .severity = error,
      .title = "a session is bound outside a transaction",
      .explanation = "Pooled connections serve one tenant after another, so the tenant has to be gone after "
                     "COMMIT, after ROLLBACK and "
                     "after an error, and a new session must have none. SET LOCAL does that; a default from "
                     "ALTER ROLE or ALTER DATABASE, "
                     "or a session-level SET, undoes it."},
     &prove_nothing_stays},
    {{.id = "D4",
      .severity = error,
      .title = "a row may refer to another tenant's row",
      .explanation = "Foreign keys are checked below the policies. Each role that may update a child lets "
                     "its own row refer to the other "
                     "tenant's parent; the server has to refuse. Where it does not, the reference says that "
                     "the id exists. And each that may delete a parent deletes its own, to which the other "
                     "tenant's child refers: no cascade may reach that, and it may stop nothing."},
     &prove_references},
    {{.id = "D5",
      .severity = error,
      .title = "uniqueness tells about another tenant's row",
      .explanation = "Each role that may insert brings in the other tenant's values under its own tenant. A "
                     "unique violation says that the "
                     "other tenant has them."},
     &prove_uniqueness},
    {{.id = "D6",
      .severity = error,
      .title = "a statement's plan does not hold on to its tenant",
      .explanation =
          "Every statement of the programs is planned as the role that sends it, with plan_cache_mode = "
          "force_generic_plan, as a "
          "prepared statement is planned that serves all tenants. Each scan of a tenant table has to carry "
          "the tenant "
          "column in its index condition, and the plan a One-Time Filter: the planner has then proved that "
          "predicate and policy "
          "are the same, and evaluates the policy once, not for each row. Say `tenant_id = $1` in every "
          "statement. "
          "Sequential scans are switched off meanwhile, so that small tables are judged like large ones."},
     &prove_plans},
    {{.id = "D7",
      .severity = error,
      .title = "a role can become more than it is",
      .explanation = "Each role tries SET ROLE to every role that is more than itself or another "
                     "application's, to create objects and temporary tables, to alter "
                     "itself or a tenant table, to read the server's files, to switch triggers off, and to "
                     "read with row_security = off, which has to raise."},
     &prove_no_escalation},
    {{.id = "D8",
      .severity = warning,
      .title = "an injected expression can switch the tenant",
      .explanation = "Five places in which an injection into a SELECT or UPDATE could call set_config and go "
                     "on as another tenant. A warning, like "
                     "L24, because managed PostgreSQL may not let you revoke the function."},
     &prove_no_switch_in_an_expression},
    {{.id = "D9",
      .severity = error,
      .title = "asked for another tenant, a role reads the table",
      .explanation = "Where the statement's tenant is not the session's, the plan has to end at its One-Time "
                     "Filter: no row and no scan, "
                     "\"never executed\". A policy in another form than column = setting is evaluated row by "
                     "row instead, which is slow, and its "
                     "time tells how many rows the other tenant has."},
     &prove_predicate_and_policy_are_one},
});

}  // namespace

std::span<const Proof> proofs() {
    return all_proofs;
}

}  // namespace pz::command::prove
