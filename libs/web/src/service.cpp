#include <pz/web/service.hpp>

#include "operations.hpp"

#include <pz/core/json.hpp>
#include <pz/core/process.hpp>
#include <pz/http/server.hpp>
#include <pz/web/dispatcher.hpp>
#include <pz/web/log.hpp>
#include <pz/web/metrics.hpp>
#include <pz/web/router.hpp>
#include <pz/web/tracer.hpp>

#include <CLI/CLI.hpp>
#include <arpa/inet.h>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/object.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
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
    config.describe_default("0.0.0.0; 127.0.0.1 in demo and test");
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
    config.describe_default("one per core");
    settings.metrics_port = static_cast<std::uint16_t>(config.integer(
        "PZ_METRICS_PORT",
        0,
        0,
        65535,
        "where /metrics is, and nothing else; 0: beside the API in demo and test, nowhere in production"
    ));
    settings.named_statements = config.flag(
        "PZ_NAMED_STATEMENTS",
        true,
        "whether the database keeps prepared statements by name; false behind a PgBouncer older than 1.21 in "
        "transaction mode"
    );
    settings.console_origin =
        config.text("PZ_CONSOLE_ORIGIN", "http://localhost:3000", "the one origin that browsers use");
    // Google's load balancers keep connections for 600 s; whoever closes first must not be us.
    settings.limits.idle_time = std::chrono::seconds{config.integer(
        "PZ_IDLE_SECONDS",
        is_loopback(settings.address) ? 60 : 620,
        1,
        3600,
        "how long a connection may wait for its next request"
    )};
    config.describe_default("620; 60 on loopback");
    settings.policies = read_policy_settings(config, settings.console_origin, /*https=*/production);
    std::error_code ignored;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", ignored);
    settings.docs_directory = config.text(
        "PZ_DOCS_DIR",
        (program.parent_path().parent_path() / "share" / "docs").string(),
        "where the assets of /docs and /redoc are"
    );
    config.describe_default("<program>/../share/docs");
    if (!production && !is_loopback(settings.address)) {
        throw core::ConfigError(
            "PZ_BIND is " + settings.address + ", but the " + profile + " profile listens on loopback only"
        );
    }
    return settings;
}

Log::Options read_log_options(core::Config& config) {
    Log::Options options;
    const std::string level = config.choice(
        "PZ_LOG_LEVEL", "info", {"trace", "debug", "info", "warn", "error"}, "least severity logged"
    );
    const std::string format = config.choice(
        "PZ_LOG_FORMAT",
        "auto",
        {"auto", "json", "text"},
        "lines for Cloud Logging or for people; auto: text on a terminal"
    );
    options.style.project = config.text(
        "GOOGLE_CLOUD_PROJECT", "", "the project whose traces log lines link to; empty: plain trace ids"
    );
    options.least = *core::enum_from_text<Severity>(level);
    const bool terminal = ::isatty(options.descriptor) == 1;
    options.style.format =
        format == "text" || (format == "auto" && terminal) ? LogFormat::text : LogFormat::json;
    options.style.colour = terminal && std::getenv("NO_COLOR") == nullptr;  // NOLINT(concurrency-mt-unsafe)
    return options;
}

/// OpenTelemetry's own names, as every collector's documentation gives them. Nullopt: no traces.
std::optional<Tracer::Options> read_tracer_options(
    core::Config& config, const std::string& name, const std::string& version
) {
    Tracer::Options options;
    options.endpoint = config.text(
        "OTEL_EXPORTER_OTLP_ENDPOINT", "", "collector for traces (OTLP/HTTP, JSON); empty: no traces"
    );
    options.headers =
        config.secret("OTEL_EXPORTER_OTLP_HEADERS", "headers for the collector: name=value, comma separated")
            .value_or(core::SecretString{});
    options.service_name = config.text("OTEL_SERVICE_NAME", name, "this service's name in traces");
    config.describe_default("the program's name");
    options.service_version = version;
    const std::string ratio = config.text(
        "OTEL_TRACES_SAMPLER_ARG", "1", "share of the traces that begin here and are recorded, 0 to 1"
    );
    const char* const end = ratio.data() + ratio.size();
    const auto [read, failure] = std::from_chars(ratio.data(), end, options.sample_ratio);
    if (failure != std::errc{} || read != end || !(options.sample_ratio >= 0 && options.sample_ratio <= 1)) {
        throw core::ConfigError(
            "OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1, but is \"" + ratio + "\""
        );
    }
    if (options.endpoint.empty()) {
        return std::nullopt;
    }
    return options;
}

std::unique_ptr<Tracer> make_tracer(std::optional<Tracer::Options> options) {
    if (!options) {
        return nullptr;
    }
    try {
        return std::make_unique<Tracer>(*std::move(options));
    } catch (const std::invalid_argument& error) {
        throw core::ConfigError(
            std::string{"OTEL_EXPORTER_OTLP_ENDPOINT or _HEADERS cannot be used: "} + error.what()
        );
    }
}

/// The rows of docs/configuration.md.
std::string describe_settings(const core::Config& config) {
    std::string table = "| variable | default | values | purpose |\n| --- | --- | --- | --- |\n";
    for (const core::Setting& setting : config.settings()) {
        table += "| `" + setting.name + (setting.secret ? "` or `" + setting.name + "_FILE" : "") + "` | " +
                 (setting.required ? "required" : setting.fallback) + " | " + setting.values + " | " +
                 setting.purpose + " |\n";
    }
    return table;
}

/// Everything one thread owns; destroyed on its thread when the server ends.
struct ThreadState {
    using Timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock>;

    std::unique_ptr<App> app;
    std::unique_ptr<Dispatcher> dispatcher;
    ThreadMetrics& metrics;
    Timer timer;

    ThreadState(boost::asio::io_context& context, ThreadMetrics& thread_metrics)
        : metrics(thread_metrics), timer(context) {}

    /// What only this thread may look at, put where the thread that answers /metrics can read it.
    void publish_metrics() {
        std::vector<Measurement> measurements;
        app->measure(measurements);
        metrics.publish(std::move(measurements));
        timer.expires_after(std::chrono::seconds{1});
        timer.async_wait([this](const boost::system::error_code& error) {
            if (!error) {
                publish_metrics();
            }
        });
    }
};

/// Until what requests need is there, or `end`.
boost::asio::awaitable<void> wait_until_ready(App* app, std::chrono::steady_clock::time_point end) {
    ThreadState::Timer pause{co_await boost::asio::this_coro::executor};
    for (;;) {
        const std::vector<ReadinessCheck> checks = co_await app->check_readiness();
        if (std::ranges::all_of(checks, &ReadinessCheck::passed) || std::chrono::steady_clock::now() >= end) {
            co_return;
        }
        pause.expires_after(std::chrono::milliseconds{2});
        co_await pause.async_wait(boost::asio::use_awaitable);
    }
}

/// Runs the thread's loop until what its requests need is there, for a while, so that the first of them does
/// not have to wait for a database connection: the successor of a service that ends takes over at full load.
void warm_up(boost::asio::io_context& context, App& app) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{2};
    const auto over = std::make_shared<bool>(false);
    boost::asio::co_spawn(context, wait_until_ready(&app, end), [over](const std::exception_ptr& failure) {
        if (failure) {
            spdlog::warn("what requests need could not be tried before the first of them");
        }
        *over = true;
    });
    while (!*over && context.run_one_until(end) > 0) {
    }
    context.restart();
}

/// Serves /metrics alone, on a port that is not for the public.
boost::asio::awaitable<void> answer_scrape(http::Exchange exchange, const Operations* operations) {
    if (exchange.path() == "/metrics") {
        exchange.respond(200, metrics_content_type) += operations->metrics();
    } else {
        exchange.respond(404, "text/plain") += "only /metrics is here\n";
    }
    exchange.add_header("Cache-Control", "no-store");
    exchange.add_header("X-Content-Type-Options", "nosniff");
    co_return;
}

void measure_log_and_traces(const Log& log, const Tracer* tracer, std::vector<Measurement>& out) {
    const auto add = [&](std::string_view name, std::string_view help, std::uint64_t count) {
        out.push_back(
            {.name = name,
             .help = help,
             .kind = Measurement::Kind::counter,
             .value = static_cast<double>(count)}
        );
    };
    add("phasezero_log_lines_dropped_total", "Log lines that nobody read in time", log.dropped());
    if (tracer != nullptr) {
        const Tracer::Counters counters = tracer->counters();
        add("phasezero_spans_exported_total", "Spans that the collector took", counters.exported);
        add("phasezero_spans_dropped_total", "Spans that it did not take in time", counters.dropped);
    }
}

/// {"role":…,"name":…,"sql":…}, one statement a line.
std::string describe_statements(const Service& service) {
    std::string out;
    for (const RoleStatements& role : service.statements()) {
        for (const pg::Query& query : role.statements) {
            const boost::json::object line{{"role", role.role}, {"name", query.name()}, {"sql", query.sql()}};
            out += core::to_json(boost::json::value(line)) + "\n";
        }
    }
    return out;
}

/// what() names the setting to change.
class PortInUse : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

/// Serves until a signal. Throws PortInUse.
void serve(http::Server& server, http::Server* metrics_server, const ServiceSettings& settings) {
    const auto starting = [](std::uint16_t port, const char* setting, auto start) {
        try {
            start();
        } catch (const boost::system::system_error& error) {
            if (error.code() == boost::system::errc::address_in_use) {
                throw PortInUse(fmt::format("port {} is in use; set {} to another one", port, setting));
            }
            throw;
        }
    };
    if (metrics_server != nullptr) {
        starting(settings.metrics_port, "PZ_METRICS_PORT", [&] { metrics_server->start(); });
    }
    starting(settings.port, "PORT", [&] { http::run_until_signal(server, core::tell_supervisor_ready); });
}

}  // namespace

int run_service(int argc, char** argv, const std::string& name, std::unique_ptr<Service> owned) {
    std::optional<Log> log;  // the service's threads write to it until they have ended, so it goes after them
    const std::unique_ptr<Service> program = std::move(owned);
    Service& service = *program;
    CLI::App command_line{
        service.info().title + ". Settings come from the environment: see --help-config.", name
    };
    bool print_openapi = false;
    bool print_statements = false;
    bool help_config = false;
    bool json = false;
    command_line.set_version_flag("--version", name + " " + service.info().version);
    command_line.add_flag("--print-openapi", print_openapi, "Print the OpenAPI 3.1 document and exit");
    command_line.add_flag(
        "--print-statements",
        print_statements,
        "Print every SQL statement and its role as JSON lines and exit"
    );
    CLI::Option* table =
        command_line.add_flag("--help-config", help_config, "Print the table of settings and exit");
    command_line.add_flag("--json", json, "The same as JSON, with what is set now (never a secret)")
        ->needs(table);
    try {
        command_line.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return command_line.exit(error) == 0 ? 0 : exit_configuration;
    }

    if (print_statements) {
        std::fputs(describe_statements(service).c_str(), stdout);
        return 0;
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

    // A reader of the log, or a client, that goes away is an error of one write, not the end.
    std::signal(SIGPIPE, SIG_IGN);
    try {
        core::Config config = help_config ? core::Config::for_listing() : core::Config::from_environment();
        Log::Options log_options = read_log_options(config);
        std::optional<Tracer::Options> tracer_options =
            read_tracer_options(config, name, service.info().version);
        const ServiceSettings settings = read_service_settings(config, service);
        service.read_settings(config, settings);
        if (help_config) {
            const std::string text =
                json ? core::to_json(config.settings()) + "\n" : describe_settings(config);
            std::fputs(text.c_str(), stdout);
            return 0;
        }
        config.refuse_unknown();
        const bool production = settings.profile == Profile::production;
        log.emplace(std::move(log_options));
        log->take_over_spdlog();
        const std::unique_ptr<Tracer> tracer = make_tracer(std::move(tracer_options));
        const std::size_t files = core::harden_this_process();
        service.start();

        if (settings.metrics_port == 0 && !production) {
            add_metrics_route(router);
        }
        Policies policies(settings.policies);
        Metrics metrics(router);
        operations.docs_directory = settings.docs_directory;
        operations.log = &*log;
        operations.tracer = tracer.get();
        operations.server_timing = !production;
        operations.metrics = [&] {
            std::vector<Measurement> measurements;
            service.measure(measurements);
            measure_log_and_traces(*log, tracer.get(), measurements);
            return metrics.to_text(std::move(measurements));
        };
        const auto factory = [&](boost::asio::io_context& context, unsigned thread_index) -> http::Handler {
            auto state = std::make_shared<ThreadState>(context, metrics.add_thread());
            state->app = service.make_app(context, thread_index);
            state->app->operations = &operations;
            state->app->policies = &policies;
            state->dispatcher = std::make_unique<Dispatcher>(router, *state->app, state->metrics);
            state->publish_metrics();
            warm_up(context, *state->app);
            service.finish_start();
            return [state](http::Exchange exchange) { return state->dispatcher->handle(exchange); };
        };
        http::ServerOptions options;
        options.address = settings.address;
        options.port = settings.port;
        options.listening_socket = core::take_passed_socket();
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
        std::optional<http::Server> metrics_server;
        if (settings.metrics_port != 0) {
            http::ServerOptions metrics_options;
            metrics_options.address = settings.address;
            metrics_options.port = settings.metrics_port;
            metrics_options.limits.drain_idle_time = {};  // a scraper's connection is not worth waiting for
            metrics_server.emplace(
                std::move(metrics_options),
                [&operations](boost::asio::io_context&, unsigned) -> http::Handler {
                    return [&operations](http::Exchange exchange) {
                        return answer_scrape(exchange, &operations);
                    };
                }
            );
        }
        spdlog::info("{} {} on {}:{}", name, service.info().version, settings.address, settings.port);
        serve(server, metrics_server ? &*metrics_server : nullptr, settings);
        spdlog::info("{} has stopped", name);
        return 0;
    } catch (const core::ConfigError& error) {
        std::fprintf(stderr, "%s: %s\n", name.c_str(), error.what());
        return exit_configuration;
    } catch (const PortInUse& error) {
        std::fprintf(stderr, "%s: %s\n", name.c_str(), error.what());
        return exit_port_in_use;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", name.c_str(), error.what());
        return exit_failure;
    }
}

}  // namespace pz::web
