#include <pz/testkit/world.hpp>

#include <pz/core/text.hpp>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <thread>

namespace pz::testkit {

namespace {

/// Binds an abstract unix socket: a name that at most one process can hold, and that ends with its process.
int try_reserve(std::uint16_t port) {
    const std::string name = "pz-test-port-" + std::to_string(port);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path + 1, name.data(), name.size());
    const int reservation = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    if (reservation == -1 || ::bind(reservation, reinterpret_cast<const sockaddr*>(&address), size) != 0) {
        ::close(reservation);
        return -1;
    }
    return reservation;
}

/// Whether the port is free of strangers' programs.
bool can_bind(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const bool bound =
        probe != -1 && ::bind(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(probe);
    return bound;
}

/// This process's environment without the settings of our programs, then the given ones; of two with one name
/// the last.
std::vector<std::string> environment_of(const ServiceProcess::Options& options) {
    std::map<std::string, std::string> settings;
    const auto add = [&](std::string_view entry) {
        const auto equals = entry.find('=');
        settings.insert_or_assign(std::string{entry.substr(0, equals)}, std::string{entry});
    };
    for (char** entry = environ; *entry != nullptr; ++entry) {
        if (const std::string_view setting{*entry}; !setting.starts_with("PZ_")) {
            add(setting);
        }
    }
    for (const std::string& entry : options.environment) {
        add(entry);
    }
    add("PORT=" + std::to_string(options.port.number()));
    std::vector<std::string> environment;
    environment.reserve(settings.size());
    for (auto& [name, entry] : settings) {
        environment.push_back(std::move(entry));
    }
    return environment;
}

core::Process start(const ServiceProcess::Options& options) {
    const int log = ::open(options.log_file.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    const core::ProcessOptions process{
        .command = {options.program.string()},
        .environment = environment_of(options),
        .working_directory = {},
        .user = {},
        .output = log,
    };
    core::Process started{process};
    ::close(log);
    return started;
}

}  // namespace

ReservedPort::ReservedPort() {
    constexpr std::uint16_t lowest = 20'000;
    constexpr std::uint16_t highest = 32'000;
    std::random_device random;
    std::uniform_int_distribution<std::uint16_t> any{lowest, highest};
    for (int attempts = 0; reservation_ == -1; ++attempts) {
        if (attempts == 1'000) {
            throw std::runtime_error{"no free port among a thousand"};
        }
        number_ = any(random);
        reservation_ = try_reserve(number_);
        if (reservation_ != -1 && !can_bind(number_)) {
            ::close(std::exchange(reservation_, -1));
        }
    }
}

ReservedPort::~ReservedPort() {
    if (reservation_ != -1) {
        ::close(reservation_);
    }
}

ServiceProcess::ServiceProcess(Options options) : options_(std::move(options)), process_(start(options_)) {}

void ServiceProcess::wait_until_ready(std::chrono::milliseconds limit) {
    wait_for_200("/readyz", limit);
}

void ServiceProcess::wait_until_alive(std::chrono::milliseconds limit) {
    wait_for_200("/healthz", limit);
}

void ServiceProcess::wait_for_200(const std::string& path, std::chrono::milliseconds limit) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    Client client{origin()};
    std::string last_word = "no answer";
    while (std::chrono::steady_clock::now() < deadline) {
        try {
            const Reply reply = client.get(path);
            if (reply.status() == 200) {
                return;
            }
            last_word = reply.text();
        } catch (const ClientError& error) {
            last_word = error.what();
        }
        if (const auto code = process_.poll_exit()) {
            last_word = "ended with code " + std::to_string(*code);
            break;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
    constexpr std::size_t enough = 4'000;
    std::string end_of_log = log();
    end_of_log.erase(0, end_of_log.size() - std::min(end_of_log.size(), enough));
    throw ClientError{
        options_.program.filename().string() + " does not answer 200 to " + path + ": " + last_word +
        "\nIts log ends:\n" + end_of_log
    };
}

int ServiceProcess::stop(std::chrono::milliseconds limit) {
    process_.signal(SIGTERM);
    if (const auto code = process_.wait_for(limit)) {
        return *code;
    }
    process_.signal_group(SIGKILL);
    return process_.wait_for(limit).value_or(128 + SIGKILL);
}

std::string ServiceProcess::origin() const {
    return "http://127.0.0.1:" + std::to_string(port());
}

std::string ServiceProcess::log() const {
    std::ifstream file{options_.log_file, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::string ServiceProcess::wait_for_log(std::string_view text, std::chrono::milliseconds limit) const {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    std::string lines = log();
    while (lines.find(text) == std::string::npos) {
        if (std::chrono::steady_clock::now() >= deadline) {
            throw ClientError{"the log does not say \"" + std::string{text} + "\":\n" + lines};
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
        lines = log();
    }
    return lines;
}

std::filesystem::path program(std::string_view name) {
    return std::filesystem::path{PZ_PROGRAMS} / name;
}

World::World(const WorldOptions& options)
    : database_(options.cluster != nullptr ? *options.cluster : test_cluster()) {
    ReservedPort identity_port;
    ReservedPort api_port;
    const std::string issuer = "http://127.0.0.1:" + std::to_string(identity_port.number());
    const std::vector<std::string> shared = {
        "PZ_PROFILE=test",
        "PZ_BIND=127.0.0.1",
        "PZ_THREADS=2",
        "PZ_ISSUER=" + issuer,
        "PZ_AUDIENCE=product-core-api",
        "PZ_CONSOLE_ORIGIN=http://localhost:3000",
        // On, but out of the way of tests that ask a lot.
        "PZ_RATE_LIMIT_PERSON=100000",
        "PZ_RATE_LIMIT_TENANT=100000",
    };
    const auto start_service = [&](const char* name,
                                   ReservedPort port,
                                   std::vector<std::string> own,
                                   const std::vector<std::string>& changes) {
        std::vector<std::string> environment = shared;
        environment.insert(environment.end(), own.begin(), own.end());
        environment.insert(environment.end(), changes.begin(), changes.end());
        return ServiceProcess{{
            .program = program(name),
            .log_file = directory_.path() / (std::string{name} + ".log"),
            .environment = std::move(environment),
            .port = std::move(port),
        }};
    };
    const auto database = [&](const char* variable, std::string_view role) {
        return std::string{variable} + "=" + database_.connection_string(role).reveal();
    };

    // 32 random bytes in padded base64url: a Fernet key.
    const std::string encryption_keys = "PZ_ENCRYPTION_KEYS=" + core::random_token(32) + "=";
    identity_ = start_service(
        "identity-service",
        std::move(identity_port),
        {database("PZ_DATABASE_IDENTITY", "pz_identity"),
         encryption_keys,
         "PZ_RATE_LIMIT_SIGN_IN=100000",
         "PZ_MAIL_FOLDER=" + mail_folder().string()},
        options.identity_environment
    );
    identity_->wait_until_ready();
    std::filesystem::create_directory(audit_folder());
    api_ = start_service(
        "product-core-api",
        std::move(api_port),
        {database("PZ_DATABASE_APP", "pz_app"),
         database("PZ_DATABASE_SUPPORT", "pz_support"),
         database("PZ_DATABASE_ADMIN", "pz_admin"),
         encryption_keys,
         "PZ_AUDIT_FOLDER=" + audit_folder().string(),
         "PZ_SUPPORT_STARTS_PER_HOUR=1000",
         "PZ_SUPPORT_LOOK_SECONDS=1",
         "PZ_JWKS_URL=" + issuer + "/.well-known/jwks.json"},
        options.api_environment
    );
    api_->wait_until_ready();
}

ServiceProcess& World::process(Service service) noexcept {
    return service == Service::api ? *api_ : *identity_;
}

Client World::as(const Account& account, Service service) {
    return with_token(token(account), service);
}

Client World::anonymous(Service service) {
    return Client{process(service).origin(), process(service).name()};
}

Client World::with_token(std::string_view token, Service service) {
    return anonymous(service).with("Authorization", "Bearer " + std::string{token});
}

RawConnection World::raw(Service service) {
    return RawConnection{process(service).port()};
}

Reply World::sign_in(const Account& account) {
    return anonymous(Service::identity)
        .post_form(
            "/token",
            {{"grant_type", "password"},
             {"username", std::string{account.email}},
             {"password", std::string{account.password}}}
        );
}

std::string World::token(const Account& account) {
    const std::lock_guard lock{tokens_mutex_};
    std::string& token = tokens_[account.email];
    if (token.empty()) {
        token = sign_in(account).field("access_token");
    }
    return token;
}

World& world() {
    test_cluster();  // before the world, so that it ends after it
    static World shared;
    return shared;
}

}  // namespace pz::testkit
