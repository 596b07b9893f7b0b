#pragma once

#include "mail/message.hpp"
#include "mail/repository.hpp"
#include "mail/transport.hpp"

#include <pz/core/clock.hpp>
#include <pz/core/secret.hpp>
#include <pz/pg/background_work.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace pz::identity::mail {

/// How long the link in a letter is good.
inline constexpr std::chrono::minutes link_lifetime{15};
/// Tries before a letter is given up: about three hours with the pauses in between.
inline constexpr int max_attempts = 8;

/// Sends what identity.mail holds, on a thread of its own with a connection of its own; several processes
/// share the work. A link is made when its letter is sent: its fifteen minutes begin then, the database has
/// its hash, and only the letter has the link. A letter that fails goes out later with another link.
class Sender {
 public:
    struct Options {
        core::SecretString database;  ///< of pz_identity
        std::string console_origin;   ///< where every link leads
        Mailbox from;
        std::unique_ptr<Transport> transport;
        const core::Clock* clock = nullptr;
    };

    explicit Sender(Options options);
    Sender(const Sender&) = delete;
    Sender& operator=(const Sender&) = delete;
    /// Ends the delivery that is under way.
    ~Sender() = default;

    struct Counters {
        std::uint64_t sent = 0;
        std::uint64_t failed = 0;  ///< attempts
        std::uint64_t given_up = 0;
    };

    [[nodiscard]] Counters counters() const noexcept { return {sent_, failed_, given_up_}; }

 private:
    void work(pg::BlockingConnection& connection, const std::stop_token& stop);
    void send_due(pg::BlockingConnection& connection, const std::stop_token& stop);
    void send(pg::BlockingConnection& connection, const Claimed& mail, const std::stop_token& stop);
    /// nullopt: there is nobody, or nothing any more, to write to.
    [[nodiscard]] std::optional<Letter> write(pg::BlockingConnection& connection, const Claimed& mail) const;

    Options options_;
    std::atomic<std::uint64_t> sent_{0};
    std::atomic<std::uint64_t> failed_{0};
    std::atomic<std::uint64_t> given_up_{0};
    std::chrono::steady_clock::time_point next_sweep_{};
    pg::BackgroundWork work_;  ///< the last member: it uses all the others
};

}  // namespace pz::identity::mail
