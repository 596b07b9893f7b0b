// `phasezero prove` on databases: ours, ours with every known fault planted, and other people's.

#include "prove/prove.hpp"

#include "prove/allow_list.hpp"
#include "prove/faults.hpp"
#include "prove/mutations.hpp"
#include "prove/proofs.hpp"
#include "prove/rules.hpp"
#include "prove/stage.hpp"
#include "prove/statements.hpp"

#include <pz/core/process.hpp>
#include <pz/pg/migrator.hpp>
#include <pz/testkit/database.hpp>
#include <pz/testkit/world.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace pz::command::prove {

namespace {

using Objects = std::vector<std::string>;

/// "L01 app.item: what is wrong", for all that is not allowed.
Objects open_findings(std::vector<Finding> findings, AllowList* list = nullptr) {
    if (list != nullptr) {
        list->apply(findings);
    }
    Objects objects;
    for (const Finding& finding : findings) {
        if (!finding.allowed()) {
            objects.push_back(
                std::string{finding.article->id} + " " + finding.object + ": " + finding.message
            );
        }
    }
    return objects;
}

const Rule& rule_of(std::string_view id) {
    return *std::ranges::find(rules(), id, &Rule::id);
}

AllowList our_allow_list() {
    return AllowList::read(pg::find_database_folder() / "prove.allow");
}

std::vector<NamedStatement> our_statements() {
    std::vector<NamedStatement> all;
    for (const char* service : {"identity-service", "product-core-api"}) {
        core::ProcessOptions options;
        options.command = {testkit::program(service).string(), "--print-statements"};
        const core::ProcessResult result = core::run_process(std::move(options), std::chrono::minutes{1});
        EXPECT_EQ(result.exit_code, 0) << result.output;
        std::ranges::move(parse_statements(result.output, service), std::back_inserter(all));
    }
    return all;
}

class Prove : public ::testing::Test {
 protected:
    static void SetUpTestSuite() { database = std::make_unique<testkit::TestDatabase>(); }

    static void TearDownTestSuite() { database.reset(); }

    static pg::BlockingConnection examiner(std::string_view role = pg::LocalCluster::superuser) {
        pg::BlockingConnection connection = database->connect(role);
        prepare_session(connection);
        return connection;
    }

    static inline std::unique_ptr<testkit::TestDatabase> database;
};

TEST_F(Prove, finds_nothing_in_our_schema_but_what_was_reviewed) {
    auto connection = examiner();
    AllowList list = our_allow_list();
    for (const Rule& rule : rules()) {
        const RuleResult result = run_rule(connection, {}, rule);
        EXPECT_EQ(open_findings(result.findings, &list), Objects{});
        EXPECT_TRUE(!result.not_run || rule.id == "L37") << rule.id << ": " << *result.not_run;
    }
}

TEST_F(Prove, examines_as_an_ordinary_role_what_needs_no_rows) {
    auto connection = examiner("pz_app");
    AllowList list = our_allow_list();
    for (const Rule& rule : rules()) {
        const RuleResult result = run_rule(connection, {}, rule);
        EXPECT_EQ(open_findings(result.findings, &list), Objects{});
        EXPECT_TRUE(!result.not_run || rule.id == "L37" || rule.id == "L38") << rule.id;
    }
}

TEST_F(Prove, turns_red_with_the_right_id_on_every_planted_fault_of_a_rule) {
    auto connection = examiner();
    for (const Fault& fault : planted_faults(find_site(connection, {}))) {
        if (!fault.id.starts_with('L')) {
            continue;
        }
        AllowList list = our_allow_list();
        connection.execute_script("begin read write");
        ASSERT_NO_THROW(connection.execute_script(fault.sql)) << fault.sql;
        EXPECT_NE(open_findings(run_rule(connection, {}, rule_of(fault.id)).findings, &list), Objects{})
            << fault.id << " passed in silence: " << fault.sql;
        connection.execute_script("rollback");
    }
}

TEST_F(Prove, notices_what_could_go_wrong_with_our_own_tables) {
    const std::pair<const char*, const char*> breaches[] = {
        {"L01", "alter table app.item disable row level security"},
        {"L01", "create table app.broken (tenant_id uuid not null, id uuid, primary key (tenant_id, id))"},
        {"L01",
         "create table identity.broken (tenant_id uuid primary key); grant select on identity.broken to "
         "pz_app"},
        {"L01", "grant select on identity.session to pz_support"},
        {"L03", "alter table app.item no force row level security"},
        {"L03", "alter table platform.idempotency_key no force row level security"},
        {"L03", "alter table platform.tenant no force row level security"},
        {"L06", "alter policy platform_ro on app.item to pz_app"},
        {"L06", "alter policy platform_ro on app.item to pz_admin, pz_support"},
        {"L06", "alter policy identity_ro on platform.impersonation_session to pz_app"},
        {"L10",
         "alter table app.project add unique (id);"
         "alter table app.item add foreign key (project_id) references app.project (id)"},
        {"L10",
         "alter table app.project add unique (id, tenant_id); alter table app.item drop constraint "
         "item_project_fkey;"
         "alter table app.item add foreign key (tenant_id, project_id) references app.project (id, "
         "tenant_id) not valid"},
        {"L14",
         "alter table app.item drop constraint item_project_fkey;"
         "alter table app.item add foreign key (tenant_id, project_id) references app.project on delete set "
         "null"},
        {"L14",
         "alter table app.item drop constraint item_project_fkey;"
         "alter table app.item add foreign key (tenant_id, project_id) references app.project on delete set "
         "default"},
        {"L15", "alter table app.item add price numeric; create index on app.item (tenant_id, price)"},
        {"L16", "create index on app.item (tenant_id, lower(title))"},
        {"L17", "alter function platform.require_live leakproof"},
        {"L19", "alter function platform.require_live immutable"},
        {"L23", "alter role pz_app set app.current_tenant = '00000000-0000-0000-0000-000000000000'"},
        {"L28", "grant execute on function platform.require_live to public"},
        {"L28", "alter function platform.require_live reset search_path"},
        {"L28", "alter function platform.require_live owner to pz_admin"},
        {"L33", "create publication broken for all tables"},
    };
    auto connection = examiner();
    for (const auto& [id, breach] : breaches) {
        AllowList list = our_allow_list();
        connection.execute_script("begin read write");
        ASSERT_NO_THROW(connection.execute_script(breach)) << breach;
        EXPECT_NE(open_findings(run_rule(connection, {}, rule_of(id)).findings, &list), Objects{})
            << id << " passed in silence: " << breach;
        connection.execute_script("rollback");
    }
}

TEST_F(Prove, has_a_planted_fault_for_every_rule_that_a_transaction_can_break) {
    auto connection = examiner();
    std::set<std::string_view> planted;
    for (const Fault& fault : planted_faults(find_site(connection, {}))) {
        planted.insert(fault.id);
    }
    for (const Rule& rule : rules()) {
        // The server's version, and the program beside it.
        EXPECT_EQ(planted.contains(rule.id), rule.id != "L30" && rule.id != "L37") << rule.id;
    }
    for (const Proof& proof : proofs()) {
        EXPECT_TRUE(planted.contains(proof.id)) << proof.id;
    }
}

TEST_F(Prove, proves_our_schema_with_the_statements_of_both_services) {
    auto connection = examiner();
    const std::vector<NamedStatement> statements = our_statements();
    EXPECT_GT(statements.size(), 100U);
    AllowList list = our_allow_list();
    connection.execute_script("begin read write");
    Stage stage{connection, [] { return database->connect_as_superuser(); }, {}, statements};
    EXPECT_EQ(stage.empty_tables().size(), 0U);
    EXPECT_GE(stage.tables().size(), 5U);
    EXPECT_GE(stage.actors().size(), 4U);
    for (const Proof& proof : proofs()) {
        EXPECT_EQ(open_findings(proof.run(stage, proof), &list), Objects{});
    }
    connection.execute_script("rollback");
    EXPECT_EQ(list.unused([](std::string_view id) { return id.starts_with('D'); }).size(), 0U);
}

TEST_F(Prove, tries_on_conflict_do_update_by_every_unique_constraint) {
    auto connection = examiner();
    connection.execute_script(
        "begin read write; alter table app.item add constraint planted unique (id);"
        "create policy planted_select on app.item for select to pz_app using (true);"
        "create policy planted_update on app.item for update to pz_app using (true)"
    );
    Stage stage{connection, [] { return database->connect_as_superuser(); }, {}, {}};
    const Objects found = open_findings(proofs()[0].run(stage, proofs()[0]));
    EXPECT_TRUE(std::ranges::any_of(found, [](const std::string& finding) {
        return finding.starts_with("D1 pz_app: insert on conflict do update on app.item: it changes a row");
    }));
}

TEST_F(Prove, tells_when_deleting_reaches_another_tenants_rows) {
    auto connection = examiner();
    connection.execute_script(
        "begin read write; alter table app.project add constraint planted unique (id);"
        "alter table app.item drop constraint item_project_fkey,"
        " add constraint loose foreign key (project_id) references app.project (id) on delete cascade;"
        "revoke update on app.item from pz_app"
    );
    Stage stage{connection, [] { return database->connect_as_superuser(); }, {}, {}};
    const Proof& references = *std::ranges::find(proofs(), "D4", &Proof::id);
    const Objects found = open_findings(references.run(stage, references));
    EXPECT_EQ(
        found,
        Objects{"D4 pz_app: loose on app.item: deleting a row of app.project reaches another tenant's row"}
    );
    connection.execute_script(
        "alter table app.item drop constraint loose,"
        " add constraint loose foreign key (project_id) references app.project (id)"
    );
    Stage restricted{connection, [] { return database->connect_as_superuser(); }, {}, {}};
    EXPECT_EQ(
        open_findings(references.run(restricted, references)),
        Objects{"D4 pz_app: loose on app.item: a row of app.project cannot be deleted because of another "
                "tenant's row"}
    );
}

TEST_F(Prove, leaves_nothing_behind_when_its_proofs_are_done) {
    const auto rows = [] {
        return database->connect_as_superuser().value(
            "select (select count(*) from app.item) || ' ' || (select count(*) from app.project) || ' ' ||"
            " (select count(*) from platform.idempotency_key) || ' ' || (select count(*) from pg_class)"
        );
    };
    const std::string before = rows();
    {
        auto connection = examiner();
        connection.execute_script("begin read write");
        Stage stage{connection, [] { return database->connect_as_superuser(); }, {}, {}};
        for (const Proof& proof : proofs()) {
            static_cast<void>(proof.run(stage, proof));
        }
    }
    EXPECT_EQ(rows(), before);
}

TEST_F(Prove, finds_every_fault_in_a_copy_that_it_drops) {
    const auto databases = [] {
        return database->connect_as_superuser().value(
            "select count(*) from pg_database where datname like 'phasezero_prove_%'"
        );
    };
    {
        const core::SecretString connection_string = database->connection_string(pg::LocalCluster::superuser);
        const AllowList list = our_allow_list();
        const Lens lens;
        const std::vector<NamedStatement> statements;
        MutationTest test{connection_string, lens, statements, list};
        EXPECT_EQ(databases(), "1");
        EXPECT_EQ(open_findings(test.run()), Objects{});
        EXPECT_GE(test.planted(), 75U);
    }
    EXPECT_EQ(databases(), "0");
}

TEST_F(Prove, does_not_let_a_wide_allow_list_hide_a_planted_fault) {
    const core::SecretString connection_string = database->connection_string(pg::LocalCluster::superuser);
    const AllowList wide{"L06  *\n  everything is fine\n", "wide.allow"};
    const Lens lens;
    const std::vector<NamedStatement> statements;
    MutationTest test{connection_string, lens, statements, wide};
    const Objects missed = open_findings(test.run("L06"));
    EXPECT_FALSE(missed.empty());
    for (const std::string& one : missed) {
        EXPECT_TRUE(one.starts_with("D10 L06: ")) << one;
    }
}

TEST_F(Prove, needs_a_superuser_for_proofs_and_says_so) {
    const ProveOptions options{.connect = database->connection_string("pz_migrator").reveal()};
    try {
        static_cast<void>(prove(Screen{{.colour = false}}, options));
        FAIL() << "it ran";
    } catch (const CommandError& error) {
        EXPECT_EQ(error.code(), ExitCode::usage);
        EXPECT_EQ(
            std::string_view{error.what()},
            "the proofs act as every role, which takes a superuser: connect as one, to a copy if need be, or "
            "ask for "
            "the rules alone with --static"
        );
    }
}

/// What the command prints and answers.
struct Said {
    ExitCode code = ExitCode::usage;
    std::string text;
};

Said say(const ProveOptions& options) {
    Said said;
    testing::internal::CaptureStdout();
    try {
        said.code = prove(Screen{{.colour = false}}, options);
    } catch (const CommandError& error) {
        said = {error.code(), error.what()};
    }
    const std::string output = testing::internal::GetCapturedStdout();
    said.text = output.empty() ? said.text : output;
    return said;
}

TEST_F(Prove, answers_0_when_clean_1_with_findings_and_2_when_it_could_not_run) {
    ProveOptions options{.connect = database->connection_string("pz_migrator").reveal(), .rules_only = true};
    const Said clean = say(options);
    EXPECT_EQ(clean.code, ExitCode::success) << clean.text;
    EXPECT_NE(clean.text.find("37 rules, 0 proofs: 0 errors, 0 warnings ("), std::string::npos) << clean.text;
    options.only = {"L21"};
    options.allow = "/dev/null";
    const Said red = say(options);
    EXPECT_EQ(red.code, ExitCode::failure);
    EXPECT_NE(red.text.find("error   L21  pz_backup  it has BYPASSRLS\n"), std::string::npos) << red.text;
    for (const auto& [change, sentence] : std::vector<std::pair<ProveOptions, std::string>>{
             {{.connect = "host=/nowhere dbname=none"},
              "the database could not be examined: connection to server"},
             {{.connect = "not a connection string"}, "the database could not be examined: it is not a libpq"
             },
             {{.connect = options.connect, .lens = {.tenant_column = "colour"}},
              "no table has a column colour"},
             {{.connect = options.connect, .allow = "/nowhere"}, "the allow-list /nowhere cannot be read"},
             {{.connect = options.connect, .only = {"L99"}}, "there is no rule or proof L99"},
         }) {
        const Said refused = say(change);
        EXPECT_EQ(static_cast<int>(refused.code), 2) << sentence;
        EXPECT_TRUE(refused.text.starts_with(sentence)) << refused.text;
        EXPECT_EQ(refused.text.find('\n'), std::string::npos) << refused.text;
    }
}

TEST_F(Prove, cannot_change_what_it_looks_at) {
    auto connection = examiner();
    EXPECT_THROW(connection.execute_script("create table app.planted (id int)"), pg::BlockingError);
    EXPECT_THROW(connection.execute_script("update app.item set version = 7"), pg::BlockingError);
}

TEST_F(Prove, quotes_names_that_would_be_statements) {
    auto connection = examiner();
    connection.execute_script(R"sql(begin read write;
        create schema "x; drop schema app cascade --";
        create table "x; drop schema app cascade --"."t'""%s{}" ("o'rg" int, id int, primary key (id));
        alter table "x; drop schema app cascade --"."t'""%s{}" enable row level security)sql");
    const Lens lens{
        .schemas = {"x; drop schema app cascade --"},
        .tenant_column = "o'rg",
        .setting = "my.o'rg\"; drop schema app"
    };
    for (const Rule& rule : rules()) {
        EXPECT_NO_THROW(static_cast<void>(run_rule(connection, lens, rule))) << rule.id;
    }
    const RuleResult forced = run_rule(connection, lens, rule_of("L03"));
    ASSERT_EQ(forced.findings.size(), 1U);
    EXPECT_EQ(forced.findings[0].object, R"("x; drop schema app cascade --"."t'""%s{}")");
    EXPECT_NO_THROW(connection.execute_script(forced.findings[0].fix)) << "a fix can be run as it is";
    EXPECT_TRUE(run_rule(connection, lens, rule_of("L03")).findings.empty());
    connection.execute_script(R"sql(
        create role "r'; drop schema app cascade; --";
        grant "r'; drop schema app cascade; --" to pz_app;
        grant all on schema "x; drop schema app cascade --" to "r'; drop schema app cascade; --";
        grant select, insert, update, delete on "x; drop schema app cascade --"."t'""%s{}" to "r'; drop schema app cascade; --";
        create policy "p'"";" on "x; drop schema app cascade --"."t'""%s{}" to "r'; drop schema app cascade; --"
          using ("o'rg" = current_setting('my.org')::int))sql");
    Lens usual = lens;
    usual.setting = "my.org";
    Stage stage{connection, [] { return database->connect_as_superuser(); }, usual, {}};
    ASSERT_EQ(stage.tables().size(), 1U);
    ASSERT_EQ(stage.actors().size(), 1U);
    for (const Proof& proof : proofs()) {
        if (proof.id != "D3") {  // its sessions of their own do not know a role that is not committed
            EXPECT_NO_THROW(static_cast<void>(proof.run(stage, proof))) << proof.id;
        }
    }
    EXPECT_EQ(connection.value("select to_regnamespace('app') is not null"), "t");
    connection.execute_script("rollback");
}

/// Somebody else's schema, in the shape that hosted PostgreSQL services teach: a gateway that logs in and
/// becomes a role, organizations by a setting of the request.
class ForeignSchema : public ::testing::Test {
 protected:
    void SetUp() override {
        auto superuser = database_.connect_as_superuser();
        superuser.execute_script(R"sql(
            drop schema app cascade; drop schema platform cascade; drop schema identity cascade;
            create role prove_gateway login noinherit; create role prove_member nologin; create role prove_keeper nologin;
            grant prove_member to prove_gateway;
            create schema shop authorization prove_keeper; grant usage on schema shop to prove_member;
            set role prove_keeper;
            create table shop.customer (
              org_id uuid not null, id uuid not null default gen_random_uuid(), email text not null,
              primary key (org_id, id), unique (org_id, email));
            create table shop."Order" (
              org_id uuid not null, id uuid not null default gen_random_uuid(), customer_id uuid not null, cents bigint not null check (cents >= 0),
              state text not null check (state in ('open', 'paid')), primary key (org_id, id),
              foreign key (org_id, customer_id) references shop.customer);
            do $$ declare t text; begin
              foreach t in array array['customer', 'Order'] loop
                execute format('alter table shop.%I enable row level security', t);
                execute format('alter table shop.%I force row level security', t);
                execute format('create policy own on shop.%I to prove_member using (org_id = current_setting(''request.org'')::uuid)', t);
                execute format('grant select, insert, update, delete on shop.%I to prove_member', t);
              end loop;
            end $$)sql");
    }

    void TearDown() override {
        auto superuser = database_.connect_as_superuser();
        superuser.execute_script(
            "drop schema shop cascade; drop owned by prove_member, prove_gateway, prove_keeper;"
            " drop role prove_member, prove_gateway, prove_keeper"
        );
    }

    /// The ids of what is found, each once.
    std::set<std::string> ids() {
        std::set<std::string> ids;
        auto connection = database_.connect_as_superuser();
        prepare_session(connection);
        connection.execute_script("begin read write");
        std::vector<Finding> findings;
        for (const Rule& rule : rules()) {
            std::ranges::move(run_rule(connection, lens_, rule).findings, std::back_inserter(findings));
        }
        Stage stage{connection, [this] { return database_.connect_as_superuser(); }, lens_, statements_};
        EXPECT_EQ(stage.empty_tables().size(), 0U);
        for (const Proof& proof : proofs()) {
            std::ranges::move(proof.run(stage, proof), std::back_inserter(findings));
        }
        for (const Finding& finding : findings) {
            // The cluster is shared with our own roles.
            if (finding.object.find("pz_") == std::string::npos) {
                ids.emplace(finding.article->id);
            }
        }
        return ids;
    }

    void arrange(const std::string& sql) { database_.connect_as_superuser().execute_script(sql); }

    using Ids = std::set<std::string>;

    testkit::TestDatabase database_;
    Lens lens_{.schemas = {"shop"}, .tenant_column = "org_id", .setting = "request.org"};
    std::vector<NamedStatement> statements_{
        {"prove_member", "orders", "select id, cents from shop.\"Order\" where org_id = $1 and id = $2"}
    };
};

TEST_F(ForeignSchema, is_clean_when_it_is_good) {
    EXPECT_EQ(ids(), Ids{});
}

TEST_F(ForeignSchema, is_told_what_is_wrong_with_it_and_nothing_else) {
    arrange(
        "alter policy own on shop.customer using (org_id = (select current_setting('request.org', "
        "true)::uuid))"
    );
    EXPECT_EQ(ids(), (Ids{"D2", "L06", "L07"}));
}

TEST_F(ForeignSchema, is_told_of_keys_that_leave_the_organization_out) {
    arrange(
        "alter table shop.customer add unique (id), add unique (email);"
        "alter table shop.\"Order\" drop constraint \"Order_org_id_customer_id_fkey\";"
        "alter table shop.\"Order\" add constraint loose foreign key (customer_id) references shop.customer "
        "(id)"
    );
    EXPECT_EQ(ids(), (Ids{"D4", "D5", "L10", "L11"}));
}

TEST_F(ForeignSchema, is_told_of_ways_around_its_policies) {
    arrange(
        "create view shop.totals as select org_id, sum(cents) as cents from shop.\"Order\" group by 1;"
        "alter policy own on shop.customer to public;"
        "grant truncate on shop.customer to prove_member;"
        "alter table shop.\"Order\" no force row level security;"
        "grant prove_keeper to prove_gateway"
    );
    EXPECT_EQ(ids(), (Ids{"D1", "L03", "L20", "L22", "L26", "L34"}));
}

TEST_F(ForeignSchema, is_told_of_statements_that_forget_the_organization) {
    statements_.push_back({"prove_member", "all", "select cents from shop.\"Order\" where state = $1"});
    statements_.push_back({"prove_member", "gone", "select colour from shop.\"Order\""});
    statements_.push_back({"prove_nobody", "who", "select 1"});
    EXPECT_EQ(ids(), Ids{"D6"});
}

TEST_F(ForeignSchema, may_number_its_organizations_or_name_them) {
    for (const std::string type : {"bigint", "integer", "text"}) {
        arrange(
            "drop table if exists shop.note; create table shop.note (org_id " + type +
            " not null, id uuid, body text check (length(body) between 8 and 9) not null, primary key "
            "(org_id, id));"
            "alter table shop.note enable row level security; alter table shop.note force row level security;"
            "create policy own on shop.note to prove_member using (org_id = current_setting('request.org')" +
            (type == "text" ? "" : "::" + type) +
            "); grant select, insert, update on shop.note to prove_member;"
            "drop table if exists shop.\"Order\", shop.customer"
        );
        statements_.clear();
        // '' is a text like any other, so the unbound session after a request is answered: no rows.
        EXPECT_EQ(ids(), type == "text" ? Ids{"D2"} : Ids{}) << type;
    }
}

}  // namespace

}  // namespace pz::command::prove
