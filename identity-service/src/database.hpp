#pragma once

#include <pz/audit/event.hpp>
#include <pz/pg/pool.hpp>
#include <pz/pg/query.hpp>
#include <pz/tenancy/database.hpp>
#include <pz/web/audit.hpp>
#include <pz/web/event_writer.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pz::identity {

/// What happened, for the audit log, where nobody has shown a token: the request knows the rest.
struct Happening {
    std::string action;
    core::Uuid tenant{};  ///< whose chain; nil: the platform's, where no organization can be told
    std::optional<core::Uuid> person{};
    std::string role{};
    std::optional<audit::Target> target{};
    /// For what anybody can cause again and again: of those with one name, one event in ten seconds, and the
    /// next one says how many there were (web::EventWriter). Empty: each is an event.
    std::string merged_by{};
};

/// identity-service's own tables (role pz_identity). A sign-in computes a password hash between two
/// statements, and no transaction may stay open for that, so here every statement is a transaction, one round
/// trip each; what must happen together is written as one statement. A small handle, valid while the request
/// lives.
class IdentityDb {
 public:
    /// `audit` and `events`: the request's; null where there is no request, and then nothing is recorded.
    IdentityDb(
        pg::Pool& pool,
        std::chrono::steady_clock::time_point deadline,
        core::Timeline* timeline = nullptr,
        web::RequestAudit* audit = nullptr,
        web::EventWriter* events = nullptr
    )
        : pool_(&pool), deadline_(deadline), timeline_(timeline), audit_(audit), events_(events) {}

    /// A handle whose statements that write leave this event in the same transaction, if they change
    /// anything: for one statement.
    [[nodiscard]] IdentityDb recording(Happening happening) const {
        IdentityDb db = *this;
        db.happening_ = std::make_shared<const Happening>(std::move(happening));
        return db;
    }

    /// An event that stands alone; returns when it is committed.
    [[nodiscard]] boost::asio::awaitable<void> record(Happening happening, audit::Outcome outcome) const;

    /// At most one row.
    template <class T, class... Args>
    [[nodiscard]] boost::asio::awaitable<std::optional<T>> find(pg::Query query, Args... args) const {
        return find_row<T>(*this, query, std::move(args)...);
    }

    template <class T, class... Args>
    [[nodiscard]] boost::asio::awaitable<std::vector<T>> list(pg::Query query, Args... args) const {
        return list_rows<T>(*this, query, std::move(args)...);
    }

    /// What a statement that writes says of at most one row (RETURNING).
    template <class T, class... Args>
    [[nodiscard]] boost::asio::awaitable<std::optional<T>> find_written(pg::Query query, Args... args) const {
        return find_written_row<T>(*this, query, std::move(args)...);
    }

    /// At most one row, as PeopleDb would find it: $1 is the tenant, and the statement runs only if person,
    /// session and tenant live as the claims say. Throws ApiError 401 or 403 when they do not. For endpoints
    /// that take a token in another place than the Authorization header.
    template <class T, class... Args>
    [[nodiscard]] boost::asio::awaitable<std::optional<T>> find_live(
        core::Uuid tenant, tenancy::LivenessClaims claims, pg::Query query, Args... args
    ) const {
        return find_live_row<T>(*this, tenant, std::move(claims), query, std::move(args)...);
    }

    /// Number of rows written.
    template <class... Args>
    [[nodiscard]] boost::asio::awaitable<std::uint64_t> write(pg::Query query, Args... args) const {
        return write_rows(*this, query, std::move(args)...);
    }

 private:
    // The coroutines take the handle by value: a member coroutine would keep a pointer to a handle that may
    // be gone.
    template <class T, class... Args>
    static boost::asio::awaitable<std::optional<T>> find_row(IdentityDb db, pg::Query query, Args... args) {
        tenancy::Transaction transaction(*db.pool_, db.options(tenancy::AccessMode::read_only));
        const tenancy::ServiceDb service(transaction);
        co_return co_await service.finish_optional<T>(query, args...);
    }

    template <class T, class... Args>
    static boost::asio::awaitable<std::optional<T>> find_live_row(
        IdentityDb db, core::Uuid tenant, tenancy::LivenessClaims claims, pg::Query query, Args... args
    ) {
        tenancy::Transaction::Options options = db.options(tenancy::AccessMode::read_only);
        options.scope = tenancy::Scope::people;
        options.tenant = tenant;
        options.claims = claims;
        tenancy::Transaction transaction(*db.pool_, options);
        const tenancy::PeopleDb people(transaction);
        co_return co_await people.finish_optional<T>(query, args...);
    }

    template <class T, class... Args>
    static boost::asio::awaitable<std::vector<T>> list_rows(IdentityDb db, pg::Query query, Args... args) {
        tenancy::Transaction transaction(*db.pool_, db.options(tenancy::AccessMode::read_only));
        const tenancy::ServiceDb service(transaction);
        co_return co_await service.finish<T>(query, args...);
    }

    template <class T, class... Args>
    static boost::asio::awaitable<std::optional<T>> find_written_row(
        IdentityDb db, pg::Query query, Args... args
    ) {
        Closing closing(db);
        tenancy::Transaction transaction(*db.pool_, db.writing(closing));
        const tenancy::ServiceDb service(transaction);
        std::optional<T> row = co_await service.finish_optional<T>(query, args...);
        closing.confirm();
        co_return row;
    }

    template <class... Args>
    static boost::asio::awaitable<std::uint64_t> write_rows(IdentityDb db, pg::Query query, Args... args) {
        Closing closing(db);
        tenancy::Transaction transaction(*db.pool_, db.writing(closing));
        const tenancy::ServiceDb service(transaction);
        const std::uint64_t rows = co_await service.finish_execute(query, args...);
        closing.confirm();
        co_return rows;
    }

    /// The last statement of a transaction that leaves an event.
    class Closing final : public tenancy::Closing {
     public:
        explicit Closing(const IdentityDb& db) : db_(db) {}

        [[nodiscard]] bool has_event() const noexcept { return db_.happening_ && db_.audit_ != nullptr; }

        [[nodiscard]] std::vector<pg::PreparedStatement> last_statements() override;
        /// The transaction has been committed.
        void confirm() const;

     private:
        const IdentityDb& db_;
    };

    [[nodiscard]] tenancy::Transaction::Options options(tenancy::AccessMode mode) const {
        return {
            .scope = tenancy::Scope::service,
            .mode = mode,
            .tenant = {},
            .claims = {},
            .deadline = deadline_,
            .timeline = timeline_,
        };
    }

    [[nodiscard]] tenancy::Transaction::Options writing(Closing& closing) const {
        tenancy::Transaction::Options options = this->options(tenancy::AccessMode::read_write);
        options.closing = closing.has_event() ? &closing : nullptr;
        return options;
    }

    pg::Pool* pool_;
    std::chrono::steady_clock::time_point deadline_;
    core::Timeline* timeline_;
    web::RequestAudit* audit_;
    web::EventWriter* events_;
    std::shared_ptr<const Happening> happening_{};
};

}  // namespace pz::identity
