#include "web_server.hpp"

#include "console_server/settings.hpp"
#include "exit_code.hpp"
#include "http_client.hpp"
#include "ports.hpp"
#include "scratch.hpp"
#include "template.hpp"

#include <pz/core/process.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <string>

namespace pz::command {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

TEST(FillTemplate, replaces_names_and_nothing_else) {
    EXPECT_EQ(
        fill_template("listen @PORT@; error_page 502 = @unavailable; a@b @", {{"PORT", "3000"}}),
        "listen 3000; error_page 502 = @unavailable; a@b @"
    );
    EXPECT_EQ(fill_template("@A@@B@", {{"A", "1"}, {"B", "2"}}), "12");
}

TEST(FillTemplate, names_what_it_has_no_value_for) {
    try {
        static_cast<void>(fill_template("listen @PORT@;", {}));
        FAIL() << "filled";
    } catch (const CommandError& error) {
        EXPECT_THAT(error.what(), HasSubstr("@PORT@"));
    }
}

ConsoleSettings console_settings(std::map<std::string, std::string> values) {
    core::Config config{std::move(values)};
    return read_console_settings(config);
}

TEST(ConsoleServer, answers_for_the_host_of_its_origin_alone_and_says_that_it_is_https) {
    const std::string filled = console_configuration(
        "@LISTEN@|@SERVER_NAMES@|@STRICT_TRANSPORT@|@FORWARDED_FOR@",
        console_settings({{"PORT", "8080"}, {"PZ_CONSOLE_ORIGIN", "https://app.example.com:8443"}})
    );
    EXPECT_EQ(filled, "0.0.0.0:8080|app.example.com|max-age=31536000|$remote_addr");
}

TEST(ConsoleServer, appends_to_the_addresses_of_trusted_proxies) {
    EXPECT_EQ(
        console_configuration("@FORWARDED_FOR@", console_settings({{"PZ_TRUSTED_HOPS", "1"}})),
        "$proxy_add_x_forwarded_for"
    );
}

TEST(ConsoleServer, takes_nothing_into_nginx_s_configuration_that_is_not_a_host) {
    for (const char* value : {"a;return 200", "a b", "a{", "$host", "a\nb"}) {
        EXPECT_THROW(console_settings({{"PZ_IDENTITY_UPSTREAM", value}}), core::ConfigError) << value;
        EXPECT_THROW(console_settings({{"PZ_PRODUCT_UPSTREAM", value}}), core::ConfigError) << value;
        EXPECT_THROW(console_settings({{"PZ_BIND", value}}), core::ConfigError) << value;
        const std::string origin = std::string{"https://"} + value;
        EXPECT_THROW(console_settings({{"PZ_CONSOLE_ORIGIN", origin}}), core::ConfigError) << value;
    }
    EXPECT_THROW(console_settings({{"PZ_CONSOLE_ORIGIN", "app.example.com"}}), core::ConfigError);
    EXPECT_THROW(console_settings({{"PZ_ENVIRONMENT", "\"}"}}), core::ConfigError);
}

/// The real nginx with the real template, on a console of three files in a work tree whose path has a space.
class WebServer : public testing::Test {
 protected:
    void SetUp() override {
        if (!find_nginx()) {
            GTEST_SKIP() << "nginx is not installed";
        }
        const fs::path root = scratch_.path() / "a tree";
        fs::create_directories(root / "deploy/console");
        fs::create_directories(root / "product-frontend-web/dist/assets");
        fs::create_directories(root / "product-frontend-web/config");
        fs::copy_file(
            fs::path{PZ_SOURCE_DIR} / "deploy/console/nginx.conf.in", root / "deploy/console/nginx.conf.in"
        );
        std::ofstream(root / "product-frontend-web/dist/index.html") << "<title>console</title>";
        std::ofstream(root / "product-frontend-web/dist/assets/app-1a2b.js") << "let x = 1;";
        std::ofstream(root / "product-frontend-web/config/demo.json") << "{\"demo_accounts\":[]}";
        fs::create_directories(scratch_.path() / "state");
        const Workspace workspace{root, scratch_.path() / "state"};
        workspace.create();

        // Nobody listens on the services' ports: what is forwarded answers 503.
        Ports ports;
        ports.web = free_port();
        ports.api = free_port();
        ports.identity = free_port();
        const fs::path directory = prepare_web_server(workspace, ports);
        const std::string nginx = find_nginx()->string();
        const std::vector<std::string> command{
            nginx, "-p", directory.string() + "/", "-c", "nginx.conf", "-e", "stderr"
        };
        std::vector<std::string> check = command;
        check.emplace_back("-t");
        const core::ProcessResult checked =
            core::run_process({.command = check, .working_directory = directory}, 10s);
        ASSERT_EQ(checked.exit_code, 0) << checked.output;
        ASSERT_THAT(checked.output, Not(HasSubstr("[warn]")));

        std::vector<std::string> start = command;
        start.insert(start.end(), {"-g", "daemon off;"});
        const int log = ::open((scratch_.path() / "log").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        server_.emplace(core::ProcessOptions{
            .command = start, .working_directory = directory, .output = log, .parent_death_signal = SIGTERM
        });
        ::close(log);
        origin_ = fmt::format("http://localhost:{}", ports.web);
        for (int i = 0; i < 200 && get("/").status == 0; ++i) {
            ::usleep(10'000);
        }
    }

    void TearDown() override {
        if (server_) {
            server_->signal(SIGQUIT);
            EXPECT_EQ(server_->wait_for(5s), 0);
        }
    }

    static std::uint16_t free_port() { return choose_port({.service = "test", .wanted = 0}, {}); }

    HttpAnswer get(const std::string& path, const std::vector<std::string>& headers = {}) {
        return client_.request("GET", origin_ + path, headers);
    }

    Scratch scratch_;
    std::optional<core::Process> server_;
    std::string origin_;
    HttpClient client_;
};

TEST_F(WebServer, serves_the_console_on_every_path_of_it) {
    for (const char* path : {"/", "/login", "/admin/orgs/0197c0de-0000-7000-8000-000000000000"}) {
        const HttpAnswer answer = get(path);
        EXPECT_EQ(answer.status, 200) << path;
        EXPECT_THAT(answer.body, HasSubstr("console"));
        EXPECT_EQ(answer.headers.at("cache-control"), "no-cache");
    }
}

TEST_F(WebServer, lets_hashed_files_be_cached_for_ever_and_missing_ones_not) {
    EXPECT_EQ(get("/assets/app-1a2b.js").headers.at("cache-control"), "public, max-age=31536000, immutable");
    EXPECT_THAT(get("/assets/app-1a2b.js").headers.at("content-type"), HasSubstr("text/javascript"));
    EXPECT_EQ(get("/assets/gone.js").status, 404);
    EXPECT_EQ(get("/assets/gone.js").headers.at("cache-control"), "no-cache");
}

TEST_F(WebServer, guards_every_answer_with_the_same_headers) {
    for (const char* path :
         {"/", "/assets/app-1a2b.js", "/assets/gone.js", "/api/v1/items", "/config.json"}) {
        const auto headers = get(path).headers;
        ASSERT_TRUE(headers.contains("content-security-policy")) << path;
        EXPECT_THAT(headers.at("content-security-policy"), HasSubstr("default-src 'self'"));
        EXPECT_THAT(headers.at("content-security-policy"), HasSubstr("frame-ancestors 'none'"));
        EXPECT_THAT(headers.at("content-security-policy"), Not(HasSubstr("unsafe")));
        EXPECT_EQ(headers.at("x-content-type-options"), "nosniff");
        EXPECT_EQ(headers.at("referrer-policy"), "no-referrer");
        EXPECT_EQ(headers.at("cross-origin-opener-policy"), "same-origin");
        EXPECT_EQ(headers.at("cross-origin-resource-policy"), "same-origin");
        EXPECT_EQ(headers.at("server"), "nginx");
    }
}

TEST_F(WebServer, answers_for_a_service_that_is_down) {
    for (const char* path :
         {"/api/v1/items", "/api/v1/people", "/token", "/me", "/me/sessions", "/.well-known/jwks.json"}) {
        const HttpAnswer answer = get(path);
        EXPECT_EQ(answer.status, 503) << path;
        EXPECT_EQ(answer.headers.at("content-type"), "application/problem+json") << path;
        EXPECT_EQ(answer.headers.at("retry-after"), "1") << path;
    }
}

TEST_F(WebServer, refuses_a_name_that_is_not_this_machine) {
    EXPECT_EQ(get("/", {"Host: attacker.example"}).status, 421);
}

TEST_F(WebServer, offers_the_demo_accounts) {
    EXPECT_EQ(get("/config.json").body, "{\"demo_accounts\":[]}");
}

}  // namespace
}  // namespace pz::command
