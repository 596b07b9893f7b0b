#pragma once

#include <pz/core/timeline.hpp>
#include <pz/core/uuid.hpp>
#include <pz/pg/batch.hpp>
#include <pz/pg/parameters.hpp>
#include <pz/pg/pool.hpp>
#include <pz/pg/query.hpp>
#include <pz/pg/result.hpp>
#include <pz/pg/row.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

/// A request's transaction and the handles through which handlers and repositories use it. The only code that
/// says BEGIN or SET LOCAL.
///
/// A handle has two ways to run a statement:
/// - query, query_optional, execute: the transaction stays open for the next statement. Takes a connection of
/// its own.
/// - finish, finish_optional, finish_execute: this is the last statement of the request. Everything from
/// BEGIN to COMMIT
///   leaves in one flush and costs one round trip on a shared connection. No statement may follow.
/// queue() adds a statement to the next flush without waiting for it.
namespace pz::tenancy {

enum class AccessMode : std::uint8_t { read_only, read_write };

/// The support session that a request is part of, as its token claims. The views must outlive the
/// transaction.
struct ImpersonationClaims {
    core::Uuid session;
    std::string_view agent_role;
    std::string_view mode;
};

/// What the token claimed; checked inside the transaction by platform.require_live_token(). Person and
/// session are empty for an anonymous request, of which only the tenant is checked.
struct LivenessClaims {
    std::optional<core::Uuid> person;
    std::int32_t person_epoch = 0;
    std::int32_t tenant_epoch = 0;
    std::optional<core::Uuid> session;
    std::string_view signing_key{};  ///< kid of the token's key; must outlive the transaction
    /// Person, epoch and session are the agent's then, and platform.require_live_impersonation() checks them.
    /// Such a transaction commits by itself, in a flush of its own that counts the request: whatever it has
    /// read is known by then.
    std::optional<ImpersonationClaims> impersonation{};
};

/// Which pool a transaction runs on, and what it may see.
enum class Scope : std::uint8_t {
    tenant,   ///< pz_app: one tenant's rows; $1 is the tenant
    support,  ///< pz_support: one tenant's rows, read-only by grant (so that the audit row still commits); $1
              ///< is the tenant
    admin,    ///< pz_admin: rows of all tenants; $1 is the caller's first argument; the tenant is the actor's
              ///< home
    people,   ///< pz_identity, for somebody who is signed in: identity's tables, by the token's tenant; $1 is
              ///< the tenant
    service,  ///< pz_identity: no tenant and no liveness check; $1 is the caller's first argument
};

/// What a transaction says last. It is not asked when nothing was ever sent to the database.
class Closing {
 public:
    Closing() = default;
    Closing(const Closing&) = delete;
    Closing& operator=(const Closing&) = delete;

    /// In their order; may be none. What it throws ends the request with everything undone.
    [[nodiscard]] virtual std::vector<pg::PreparedStatement> last_statements() = 0;

 protected:
    ~Closing() = default;
};

/// The state of one request's transaction. Owned by the request's frame, which ends it: commit() after the
/// handler returned, or abandon() (also done by the destructor) after anything else. Not thread-safe, not
/// copyable; handles point to it.
class Transaction {
 public:
    struct Options {
        Scope scope = Scope::tenant;
        AccessMode mode = AccessMode::read_only;
        /// False for a read_write transaction in which only `closing` writes: nothing of the tenant changes,
        /// so a read-only organization has no objection.
        bool changes = true;
        core::Uuid tenant{};
        LivenessClaims claims{};
        std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
        /// Asked once for a statement to stand directly in front of COMMIT, when what the transaction did is
        /// about to be sent: the audit log's. In the same flush as the handler's last statement. Must outlive
        /// the transaction; null: none.
        Closing* closing = nullptr;
        /// Where each flush is noted, with the name of its last statement; null: nowhere.
        core::Timeline* timeline = nullptr;
    };

    Transaction(pg::Pool& pool, Options options);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    /// Commits what is open. Nothing to do after a finish…(), or when nothing was ever sent. Throws as the
    /// statements do.
    [[nodiscard]] boost::asio::awaitable<void> commit();
    /// Gives the connection back; the pool rolls back what is open.
    void abandon() noexcept;
    /// From now on a finish…() leaves the transaction open, for what queue_last() adds once the handler has
    /// returned. The handler notices nothing.
    void keep_open() noexcept;
    /// For the one request of a support session that ends it: it is not counted, as there is nothing left to
    /// count it in.
    void leave_uncounted() noexcept;
    /// Sent together with COMMIT, behind everything that the handler did.
    void queue_last(pg::Query query, pg::Parameters parameters);
    /// As abandon(); the next statement begins a new transaction.
    void restart() noexcept;
    /// For an answer that goes on behind its commit: the next statement begins another transaction, which
    /// only reads, is under the same liveness check, and asks `closing` for nothing.
    void read_on(std::chrono::steady_clock::time_point deadline) noexcept;

    [[nodiscard]] core::Uuid tenant() const noexcept { return options_.tenant; }

    [[nodiscard]] AccessMode mode() const noexcept { return options_.mode; }

    [[nodiscard]] Scope scope() const noexcept { return options_.scope; }

    /// For the handles. Throws core::ApiError when the liveness check refuses (401 session_ended, 401
    /// impersonation_ended, 403 tenant_suspended, 403 tenant_read_only), else as Pool::run().
    void queue(pg::Query query, pg::Parameters parameters);
    [[nodiscard]] boost::asio::awaitable<pg::Result> step(pg::Query query, pg::Parameters parameters);
    [[nodiscard]] boost::asio::awaitable<pg::Result> finish(pg::Query query, pg::Parameters parameters);

 private:
    enum class State : std::uint8_t {
        fresh,
        open,
        held,  ///< the handler has finished, commit() is to come
        finished,
        failed
    };

    void append_preamble(std::vector<pg::Statement>& statements) const;
    [[nodiscard]] pg::PreparedStatement liveness() const;
    [[nodiscard]] std::optional<core::Uuid> owner() const noexcept;
    [[nodiscard]] std::size_t append_closing();
    [[nodiscard]] pg::Batch next_batch(pg::Ending ending);
    [[nodiscard]] boost::asio::awaitable<pg::Result> run(
        std::optional<pg::PreparedStatement> last, State then
    );
    void require_usable() const;

    pg::Pool& pool_;
    Options options_;
    State state_ = State::fresh;
    bool keeps_open_ = false;
    bool counted_ = true;
    std::vector<pg::Statement> queued_;
    std::vector<pg::Statement> queued_last_;
    pg::Lease lease_;
};

/// A small copyable handle. Parameters are encoded before a function returns, so views and references are
/// safe to pass; the awaitable must be awaited while the request lives.
template <Scope scope>
class Database {
 public:
    /// Whether $1 is the tenant, bound by this class; the caller's arguments then start at $2.
    static constexpr bool binds_tenant =
        scope == Scope::tenant || scope == Scope::support || scope == Scope::people;

    explicit Database(Transaction& transaction) : transaction_(&transaction) {}

    [[nodiscard]] core::Uuid tenant() const noexcept { return transaction_->tenant(); }

    template <class T, class... Args>
    [[nodiscard]] boost::asio::awaitable<std::vector<T>> query(pg::Query query, const Args&... args) const {
        return all_rows<T>(transaction_->step(query, bind(args...)));
    }

    /// At most one row.
    template <class T, class... Args>
    [[nodiscard]] boost::asio::awaitable<std::optional<T>> query_optional(
        pg::Query query, const Args&... args
    ) const {
        return one_row<T>(transaction_->step(query, bind(args...)));
    }

    /// Number of rows inserted, updated or deleted.
    template <class... Args>
    [[nodiscard]] boost::asio::awaitable<std::uint64_t> execute(pg::Query query, const Args&... args) const {
        return affected_rows(transaction_->step(query, bind(args...)));
    }

    template <class T, class... Args>
    [[nodiscard]] boost::asio::awaitable<std::vector<T>> finish(pg::Query query, const Args&... args) const {
        return all_rows<T>(transaction_->finish(query, bind(args...)));
    }

    template <class T, class... Args>
    [[nodiscard]] boost::asio::awaitable<std::optional<T>> finish_optional(
        pg::Query query, const Args&... args
    ) const {
        return one_row<T>(transaction_->finish(query, bind(args...)));
    }

    template <class... Args>
    [[nodiscard]] boost::asio::awaitable<std::uint64_t> finish_execute(pg::Query query, const Args&... args)
        const {
        return affected_rows(transaction_->finish(query, bind(args...)));
    }

    /// Sent in front of the next statement, or of COMMIT; its rows are dropped, its error fails the request.
    template <class... Args>
    void queue(pg::Query query, const Args&... args) const {
        transaction_->queue(query, bind(args...));
    }

 private:
    template <class... Args>
    [[nodiscard]] pg::Parameters bind(const Args&... args) const {
        if constexpr (binds_tenant) {
            return pg::Parameters::of(transaction_->tenant(), args...);
        } else {
            return pg::Parameters::of(args...);
        }
    }

    template <class T>
    static boost::asio::awaitable<std::vector<T>> all_rows(boost::asio::awaitable<pg::Result> work) {
        const pg::Result result = co_await std::move(work);
        co_return pg::rows_of<T>(result);
    }

    template <class T>
    static boost::asio::awaitable<std::optional<T>> one_row(boost::asio::awaitable<pg::Result> work) {
        const pg::Result result = co_await std::move(work);
        co_return pg::optional_row_of<T>(result);
    }

    static boost::asio::awaitable<std::uint64_t> affected_rows(boost::asio::awaitable<pg::Result> work) {
        const pg::Result result = co_await std::move(work);
        co_return result.affected_rows();
    }

    Transaction* transaction_;
};

using TenantDb = Database<Scope::tenant>;
using SupportDb = Database<Scope::support>;
/// Across tenants. Each use is logged with the acting person's id.
using AdminDb = Database<Scope::admin>;
/// For identity-service's routes that need a token: who is in the token's tenant. No policy stands behind
/// these tables, so every statement says `tenant_id = $1`.
using PeopleDb = Database<Scope::people>;
/// For identity-service's own tables before anybody is signed in.
using ServiceDb = Database<Scope::service>;

/// The statements this library sends on its own, for StatementRegistry.
[[nodiscard]] std::span<const pg::Query> queries();

}  // namespace pz::tenancy
