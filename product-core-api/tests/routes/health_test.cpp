#include "answers.hpp"

#include <pz/crypto/fernet.hpp>

namespace pz::product {

namespace {

using testkit::world;

TEST(Health, answers_without_a_token) {
    const Reply reply = world().anonymous().get("/healthz");
    EXPECT_EQ(reply.status(), 200);
    EXPECT_EQ(reply.text(), R"({"status":"ok"})");
    EXPECT_EQ(world().anonymous().send("HEAD", "/healthz").status(), 200);
}

TEST(Readiness, answers_without_a_token) {
    const Reply reply = world().anonymous().get("/readyz");
    EXPECT_EQ(reply.status(), 200);
    EXPECT_EQ(reply.text(), R"({"status":"ready"})");
}

TEST(Readiness, says_no_while_there_are_no_keys) {
    // Nobody listens at the address of the keys.
    const testkit::ReservedPort nobody;
    const testkit::TemporaryDirectory directory{"ready"};
    std::vector<std::string> environment{
        "PZ_PROFILE=test",
        "PZ_ENCRYPTION_KEYS=" + crypto::FernetRing::generate_key().reveal(),
        "PZ_JWKS_URL=http://127.0.0.1:" + std::to_string(nobody.number()) + "/jwks.json"
    };
    for (const auto& [variable, role] :
         {std::pair{"PZ_DATABASE_APP", "pz_app"},
          std::pair{"PZ_DATABASE_SUPPORT", "pz_support"},
          std::pair{"PZ_DATABASE_ADMIN", "pz_admin"}}) {
        environment.push_back(
            std::string{variable} + '=' + world().database().connection_string(role).reveal()
        );
    }
    testkit::ServiceProcess api{{
        .program = testkit::program("product-core-api"),
        .log_file = directory.path() / "log",
        .environment = std::move(environment),
        .port = {},
    }};
    EXPECT_THROW(api.wait_until_ready(std::chrono::milliseconds{1'500}), testkit::ClientError);
    Client client{api.origin()};
    EXPECT_EQ(client.get("/healthz").status(), 200);
    const Reply reply = client.get("/readyz");
    EXPECT_TRUE(is_problem(reply, 503, "unavailable"));
    EXPECT_FALSE(reply.header("Retry-After").empty());
    // A good token cannot be told from a bad one then: 503, not 401.
    EXPECT_TRUE(is_problem(
        Client{api.origin()}.with("Authorization", "Bearer " + world().token(acme_user)).get("/api/v1/items"),
        503,
        "unavailable"
    ));
    EXPECT_EQ(api.stop(), 0);
}

TEST(Metrics, count_requests_by_route_and_never_by_path) {
    Client client = world().anonymous();
    client.get("/api/v1/items");
    client.get("/made-up-path-7f3a");
    const Reply reply = client.get("/metrics");
    EXPECT_EQ(reply.status(), 200);
    EXPECT_TRUE(reply.header("Content-Type").starts_with("text/plain; version=0.0.4"))
        << reply.header("Content-Type");
    EXPECT_NE(reply.text().find("list_items"), std::string::npos);
    EXPECT_EQ(reply.text().find("made-up-path"), std::string::npos);
}

}  // namespace

}  // namespace pz::product
