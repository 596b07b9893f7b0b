#include "siege.hpp"

#include "contestants.hpp"
#include "data_set.hpp"
#include "meter.hpp"
#include "service.hpp"
#include "token_issuer.hpp"

#include <pz/core/process.hpp>
#include <pz/testkit/temporary_directory.hpp>

#include <arpa/inet.h>
#include <boost/asio.hpp>
#include <fmt/format.h>
#include <netinet/in.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <future>
#include <map>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

namespace asio = boost::asio;
using asio::ip::tcp;

namespace pz::bench {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::seconds;

const std::string health_request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// A few requests per second, each on keep-alive connections of its own: what is measured is who waits, not
/// how many get through.
constexpr int good_connections = 8;
constexpr double good_per_second = 400;

/// From 127.0.0.0 + `host`; -1 when the connection is refused. Every wait ends after ten seconds.
int connect_from(unsigned host, std::uint16_t port) {
    const int connection = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1U + host);
    const auto* where = reinterpret_cast<const sockaddr*>(&address);
    const bool bound = connection != -1 && ::bind(connection, where, sizeof address) == 0;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    if (!bound || ::connect(connection, where, sizeof address) != 0) {
        ::close(connection);
        return -1;
    }
    return connection;
}

bool answers(int connection, const std::string& request) {
    char answer[4096];
    return ::send(connection, request.data(), request.size(), MSG_NOSIGNAL) > 0 &&
           ::recv(connection, answer, sizeof answer, 0) > 0;
}

/// A service with a little data, and good clients for it.
struct Stage {
    testkit::TemporaryDirectory directory{"bench"};
    DataSet::Size size{.tenants = 50, .items_per_tenant = 100};
    DataSet data{directory.path() / "cluster", size};
    TokenIssuer issuer;
    testkit::ServiceProcess process;
    Api api;

    explicit Stage(const std::vector<std::string>& settings)
        : process(start_api(this_build(), data, issuer, directory.path(), settings)),
          api(data, directory.path(), process.port(), process.pid()) {
        process.wait_until_ready();
        api.use_tokens(issuer.issue(size.tenants));
        (void)run_good_clients(seconds{1});
    }

    /// Throws when a single request fails.
    [[nodiscard]] Measurement run_good_clients(seconds duration) const {
        return api.run(Workload::item_by_id, good_connections, duration, good_per_second);
    }
};

/// New clients, ten a second, from an address of their own.
struct Newcomers {
    int came = 0;
    int served = 0;
    double slowest_ms = 0;

    void come(std::uint16_t port) {
        constexpr unsigned host = 99;
        const auto began = Clock::now();
        const int connection = connect_from(host, port);
        ++came;
        if (connection != -1 && answers(connection, health_request)) {
            ++served;
        }
        ::close(connection);
        slowest_ms =
            std::max(slowest_ms, std::chrono::duration<double, std::milli>{Clock::now() - began}.count());
        std::this_thread::sleep_for(std::chrono::milliseconds{100});
    }
};

/// Connections that a local port has now, seen from the side of the service.
int connections_of(std::uint16_t port) {
    const std::string local = fmt::format(":{:04X}", port);
    std::ifstream table{"/proc/net/tcp"};
    int count = 0;
    std::string number;
    std::string from;
    std::string to;
    std::string state;
    for (std::string line; std::getline(table, line);) {
        std::istringstream{line} >> number >> from >> to >> state;
        count += from.ends_with(local) && state == "01" ? 1 : 0;
    }
    return count;
}

constexpr std::string_view attacked_email = "person-1@bench.example";
constexpr std::string_view right_password = "a password of the bench";

/// What a POST /token on a connection of its own came to; 0 when there was no answer.
struct SignIn {
    int status = 0;
    std::string answer;
    double milliseconds = 0;
};

std::string sign_in_request(std::string_view email, std::string_view password, std::string_view header = {}) {
    const std::string form = fmt::format("username={}&password={}", email, password);
    return fmt::format(
        "POST /token HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{}"
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{}",
        header,
        form.size(),
        form
    );
}

/// 0 for what is no answer.
int status_of(std::string_view answer) {
    constexpr std::string_view version = "HTTP/1.1 ";
    return answer.starts_with(version) ? std::stoi(std::string{answer.substr(version.size(), 3)}) : 0;
}

SignIn sign_in(
    std::uint16_t port,
    unsigned host,
    std::string_view email,
    std::string_view password,
    std::string_view header
) {
    const auto began = Clock::now();
    const std::string request = sign_in_request(email, password, header);
    SignIn result;
    const int connection = connect_from(host, port);
    if (connection != -1 && ::send(connection, request.data(), request.size(), MSG_NOSIGNAL) > 0) {
        char piece[4096];
        for (ssize_t size = 0; (size = ::recv(connection, piece, sizeof piece, 0)) > 0;) {
            result.answer.append(piece, static_cast<std::size_t>(size));
        }
    }
    ::close(connection);
    result.status = status_of(result.answer);
    result.milliseconds = std::chrono::duration<double, std::milli>{Clock::now() - began}.count();
    return result;
}

/// Wrong sign-ins at a steady pace until told to stop; counts answers by status. One thread with asynchronous
/// sockets, so that what the flood takes from the machine is what the services spend on it.
class LoginFlood {
 public:
    struct Outcome {
        std::map<int, int> statuses;
        std::chrono::microseconds processor{};  ///< what the flood itself took
    };

    LoginFlood(std::uint16_t port, int per_second)
        : port_(port), pause_(Clock::duration{seconds{1}} / per_second), pacemaker_(loop_) {
        asio::co_spawn(loop_, send_steadily(this), asio::detached);
        thread_ = std::thread{[this] {
            loop_.run();
            outcome_.processor = thread_processor_time();
        }};
    }

    LoginFlood(const LoginFlood&) = delete;
    LoginFlood& operator=(const LoginFlood&) = delete;

    ~LoginFlood() {
        if (thread_.joinable()) {
            static_cast<void>(stop());
        }
    }

    /// Waits for the answers that are outstanding.
    [[nodiscard]] Outcome stop() {
        asio::post(loop_, [this] {
            stopped_ = true;
            pacemaker_.cancel();
        });
        thread_.join();
        return outcome_;
    }

 private:
    static std::chrono::microseconds thread_processor_time() {
        timespec used{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
        return std::chrono::duration_cast<std::chrono::microseconds>(
            seconds{used.tv_sec} + std::chrono::nanoseconds{used.tv_nsec}
        );
    }

    static asio::awaitable<void> send_steadily(LoginFlood* flood) {
        auto due = Clock::now();
        for (int number = 0; !flood->stopped_; ++number) {
            asio::co_spawn(
                flood->loop_,
                attempt(flood->port_, number),
                [flood](const std::exception_ptr&, int status) { ++flood->outcome_.statuses[status]; }
            );
            due += flood->pause_;
            flood->pacemaker_.expires_at(due);
            boost::system::error_code cancelled;
            co_await flood->pacemaker_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
        }
    }

    /// The status of the answer; 0 when there was none.
    static asio::awaitable<int> attempt(std::uint16_t port, int number) {
        constexpr int addresses = 1'000;
        constexpr int each_at_the_account = 5;
        const bool at_the_account = number % each_at_the_account == 0;
        const std::string request = sign_in_request(
            at_the_account ? std::string{attacked_email} : fmt::format("nobody-{}@bench.example", number),
            "a wrong password"
        );
        tcp::socket socket{co_await asio::this_coro::executor, tcp::v4()};
        const auto host = 200U + static_cast<unsigned>(number % addresses);
        socket.bind({asio::ip::address_v4{INADDR_LOOPBACK - 1U + host}, 0});
        const tcp::endpoint service{asio::ip::address_v4::loopback(), port};
        co_await socket.async_connect(service, asio::use_awaitable);
        co_await asio::async_write(socket, asio::buffer(request), asio::use_awaitable);
        std::string answer;
        boost::system::error_code end;
        co_await asio::async_read(
            socket, asio::dynamic_buffer(answer), asio::redirect_error(asio::use_awaitable, end)
        );
        co_return status_of(answer);
    }

    const std::uint16_t port_;
    const Clock::duration pause_;
    asio::io_context loop_{1};
    asio::steady_timer pacemaker_;
    bool stopped_ = false;
    Outcome outcome_;
    std::thread thread_;
};

/// "pz_device=…" as the Cookie header has it.
std::string device_cookie_of(const SignIn& signed_in) {
    const std::size_t begin = signed_in.answer.find("pz_device=");
    const std::size_t host_prefixed = signed_in.answer.rfind("__Host-", begin);
    if (begin == std::string::npos) {
        throw std::runtime_error{"the sign-in gave no device cookie: " + signed_in.answer};
    }
    const std::size_t from =
        host_prefixed != std::string::npos && host_prefixed + 7 == begin ? host_prefixed : begin;
    return signed_in.answer.substr(from, signed_in.answer.find_first_of(";\r", from) - from);
}

struct Attack {
    const char* name;
    std::vector<std::string> options;
    std::uint16_t port;
    const char* path;
};

}  // namespace

IdleConnections::IdleConnections(std::uint16_t port, int count, const std::string& request) {
    constexpr int per_address = 100;
    for (int i = 0; i < count; ++i) {
        sockets_.push_back(connect_from(static_cast<unsigned>(2 + i / per_address), port));
        if (!answers(sockets_.back(), request)) {
            throw std::runtime_error{"connection " + std::to_string(i) + " got no answer"};
        }
    }
}

IdleConnections::~IdleConnections() {
    for (const int connection : sockets_) {
        ::close(connection);
    }
}

int IdleConnections::closed() const {
    return static_cast<int>(std::ranges::count_if(sockets_, [](int connection) {
        char byte = 0;
        return ::recv(connection, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
    }));
}

std::string beside_slow_clients(int attackers, seconds duration) {
    // All attackers come from one address, so its limit would stop most of them at the door: a trusted hop is
    // said to be in front, for whose connections there is none.
    const std::string behind_a_hop = "PZ_TRUSTED_HOPS=1";
    const Stage stage{{behind_a_hop}};
    // The one place where somebody without a token can send a body.
    auto identity = start_api(
        testkit::program("identity-service"),
        stage.data,
        stage.issuer,
        stage.directory.path(),
        {behind_a_hop, "PZ_DATABASE_IDENTITY=" + stage.data.connection_string("pz_identity").reveal()}
    );
    identity.wait_until_ready();
    const Measurement alone = stage.run_good_clients(seconds{5});
    std::string table = fmt::format(
        "{} connections of each kind at a time, beside {:.0f} good requests per second on {} connections and "
        "ten new "
        "connections per second. Alone: p50 / p99 {:.2f} / {:.1f} ms.\n\n"
        "| attack | held at most / at the end | good requests | p50 / p99 | new connections served | slowest "
        "|\n"
        "| --- | --- | --- | --- | --- | --- |\n",
        attackers,
        good_per_second,
        good_connections,
        alone.p50_ms,
        alone.p99_ms
    );
    const std::uint16_t api = stage.process.port();
    for (const Attack& attack : std::vector<Attack>{
             {"slowloris, `-H -i 1`", {"-H", "-i", "1"}, api, "/api/v1/items"},
             {"slow body, `-B -i 1 -s 4000`, `POST /token`",
              {"-B", "-i", "1", "-s", "4000"},
              identity.port(),
              "/token"},
             {"slow read, `-X -w 1 -y 1 -n 5 -z 1 -k 8`, `/openapi.json`",
              {"-X", "-w", "1", "-y", "1", "-n", "5", "-z", "1", "-k", "8"},
              api,
              "/openapi.json"},
         }) {
        spdlog::info("{}: {} connections", attack.name, attackers);
        auto good =
            std::async(std::launch::async, [&stage, duration] { return stage.run_good_clients(duration); });
        std::this_thread::sleep_for(seconds{1});
        core::ProcessOptions options;
        options.command = {"slowhttptest", "-c", std::to_string(attackers), "-r", "1000"};
        options.command.insert(options.command.end(), attack.options.begin(), attack.options.end());
        for (const std::string& word :
             {std::string{"-l"},
              std::to_string(duration.count()),
              std::string{"-u"},
              fmt::format("http://127.0.0.1:{}{}", attack.port, attack.path)}) {
            options.command.push_back(word);
        }
        auto attacking = std::async(std::launch::async, [options, duration] {
            return core::run_process(options, duration + seconds{30}).output;
        });
        // slowhttptest goes on for a second longer, so what is left then is what the service still bears
        // with.
        Newcomers newcomers;
        int held = 0;
        while (good.wait_for(seconds{0}) != std::future_status::ready) {
            newcomers.come(attack.port);
            held = std::max(held, connections_of(attack.port));
        }
        const int held_at_the_end = connections_of(attack.port);
        const Measurement served = good.get();
        attacking.get();
        table += fmt::format(
            "| {} | {} / {} | {:.0f}, none failed | {:.2f} / {:.1f} ms | {} of {} | {:.0f} ms |\n",
            attack.name,
            held,
            held_at_the_end,
            served.per_second * static_cast<double>(duration.count()),
            served.p50_ms,
            served.p99_ms,
            newcomers.served,
            newcomers.came,
            newcomers.slowest_ms
        );
    }
    return table;
}

std::string beside_wrong_logins(int per_second, seconds duration) {
    const Stage stage{{}};
    stage.data.give_password(1, right_password);  // attacked_email is the first one's
    auto identity = start_api(
        testkit::program("identity-service"),
        stage.data,
        stage.issuer,
        stage.directory.path(),
        {"PZ_DATABASE_IDENTITY=" + stage.data.connection_string("pz_identity").reveal()}
    );
    identity.wait_until_ready();
    constexpr unsigned home = 150;
    const std::string console = "X-Requested-With: phasezero-web\r\n";
    const SignIn first = sign_in(identity.port(), home, attacked_email, right_password, console);
    const std::string known = console + "Cookie: " + device_cookie_of(first) + "\r\n";

    const pid_t api = stage.process.pid();
    const pid_t postgres = stage.data.postmaster();
    const auto waited_at_first = run_delay(api);
    const Measurement alone = stage.run_good_clients(duration / 4);
    const auto waited_alone = run_delay(api) - waited_at_first;
    const auto identity_at_first = processor_time(identity.pid());
    const auto postgres_at_first = processor_time(postgres);
    const auto waited_before = run_delay(api);
    const std::size_t memory_before = proportional_set_size(identity.pid());
    LoginFlood flood{identity.port(), per_second};
    auto good =
        std::async(std::launch::async, [&stage, duration] { return stage.run_good_clients(duration); });
    std::size_t memory = memory_before;
    int tried = 0;
    int signed_in = 0;
    double slowest = 0;
    while (good.wait_for(seconds{1}) != std::future_status::ready) {
        const SignIn attempt = sign_in(identity.port(), home, attacked_email, right_password, known);
        ++tried;
        signed_in += attempt.status == 200 ? 1 : 0;
        if (attempt.status != 200) {
            spdlog::warn("a sign-in with the known browser: {}", attempt.answer);
        }
        slowest = std::max(slowest, attempt.milliseconds);
        memory = std::max(memory, proportional_set_size(identity.pid()));
    }
    const Measurement beside = good.get();
    const auto waited_beside = run_delay(api) - waited_before;
    const auto [statuses, flood_processor] = flood.stop();
    const auto identity_processor = processor_time(identity.pid()) - identity_at_first;
    const auto postgres_processor = processor_time(postgres) - postgres_at_first;
    const auto of_a_core = [&](std::chrono::microseconds used) {
        return 100.0 * std::chrono::duration<double>{used}.count() / static_cast<double>(duration.count());
    };
    const auto per_request = [](std::chrono::nanoseconds waited, double per_second, seconds time) {
        return std::chrono::duration<double, std::milli>{waited}.count() / per_second /
               static_cast<double>(time.count());
    };
    std::string answers;
    int attempts = 0;
    for (const auto& [status, count] : statuses) {
        answers += fmt::format("{}{} × {}", answers.empty() ? "" : ", ", count, status);
        attempts += count;
    }
    return fmt::format(
        "| {} wrong sign-ins in {} s ({:.0f} a second) | |\n| --- | --- |\n"
        "| their answers | {} |\n"
        "| API requests without / beside them, p50 | {:.2f} / {:.2f} ms |\n"
        "| API requests without / beside them, p99 | {:.1f} / {:.1f} ms ({:.2f} times) |\n"
        "| what an API request waited for a core without / beside them, mean | {:.3f} / {:.3f} ms |\n"
        "| processor time beside them, of one core: the flood's client / identity-service | {:.0f} / {:.0f} "
        "% |\n"
        "| processor time of PostgreSQL without / beside them, of one core | {:.0f} / {:.0f} % |\n"
        "| memory of identity-service before / at most | {:.1f} / {:.1f} MB |\n"
        "| sign-ins of the attacked account with a known browser | {} of {} |\n"
        "| the slowest of them | {:.0f} ms |\n",
        attempts,
        duration.count(),
        static_cast<double>(attempts) / static_cast<double>(duration.count()),
        answers,
        alone.p50_ms,
        beside.p50_ms,
        alone.p99_ms,
        beside.p99_ms,
        beside.p99_ms / alone.p99_ms,
        per_request(waited_alone, alone.per_second, duration / 4),
        per_request(waited_beside, beside.per_second, duration),
        of_a_core(flood_processor),
        of_a_core(identity_processor),
        alone.postgres_us * alone.per_second / 1e4,
        of_a_core(postgres_processor),
        static_cast<double>(memory_before) / 1e6,
        static_cast<double>(memory) / 1e6,
        signed_in,
        tried,
        slowest
    );
}

std::string beside_idle_connections(int count, seconds duration) {
    constexpr seconds idle_limit{30};
    const Stage stage{{fmt::format("PZ_IDLE_SECONDS={}", idle_limit.count())}};
    const Measurement alone = stage.run_good_clients(duration);
    const std::size_t before = proportional_set_size(stage.process.pid());
    const auto began = Clock::now();
    const IdleConnections idle{stage.process.port(), count, health_request};
    const double opening = std::chrono::duration<double>{Clock::now() - began}.count();
    const Measurement beside = stage.run_good_clients(duration);
    const auto growth =
        static_cast<double>(proportional_set_size(stage.process.pid())) - static_cast<double>(before);
    const int open = count - idle.closed();
    const auto processor_before = processor_time(stage.process.pid());
    std::this_thread::sleep_for(seconds{2});
    const auto processor = processor_time(stage.process.pid()) - processor_before;
    // The last of them was used when the opening ended.
    std::this_thread::sleep_until(
        began + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>{opening}) +
        idle_limit + seconds{2}
    );
    return fmt::format(
        "| {} idle connections | |\n| --- | --- |\n"
        "| opened, each with one request | {:.1f} s |\n"
        "| memory of each in the service | {:.1f} KB |\n"
        "| good requests without / beside them, p99 | {:.1f} / {:.1f} ms |\n"
        "| processor time while nothing happens | {:.2f} % of one core |\n"
        "| open after the measurement / closed by the service at {} s | {} / {} |\n",
        count,
        opening,
        growth / count / 1024,
        alone.p99_ms,
        beside.p99_ms,
        static_cast<double>(processor.count()) / 2e4,
        idle_limit.count(),
        open,
        idle.closed()
    );
}

}  // namespace pz::bench
