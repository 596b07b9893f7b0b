#pragma once

#include <pz/core/process.hpp>
#include <pz/testkit/accounts.hpp>
#include <pz/testkit/client.hpp>
#include <pz/testkit/database.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pz::testkit {

enum class Service : std::uint8_t { api, identity };

/// A loopback port that no other test has, whatever runs at the same time: below the range that the kernel
/// gives out, and reserved among test programs until this object ends. (Our servers share ports by
/// SO_REUSEPORT, so two of them on one port would not notice each other: picking a free one is not enough.)
class ReservedPort {
 public:
    ReservedPort();

    ReservedPort(ReservedPort&& other) noexcept
        : number_(other.number_), reservation_(std::exchange(other.reservation_, -1)) {}

    ReservedPort& operator=(ReservedPort&& other) noexcept {
        std::swap(number_, other.number_);
        std::swap(reservation_, other.reservation_);
        return *this;
    }

    ~ReservedPort();

    [[nodiscard]] std::uint16_t number() const noexcept { return number_; }

 private:
    std::uint16_t number_ = 0;
    int reservation_ = -1;
};

/// One of our programs as a child process on a free loopback port. Its output goes to a file; it dies with
/// this process.
class ServiceProcess {
 public:
    struct Options {
        std::filesystem::path program;
        std::filesystem::path log_file;
        /// "NAME=value"; added to this process's environment without its PZ_ variables. PORT is set here.
        std::vector<std::string> environment;
        ReservedPort port;
    };

    /// Starts the program; does not wait.
    explicit ServiceProcess(Options options);

    /// Returns when /readyz answers 200. Throws ClientError with the end of the log when the program ends or
    /// `limit` passes first.
    void wait_until_ready(std::chrono::milliseconds limit = std::chrono::milliseconds{15'000});
    /// The same for /healthz: the process listens, whatever it depends on.
    void wait_until_alive(std::chrono::milliseconds limit = std::chrono::milliseconds{15'000});
    /// SIGTERM, then SIGKILL at the limit; the exit code.
    int stop(std::chrono::milliseconds limit = std::chrono::milliseconds{5'000});

    [[nodiscard]] std::uint16_t port() const noexcept { return options_.port.number(); }

    [[nodiscard]] pid_t pid() const noexcept { return process_.pid(); }

    /// The program's: "identity-service", "product-core-api".
    [[nodiscard]] std::string name() const { return options_.program.filename().string(); }

    [[nodiscard]] std::string origin() const;
    [[nodiscard]] std::string log() const;
    /// The log as soon as it holds the text: a program writes its lines a moment after what they tell of.
    /// Throws ClientError with the log at the limit.
    [[nodiscard]] std::string wait_for_log(
        std::string_view text, std::chrono::milliseconds limit = std::chrono::milliseconds{15'000}
    ) const;

 private:
    void wait_for_200(const std::string& path, std::chrono::milliseconds limit);

    Options options_;
    core::Process process_;
};

/// A program of this build: build/<preset>/bin/<name>.
[[nodiscard]] std::filesystem::path program(std::string_view name);

/// How a World differs from what production runs with.
struct WorldOptions {
    /// "NAME=value" for the API or the identity service, behind (and thus over) the defaults.
    std::vector<std::string> api_environment{};
    std::vector<std::string> identity_environment{};
    /// Where its database is; null: the one of this process.
    TestCluster* cluster = nullptr;
};

/// The real identity-service and product-core-api on a database of their own, and people who use them:
///     world().as(acme_admin).get("/api/v1/items")
class World {
 public:
    explicit World(const WorldOptions& options = {});
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    /// A signed-in client. The first use of an account signs it in; its token is kept. Throws ClientError
    /// when it may not.
    Client as(const Account& account, Service service = Service::api);
    Client anonymous(Service service = Service::api);
    /// With whatever stands for a token.
    Client with_token(std::string_view token, Service service = Service::api);
    RawConnection raw(Service service = Service::api);

    /// POST /token as it answers, without keeping anything: a session of the test's own.
    Reply sign_in(const Account& account);
    /// The kept access token of an account.
    std::string token(const Account& account);

    /// Where product-core-api keeps what it signs of the audit log (audit::Folder).
    [[nodiscard]] std::filesystem::path audit_folder() const { return directory_.path() / "audit"; }

    [[nodiscard]] TestDatabase& database() noexcept { return database_; }

    /// Where identity-service puts its letters, as <id>.eml.
    [[nodiscard]] std::filesystem::path mail_folder() const { return directory_.path() / "mail"; }

    [[nodiscard]] ServiceProcess& api() noexcept { return *api_; }

    [[nodiscard]] ServiceProcess& identity() noexcept { return *identity_; }

    [[nodiscard]] ServiceProcess& process(Service service) noexcept;

 private:
    TemporaryDirectory directory_{"world"};
    TestDatabase database_;
    std::optional<ServiceProcess> identity_;
    std::optional<ServiceProcess> api_;
    std::mutex tokens_mutex_;
    std::map<std::string_view, std::string> tokens_;  // by e-mail
};

/// The world of this test program, started at the first call. Tests share it, so each makes the rows it
/// needs.
World& world();

}  // namespace pz::testkit
