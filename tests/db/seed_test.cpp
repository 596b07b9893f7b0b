#include "attempt.hpp"

#include <pz/testkit/database.hpp>

#include <gtest/gtest.h>

#include <string>

namespace pz::tests {

namespace {

/// Every row of every table of ours, as one number.
std::string fingerprint(const testkit::TestDatabase& database) {
    auto superuser = database.connect_as_superuser();
    std::string all;
    for (const auto& row :
         superuser
             .query("select oid::regclass::text from pg_class where relkind = 'r' and relnamespace in "
                    "('platform'::regnamespace, 'identity'::regnamespace, 'app'::regnamespace) order by 1")
             .rows) {
        const std::string& table = row.at(0).value();
        all += table + " " +
               superuser.value(
                   "select count(*) || ' ' || coalesce(md5(string_agg(t::text, ',' order by t::text)), '') "
                   "from " +
                   table + " t"
               ) +
               "\n";
    }
    return all;
}

TEST(DemoSeed, changes_nothing_when_it_runs_again) {
    const testkit::TestDatabase database;
    const std::string once = fingerprint(database);
    testkit::seed_demo(testkit::test_cluster(), database.name());
    EXPECT_EQ(fingerprint(database), once);
}

TEST(DemoSeed, leaves_alone_what_people_changed) {
    const testkit::TestDatabase database;
    auto superuser = database.connect_as_superuser();
    superuser.execute_script(
        "update platform.tenant set state = 'suspended' where slug = 'acme'; delete from app.item where "
        "status = 'done'"
    );
    testkit::seed_demo(testkit::test_cluster(), database.name());
    EXPECT_EQ(superuser.value("select state from platform.tenant where slug = 'acme'"), "suspended");
}

TEST(DemoSeed, has_the_organizations_and_accounts_that_the_tests_name) {
    const testkit::TestDatabase database;
    auto superuser = database.connect_as_superuser();
    for (const auto& account :
         {testkit::platform_admin,
          testkit::support_agent,
          testkit::acme_admin,
          testkit::acme_user,
          testkit::globex_admin,
          testkit::globex_user,
          testkit::initech_admin,
          testkit::initech_user}) {
        EXPECT_EQ(
            superuser.value(
                "select m.tenant_id || ' ' || m.role from identity.membership m join identity.person p on "
                "p.id = m.person_id"
                " where p.id = $1::text::uuid and p.email = $2 and p.demo",
                {std::string{account.person}, std::string{account.email}}
            ),
            std::string{account.tenant} + " " + std::string{account.role}
        );
    }
    EXPECT_EQ(superuser.value("select state from platform.tenant where slug = 'initech'"), "suspended");
    EXPECT_EQ(superuser.value("select count(*) from app.item"), "600");
    EXPECT_EQ(superuser.value("select count(*) from app.project"), "15");
}

}  // namespace

}  // namespace pz::tests
