// What each step of a request costs. As it is, with the clock (Google Benchmark); under callgrind, in
// instructions: bench/counts/run, which counts what stands inside counted() and divides by --operations.
// Everything is the same in each run: times, identifiers, rows. The database is a canned one.

#include "canned_postgres.hpp"
#include "counted.hpp"
#include "items/routes.hpp"
#include "items/table.hpp"
#include "operations.hpp"
#include "response_head.hpp"
#include "sample_claims.hpp"

#include <pz/core/check.hpp>
#include <pz/crypto/fernet.hpp>
#include <pz/crypto/jws.hpp>
#include <pz/http/server.hpp>
#include <pz/testkit/temporary_directory.hpp>
#include <pz/web/cursor.hpp>
#include <pz/web/dispatcher.hpp>
#include <pz/web/policies.hpp>
#include <pz/web/router.hpp>

#include <arpa/inet.h>
#include <benchmark/benchmark.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace pz::bench {

namespace {

using product::items::Item;
using product::items::ItemQuery;
using product::items::Items;

constexpr std::string_view item_path = "/api/v1/items/0197c0de-1234-7000-b003-102030405060";
constexpr std::string_view page_path = "/api/v1/items?limit=20";
constexpr std::chrono::minutes patience{10};

/// As a program of a customer's would send it.
std::string request_for(std::string_view target, const std::string& token) {
    return "GET " + std::string{target} +
           " HTTP/1.1\r\n"
           "Host: api.example.com\r\n"
           "User-Agent: stock-sync/2.1\r\n"
           "Accept: application/json\r\n"
           "Accept-Encoding: gzip\r\n"
           "Authorization: Bearer " +
           token + "\r\n\r\n";
}

struct Tokens {
    crypto::SigningKey key = crypto::SigningKey::generate();
    auth::StaticKeySource keys{crypto::KeySet{{key.public_key()}}};

    [[nodiscard]] std::vector<std::string> issue(std::uint8_t count) const {
        std::vector<std::string> tokens;
        for (std::uint8_t i = 0; i < count; ++i) {
            auth::AccessClaims claims = auth::samples::admin_claims();
            claims.token_id.bytes[1] = i;
            tokens.push_back(crypto::sign_compact(auth::access_token_type, auth::to_payload(claims), key));
        }
        return tokens;
    }

    [[nodiscard]] auth::TokenVerifier verifier(std::size_t remembered = 8'192) {
        return auth::TokenVerifier{
            {.issuer = "http://localhost:8001",
             .audience = "product-core-api",
             .remembered_tokens = remembered},
            keys
        };
    }
};

Item sample_item() {
    return {
        .id = auth::samples::id(7),
        .project_id = auth::samples::id(8),
        .title = "Inspect the safety fence of line 17",
        .description = std::nullopt,
        .status = product::items::ItemStatus::open,
        .created_by = auth::samples::id(1),
        .created_at = auth::samples::noon,
        .updated_at = auth::samples::noon,
        .version = 3,
    };
}

void head_parse(benchmark::State& state) {
    const std::string request = request_for(item_path, Tokens{}.issue(1).front());
    const http::HeadLimits limits;
    http::RequestHead head;
    for (auto _ : state) {
        counted([&] {
            const auto size = http::find_head_end(request, 0, limits);
            PZ_CHECK(size && http::parse_head(std::string_view{request}.substr(0, *size), limits, head));
        });
    }
    pz_counted_end();
}

void token_seen_before(benchmark::State& state) {
    Tokens tokens;
    auth::TokenVerifier verifier = tokens.verifier();
    const std::string token = tokens.issue(1).front();
    PZ_CHECK(verifier.verify(token, auth::samples::noon).has_value());
    for (auto _ : state) {
        counted([&] { benchmark::DoNotOptimize(verifier.verify(token, auth::samples::noon)); });
    }
    PZ_CHECK(verifier.counters().verified == 1);
    pz_counted_end();
}

void token_seen_for_the_first_time(benchmark::State& state) {
    constexpr std::size_t remembered = 8;  // one set: the ninth token pushes the first one out
    Tokens tokens;
    auth::TokenVerifier verifier = tokens.verifier(remembered);
    const std::vector<std::string> in_turn = tokens.issue(remembered + 1);
    std::size_t next = 0;
    for (auto _ : state) {
        counted([&] { PZ_CHECK(verifier.verify(in_turn[next], auth::samples::noon).has_value()); });
        next = (next + 1) % in_turn.size();
    }
    PZ_CHECK(verifier.counters().remembered == 0);
    pz_counted_end();
}

void json_of_an_item(benchmark::State& state) {
    const Item item = sample_item();
    std::string body;
    for (auto _ : state) {
        counted([&] {
            body.clear();
            core::write_json(body, item);
        });
    }
    pz_counted_end();
}

void json_of_a_page(benchmark::State& state) {
    const std::vector<Item> items(canned_page_rows - 1, sample_item());
    std::string body;
    for (auto _ : state) {
        counted([&] {
            body.clear();
            core::write_json(body, items);
        });
    }
    pz_counted_end();
}

// --- the pipeline: one thread, which is the client and, in between, lets the canned server answer

boost::asio::awaitable<void> find_item(tenancy::Transaction* transaction, core::Uuid id) {
    const std::optional<Item> item = co_await Items::find(tenancy::TenantDb{*transaction}, id);
    PZ_CHECK(item.has_value());
    co_await transaction->commit();
}

boost::asio::awaitable<void> list_items(tenancy::Transaction* transaction, core::Uuid) {
    const web::Page<Item> page = co_await Items::list(tenancy::TenantDb{*transaction}, ItemQuery{});
    PZ_CHECK(page.items.size() + 1 == canned_page_rows && page.next_key.has_value());
    co_await transaction->commit();
}

/// One connection, and no clock: callgrind is slow.
pg::PoolOptions patient_pool(core::SecretString connection_string) {
    pg::PoolOptions options;
    options.connection_string = std::move(connection_string);
    options.shared_connections = 1;
    options.extra_connections = 0;
    options.slow_after = patience;
    options.queue_wait = patience;
    options.connect_timeout = patience;
    return options;
}

enum class Half : std::uint8_t { encode, decode };

using Statement = boost::asio::awaitable<void> (*)(tenancy::Transaction*, core::Uuid);

/// encode: from the repository's call to the bytes in the socket. decode: from the answer in the socket to
/// rows, answer before COMMIT, as reads have it.
void pipeline(benchmark::State& state, Statement statement, Half half) {
    const testkit::TemporaryDirectory directory{"counts"};
    CannedPostgres server{directory.path()};
    boost::asio::io_context context;
    pg::Pool pool{context, patient_pool(server.connection_string())};
    const std::string signing_key = Tokens{}.key.public_key().kid();
    const auth::AccessClaims claims = auth::samples::admin_claims();
    const auto turn = [&](auto&& sending, auto&& receiving) {
        tenancy::Transaction transaction{
            pool,
            {.tenant = claims.tenant,
             .claims =
                 {.person = claims.person,
                  .person_epoch = 1,
                  .tenant_epoch = 3,
                  .session = claims.session,
                  .signing_key = signing_key}}
        };
        bool done = false;
        boost::asio::co_spawn(
            context,
            statement(&transaction, auth::samples::id(7)),
            [&done](const std::exception_ptr& failure) {
                PZ_CHECK(failure == nullptr);
                done = true;
            }
        );
        sending([&] { context.poll(); });
        while (!done) {
            server.answer(1'000);
            receiving([&] { context.poll(); });
        }
    };
    const auto plainly = [](auto&& step) { step(); };
    const auto under_count = [](auto&& step) { counted(step); };
    turn(plainly, plainly);  // connects and prepares
    for (auto _ : state) {
        if (half == Half::encode) {
            turn(under_count, plainly);
        } else {
            turn(plainly, under_count);
        }
    }
    pool.close();
    pz_counted_end();
}

// --- inside the server: a real connection over loopback, whose other end is this program

class Client {
 public:
    explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        PZ_CHECK(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        const int yes = 1;
        ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    }

    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    ~Client() { ::close(socket_); }

    /// The server sends an answer whole, so it arrives whole.
    void ask(std::string_view request, std::string_view status) {
        PZ_CHECK(
            ::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(request.size())
        );
        const ssize_t received = ::recv(socket_, buffer_.data(), buffer_.size(), 0);
        PZ_CHECK(received > 12 && std::string_view(buffer_.data() + 9, 3) == status);
    }

 private:
    int socket_;
    std::array<char, 64 * 1024> buffer_{};
};

http::ServerOptions patient_server() {
    http::ServerOptions options;
    options.limits.request_time = patience;
    options.limits.tick = patience;  // what happens by the clock is no request's
    return options;
}

/// What one thread of the service has, without the database.
struct ServiceParts {
    core::FrozenClock clock{auth::samples::noon};
    Tokens tokens;
    auth::TokenVerifier verifier{tokens.verifier()};
    web::CursorKeys cursor_keys{crypto::FernetRing::parse(crypto::FernetRing::generate_key()).value()};
    web::Policies policies{{.rate_limits = {.person = 100'000, .tenant = 100'000}}};
    web::Router router;
    web::App app;

    ServiceParts() {
        product::items::add_routes(router);
        app.clock = &clock;
        app.verifier = &verifier;
        app.cursor_keys = &cursor_keys;
        app.policies = &policies;
    }
};

boost::asio::awaitable<void> run_inside(
    http::Exchange exchange, const std::function<void(http::Exchange)>* work
) {
    (*work)(exchange);
    exchange.respond(204);
    co_return;
}

/// Has the server's handler do it, on the server's thread, with a request of that target at hand.
void inside_a_handler(const std::string& request, const std::function<void(http::Exchange)>& work) {
    http::Server server{patient_server(), [&work](boost::asio::io_context&, unsigned) -> http::Handler {
                            return [&work](http::Exchange exchange) { return run_inside(exchange, &work); };
                        }};
    server.start();
    Client{server.port()}.ask(request, "204");
}

template <class... Parameters>
void route_and_extract(benchmark::State& state, std::string_view target) {
    ServiceParts parts;
    inside_a_handler(request_for(target, parts.tokens.issue(1).front()), [&](http::Exchange exchange) {
        const auto once = [&] {
            web::Context context{parts.app, exchange, "request-0000000001"};
            std::string allowed;
            context.route = parts.router.match(exchange.method(), exchange.path(), context, allowed);
            std::tuple<std::optional<Parameters>...> slots;
            web::detail::extract_phase<web::Phase::access>(context, slots);
            web::detail::extract_phase<web::Phase::input>(context, slots);
        };
        once();  // the token is verified here, and remembered
        for (auto _ : state) {
            counted(once);
        }
    });
    pz_counted_end();
}

void response_write(benchmark::State& state) {
    ServiceParts parts;
    const std::string body = core::to_json(sample_item());
    const http::DateLine date;
    std::string fields{parts.policies.headers.lines({})};
    std::string head;
    inside_a_handler(request_for(item_path, "none"), [&](http::Exchange exchange) {
        for (auto _ : state) {
            counted([&] {
                exchange.respond(200, "application/json") += body;
                exchange.add_header("ETag", "\"3\"");
                exchange.add_header("X-Request-Id", "request-0000000001");
                exchange.add_lines(parts.policies.headers.lines({}));
                head.clear();
                http::append_head(
                    head,
                    {.status = 200,
                     .content_type = "application/json",
                     .fields = fields,
                     .content_length = body.size()},
                    date.text()
                );
            });
        }
    });
    pz_counted_end();
}

// --- a whole request: server, dispatcher, log and pool as in the service, against the canned database in a
// process of its own. Counted as a whole process; the client's send() and recv() are part of it.

/// Ends with its parent.
class CannedDatabaseProcess {
 public:
    CannedDatabaseProcess() : server_{std::make_unique<CannedPostgres>(directory_.path())} {
        const pid_t parent = ::getpid();
        child_ = ::fork();
        PZ_CHECK(child_ != -1);
        if (child_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            while (::getppid() == parent) {
                server_->answer(-1);
            }
            ::_exit(0);
        }
    }

    CannedDatabaseProcess(const CannedDatabaseProcess&) = delete;
    CannedDatabaseProcess& operator=(const CannedDatabaseProcess&) = delete;

    ~CannedDatabaseProcess() {
        ::kill(child_, SIGKILL);
        ::waitpid(child_, nullptr, 0);
    }

    [[nodiscard]] core::SecretString connection_string() const { return server_->connection_string(); }

 private:
    testkit::TemporaryDirectory directory_{"counts"};
    std::unique_ptr<CannedPostgres> server_;
    pid_t child_ = -1;
};

/// What one thread of the server owns.
struct Serving {
    pg::Pool pool;
    web::Dispatcher dispatcher;

    Serving(
        boost::asio::io_context& context,
        pg::PoolOptions options,
        ServiceParts& parts,
        web::ThreadMetrics& metrics
    )
        : pool(context, std::move(options)), dispatcher(parts.router, parts.app, metrics) {
        parts.app.tenant_pool = &pool;
    }
};

void whole_request(benchmark::State& state, std::string_view target) {
    const CannedDatabaseProcess database;
    ServiceParts parts;
    web::Log log{{.descriptor = ::open("/dev/null", O_WRONLY | O_CLOEXEC)}};
    web::Operations operations;
    operations.log = &log;
    parts.app.operations = &operations;
    web::Metrics metrics{parts.router};
    const pg::PoolOptions options = patient_pool(database.connection_string());
    http::Server server{patient_server(), [&](boost::asio::io_context& context, unsigned) -> http::Handler {
                            auto serving =
                                std::make_shared<Serving>(context, options, parts, metrics.add_thread());
                            return [serving](http::Exchange exchange) {
                                return serving->dispatcher.handle(exchange);
                            };
                        }};
    server.start();
    const std::string request = request_for(target, parts.tokens.issue(1).front());
    {
        Client client{server.port()};
        client.ask(request, "200");
        for (auto _ : state) {
            client.ask(request, "200");
        }
    }
    server.stop();
    server.wait();
}

}  // namespace

void add_benchmarks(benchmark::IterationCount operations) {
    const auto add = [operations](const char* name, auto function) {
        auto* added = benchmark::RegisterBenchmark(name, function);
        if (operations > 0) {
            added->Iterations(operations);
        }
    };
    add("head_parse", head_parse);
    add("token_seen_before", token_seen_before);
    add("token_seen_for_the_first_time", token_seen_for_the_first_time);
    using ItemPath = web::Path<"id", core::Uuid>;
    add("route_and_extract_item",
        [](benchmark::State& state) { route_and_extract<web::Member, ItemPath>(state, item_path); });
    add("route_and_extract_page", [](benchmark::State& state) {
        route_and_extract<web::Member, web::Query<ItemQuery>>(state, page_path);
    });
    add("pipeline_encode", [](benchmark::State& state) { pipeline(state, find_item, Half::encode); });
    add("pipeline_decode_item", [](benchmark::State& state) { pipeline(state, find_item, Half::decode); });
    add("pipeline_decode_page", [](benchmark::State& state) { pipeline(state, list_items, Half::decode); });
    add("json_of_an_item", json_of_an_item);
    add("json_of_a_page", json_of_a_page);
    add("response_write", response_write);
    add("whole_request_item", [](benchmark::State& state) { whole_request(state, item_path); });
    add("whole_request_page", [](benchmark::State& state) { whole_request(state, page_path); });
}

}  // namespace pz::bench

/// request_benchmark [Google Benchmark's options] [OPERATIONS]: so many of each, or as many as it takes.
int main(int count, char** arguments) {
    benchmark::Initialize(&count, arguments);
    pz::bench::add_benchmarks(count > 1 ? std::stoll(arguments[1]) : 0);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
