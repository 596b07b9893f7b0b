// `phasezero scale-out citus`, on a database of the test's own. The extension is in no Debian package, so
// what is shown is what it would be told.

#include "scale_out.hpp"

#include <pz/testkit/database.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace pz::command {

namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class ScaleOut : public testing::Test {
 protected:
    CitusPlan plan() {
        auto migrator = database_.connect("pz_migrator");
        return plan_citus(migrator);
    }

    std::vector<std::string> findings_after(const std::string& sql) {
        database_.connect("pz_migrator").execute_script(sql);
        return plan().findings;
    }

    testkit::TestDatabase database_;
};

TEST_F(ScaleOut, our_schema_can_be_distributed_by_tenant) {
    const CitusPlan found = plan();
    EXPECT_THAT(found.findings, IsEmpty());
    EXPECT_THAT(
        found.statements,
        testing::IsSupersetOf({
            "SELECT create_distributed_table('app.project', 'tenant_id', colocate_with => 'app.integration')",
            "SELECT create_distributed_table('app.item', 'tenant_id', colocate_with => 'app.integration')",
        })
    );
    const auto place = [&](const char* table) {
        return std::ranges::find_if(found.statements, [&](const std::string& statement) {
            return statement.starts_with(std::string{"SELECT create_distributed_table('"} + table);
        });
    };
    EXPECT_LT(place("app.project"), place("app.item")) << "an item refers to its project";
    EXPECT_THAT(found.statements.front(), HasSubstr("citus.propagate_set_commands = 'local'"));
    EXPECT_THAT(found.statements, Contains(StartsWith("ALTER TABLE app.item DROP CONSTRAINT ")));
}

TEST_F(ScaleOut, names_what_citus_could_not_hold) {
    EXPECT_THAT(
        findings_after("create unique index one_title on app.item (title)"),
        ElementsAre("app.item: the key app.one_title does not contain tenant_id")
    );
    EXPECT_THAT(
        findings_after("drop index app.one_title; create policy narrow on app.item as restrictive for all to "
                       "pz_app using (true)"),
        ElementsAre(AllOf(HasSubstr("narrow"), HasSubstr("RESTRICTIVE")))
    );
    EXPECT_THAT(
        findings_after(
            "drop policy narrow on app.item; create policy looks on app.item for select to pz_backup "
            "using (tenant_id in (select id from platform.tenant))"
        ),
        ElementsAre("app.item: the policy looks has a sub-select")
    );
    EXPECT_THAT(
        findings_after("drop policy looks on app.item; create table app.note (id uuid primary key)"),
        ElementsAre("app.note has no tenant_id that is NOT NULL")
    );
    EXPECT_THAT(
        findings_after("drop table app.note; create function app.f() returns trigger language plpgsql as "
                       "'begin return new; end'; "
                       "create trigger counts after insert on app.item for each row execute function app.f()"
        ),
        ElementsAre("app.item: the trigger counts, which Citus does not run")
    );
    EXPECT_THAT(
        findings_after(
            "drop trigger counts on app.item; create table platform.pin (tenant_id uuid, item_id uuid, "
            "foreign key (tenant_id, item_id) references app.item (tenant_id, id))"
        ),
        ElementsAre("platform.pin refers to app.item, which would be on other machines")
    );
}

TEST_F(ScaleOut, is_refused_in_one_sentence_where_the_extension_is_missing) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread
    ::setenv("PZ_DATABASE_MIGRATOR", database_.connection_string("pz_migrator").reveal().c_str(), 1);
    try {
        static_cast<void>(scale_out_with_citus(Workspace::find(), CitusAction::apply));
        FAIL() << "applied";
    } catch (const CommandError& error) {
        EXPECT_THAT(error.what(), StartsWith("the extension citus is not in this database"));
        EXPECT_EQ(error.code(), ExitCode::failure);
    }
    ::unsetenv("PZ_DATABASE_MIGRATOR");  // NOLINT(concurrency-mt-unsafe)
}

}  // namespace

}  // namespace pz::command
