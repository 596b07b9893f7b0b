// Health, documentation, and what holds for every answer of this service.

#include "answers.hpp"

#include <pz/core/process.hpp>

#include <chrono>
#include <fstream>
#include <iterator>

namespace pz::identity {

namespace {

using namespace std::chrono_literals;
using testkit::world;

TEST(OpenApi, is_the_document_in_the_repository) {
    core::ProcessOptions options;
    options.command = {testkit::program("identity-service"), "--print-openapi"};
    const core::ProcessResult printed = core::run_process(options, 10s);
    EXPECT_EQ(printed.exit_code, 0);
    std::ifstream file{PZ_SOURCE_DIR "/identity-service/api/openapi.json", std::ios::binary};
    const std::string committed{std::istreambuf_iterator<char>{file}, {}};
    EXPECT_TRUE(
        printed.output == committed
    ) << "identity-service/api/openapi.json is out of date; renew it with: identity-service --print-openapi";
    EXPECT_TRUE(identity().get("/openapi.json").text() == printed.output);
}

TEST(Health, answers_without_a_token) {
    EXPECT_EQ(identity().get("/healthz").text(), R"({"status":"ok"})");
    EXPECT_EQ(identity().get("/readyz").text(), R"({"status":"ready","failed":[]})");
    EXPECT_EQ(identity().get("/startupz").text(), R"({"status":"started","failed":[]})");
}

TEST(EveryAnswer, forbids_sniffing_and_caching_and_names_its_request) {
    for (const Reply& reply :
         {identity().get("/healthz"),
          identity().get("/me"),
          identity().get("/nowhere"),
          identity().get("/token"),
          identity().get("/docs"),
          identity().get("/metrics"),
          identity().get("/.well-known/openid-configuration"),
          identity().send("POST", "/token", "x"),
          identity().post_form("/token", {}),
          identity().post_form("/logout", {}),
          world().sign_in(acme_user)}) {
        EXPECT_EQ(reply.header("X-Content-Type-Options"), "nosniff") << reply.text();
        EXPECT_EQ(reply.header("Cache-Control"), "no-store") << reply.text();
        EXPECT_FALSE(reply.header("X-Request-Id").empty()) << reply.text();
    }
}

TEST(EveryAnswer, lets_no_other_origin_read_it) {
    for (const char* origin : {"https://localhost:3000", "https://evil.example", "null"}) {
        const Reply reply =
            identity().with("Origin", origin).post_form("/token", {{"username", "x"}, {"password", "y"}});
        EXPECT_EQ(reply.status(), 403) << origin;
        EXPECT_EQ(reply.header("Access-Control-Allow-Origin"), "") << origin;
        EXPECT_EQ(reply.header("Access-Control-Allow-Credentials"), "") << origin;
    }
}

}  // namespace

}  // namespace pz::identity
