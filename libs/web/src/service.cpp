#include <pz/web/service.hpp>

#include "operations.hpp"

#include <pz/core/process.hpp>
#include <pz/http/server.hpp>
#include <pz/web/dispatcher.hpp>
#include <pz/web/metrics.hpp>
#include <pz/web/router.hpp>

#include <CLI/CLI.hpp>
#include <arpa/inet.h>
#include <boost/system/system_error.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <thread>

namespace pz::web {

namespace {

constexpr int exit_failure = 1;
constexpr int exit_configuration = 2;
constexpr int exit_port_in_use = 4;

/// File descriptors that clients may not take: database connections, the log, the keys' fetches.
constexpr std::size_t reserved_files = 64;

bool is_numeric_address(const std::string& address) {
    in6_addr ignored{};
    return ::inet_pton(AF_INET, address.c_str(), &ignored) == 1 ||
           ::inet_pton(AF_INET6, address.c_str(), &ignored) == 1;
}

bool is_loopback(const std::string& address) {
    return address == "127.0.0.1" || address == "::1";
}

ServiceSettings read_service_settings(core::Config& config, const Service& service) {
    ServiceSettings settings;
    const std::string profile = config.choice(
        "PZ_PROFILE",
        "production",
        {"demo", "test", "production"},
        "demo and test allow the seeded accounts and listen on loopback only"
    );
    settings.profile = *core::enum_from_text<Profile>(profile);
    const bool production = settings.profile == Profile::production;
    settings.address =
        config.text("PZ_BIND", production ? "0.0.0.0" : "127.0.0.1", "numeric address to listen on");
    if (!is_numeric_address(settings.address)) {
        throw core::ConfigError(
            "PZ_BIND must be a numeric IPv4 or IPv6 address, but is \"" + settings.address + "\""
        );
    }
    settings.port = static_cast<std::uint16_t>(config.integer(
        "PORT", service.default_port(), 0, 65535, "port to listen on; 0 lets the kernel choose"
    ));
    settings.threads = static_cast<unsigned>(config.integer(
        "PZ_THREADS", std::max(1U, std::thread::hardware_concurrency()), 1, 256, "event-loop threads"
    ));
    settings.console_origin =
        config.text("PZ_CONSOLE_ORIGIN", "http://localhost:3000", "the one origin that browsers use");
    // Google's load balancers keep connections for 600 s; whoever closes first must not be us.
    settings.limits.idle_time = std::chrono::seconds{config.integer(
        "PZ_IDLE_SECONDS",
        is_loopback(settings.address) ? 60 : 620,
        1,
        3600,
        "how long a connection may wait for its next request; 60 when listening on loopback"
    )};

    settings.policies = read_policy_settings(config, settings.console_origin, /*https=*/production);
    std::error_code ignored;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", ignored);
    settings.docs_directory = config.text(
        "PZ_DOCS_DIR",
        (program.parent_path().parent_path() / "share" / "docs").string(),
        "where the assets of /docs and /redoc are"
    );
    if (!production && !is_loopback(settings.address)) {
        throw core::ConfigError(
            "PZ_BIND is " + settings.address + ", but the " + profile + " profile listens on loopback only"
        );
    }
    return settings;
}

void set_up_logging(const std::string& level) {
    spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    spdlog::set_level(spdlog::level::from_str(level));
    spdlog::flush_on(spdlog::level::warn);
    spdlog::flush_every(std::chrono::seconds{1});
}

std::string describe_settings(const core::Config& config) {
    std::string table = "| variable | default | purpose |\n| --- | --- | --- |\n";
    for (const core::Config::Setting& setting : config.settings()) {
        const std::string fallback = setting.required ? "required" : setting.fallback;
        table += "| `" + setting.name + (setting.secret ? "` or `" + setting.name + "_FILE" : "") + "` | " +
                 fallback + " | " + setting.purpose + " |\n";
    }
    return table;
}

/// Everything one thread owns; destroyed on its thread when the server ends.
struct ThreadState {
    std::unique_ptr<App> app;
    std::unique_ptr<Dispatcher> dispatcher;
};

}  // namespace

int run_service(int argc, char** argv, const std::string& name, Service& service) {
    CLI::App command_line{
        service.info().title + ". Settings come from the environment: see --help-config.", name
    };
    bool print_openapi = false;
    bool help_config = false;
    command_line.set_version_flag("--version", name + " " + service.info().version);
    command_line.add_flag("--print-openapi", print_openapi, "Print the OpenAPI 3.1 document and exit");
    command_line.add_flag("--help-config", help_config, "Print the table of settings and exit");
    try {
        command_line.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return command_line.exit(error) == 0 ? 0 : exit_configuration;
    }

    Router router;
    service.add_routes(router);
    add_operations(router);
    Operations operations;
    operations.openapi = pretty_print(router.openapi(service.info()));
    if (print_openapi) {
        std::fputs(operations.openapi.c_str(), stdout);
        return 0;
    }

    try {
        core::Config config = help_config ? core::Config::for_listing() : core::Config::from_environment();
        const std::string log_level = config.choice(
            "PZ_LOG_LEVEL", "info", {"trace", "debug", "info", "warn", "error"}, "least level logged"
        );
        const ServiceSettings settings = read_service_settings(config, service);
        service.read_settings(config, settings);
        if (help_config) {
            std::fputs(describe_settings(config).c_str(), stdout);
            return 0;
        }
        config.refuse_unknown();
        set_up_logging(log_level);
        const std::size_t files = core::harden_this_process();
        service.start();

        Policies policies(settings.policies);
        Metrics metrics(router);
        operations.docs_directory = settings.docs_directory;
        operations.metrics = &metrics;
        const auto factory = [&](boost::asio::io_context& context, unsigned thread_index) -> http::Handler {
            auto state = std::make_shared<ThreadState>();
            state->app = service.make_app(context, thread_index);
            state->app->operations = &operations;
            state->app->policies = &policies;
            state->dispatcher = std::make_unique<Dispatcher>(router, *state->app, metrics.add_thread());
            return [state](http::Exchange exchange) { return state->dispatcher->handle(exchange); };
        };
        http::ServerOptions options;
        options.address = settings.address;
        options.port = settings.port;
        options.threads = settings.threads;
        options.limits = settings.limits;
        options.limits.connections =
            std::min(options.limits.connections, files - std::min(files / 2, reserved_files));

        options.refusal_lines = policies.headers.lines({});
        if (policies.trusted_hops > 0) {
            options.limits.connections_per_address = 0;  // all of them come from the hop's address
        }
        http::Server server(std::move(options), factory);
        operations.stopping = [&server] { return server.stopping(); };
        try {
            spdlog::info("{} {} on {}:{}", name, service.info().version, settings.address, settings.port);
            http::run_until_signal(server);
        } catch (const boost::system::system_error& error) {
            if (error.code() == boost::system::errc::address_in_use) {
                std::fprintf(
                    stderr,
                    "%s: port %u is in use; set PORT to another one\n",
                    name.c_str(),
                    unsigned{settings.port}
                );
                return exit_port_in_use;
            }
            throw;
        }
        spdlog::info("{} has stopped", name);
        return 0;
    } catch (const core::ConfigError& error) {
        std::fprintf(stderr, "%s: %s\n", name.c_str(), error.what());
        return exit_configuration;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", name.c_str(), error.what());
        return exit_failure;
    }
}

}  // namespace pz::web
