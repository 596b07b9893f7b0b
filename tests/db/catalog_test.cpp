// What must hold in the catalog of the migrated database, whichever tables it has by now; and that each rule
// notices when it is broken. The breaches are data definition, so a rolled-back transaction leaves nothing of
// them.

#include "catalog_rules.hpp"

#include <pz/testkit/database.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace pz::tests {

namespace {

class Catalog : public ::testing::TestWithParam<CatalogRule> {
 protected:
    static void SetUpTestSuite() { database = std::make_unique<testkit::TestDatabase>(); }

    static void TearDownTestSuite() { database.reset(); }

    static std::vector<std::string> offenders(pg::BlockingConnection& connection, const CatalogRule& rule) {
        std::vector<std::string> names;
        for (const auto& row : connection.query(rule.query).rows) {
            names.push_back(row.at(0).value_or("?"));
        }
        return names;
    }

    static inline std::unique_ptr<testkit::TestDatabase> database;
};

TEST_P(Catalog, holds_after_all_migrations) {
    auto connection = database->connect_as_superuser();
    EXPECT_EQ(offenders(connection, GetParam()), std::vector<std::string>{}) << GetParam().reason;
}

TEST_P(Catalog, notices_every_breach) {
    auto connection = database->connect_as_superuser();
    for (const auto& breach : GetParam().breaches) {
        connection.execute_script("begin");
        connection.execute_script(breach);
        EXPECT_NE(offenders(connection, GetParam()), std::vector<std::string>{})
            << "passed in silence: " << breach;
        connection.execute_script("rollback");
    }
}

INSTANTIATE_TEST_SUITE_P(Rule, Catalog, ::testing::ValuesIn(catalog_rules()), [](const auto& rule) {
    return std::string{rule.param.name};
});

}  // namespace

}  // namespace pz::tests
