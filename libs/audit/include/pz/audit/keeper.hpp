#pragma once

#include <pz/audit/checkpointer.hpp>
#include <pz/core/clock.hpp>
#include <pz/core/secret.hpp>
#include <pz/crypto/fernet.hpp>
#include <pz/pg/background_work.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

namespace pz::audit {

/// Keeps the audit log of an installation, on a thread and a connection of its own: signs the chains that are
/// due, makes the partitions of the months ahead, and retires those that are old. Any number of instances
/// may; the database lets one at a time. Whatever fails is in the log, tried again, and holds no request up.
class Keeper {
 public:
    struct Options {
        core::SecretString database;  ///< of pz_admin
        crypto::FernetRing ring;      ///< what encrypts the signing key
        CheckpointerOptions checkpoints{};
        int keep_months = 0;  ///< whole months beside the current one; 0: everything, for ever
        std::chrono::milliseconds look_every{2'000};
    };

    struct Counters {
        std::uint64_t checkpoints = 0;
        std::uint64_t failures = 0;  ///< rounds that failed
        std::uint64_t broken = 0;    ///< chains that the last round refused to sign
    };

    /// The clock must outlive the keeper.
    Keeper(Options options, const core::Clock& clock);
    Keeper(const Keeper&) = delete;
    Keeper& operator=(const Keeper&) = delete;
    /// Waits for the round that is under way.
    ~Keeper() = default;

    /// The public keys (a JWK set) of what this installation signs and has signed: those of the folder, or,
    /// without one, of the table. Empty before the database was met for the first time. Thread-safe.
    [[nodiscard]] std::string public_keys() const;

    [[nodiscard]] Counters counters() const noexcept {
        return {checkpoints_.load(), failures_.load(), broken_.load()};
    }

 private:
    void work(pg::BlockingConnection& connection);
    void keep_partitions(pg::BlockingConnection& connection);
    void follow_key(pg::BlockingConnection& connection);
    void note_failure(const std::exception& error);
    void publish(pg::BlockingConnection& connection, const crypto::PublicKey& key);

    const Options options_;
    const core::Clock& clock_;
    std::atomic<std::uint64_t> checkpoints_{0};
    std::atomic<std::uint64_t> failures_{0};
    std::atomic<std::uint64_t> broken_{0};
    mutable std::mutex published_mutex_;
    std::string published_;
    // The thread's own.
    std::optional<crypto::SigningKey> key_;
    std::chrono::steady_clock::time_point next_partitions_{};
    std::string last_failure_;
    pg::BackgroundWork work_;  ///< the last member: it uses all the others
};

}  // namespace pz::audit
