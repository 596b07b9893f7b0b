#pragma once

#include <pz/pg/pool.hpp>
#include <pz/pg/query.hpp>
#include <pz/tenancy/database.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace pz::identity {

/// identity-service's own tables (role pz_identity). A sign-in computes a password hash between two
/// statements, and no transaction may stay open for that, so here every statement is a transaction, one round
/// trip each; what must happen together is written as one statement. A small handle, valid while the request
/// lives.
class IdentityDb {
 public:
    IdentityDb(
        pg::Pool& pool, std::chrono::steady_clock::time_point deadline, core::Timeline* timeline = nullptr
    )
        : pool_(&pool), deadline_(deadline), timeline_(timeline) {}

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
        tenancy::Transaction transaction(*db.pool_, db.options(tenancy::AccessMode::read_write));
        const tenancy::ServiceDb service(transaction);
        co_return co_await service.finish_optional<T>(query, args...);
    }

    template <class... Args>
    static boost::asio::awaitable<std::uint64_t> write_rows(IdentityDb db, pg::Query query, Args... args) {
        tenancy::Transaction transaction(*db.pool_, db.options(tenancy::AccessMode::read_write));
        const tenancy::ServiceDb service(transaction);
        co_return co_await service.finish_execute(query, args...);
    }

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

    pg::Pool* pool_;
    std::chrono::steady_clock::time_point deadline_;
    core::Timeline* timeline_;
};

}  // namespace pz::identity
