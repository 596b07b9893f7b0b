// Every statement of identity-service against the migrated schema, as the role that runs it.

#include "routes.hpp"
#include "statements.hpp"

#include <pz/testkit/database.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace pz::tests {

namespace {

TEST(IdentityStatements, fit_the_schema_and_the_identity_role) {
    const testkit::TestDatabase database;
    auto identity = database.connect("pz_identity");
    EXPECT_EQ(prepare_all(identity, identity::queries()), Complaints{});
}

TEST(IdentityStatements, give_no_role_without_asking_for_the_state_of_the_membership) {
    for (const pg::Query& query : identity::queries()) {
        const std::string_view sql = query.sql();
        const bool gives_role = sql.contains("identity.membership") && sql.contains("m.role");
        EXPECT_TRUE(!gives_role || sql.contains("m.state")) << query.name();
    }
}

TEST(IdentityStatements, look_for_no_account_when_somebody_has_forgotten_a_password) {
    const std::vector<pg::Query> all = identity::queries();
    const auto request = std::ranges::find_if(all, [](const pg::Query& query) {
        return std::string_view{query.name()} == "recovery.request";
    });
    ASSERT_NE(request, all.end());
    EXPECT_FALSE(std::string_view{request->sql()}.contains("person")) << "the answer cannot depend on it";
}

TEST(IdentityStatements, would_not_fit_another_role) {
    const testkit::TestDatabase database;
    auto app = database.connect("pz_app");
    std::vector<pg::Query> of_its_schema = identity::queries();
    std::erase_if(of_its_schema, [](const pg::Query& query) {
        return !std::string_view{query.sql()}.contains("identity.");
    });
    EXPECT_GT(of_its_schema.size(), 50U);
    EXPECT_EQ(prepare_all(app, of_its_schema).size(), of_its_schema.size());
}

}  // namespace

}  // namespace pz::tests
