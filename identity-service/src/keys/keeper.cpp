#include "keys/keeper.hpp"

#include <pz/core/config.hpp>
#include <pz/core/error.hpp>
#include <pz/core/json.hpp>
#include <pz/core/text.hpp>
#include <pz/crypto/digest.hpp>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace asio = boost::asio;

namespace pz::identity::keys {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds longest_pause{5s};

SigningKeys open_keys(
    const std::vector<StoredKey>& stored, const crypto::FernetRing& ring, core::Timestamp now
) {
    const StoredKey* active = find_in_state(stored, KeyState::active);
    if (active == nullptr) {
        throw KeyError("no signing key is active");
    }
    std::vector<crypto::PublicKey> published;
    for (const StoredKey& key : stored) {
        if (!is_published(key.state)) {
            continue;
        }
        auto parsed = crypto::PublicKey::parse(key.public_jwk);
        if (!parsed || parsed->kid() != key.kid) {
            throw KeyError("the public key " + key.kid + " in the database is damaged");
        }
        published.push_back(std::move(*parsed));
    }
    auto set = std::make_shared<const crypto::KeySet>(std::move(published));
    std::string jwks = set->to_json();
    const crypto::Sha256Digest digest = crypto::sha256(jwks);
    return {
        .active = open_key(*active, ring, now),
        .active_since = active->activated_at.value_or(active->created_at),
        .published = std::move(set),
        .jwks = std::move(jwks),
        .etag = '"' + core::base64url_encode(crypto::bytes_of(digest)) + '"',
        .stored = stored,
    };
}

std::vector<KeyMove> moves_between(
    const std::vector<StoredKey>& before, const std::vector<StoredKey>& after
) {
    std::vector<KeyMove> moves;
    for (const StoredKey& key : after) {
        const auto old = std::ranges::find(before, key.kid, &StoredKey::kid);
        if (old == before.end() || old->state != key.state) {
            moves.push_back({key.kid, key.state});
        }
    }
    return moves;
}

}  // namespace

Keeper::Keeper(Options options, const core::Clock& clock) : options_(std::move(options)), clock_(clock) {
    connection_.emplace(options_.database);
    try {
        follow(*connection_);
    } catch (const KeyError& error) {
        throw core::ConfigError(error.what());
    }
    thread_ = std::jthread{[this](const std::stop_token& stop) { run(stop); }};
}

Keeper::~Keeper() {
    thread_.request_stop();
    thread_.join();
}

std::shared_ptr<const SigningKeys> Keeper::current() const {
    const std::lock_guard lock{mutex_};
    return keys_;
}

void Keeper::run(const std::stop_token& stop) {
    std::chrono::milliseconds pause = options_.poll_every;
    std::string last_failure;
    const auto note = [&](const std::string& failure) {
        if (failure != last_failure) {
            spdlog::error("the signing keys cannot be read again, the last ones stay in use: {}", failure);
            last_failure = failure;
        }
        pause = std::min(pause * 2, longest_pause);
    };
    while (!stop.stop_requested()) {
        wait(stop, pause);
        if (stop.stop_requested()) {
            return;
        }
        try {
            if (!connection_) {
                connection_.emplace(options_.database);
            }
            follow(*connection_);
            ready_ = true;
            pause = options_.poll_every;
            last_failure.clear();
        } catch (const pg::BlockingError& error) {
            connection_.reset();
            note(error.what());
        } catch (const std::exception& error) {
            ready_ = false;
            note(error.what());
        }
        serve_orders();
    }
}

void Keeper::serve_orders() {
    for (;;) {
        std::unique_lock lock{mutex_};
        if (orders_.empty()) {
            return;
        }
        auto order = std::move(orders_.front());
        orders_.pop_front();
        lock.unlock();
        order(connection_ ? &*connection_ : nullptr);
    }
}

asio::awaitable<std::vector<KeyMove>> Keeper::perform(audit::Actor actor, Work work) {
    using Moves = std::vector<KeyMove>;
    return asio::async_initiate<const asio::use_awaitable_t<>, void(std::exception_ptr, Moves)>(
        [this](auto handler, audit::Actor who, Work job) {
            auto executor = asio::get_associated_executor(handler);
            const std::lock_guard lock{mutex_};
            orders_.emplace_back([this,
                                  handler = std::move(handler),
                                  who = std::move(who),
                                  job = std::move(job),
                                  executor,
                                  keep_loop_running = asio::make_work_guard(executor
                                  )](pg::BlockingConnection* connection) mutable {
                std::exception_ptr failure;
                Moves moves;
                try {
                    if (connection == nullptr) {
                        throw core::unavailable("the keeper of the signing keys has no database");
                    }
                    KeyStore store(*connection, options_.ring, clock_, std::move(who));
                    moves = job(store);
                    follow(*connection);
                } catch (const pg::BlockingError& error) {
                    connection_.reset();
                    failure = std::make_exception_ptr(core::unavailable(error.what()));
                } catch (...) {
                    failure = std::current_exception();
                }
                asio::post(
                    executor,
                    [handler = std::move(handler), failure = std::move(failure), moves = std::move(moves)](
                    ) mutable { std::move(handler)(std::move(failure), std::move(moves)); }
                );
            });
            wake_.notify_one();
        },
        asio::use_awaitable,
        std::move(actor),
        std::move(work)
    );
}

void Keeper::follow(pg::BlockingConnection& connection) {
    KeyStore store(connection, options_.ring, clock_);
    std::vector<StoredKey> keys = store.list();
    std::vector<KeyMove> moves;
    if (due_step(keys, options_.schedule, clock_.now())) {
        moves = store.advance(options_.schedule);
        keys = store.list();
    }
    if (keys == seen_) {
        return;
    }
    replace(keys);
    // What others did is news here too: an operator's revocation is in every instance's log.
    if (!seen_.empty()) {
        moves = moves_between(seen_, keys);
    }
    for (const KeyMove& move : moves) {
        spdlog::info("event=key.{} kid={}", core::enum_text(move.state), move.kid);
    }
    seen_ = std::move(keys);
}

void Keeper::replace(const std::vector<StoredKey>& keys) {
    auto fresh = std::make_shared<const SigningKeys>(open_keys(keys, options_.ring, clock_.now()));
    const std::lock_guard lock{mutex_};
    const bool changed = !keys_ || keys_->etag != fresh->etag;
    keys_ = std::move(fresh);
    // Verifiers then forget what they remember, which they need not when only the ciphertext is another.
    if (changed) {
        ++generation_;
    }
}

void Keeper::wait(const std::stop_token& stop, std::chrono::milliseconds pause) {
    std::unique_lock lock{mutex_};
    wake_.wait_for(lock, stop, pause, [this] { return !orders_.empty(); });
}

}  // namespace pz::identity::keys
