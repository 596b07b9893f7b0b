#include "answers.hpp"

#include <pz/crypto/fernet.hpp>
#include <csignal>
#include <thread>

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
    EXPECT_EQ(reply.text(), R"({"status":"ready","failed":[]})");
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
    EXPECT_EQ(reply.status(), 503);
    EXPECT_EQ(reply.text(), R"({"status":"not_ready","failed":["keys"]})");
    EXPECT_FALSE(reply.header("Retry-After").empty());
    EXPECT_EQ(client.get("/startupz").text(), R"({"status":"starting","failed":["keys"]})");
    // A good token cannot be told from a bad one then: 503, not 401.
    EXPECT_TRUE(is_problem(
        Client{api.origin()}.with("Authorization", "Bearer " + world().token(acme_user)).get("/api/v1/items"),
        503,
        "unavailable"
    ));
    EXPECT_EQ(api.stop(), 0);
}

TEST(Readiness, names_the_database_that_does_not_answer_while_the_process_is_well) {
    const testkit::TemporaryDirectory directory{"ready"};
    std::vector<std::string> environment{
        "PZ_PROFILE=test",
        "PZ_ENCRYPTION_KEYS=" + crypto::FernetRing::generate_key().reveal(),
        "PZ_JWKS_URL=" + world().identity().origin() + "/.well-known/jwks.json"
    };
    for (const char* variable : {"PZ_DATABASE_APP", "PZ_DATABASE_SUPPORT", "PZ_DATABASE_ADMIN"}) {
        environment.push_back(
            std::string{variable} + "=host=" + directory.path().string() + " dbname=nobody"
        );
    }
    testkit::ServiceProcess api{{
        .program = testkit::program("product-core-api"),
        .log_file = directory.path() / "log",
        .environment = std::move(environment),
        .port = {},
    }};
    (void)api.wait_for_log("took a key set");
    api.wait_until_alive();
    Client client{api.origin()};
    EXPECT_EQ(client.get("/healthz").status(), 200);
    const Reply reply = client.get("/readyz");
    EXPECT_EQ(reply.status(), 503);
    EXPECT_EQ(reply.text(), R"({"status":"not_ready","failed":["database"]})");
    EXPECT_EQ(client.get("/startupz").status(), 503);
}

TEST(Startup, is_over_once_everything_was_there) {
    const Reply reply = world().anonymous().get("/startupz");
    EXPECT_EQ(reply.status(), 200);
    EXPECT_EQ(reply.text(), R"({"status":"started","failed":[]})");
}

TEST(Stopping, turns_readiness_off_while_the_process_still_answers) {
    World own;
    auto probe = own.raw();
    auto in_flight = own.raw();
    ASSERT_TRUE(probe.send("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    EXPECT_EQ(probe.receive().status(), 200);
    // Half a request keeps the process there for as long as this test needs.
    ASSERT_TRUE(in_flight.send(
        "POST /api/v1/items HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + own.token(acme_user) +
        "\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{"
    ));
    ASSERT_TRUE(probe.send("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    EXPECT_EQ(probe.receive().status(), 200) << "and by now the other head has been read";
    ASSERT_TRUE(probe.send("GET /readyz HTTP/1.1\r\nHost: localhost\r\n"));
    ::kill(own.api().pid(), SIGTERM);
    const auto refuses_connections = [&own] {
        try {
            own.raw();
            return false;
        } catch (const testkit::ClientError&) {
            return true;
        }
    };
    while (!refuses_connections()) {
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
    ASSERT_TRUE(probe.send("\r\n"));
    const Reply reply = probe.receive();
    EXPECT_EQ(reply.status(), 503);
    EXPECT_EQ(reply.text(), R"({"status":"stopping","failed":[]})");
    EXPECT_EQ(reply.header("Connection"), "close");
    ASSERT_TRUE(in_flight.send(R"("title":"x"})"));
    EXPECT_EQ(in_flight.receive().status(), 201);
}

}  // namespace

}  // namespace pz::product
