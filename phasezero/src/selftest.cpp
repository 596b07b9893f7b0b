#include "selftest.hpp"

#include "http_client.hpp"
#include "local_database.hpp"

#include <pz/core/config.hpp>
#include <pz/core/json.hpp>
#include <pz/core/uuid.hpp>
#include <pz/pg/blocking.hpp>
#include <pz/pg/cluster.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace pz::command {

namespace {

constexpr std::string_view insufficient_privilege = "42501";
constexpr const char* some_tenant = "0197c0de-ffff-7000-8000-00000000000a";

/// What such a role may call although it writes: its own event, its own count, its own end.
constexpr std::array<std::string_view, 4> allowed_functions{
    "audit.append",
    "audit.keep_personal",
    "platform.count_impersonated_request",
    "platform.take_impersonation_step",
};

constexpr const char* tables_and_a_column = R"sql(
    SELECT c.oid::regclass::text,
           (SELECT quote_ident(a.attname) FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND a.attgenerated = '' AND NOT a.attisdropped
             ORDER BY a.attnum LIMIT 1)
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND n.nspname IN ('platform', 'identity', 'app', 'audit')
     ORDER BY 1)sql";

constexpr const char* functions_that_write = R"sql(
    SELECT p.oid::regproc::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE n.nspname IN ('platform', 'identity', 'app', 'audit') AND p.provolatile = 'v'
       AND p.prorettype <> 'trigger'::regtype AND has_function_privilege(p.oid, 'execute')
     ORDER BY 1)sql";

/// Ways around tables.
constexpr std::array ways_around{
    "CREATE TABLE app.selftest (i integer)",
    "CREATE FUNCTION app.selftest() RETURNS integer LANGUAGE sql AS 'select 1'",
    "SET LOCAL ROLE pz_app",
    "SET LOCAL ROLE pz_owner",
    "SET LOCAL SESSION AUTHORIZATION pz_app",
    "ALTER ROLE pz_support BYPASSRLS",
    "GRANT pz_app TO pz_support",
    "COPY app.item FROM PROGRAM 'true'",
};

/// What was let through, in words.
class LetThrough : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

struct Counts {
    std::size_t tables = 0;
    std::size_t statements = 0;
    std::size_t functions = 0;
    std::size_t routes = 0;
};

/// In a transaction of a tenant's that is always rolled back.
void expect_refused(pg::BlockingConnection& connection, const std::string& sql, Counts& counts) {
    ++counts.statements;
    connection.execute_script(fmt::format("BEGIN; SET LOCAL app.current_tenant = '{}'", some_tenant));
    std::string outcome = "00000";
    try {
        connection.execute_script(sql);
    } catch (const pg::BlockingError& error) {
        outcome = error.sqlstate();
    }
    connection.execute_script("ROLLBACK");
    if (outcome != insufficient_privilege) {
        throw LetThrough(fmt::format("sqlstate={} statement=\"{}\"", outcome, sql));
    }
}

void try_database(pg::BlockingConnection& connection, Counts& counts) {
    for (const auto& row : connection.query(tables_and_a_column).rows) {
        const std::string& table = row[0].value();
        const std::string& column = row[1].value();
        ++counts.tables;
        expect_refused(connection, fmt::format("INSERT INTO {} DEFAULT VALUES", table), counts);
        expect_refused(connection, fmt::format("UPDATE {0} SET {1} = {1}", table, column), counts);
        expect_refused(connection, fmt::format("DELETE FROM {}", table), counts);
        expect_refused(connection, fmt::format("TRUNCATE {}", table), counts);
        expect_refused(connection, fmt::format("LOCK TABLE {} IN EXCLUSIVE MODE", table), counts);
        expect_refused(connection, fmt::format("SELECT FROM {} FOR UPDATE", table), counts);
    }
    for (const char* sql : ways_around) {
        expect_refused(connection, sql, counts);
    }
    for (const auto& row : connection.query(functions_that_write).rows) {
        ++counts.functions;
        if (std::ranges::find(allowed_functions, row[0].value()) == allowed_functions.end()) {
            throw LetThrough("function=" + row[0].value());
        }
    }
}

std::string member(const HttpAnswer& answer, std::string_view name) {
    const auto document = core::parse_json(answer.body);
    const boost::json::object* object = document ? document->if_object() : nullptr;
    const boost::json::value* value = object != nullptr ? object->if_contains(name) : nullptr;
    if (value == nullptr || !value->is_string()) {
        throw CommandError(
            ExitCode::usage,
            fmt::format("no {} in the answer: {} {}", name, answer.status, answer.body.substr(0, 200))
        );
    }
    return std::string{value->get_string()};
}

/// A session that may only read, and its end.
class ReadingSession {
 public:
    ReadingSession(HttpClient& client, const SelftestOptions& options) : client_(client), api_(options.api) {
        const std::vector<std::string> form{"Content-Type: application/x-www-form-urlencoded"};
        agent_ = member(
            client.request(
                "POST",
                options.identity + "/token",
                form,
                form_encode(
                    {{"grant_type", "password"}, {"username", options.email}, {"password", options.password}}
                )
            ),
            "access_token"
        );
        id_ = member(
            client.request(
                "POST",
                api_ + "/api/v1/support/impersonate/" + options.tenant,
                {"Authorization: Bearer " + agent_, "Content-Type: application/json"},
                R"({"reason":"phasezero selftest support-readonly"})"
            ),
            "session_id"
        );
        token_ = member(
            client.request(
                "POST",
                options.identity + "/token",
                form,
                form_encode(
                    {{"grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"},
                     {"subject_token", id_},
                     {"subject_token_type", "urn:phasezero:params:oauth:token-type:impersonation-session"},
                     {"actor_token", agent_},
                     {"actor_token_type", "urn:ietf:params:oauth:token-type:access_token"}}
                )
            ),
            "access_token"
        );
    }

    ReadingSession(const ReadingSession&) = delete;
    ReadingSession& operator=(const ReadingSession&) = delete;

    ~ReadingSession() {
        client_.request(
            "DELETE", api_ + "/api/v1/support/impersonate/" + id_, {"Authorization: Bearer " + agent_}
        );
    }

    [[nodiscard]] const std::string& token() const noexcept { return token_; }

 private:
    HttpClient& client_;
    std::string api_;
    std::string agent_;
    std::string id_;
    std::string token_;
};

std::string upper(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) { return static_cast<char>(c & ~0x20); });
    return text;
}

void try_routes(const SelftestOptions& options, Counts& counts) {
    HttpClient client;
    const ReadingSession session(client, options);
    const auto expect_alive = [&] {
        const HttpAnswer org =
            client.request("GET", options.api + "/api/v1/org", {"Authorization: Bearer " + session.token()});
        if (org.status != 200) {
            throw CommandError(ExitCode::usage, fmt::format("the session does not read: {}", org.status));
        }
    };
    expect_alive();
    for (const std::string& origin : {options.api, options.identity}) {
        const HttpAnswer answer = client.request("GET", origin + "/openapi.json");
        const auto document = core::parse_json(answer.body);
        if (!document || !document->is_object()) {
            throw CommandError(ExitCode::usage, origin + "/openapi.json cannot be read");
        }
        for (const auto& path : document->at("paths").as_object()) {
            for (const auto& operation : path.value().as_object()) {
                const bool needs_token = !operation.value().at("security").as_array().empty();
                std::string target{path.key()};
                // With its own token it may end itself, and nothing else.
                const bool ends = operation.key() == "delete" && target == "/api/v1/support/impersonate/{id}";
                if (operation.key() == "get" || !needs_token || ends) {
                    continue;
                }
                for (std::size_t at = target.find('{'); at != std::string::npos; at = target.find('{')) {
                    target.replace(at, target.find('}') - at + 1, some_tenant);
                }
                const HttpAnswer refused = client.request(
                    upper(std::string{operation.key()}),
                    origin + target,
                    {"Authorization: Bearer " + session.token(),
                     "Content-Type: application/json",
                     "If-Match: *"},
                    "{}"
                );
                ++counts.routes;
                // 401 where the route does not take such tokens at all.
                const bool is_refused =
                    refused.status == 401 ||
                    (refused.status == 403 && member(refused, "code") == "impersonation_forbidden");
                if (!is_refused) {
                    throw LetThrough(fmt::format(
                        "status={} route=\"{} {}\"", refused.status, std::string{operation.key()}, target
                    ));
                }
            }
        }
    }
    expect_alive();  // or the refusals would prove nothing
}

void with_support(const Workspace& workspace, const std::function<void(pg::BlockingConnection&)>& work) {
    const auto is_set = [](const char* name) {
        return std::getenv(name) != nullptr;  // NOLINT(concurrency-mt-unsafe): single-threaded
    };
    if (is_set("PZ_DATABASE_SUPPORT") || is_set("PZ_DATABASE_SUPPORT_FILE")) {
        core::Config config = core::Config::from_environment();
        pg::BlockingConnection connection(
            config.required_secret("PZ_DATABASE_SUPPORT", "libpq connection string of pz_support")
        );
        work(connection);
        return;
    }
    with_database(workspace, [&] {
        pg::BlockingConnection connection(
            pg::cluster_connection_string(workspace.cluster(), "pz_support", database_name)
        );
        work(connection);
    });
}

}  // namespace

ExitCode check_support_is_read_only(const Workspace& workspace, const SelftestOptions& options) {
    if (options.api.empty() != options.identity.empty()) {
        throw CommandError(ExitCode::usage, "--api and --identity belong together");
    }
    Counts counts;
    try {
        with_support(workspace, [&](pg::BlockingConnection& connection) {
            try_database(connection, counts);
        });
        if (!options.api.empty()) {
            try_routes(options, counts);
        }
    } catch (const LetThrough& hole) {
        std::cout << "broken " << hole.what() << '\n';
        return ExitCode::failure;
    } catch (const pg::BlockingError& error) {
        throw CommandError(ExitCode::usage, std::string{"the database refused: "} + error.what());
    } catch (const core::ConfigError& error) {
        throw CommandError(ExitCode::usage, error.what());
    }
    std::cout << fmt::format(
        "ok tables={} statements={} functions={} routes={}\n",
        counts.tables,
        counts.statements,
        counts.functions,
        counts.routes
    );
    return ExitCode::success;
}

}  // namespace pz::command
