#pragma once

#include <pz/core/config.hpp>
#include <pz/http/limits.hpp>
#include <pz/pg/query.hpp>
#include <pz/web/context.hpp>
#include <pz/web/policies.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace pz::web {

class Router;
struct ApiInfo;

/// demo: seeded accounts, loopback only. test: as demo, for the test suite. production: neither.
enum class Profile : std::uint8_t { demo, test, production };
BOOST_DESCRIBE_ENUM(Profile, demo, test, production)

/// What every service reads from the environment.
struct ServiceSettings {
    Profile profile = Profile::production;
    std::string address;
    std::uint16_t port = 0;
    unsigned threads = 1;
    std::string console_origin;
    PolicySettings policies;
    std::filesystem::path docs_directory;
    http::Limits limits;
    std::uint16_t metrics_port = 0;  ///< 0: none of its own
    bool named_statements = true;    ///< pg::PoolOptions::named_statements
};

/// The statements that a service sends as one role of the database.
struct RoleStatements {
    std::string_view role;
    std::vector<pg::Query> statements;
};

/// One of the programs: what identity-service and product-core-api tell run_service() about themselves. An
/// object of this type owns what all threads share; make_app() builds what one thread owns.
class Service {
 public:
    virtual ~Service() = default;

    [[nodiscard]] virtual ApiInfo info() const = 0;
    [[nodiscard]] virtual std::uint16_t default_port() const = 0;
    virtual void add_routes(Router& router) const = 0;
    /// All it ever sends: `--print-statements` prints them for `phasezero prove`.
    [[nodiscard]] virtual std::vector<RoleStatements> statements() const = 0;

    /// Reads settings, and nothing else: `--help-config` calls it to list them. Throws core::ConfigError.
    virtual void read_settings(core::Config& config, const ServiceSettings& settings) = 0;
    /// Builds what the threads share and refuses to start where it must not. Throws core::ConfigError with
    /// one sentence.
    virtual void start() = 0;

    /// Waits for what start() began and did not wait for, and throws as it does. Called on each event-loop
    /// thread when its own database connections are there, and before the first client's is accepted.
    virtual void finish_start() {}

    /// Appends what the threads share and /metrics should tell: caches, queues. Called from any of them,
    /// after start().
    virtual void measure(std::vector<Measurement>& out) const = 0;
    /// Called on each event-loop thread.
    [[nodiscard]] virtual std::unique_ptr<App> make_app(
        boost::asio::io_context& context, unsigned thread_index
    ) = 0;
};

/// The life of a program: command line (--help, --version, --print-openapi, --print-statements,
/// --help-config), settings, log and traces, routes with health, metrics and documentation beside them,
/// serving until SIGTERM. Returns 0 after a graceful end, 1 for a failure at run time, 2 for a wrong command
/// line or setting, 4 when the port is in use. The service ends before that, while there is a log.
[[nodiscard]] int run_service(
    int argc, char** argv, const std::string& name, std::unique_ptr<Service> service
);

}  // namespace pz::web
