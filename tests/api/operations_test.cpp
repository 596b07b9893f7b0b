// What an operator sees of the running services: logs, metrics, traces, and that no secret is in any of it.

#include <pz/core/process.hpp>
#include <pz/core/text.hpp>
#include <pz/http/server.hpp>
#include <pz/testkit/world.hpp>
#include <pz/web/trace.hpp>

#include <arpa/inet.h>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <iterator>
#include <mutex>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace pz::testkit {

namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream{text};
    for (std::string line; std::getline(stream, line);) {
        lines.push_back(line);
    }
    return lines;
}

/// A member that is a string.
std::string text_of(const json::object& object, std::string_view name) {
    return std::string{object.at(name).as_string()};
}

/// The access lines of a log, as objects. A line that is not an object fails the test.
std::vector<json::object> requests_in(const std::string& log) {
    std::vector<json::object> requests;
    for (const std::string& line : lines_of(log)) {
        boost::json::error_code error;
        const json::value value = json::parse(line, error);
        EXPECT_TRUE(!error && value.is_object()) << line;
        if (!error && value.is_object() && value.as_object().contains("httpRequest")) {
            requests.push_back(value.as_object());
        }
    }
    return requests;
}

json::object line_of_request(const ServiceProcess& service, const std::string& request_id) {
    for (json::object& line : requests_in(service.wait_for_log("\"" + request_id + "\""))) {
        if (line.contains("request_id") && text_of(line, "request_id") == request_id) {
            return line;
        }
    }
    return {};
}

// --- logs

TEST(AccessLog, has_one_line_for_each_request_with_who_and_where) {
    Client client = world().as(acme_user).with("User-Agent", "test/1");
    const Reply reply = client.get("/api/v1/items?q=what-somebody-typed");
    ASSERT_EQ(reply.status(), 200);
    const json::object line = line_of_request(world().api(), reply.header("X-Request-Id"));
    EXPECT_EQ(line.at("severity"), "INFO");
    EXPECT_EQ(line.at("message"), "GET /api/v1/items 200");
    EXPECT_EQ(line.at("route"), "list_items");
    EXPECT_EQ(text_of(line, "tenant"), acme);
    EXPECT_EQ(text_of(line, "actor"), acme_user.person);
    const json::object& request = line.at("httpRequest").as_object();
    EXPECT_EQ(request.at("requestMethod"), "GET");
    EXPECT_EQ(request.at("requestUrl"), "/api/v1/items");
    EXPECT_EQ(request.at("status"), 200);
    EXPECT_EQ(request.at("userAgent"), "test/1");
    EXPECT_TRUE(request.at("latency").as_string().ends_with("s"));
    EXPECT_EQ(world().api().log().find("what-somebody-typed"), std::string::npos);
}

TEST(AccessLog, says_why_a_request_was_refused) {
    const Reply reply = world().as(acme_user).del("/api/v1/items/0197c0de-0001-7000-a000-000000000001");
    ASSERT_EQ(reply.status(), 403);
    const json::object line = line_of_request(world().api(), reply.header("X-Request-Id"));
    EXPECT_EQ(line.at("code"), "forbidden");
    EXPECT_EQ(text_of(line, "actor"), acme_user.person);
}

TEST(AccessLog, is_silent_about_probes) {
    ServiceProcess& api = world().api();
    for (const char* path : {"/healthz", "/readyz", "/startupz", "/metrics"}) {
        EXPECT_EQ(world().anonymous().with("X-Request-Id", "probe-of-the-log").get(path).status(), 200);
    }
    world().anonymous().with("X-Request-Id", "after-the-probes").get("/nowhere");
    EXPECT_EQ(api.wait_for_log("after-the-probes").find("probe-of-the-log"), std::string::npos);
}

TEST(AccessLog, keeps_one_parseable_line_per_request_whatever_clients_send) {
    std::vector<std::string> strings{
        "\"}\\n{\"severity\":\"EMERGENCY\"}", "%0d%0aSet-Cookie:%20x", "%1b[31mred", "caf\xc3\xa9", "\xff\xfe"
    };
    const char* folder = std::getenv("PZ_TESTDATA");  // NOLINT(concurrency-mt-unsafe)
    std::ifstream file(
        std::string{folder != nullptr ? folder : PZ_SOURCE_DIR "/../shared/testdata"} +
            "/naughty-strings/blns.json",
        std::ios::binary
    );
    if (!file) {
        GTEST_SKIP() << "*** PZ_TESTDATA has no naughty-strings ***";
    }
    for (const json::value& text :
         json::parse(std::string{std::istreambuf_iterator<char>{file}, {}}).as_array()) {
        strings.emplace_back(text.as_string());
    }
    World own;
    const std::size_t before = requests_in(own.api().log()).size();
    std::size_t answered = 0;
    for (const std::string& text : strings) {
        for (const std::string& head :
             {"GET /x HTTP/1.1\r\nHost: a\r\nUser-Agent: " + text + "\r\nConnection: close\r\n\r\n",
              "GET /" + text + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
              "GET /x HTTP/1.1\r\nHost: a\r\nX-Request-Id: " + text + "\r\nConnection: close\r\n\r\n",
              "GET /x HTTP/1.1\r\nHost: a\r\ntraceparent: " + text + "\r\nConnection: close\r\n\r\n",
              "GET /x HTTP/1.1\r\nHost: a\r\nAuthorization: " + text + "\r\nConnection: close\r\n\r\n"}) {
            RawConnection connection = own.raw();
            connection.send(head);
            connection.shut_down_sending();
            const std::string answer = connection.receive_until_closed();
            // What the parser refuses never becomes a request, and has no line.
            answered += answer.find("X-Request-Id: ") != std::string::npos ? 1 : 0;
        }
    }
    own.anonymous().with("X-Request-Id", "the-last-one").get("/x");
    const std::string log = own.api().wait_for_log("the-last-one");
    EXPECT_GT(answered, strings.size());
    EXPECT_EQ(requests_in(log).size() - before, answered + 1);
}

TEST(AccessLog, a_reader_that_stops_reading_stops_no_request) {
    const TemporaryDirectory directory{"fifo"};
    const std::filesystem::path fifo = directory.path() / "log";
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    const int reader = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);  // and never reads
    ASSERT_GE(reader, 0);
    ServiceProcess api{{
        .program = program("product-core-api"),
        .log_file = fifo,
        .environment =
            {"PZ_PROFILE=test",
             "PZ_THREADS=1",
             "PZ_LOG_LEVEL=debug",
             "PZ_ENCRYPTION_KEYS=" + core::random_token(32) + "=",
             "PZ_JWKS_URL=" + world().identity().origin() + "/.well-known/jwks.json",
             "PZ_DATABASE_APP=" + world().database().connection_string("pz_app").reveal(),
             "PZ_DATABASE_SUPPORT=" + world().database().connection_string("pz_support").reveal(),
             "PZ_DATABASE_ADMIN=" + world().database().connection_string("pz_admin").reveal()},
        .port = {},
    }};
    api.wait_until_ready();
    Client client{api.origin()};
    // Lines of some 400 bytes: more than the buffer (1 MB) and the pipe hold.
    for (int i = 0; i < 6'000; ++i) {
        ASSERT_EQ(client.get("/healthz").status(), 200);
    }
    const std::string metrics = client.get("/metrics").text();
    const std::size_t at = metrics.find("\nphasezero_log_lines_dropped_total ");
    ASSERT_NE(at, std::string::npos) << metrics;
    EXPECT_GT(std::stod(metrics.substr(metrics.find(' ', at))), 0) << "nothing was dropped";
    EXPECT_EQ(api.stop(), 0);
    ::close(reader);
}

// --- metrics

/// The value of the first sample that begins with this text; -1 if there is none.
double sample(const std::string& metrics, const std::string& beginning) {
    for (const std::string& line : lines_of(metrics)) {
        if (line.starts_with(beginning)) {
            return std::stod(line.substr(line.rfind(' ') + 1));
        }
    }
    return -1;
}

/// The metrics once all of these have a value above 0: pools and caches report once a second. As they are
/// after 20 s, so that the caller's expectations say what is missing.
std::string metrics_with(World& world, Service service, const std::vector<std::string>& beginnings) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    for (;;) {
        std::string metrics = world.anonymous(service).get("/metrics").text();
        const bool complete = std::ranges::all_of(beginnings, [&](const std::string& beginning) {
            return sample(metrics, beginning) > 0;
        });
        if (complete || std::chrono::steady_clock::now() > deadline) {
            return metrics;
        }
        std::this_thread::sleep_for(50ms);
    }
}

TEST(Metrics, tell_requests_by_route_and_pools_caches_queues_and_the_process) {
    world().as(acme_user).get("/api/v1/items");
    world().sign_in(acme_user);
    const std::vector<std::string> above_zero{
        R"(http_server_request_duration_seconds_count{http_request_method="GET",http_route="/api/v1/items",http_response_status_code="200"})",
        R"(db_client_connections{db_client_connection_pool_name="app",db_client_connection_state="idle"})",
        R"(db_client_connection_wait_time_seconds_count{db_client_connection_pool_name="app"})",
        R"(phasezero_token_verifications_total{result="miss"})",
        "phasezero_jwks_fetches_total",
        "process_resident_memory_bytes",
        "process_cpu_seconds_total",
        "process_open_fds",
        "process_start_time_seconds"
    };
    const std::string api = metrics_with(world(), Service::api, above_zero);
    const std::string identity =
        metrics_with(world(), Service::identity, {"phasezero_password_hashes_total", "process_open_fds"});
    for (const std::string& beginning : above_zero) {
        EXPECT_GT(sample(api, beginning), 0) << beginning << '\n' << api;
    }
    for (const char* beginning :
         {R"(db_client_connection_pending_requests{db_client_connection_pool_name="admin"})",
          R"(db_client_connection_timeouts_total{db_client_connection_pool_name="support"})",
          "phasezero_jwks_age_seconds",
          "phasezero_log_lines_dropped_total",
          "http_server_active_requests"}) {
        EXPECT_GE(sample(api, beginning), 0) << beginning << '\n' << api;
    }
    EXPECT_GT(sample(identity, "phasezero_password_hashes_total"), 0) << identity;
    EXPECT_GE(sample(identity, "phasezero_password_queue_length"), 0);
    EXPECT_GE(sample(identity, R"(db_client_connections{db_client_connection_pool_name="identity")"), 0);
    EXPECT_EQ(sample(api, "http_server_active_requests"), 1) << "the one that asks";
}

TEST(Metrics, have_no_label_that_a_client_can_make_up) {
    World own;
    Client client = own.as(acme_user);
    const auto series = [&] {
        std::set<std::string> names;
        for (const std::string& line : lines_of(client.get("/metrics").text())) {
            // A status that a loaded machine or a limit adds is one of a fixed list, not a client's
            // invention.
            const std::size_t status = line.find(",http_response_status_code=");
            if (!line.starts_with('#')) {
                std::string name = line.substr(0, line.rfind(' '));
                if (status != std::string::npos) {
                    name.erase(status, line.find('"', line.find('"', status) + 1) + 1 - status);
                }
                names.insert(std::move(name));
            }
        }
        return names;
    };
    const auto exercise = [&](const std::string& mark) {
        client.get("/made-up-" + mark);
        client.get("/api/v1/items/" + mark);
        client.get("/api/v1/items?q=" + mark);
        client.send("PUT", "/api/v1/items");
        client.send("DELETE", "/made-up-" + mark);
        own.anonymous()
            .with("User-Agent", mark)
            .with("Host", mark)
            .with("X-Tenant-ID", mark)
            .get("/api/v1/org");
        own.with_token(mark).get("/api/v1/items");
    };
    exercise("first");
    const std::string hits = R"(phasezero_token_verifications_total{result="hit"})";
    // So that the asking itself is among what was counted.
    const double hits_before = sample(
        metrics_with(
            own, Service::api, {hits, R"(db_client_connections{db_client_connection_pool_name="app")"}
        ),
        hits
    );
    const std::set<std::string> before = series();
    for (int i = 0; i < 50; ++i) {
        exercise("again-" + std::to_string(i));
    }
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (sample(client.get("/metrics").text(), hits) <= hits_before &&
           std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(50ms);
    }
    EXPECT_EQ(series(), before);
}

TEST(Metrics, pass_promtool) {
    if (::system("command -v promtool >/dev/null") != 0) {  // NOLINT(concurrency-mt-unsafe)
        GTEST_SKIP() << "*** promtool is not installed: run ./dev test, which fetches it ***";
    }
    const TemporaryDirectory directory{"promtool"};
    world().as(acme_user).get("/api/v1/items");
    for (const Service service : {Service::api, Service::identity}) {
        const std::filesystem::path file = directory.path() / "metrics";
        std::ofstream(file) << world().anonymous(service).get("/metrics").text();
        core::ProcessOptions options;
        options.command = {"/bin/sh", "-c", "promtool check metrics <" + file.string()};
        const core::ProcessResult result = core::run_process(std::move(options), 30s);
        EXPECT_EQ(result.exit_code, 0) << result.output;
        EXPECT_EQ(result.output, "");
    }
}

TEST(Metrics, are_not_public_in_production) {
    const ReservedPort port;
    World closed{{.api_environment = {"PZ_PROFILE=production"}}};
    EXPECT_EQ(closed.anonymous().get("/metrics").status(), 404);
    World open{
        {.api_environment = {"PZ_PROFILE=production", "PZ_METRICS_PORT=" + std::to_string(port.number())}}
    };
    EXPECT_EQ(open.anonymous().get("/metrics").status(), 404);
    Client scraper{"http://127.0.0.1:" + std::to_string(port.number())};
    const Reply reply = scraper.get("/metrics");
    EXPECT_EQ(reply.status(), 200);
    EXPECT_EQ(reply.header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
    EXPECT_GT(sample(reply.text(), "process_start_time_seconds"), 0);
    for (const char* path : {"/", "/healthz", "/api/v1/items"}) {
        EXPECT_EQ(scraper.get(path).status(), 404) << path;
    }
    EXPECT_EQ(open.api().stop(), 0);
}

// --- Server-Timing

TEST(ServerTiming, says_where_the_time_went_outside_production) {
    const Reply reply = world().as(acme_user).get("/api/v1/items");
    const std::string timing = reply.header("Server-Timing");
    for (const char* part : {"total;dur=", "auth;dur=", "db;dur=", R"(traceparent;desc="00-)"}) {
        EXPECT_NE(timing.find(part), std::string::npos) << timing;
    }
    const std::string signing_in = world().sign_in(acme_user).header("Server-Timing");
    EXPECT_NE(signing_in.find("password;dur="), std::string::npos) << signing_in;
}

TEST(ServerTiming, is_absent_in_production) {
    World production{{.api_environment = {"PZ_PROFILE=production"}}};
    for (const char* path : {"/api/v1/items", "/nowhere", "/healthz"}) {
        EXPECT_EQ(production.as(acme_user).get(path).header("Server-Timing"), "") << path;
    }
}

// --- traces

/// An OTLP/HTTP collector: what it was sent, parsed.
class Collector {
 public:
    Collector()
        : server_({}, [this](boost::asio::io_context&, unsigned) -> http::Handler {
              return [this](http::Exchange exchange) { return take(this, exchange); };
          }) {
        server_.start();
    }

    [[nodiscard]] std::string endpoint() const {
        return "http://127.0.0.1:" + std::to_string(server_.port());
    }

    /// All spans so far, with their service's name under "service".
    std::vector<json::object> spans() {
        const std::lock_guard lock{mutex_};
        return spans_;
    }

    /// The first span that fits, waited for.
    json::object wait_for(const std::function<bool(const json::object&)>& fits) {
        const auto deadline = std::chrono::steady_clock::now() + 20s;
        while (std::chrono::steady_clock::now() < deadline) {
            for (const json::object& span : spans()) {
                if (fits(span)) {
                    return span;
                }
            }
            std::this_thread::sleep_for(20ms);
        }
        ADD_FAILURE() << "the collector never got the span";
        return {};
    }

    std::string authorization() {
        const std::lock_guard lock{mutex_};
        return authorization_;
    }

 private:
    static boost::asio::awaitable<void> take(Collector* self, http::Exchange exchange) {
        const std::string_view body = co_await exchange.read_body(4U << 20U);
        {
            const std::lock_guard lock{self->mutex_};
            self->authorization_ = exchange.header("authorization").value_or("");
            EXPECT_EQ(exchange.path(), "/v1/traces");
            EXPECT_EQ(exchange.content_type(), "application/json");
            for (const json::value& resource : json::parse(body).at("resourceSpans").as_array()) {
                const json::value& service =
                    resource.at("resource").at("attributes").at(0).at("value").at("stringValue");
                for (const json::value& scope : resource.at("scopeSpans").as_array()) {
                    for (const json::value& span : scope.at("spans").as_array()) {
                        self->spans_.push_back(span.as_object());
                        self->spans_.back()["service"] = service;
                    }
                }
            }
        }
        exchange.respond(200, "application/json") += "{}";
    }

    std::mutex mutex_;
    std::vector<json::object> spans_;
    std::string authorization_;
    http::Server server_;
};

std::string attribute(const json::object& span, std::string_view key) {
    for (const json::value& attribute : span.at("attributes").as_array()) {
        if (text_of(attribute.as_object(), "key") == key) {
            const json::object& value = attribute.at("value").as_object();
            return std::string{value.begin()->value().as_string()};
        }
    }
    return {};
}

WorldOptions traced(const std::string& endpoint) {
    const std::vector<std::string> settings{
        "OTEL_EXPORTER_OTLP_ENDPOINT=" + endpoint, "OTEL_EXPORTER_OTLP_HEADERS=authorization=Basic%20Zm9v"
    };
    return {.api_environment = settings, .identity_environment = settings};
}

TEST(Traces, are_sent_as_otlp_with_the_callers_trace_above_and_the_database_below) {
    Collector collector;
    World own{traced(collector.endpoint())};
    const std::string trace = "0af7651916cd43dd8448eb211c80319c";
    while (own.as(acme_user).get("/api/v1/items").status() == 503) {
        std::this_thread::sleep_for(50ms);  // a loaded machine connects to its database slowly
    }
    const Reply reply =
        own.as(acme_user).with("traceparent", "00-" + trace + "-b7ad6b7169203331-01").get("/api/v1/items");
    ASSERT_EQ(reply.status(), 200);

    const json::object server = collector.wait_for([&](const json::object& span) {
        return text_of(span, "traceId") == trace && span.at("kind") == 2;
    });
    EXPECT_EQ(server.at("name"), "GET /api/v1/items");
    EXPECT_EQ(server.at("service"), "product-core-api");
    EXPECT_EQ(server.at("parentSpanId"), "b7ad6b7169203331");
    EXPECT_EQ(attribute(server, "http.request.method"), "GET");
    EXPECT_EQ(attribute(server, "http.route"), "/api/v1/items");
    EXPECT_EQ(attribute(server, "url.path"), "/api/v1/items");
    EXPECT_EQ(attribute(server, "http.response.status_code"), "200");
    EXPECT_EQ(attribute(server, "pz.request_id"), reply.header("X-Request-Id"));
    EXPECT_FALSE(server.contains("status"));
    const auto nanoseconds = [](const json::object& span, const char* name) {
        return std::stoll(std::string{span.at(name).as_string()});
    };
    EXPECT_LE(nanoseconds(server, "startTimeUnixNano"), nanoseconds(server, "endTimeUnixNano"));

    const json::object database = collector.wait_for([&](const json::object& span) {
        return text_of(span, "traceId") == trace && span.at("kind") == 3;
    });
    EXPECT_EQ(text_of(database, "parentSpanId"), text_of(server, "spanId"));
    EXPECT_EQ(attribute(database, "db.system.name"), "postgresql");
    EXPECT_NE(text_of(database, "name").find("item"), std::string::npos) << text_of(database, "name");
    EXPECT_GE(nanoseconds(database, "startTimeUnixNano"), nanoseconds(server, "startTimeUnixNano"));
    EXPECT_LE(nanoseconds(database, "endTimeUnixNano"), nanoseconds(server, "endTimeUnixNano"));
    EXPECT_EQ(collector.authorization(), "Basic Zm9v");

    // The log's line and the answer name the same trace.
    EXPECT_EQ(text_of(line_of_request(own.api(), reply.header("X-Request-Id")), "trace_id"), trace);
    EXPECT_NE(reply.header("Server-Timing").find("00-" + trace), std::string::npos);

    // Signing in has a span for the hash, and the API's fetch of the keys names a trace to the issuer.
    const json::object hash =
        collector.wait_for([](const json::object& span) { return span.at("name") == "password"; });
    EXPECT_EQ(hash.at("service"), "identity-service");
    (void)collector.wait_for([](const json::object& span) {
        return span.at("name") == "POST /token" && span.at("service") == "identity-service";
    });
}

TEST(Traces, begin_anew_when_the_callers_header_is_not_right) {
    const Reply reply = world()
                            .as(acme_user)
                            .with("traceparent", "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01")
                            .get("/api/v1/items");
    const std::string timing = reply.header("Server-Timing");
    const std::size_t at = timing.find("00-");
    ASSERT_NE(at, std::string::npos) << timing;
    const auto own = web::parse_traceparent(std::string_view{timing}.substr(at, 55));
    ASSERT_TRUE(own) << timing;
    EXPECT_NE(web::to_hex(own->trace_id), "0af7651916cd43dd8448eb211c80319c");
}

TEST(Traces, that_the_caller_does_not_record_are_not_recorded_here) {
    Collector collector;
    World own{traced(collector.endpoint())};
    const std::string trace = "1af7651916cd43dd8448eb211c80319c";
    own.as(acme_user).with("traceparent", "00-" + trace + "-b7ad6b7169203331-00").get("/api/v1/items");
    // A later one arrives, so the earlier one never will.
    const std::string later = "2af7651916cd43dd8448eb211c80319c";
    own.as(acme_user).with("traceparent", "00-" + later + "-b7ad6b7169203331-01").get("/api/v1/items");
    (void)collector.wait_for([&](const json::object& span) { return text_of(span, "traceId") == later; });
    for (const json::object& span : collector.spans()) {
        EXPECT_NE(text_of(span, "traceId"), trace);
    }
}

/// Many requests with a collector that takes nothing: all are answered, what cannot be sent is dropped, and
/// the process ends in time.
void expect_indifference(const std::string& endpoint) {
    World own{traced(endpoint)};
    Client client = own.anonymous();
    for (int i = 0; i < 6'000; ++i) {
        ASSERT_EQ(client.get("/healthz").status(), 200);
    }
    // Each request is a span, and the queue holds 2048.
    const double dropped = sample(client.get("/metrics").text(), "phasezero_spans_dropped_total");
    EXPECT_GT(dropped, 3'000);  // all but the queue and the batch on its way
    EXPECT_EQ(own.api().stop(), 0);
    EXPECT_NE(own.api().log().find("product-core-api has stopped"), std::string::npos);
}

TEST(Traces, do_not_matter_to_requests_when_the_collector_is_down) {
    const ReservedPort nobody;
    expect_indifference("http://127.0.0.1:" + std::to_string(nobody.number()));
}

TEST(Traces, do_not_matter_to_requests_when_the_collector_hangs) {
    // A socket that accepts into the kernel's queue, and never answers.
    const ReservedPort port;
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port.number());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(listener, 64), 0);
    expect_indifference("http://127.0.0.1:" + std::to_string(port.number()));
    ::close(listener);
}

TEST(Traces, refuse_settings_that_cannot_be_used) {
    for (const char* setting :
         {"OTEL_EXPORTER_OTLP_ENDPOINT=ftp://collector",
          "OTEL_TRACES_SAMPLER_ARG=2",
          "OTEL_TRACES_SAMPLER_ARG=often"}) {
        EXPECT_THROW((World{{.api_environment = {setting}}}), ClientError) << setting;
    }
}

// --- secrets

/// T42: whatever the services write or answer, no secret is in it.
TEST(Secrets, are_in_no_log_no_metric_no_error_and_no_table_of_settings) {
    const std::string key = core::random_token(32) + "=";
    const std::vector<std::string> settings{"PZ_ENCRYPTION_KEYS=" + key, "PZ_LOG_LEVEL=trace"};
    World own{{.api_environment = settings, .identity_environment = settings}};
    std::vector<std::string> secrets{key};
    const auto database_password = [&](std::string_view role) {
        const std::string connection = own.database().connection_string(role).reveal();
        const std::size_t at = connection.find("password='");
        const std::size_t begin = at + std::string_view{"password='"}.size();
        return connection.substr(begin, connection.find('\'', begin) - begin);
    };
    for (const char* role : {"pz_app", "pz_support", "pz_admin", "pz_identity"}) {
        secrets.push_back(database_password(role));
        ASSERT_GT(secrets.back().size(), 8U) << "not a password: " << secrets.back();
    }
    std::string seen;
    const auto note = [&seen](const Reply& reply) {
        if (reply.status() >= 400) {
            for (const auto& [name, value] : reply.headers()) {
                seen += name + ": " + value + "\n";
            }
            seen += reply.text() + "\n";
        }
        return reply;
    };

    // Signing in, rightly and wrongly; tokens in JSON and in the console's cookie.
    const Reply tokens = own.sign_in(acme_admin);
    secrets.emplace_back(acme_admin.password);
    secrets.push_back(tokens.field("access_token"));
    secrets.push_back(tokens.field("refresh_token"));
    secrets.emplace_back("canary-password-7f3a");
    Client identity = own.anonymous(Service::identity);
    note(identity.post_form(
        "/token", {{"username", std::string{acme_admin.email}}, {"password", "canary-password-7f3a"}}
    ));
    note(identity.post_form(
        "/token", {{"grant_type", "canary-password-7f3a"}, {"password", "canary-password-7f3a"}}
    ));
    note(identity.send("POST", "/token", "canary-password-7f3a"));
    Client console = own.anonymous(Service::identity).with("X-Requested-With", "phasezero-web");
    const Reply cookie = console.post_form(
        "/token", {{"username", std::string{acme_user.email}}, {"password", std::string{acme_user.password}}}
    );
    ASSERT_EQ(cookie.status(), 200) << cookie.text();
    const std::string set_cookie = cookie.header("Set-Cookie");
    const std::string refresh =
        set_cookie.substr(set_cookie.find('=') + 1, set_cookie.find(';') - set_cookie.find('=') - 1);
    ASSERT_GT(refresh.size(), 20U) << set_cookie;
    secrets.push_back(refresh);
    note(console.with("Cookie", "pz_refresh=" + refresh + "canary-cookie")
             .post_form("/token", {{"grant_type", "refresh_token"}}));
    secrets.emplace_back("canary-cookie");

    // The API: good and bad tokens, bad bodies, secrets where they do not belong.
    const std::string token = tokens.field("access_token");
    note(own.with_token(token).get("/api/v1/items?q=canary-query"));
    note(own.with_token(token + "canary-token").get("/api/v1/items"));
    note(own.with_token("canary-token").get("/api/v1/items"));
    note(own.anonymous().with("Authorization", "Basic canary-token").get("/api/v1/items"));
    note(own.anonymous().with("Cookie", "pz_refresh=canary-cookie").get("/api/v1/items"));
    note(own.with_token(token).with("X-Tenant-ID", "canary-token").get("/api/v1/items"));
    note(own.with_token(token).post("/api/v1/items", {{"title", ""}, {"password", "canary-password-7f3a"}}));
    note(own.with_token(token)
             .with("Content-Type", "application/json")
             .send("POST", "/api/v1/items", "canary-body"));
    for (const char* canary : {"canary-token", "canary-query", "canary-body"}) {
        secrets.emplace_back(canary);
    }
    own.anonymous().with("X-Request-Id", "the-last-one").get("/nowhere");
    own.anonymous(Service::identity).with("X-Request-Id", "the-last-one").get("/nowhere");

    seen += own.api().wait_for_log("the-last-one");
    seen += own.identity().wait_for_log("the-last-one");
    seen += own.anonymous().get("/metrics").text();
    seen += identity.get("/metrics").text();
    for (const char* service : {"identity-service", "product-core-api"}) {
        core::ProcessOptions options;
        options.command = {program(service), "--help-config", "--json"};
        options.environment = {
            "PATH=/usr/bin:/bin",
            "PZ_ENCRYPTION_KEYS=" + key,
            "PZ_DATABASE_APP=" + own.database().connection_string("pz_app").reveal(),
            "PZ_DATABASE_IDENTITY=" + own.database().connection_string("pz_identity").reveal(),
        };
        const core::ProcessResult result = core::run_process(std::move(options), 10s);
        EXPECT_EQ(result.exit_code, 0);
        seen += result.output;
    }
    EXPECT_GT(seen.size(), 5'000U);
    for (const std::string& secret : secrets) {
        const std::size_t at = seen.find(secret);
        EXPECT_EQ(at, std::string::npos)
            << "a secret is shown: " << seen.substr(std::min(seen.size(), at > 200 ? at - 200 : 0), 400);
    }
}

TEST(Secrets, leave_no_core_file_behind_in_production) {
    World production{{.api_environment = {"PZ_PROFILE=production"}}};
    std::ifstream limits("/proc/" + std::to_string(production.api().pid()) + "/limits");
    std::string core_size;
    for (std::string line; std::getline(limits, line);) {
        if (line.starts_with("Max core file size")) {
            core_size = line;
        }
    }
    std::istringstream words{core_size};
    std::string word;
    std::vector<std::string> all;
    while (words >> word) {
        all.push_back(word);
    }
    ASSERT_GE(all.size(), 6U) << core_size;
    EXPECT_EQ(all[4], "0") << core_size;
    EXPECT_EQ(all[5], "0") << core_size;
}

}  // namespace

}  // namespace pz::testkit
