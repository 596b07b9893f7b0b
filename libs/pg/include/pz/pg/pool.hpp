#pragma once

#include <pz/core/secret.hpp>
#include <pz/pg/batch.hpp>
#include <pz/pg/query.hpp>
#include <pz/pg/result.hpp>

#include <boost/asio/awaitable.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace pz::pg {

class Connection;
class PoolState;

/// The defaults are the limits of docs/security.md; more backends than cores cost CPU, so few connections
/// carry many requests each.
struct PoolOptions {
    /// libpq's format. Host names are resolved without blocking; several hosts and target_session_attrs work.
    core::SecretString connection_string;
    /// For log lines and metrics: "app", "support", …
    std::string name = "app";
    /// Connections that carry many batches at once, and how many each carries at most.
    std::size_t shared_connections = 2;
    std::size_t depth = 16;
    /// Further connections, opened when needed: each serves one explicit transaction at a time, or relieves
    /// the shared ones while these wait for a slow statement.
    std::size_t extra_connections = 4;
    /// A connection whose oldest batch has been in flight for longer gets no new ones.
    std::chrono::milliseconds slow_after{20};
    /// So that one owner's slow statements never take everybody's connections: an owner may have this many
    /// batches in flight on connections that it shares, and none more while its own slow ones hold up
    /// `shared_connections` of them; half of the extra connections to itself; and half of the queue. What is
    /// beyond that waits its turn while others pass. Three per connection, so that even statements that run
    /// into their timeout let a neighbour behind them end in time.
    std::size_t owner_depth = 6;
    std::size_t queue_limit = 256;
    std::chrono::milliseconds queue_wait{250};
    std::chrono::milliseconds connect_timeout{2000};
    std::chrono::milliseconds statement_timeout{3000};
    std::chrono::milliseconds lock_timeout{1000};
    std::chrono::milliseconds idle_in_transaction_timeout{5000};
    /// Off for a PgBouncer older than 1.21, which does not know named prepared statements.
    bool named_statements = true;
    /// "auto", "force_generic_plan" or "force_custom_plan".
    std::string plan_cache_mode = "force_generic_plan";
};

struct PoolStats {
    /// Upper bounds in seconds of the waits counted below; the last count has none. The first means: at once.
    static constexpr std::array<double, 7> wait_bounds{0.0, 0.001, 0.005, 0.01, 0.05, 0.1, 0.25};

    std::size_t open_connections = 0;
    std::size_t leased_connections = 0;
    std::size_t busy_connections = 0;  ///< leased, or with a batch in flight
    std::size_t batches_in_flight = 0;
    std::size_t waiting = 0;
    std::uint64_t batches = 0;  ///< since the start, as the ones below
    std::uint64_t errors = 0;   ///< batches the server refused
    std::uint64_t queue_timeouts = 0;
    std::uint64_t deadlines = 0;  ///< whose deadline passed before the answer
    std::uint64_t connects = 0;
    std::uint64_t connection_losses = 0;
    std::array<std::uint64_t, wait_bounds.size() + 1> waits{};  ///< for a connection, where one was found
    std::chrono::microseconds waited{0};                        ///< their sum
};

/// One connection for one coroutine, for transactions that need a result before their next statement. Goes
/// back to the pool on destruction, which rolls back what is open, or closes what cannot be drained. Not to
/// outlive the pool's loop.
class Lease {
 public:
    Lease() = default;
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&& other) noexcept;
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease();

    [[nodiscard]] explicit operator bool() const noexcept { return connection_ != nullptr; }

    /// As Pool::run(), on this connection. One batch at a time.
    [[nodiscard]] boost::asio::awaitable<Result> run(Batch batch);
    void give_back() noexcept;

 private:
    friend class PoolState;
    Lease(std::shared_ptr<PoolState> pool, std::shared_ptr<Connection> connection);

    std::shared_ptr<PoolState> pool_;
    std::shared_ptr<Connection> connection_;
};

/// The database connections of one thread for one login role. Not thread-safe: everything happens on the
/// thread that runs the given io_context. Connects when first needed and again, with growing pauses, after a
/// loss.
class Pool {
 public:
    Pool(boost::asio::io_context& context, PoolOptions options);
    /// Closes; whoever still waits gets an Error of class 08.
    ~Pool();
    /// As the destructor does, for an orderly end.
    void close();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    /// Sends a whole transaction over a connection shared with other coroutines and returns the last
    /// statement's result. Throws Error, PoolTimeout, DeadlineExceeded; a cancelled coroutine gets
    /// boost::system::system_error.
    [[nodiscard]] boost::asio::awaitable<Result> run(Batch batch);
    /// A connection of one's own. Throws PoolTimeout and DeadlineExceeded.
    [[nodiscard]] boost::asio::awaitable<Lease> acquire(
        std::chrono::steady_clock::time_point deadline, std::optional<core::Uuid> owner = std::nullopt
    );
    /// Has the server parse every statement against its schema; throws the first Error, which names the
    /// statement.
    [[nodiscard]] boost::asio::awaitable<void> prepare(std::vector<Query> statements);
    /// For /readyz: does a query come back within the time given?
    [[nodiscard]] boost::asio::awaitable<bool> ready(std::chrono::milliseconds within);

    [[nodiscard]] PoolStats stats() const noexcept;
    [[nodiscard]] const PoolOptions& options() const noexcept;

 private:
    std::shared_ptr<PoolState> state_;
};

}  // namespace pz::pg
