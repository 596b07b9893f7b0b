// How the program starts, refuses to start, and ends.

#include "answers.hpp"

#include <pz/core/process.hpp>
#include <pz/crypto/fernet.hpp>

#include <algorithm>
#include <future>
#include <map>
#include <thread>

namespace pz::product {

namespace {

using namespace std::chrono_literals;
using testkit::world;
using Settings = std::map<std::string, std::string>;

/// Settings with which the program starts.
Settings good_settings() {
    const auto database = [](std::string_view role) {
        return world().database().connection_string(role).reveal();
    };
    return {
        {"PZ_PROFILE", "test"},
        {"PZ_DATABASE_APP", database("pz_app")},
        {"PZ_DATABASE_SUPPORT", database("pz_support")},
        {"PZ_DATABASE_ADMIN", database("pz_admin")},
        {"PZ_ENCRYPTION_KEYS", crypto::FernetRing::generate_key().reveal()},
        {"PZ_ISSUER", world().identity().origin()},
        {"PZ_THREADS", "1"},
    };
}

enum class Stream { output, errors };

/// Runs the program with these settings alone, and keeps one of its streams.
core::ProcessResult run(const Settings& settings, Stream stream, const std::string& argument = {}) {
    std::vector<std::string> environment{"PATH=/usr/bin:/bin"};
    for (const auto& [name, value] : settings) {
        environment.push_back(name + '=' + value);
    }
    core::ProcessOptions options;
    options.command = {
        "/bin/sh",
        "-c",
        stream == Stream::output ? R"(exec "$@" 2>/dev/null)" : R"(exec "$@" 2>&1 >/dev/null)",
        "sh",
        testkit::program("product-core-api"),
    };
    if (!argument.empty()) {
        options.command.push_back(argument);
    }
    options.environment = std::move(environment);
    return core::run_process(std::move(options), 10s);
}

/// Exit code 2 and one sentence that names the setting.
void expect_refusal(const Settings& changes, const std::string& named) {
    Settings settings = good_settings();
    for (const auto& [name, value] : changes) {
        settings[name] = value;
    }
    const core::ProcessResult result = run(settings, Stream::errors);
    EXPECT_EQ(result.exit_code, 2) << named << ": " << result.output;
    EXPECT_EQ(std::ranges::count(result.output, '\n'), 1) << result.output;
    EXPECT_TRUE(result.output.starts_with("product-core-api: ")) << result.output;
    EXPECT_NE(result.output.find(named), std::string::npos) << result.output;
}

TEST(StartUp, refuses_a_missing_setting) {
    for (const char* name :
         {"PZ_DATABASE_APP", "PZ_DATABASE_SUPPORT", "PZ_DATABASE_ADMIN", "PZ_ENCRYPTION_KEYS"}) {
        expect_refusal({{name, ""}}, name);
        expect_refusal(
            {{name, ""}, {std::string{name} + "_FILE", "/nonexistent"}}, std::string{name} + "_FILE"
        );
    }
}

TEST(StartUp, refuses_a_wrong_setting) {
    expect_refusal({{"PZ_ENCRYPTION_KEYS", "not a key"}}, "PZ_ENCRYPTION_KEYS");
    expect_refusal({{"PORT", "http"}}, "PORT");
    expect_refusal({{"PORT", "65536"}}, "PORT");
    expect_refusal({{"PORT", "-1"}}, "PORT");
    expect_refusal({{"PZ_PROFILE", "staging"}}, "PZ_PROFILE");
    expect_refusal({{"PZ_THREADS", "0"}}, "PZ_THREADS");
    expect_refusal({{"PZ_LOG_LEVEL", "loud"}}, "PZ_LOG_LEVEL");
    expect_refusal({{"REQUIRE_AUTH", "maybe"}}, "REQUIRE_AUTH");
    expect_refusal({{"PZ_JWKS_URL", "ftp://localhost/jwks.json"}}, "PZ_JWKS_URL");
    expect_refusal({{"PZ_JWKS_URL", "file:///etc/passwd"}}, "PZ_JWKS_URL");
    expect_refusal({{"PZ_AUDIT_FOLDER", "/nonexistent"}}, "PZ_AUDIT_FOLDER");
    expect_refusal({{"PZ_PROFILE", "production"}, {"PZ_BIND", "localhost"}}, "PZ_BIND");
}

TEST(StartUp, refuses_what_is_no_connection_string) {
    for (const char* name : {"PZ_DATABASE_APP", "PZ_DATABASE_SUPPORT", "PZ_DATABASE_ADMIN"}) {
        expect_refusal({{name, "not a connection string"}}, name);
        expect_refusal({{name, "hots=localhost"}}, name);
    }
}

TEST(StartUp, refuses_a_misspelt_setting) {
    expect_refusal({{"PZ_DATABSE_APP", "x"}}, "PZ_DATABSE_APP");
    expect_refusal({{"PZ_REQUIRE_AUTH", "true"}}, "PZ_REQUIRE_AUTH");
}

TEST(StartUp, refuses_roles_for_whom_row_level_security_would_not_hold) {
    for (const char* name : {"PZ_DATABASE_APP", "PZ_DATABASE_SUPPORT", "PZ_DATABASE_ADMIN"}) {
        for (const char* role : {"postgres", "pz_migrator", "pz_backup"}) {
            expect_refusal({{name, world().database().connection_string(role).reveal()}}, name);
        }
    }
}

TEST(StartUp, refuses_the_platforms_role_where_a_tenants_is_meant) {
    for (const char* name : {"PZ_DATABASE_APP", "PZ_DATABASE_SUPPORT"}) {
        expect_refusal({{name, world().database().connection_string("pz_admin").reveal()}}, name);
    }
}

TEST(StartUp, listens_beyond_this_machine_in_production_only) {
    for (const char* profile : {"demo", "test"}) {
        for (const char* address : {"0.0.0.0", "::", "10.0.0.1"}) {
            expect_refusal({{"PZ_PROFILE", profile}, {"PZ_BIND", address}}, "PZ_BIND");
        }
    }
}

TEST(StartUp, serves_anonymous_requests_never_in_production) {
    expect_refusal(
        {{"PZ_PROFILE", "production"}, {"PZ_BIND", "127.0.0.1"}, {"REQUIRE_AUTH", "false"}}, "REQUIRE_AUTH"
    );
    expect_refusal({{"PZ_PROFILE", ""}, {"PZ_BIND", "127.0.0.1"}, {"REQUIRE_AUTH", "0"}}, "REQUIRE_AUTH");
}

TEST(StartUp, never_shows_a_secret) {
    Settings settings = good_settings();
    for (const char* text :
         {"host=x password canary-7f3a", "password='canary-7f3a", "postgresql://u:canary-7f3a@[::1/x"}) {
        settings["PZ_DATABASE_APP"] = text;
        for (const Stream stream : {Stream::errors, Stream::output}) {
            const core::ProcessResult result = run(settings, stream);
            EXPECT_EQ(result.exit_code, 2);
            EXPECT_EQ(result.output.find("canary-7f3a"), std::string::npos) << result.output;
        }
    }
}

TEST(StartUp, ends_with_4_when_the_port_is_in_use) {
    Settings settings = good_settings();
    const std::string port = std::to_string(world().api().port());
    settings["PORT"] = port;
    const core::ProcessResult result = run(settings, Stream::errors);
    EXPECT_EQ(result.exit_code, 4) << result.output;
    EXPECT_EQ(result.output, "product-core-api: port " + port + " is in use; set PORT to another one\n");
}

TEST(CommandLine, answers_without_any_setting) {
    const core::ProcessResult help = run({}, Stream::output, "--help");
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_NE(help.output.find("--help-config"), std::string::npos) << help.output;
    const core::ProcessResult version = run({}, Stream::output, "--version");
    EXPECT_EQ(version.exit_code, 0);
    EXPECT_TRUE(version.output.starts_with("product-core-api ")) << version.output;
    const core::ProcessResult document = run({}, Stream::output, "--print-openapi");
    EXPECT_EQ(document.exit_code, 0);
    EXPECT_TRUE(document.output.starts_with("{\n  \"openapi\": \"3.1.0\""));
    EXPECT_EQ(run({}, Stream::errors, "--nonsense").exit_code, 2);
    EXPECT_EQ(run({}, Stream::errors, "nonsense").exit_code, 2);
}

TEST(CommandLine, lists_every_setting_that_there_is) {
    const core::ProcessResult table = run({}, Stream::output, "--help-config");
    EXPECT_EQ(table.exit_code, 0);
    for (const char* name :
         {"PORT",
          "PZ_BIND",
          "PZ_PROFILE",
          "PZ_THREADS",
          "PZ_DATABASE_APP",
          "PZ_DATABASE_APP_FILE",
          "PZ_DATABASE_SUPPORT",
          "PZ_DATABASE_ADMIN",
          "PZ_ENCRYPTION_KEYS",
          "PZ_ISSUER",
          "PZ_AUDIENCE",
          "PZ_JWKS_URL",
          "PZ_CONSOLE_ORIGIN",
          "REQUIRE_AUTH",
          "PZ_LOG_LEVEL",
          "PZ_DOCS_DIR"}) {
        EXPECT_NE(table.output.find('`' + std::string{name} + '`'), std::string::npos) << name;
    }
}

TEST(Stop, answers_the_request_in_flight_and_ends_with_0) {
    World own;
    auto in_flight = own.raw();
    const std::string body = R"({"title":"in flight"})";
    in_flight.send(
        "POST /api/v1/items HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + own.token(acme_user) +
        "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
        body.substr(0, 5)
    );
    std::this_thread::sleep_for(100ms);  // the head has been read
    auto stopped = std::async(std::launch::async, [&own] { return own.api().stop(); });
    std::this_thread::sleep_for(300ms);
    in_flight.send(body.substr(5));
    const Reply reply = in_flight.receive();
    EXPECT_EQ(reply.status(), 201) << reply.text();
    EXPECT_EQ(reply.header("Connection"), "close");
    EXPECT_TRUE(in_flight.closes_without_a_word());
    EXPECT_EQ(stopped.get(), 0);
    EXPECT_THROW(own.raw(), testkit::ClientError) << "nobody listens any more";
    EXPECT_EQ(
        own.database().connect_as_superuser().value("select count(*) from app.item where title = 'in flight'"
        ),
        "1"
    );
}

}  // namespace

}  // namespace pz::product
