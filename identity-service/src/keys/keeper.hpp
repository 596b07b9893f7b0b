#pragma once

#include "keys/schedule.hpp"
#include "keys/store.hpp"

#include <pz/auth/key_source.hpp>
#include <pz/core/clock.hpp>
#include <pz/core/secret.hpp>
#include <pz/crypto/fernet.hpp>
#include <pz/crypto/key.hpp>

#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace pz::identity::keys {

/// The keys as they are now: never changed, replaced as a whole.
struct SigningKeys {
    crypto::SigningKey active;  ///< what signs
    core::Timestamp active_since;
    std::shared_ptr<const crypto::KeySet> published;  ///< next, active, retiring
    std::string jwks;                                 ///< `published` as JSON
    std::string etag;                                 ///< strong, of `jwks`, with its quotes
    std::vector<StoredKey> stored;                    ///< all that the table holds, oldest first
};

/// Keeps this instance's keys those of the table, on a thread and a connection of its own: reads them every
/// half second, and takes whatever step of the schedule is due. Any number of instances may do so; the
/// store's lock lets one take a step, and the others see it. So a rotation, revocation or re-encryption by
/// `phasezero keys` takes effect without a restart.
///
/// While the database is away, or holds keys that the ring does not open, the last good keys stay in use.
class Keeper final : public auth::KeySource {
 public:
    struct Options {
        core::SecretString database;  ///< of pz_identity
        crypto::FernetRing ring;
        Schedule schedule{};
        std::chrono::milliseconds poll_every{500};
    };

    /// Reads the keys, and makes the first ones if there are none. The clock must outlive the keeper. Throws
    /// core::ConfigError when the ring does not open them, pg::BlockingError when the database fails.
    Keeper(Options options, const core::Clock& clock);
    ~Keeper() override;

    /// Never null. One short lock; the answer stays as it is.
    [[nodiscard]] std::shared_ptr<const SigningKeys> current() const;

    /// What a person wants done, on the keeper's own thread and connection: libpq would block an event loop.
    using Work = std::move_only_function<std::vector<KeyMove>(KeyStore&)>;

    /// Does it as this actor and follows the table, so that current() knows of it when this returns; resumes
    /// on its caller's executor. Throws what the work throws: KeyError, ApiError; 503 when the database is
    /// away. Not to be called any more when the keeper is about to go.
    [[nodiscard]] boost::asio::awaitable<std::vector<KeyMove>> perform(audit::Actor actor, Work work);

    [[nodiscard]] const Schedule& schedule() const noexcept { return options_.schedule; }

    /// False while the table holds keys that this instance cannot use: it then signs with a key whose time
    /// ends.
    [[nodiscard]] bool ready() const noexcept { return ready_.load(); }

    [[nodiscard]] std::uint64_t generation() const noexcept override { return generation_.load(); }

    [[nodiscard]] std::shared_ptr<const crypto::KeySet> snapshot() const override {
        return current()->published;
    }

    void report_unknown_key(std::string_view) override {}

 private:
    void run(const std::stop_token& stop);
    /// Reads the table, takes due steps, and replaces the keys if the table has changed.
    void follow(pg::BlockingConnection& connection);
    void replace(const std::vector<StoredKey>& keys);
    /// Does what waits in `orders_`, each with the connection that there is.
    void serve_orders();
    void wait(const std::stop_token& stop, std::chrono::milliseconds pause);

    const Options options_;
    const core::Clock& clock_;
    std::optional<pg::BlockingConnection> connection_;  // the thread's own after construction, like the next
    std::vector<StoredKey> seen_;
    mutable std::mutex mutex_;
    std::condition_variable_any wake_;
    std::deque<std::move_only_function<void(pg::BlockingConnection*)>> orders_;  ///< null: no database
    std::shared_ptr<const SigningKeys> keys_;
    std::atomic<std::uint64_t> generation_{0};
    std::atomic<bool> ready_{true};
    std::jthread thread_;
};

}  // namespace pz::identity::keys
