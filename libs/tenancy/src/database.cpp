#include <pz/tenancy/database.hpp>

#include <pz/core/check.hpp>
#include <pz/core/error.hpp>
#include <pz/pg/batch.hpp>
#include <pz/pg/error.hpp>

#include <spdlog/spdlog.h>

#include <array>
#include <utility>

namespace asio = boost::asio;

namespace pz::tenancy {

namespace {

constexpr pg::Query begin{"tenancy.begin", "BEGIN"};
constexpr pg::Query begin_read_only{"tenancy.begin_read_only", "BEGIN READ ONLY"};
constexpr pg::Setting current_tenant{"app.current_tenant"};
/// Stands behind SET LOCAL, because the table's policy and the function read the tenant from there. The
/// function runs only when the table does not settle it, and decides: the caller is anonymous, not live, or
/// has a token of another key than the one that signs now.
constexpr pg::Query require_live{"tenancy.require_live", R"sql(
    SELECT platform.require_live_token($6::text, $1::uuid, $2::integer, $3::integer, $4::uuid, $5::boolean)
     WHERE NOT EXISTS (
       SELECT FROM platform.live_session
        WHERE tenant_id = $7 AND id = $4 AND person_id = $1 AND person_epoch = $2 AND tenant_epoch = $3
          AND signing_key = $6 AND expires_at > now() AND (writable OR NOT $5)))sql"};

constexpr pg::Query require_live_impersonation{"tenancy.require_live_impersonation", R"sql(
    SELECT platform.require_live_impersonation(
      $1::text, $2::uuid, $3::uuid, $4::text, $5::integer, $6::uuid, $7::integer, $8::text))sql"};
constexpr pg::Query count_impersonated_request{"tenancy.count_impersonated_request", R"sql(
    SELECT platform.count_impersonated_request($1::uuid))sql"};

constexpr std::array statements{
    begin, begin_read_only, require_live, require_live_impersonation, count_impersonated_request
};

/// What platform.require_live_token() and the functions that hold limits refuse is an answer for the client;
/// everything else is not ours to interpret.
void throw_if_refused(const pg::Error& error) {
    if (error.sqlstate() == "PZ401") {
        throw core::unauthorized(core::ErrorCode::session_ended, "the session has ended")
            .with_cause(error.what());
    }
    // In the words of a token that does not verify: once the issuer's keys are fetched again it is one.
    if (error.sqlstate() == "PZ498") {
        throw core::unauthorized(core::ErrorCode::invalid_token, "the token is not valid")
            .with_cause(error.what());
    }
    if (error.sqlstate() == "PZ440") {
        throw core::unauthorized(core::ErrorCode::impersonation_ended, "the support session has ended")
            .with_cause(error.what());
    }
    if (error.sqlstate() == "PZ403") {
        throw core::forbidden("the organization is suspended", core::ErrorCode::tenant_suspended)
            .with_cause(error.what());
    }
    if (error.sqlstate() == "PZ423") {
        throw core::forbidden("the organization is read-only", core::ErrorCode::tenant_read_only)
            .with_cause(error.what());
    }
    if (error.sqlstate() == "PZ402") {  // its message is the limit, its constraint the limit's name
        throw core::limit_reached({.name = error.constraint(), .value = std::stoll(error.detail())});
    }
}

}  // namespace

std::span<const pg::Query> queries() {
    return statements;
}

Transaction::Transaction(pg::Pool& pool, Options options) : pool_(pool), options_(options) {
    PZ_CHECK(options_.scope != Scope::admin || options_.claims.person.has_value());
}

Transaction::~Transaction() {
    abandon();
}

void Transaction::append_preamble(std::vector<pg::Statement>& batch) const {
    const LivenessClaims& claims = options_.claims;
    batch.emplace_back(
        pg::PreparedStatement{options_.mode == AccessMode::read_only ? begin_read_only : begin, {}}
    );
    if (options_.scope == Scope::service) {
        return;
    }
    if (options_.scope == Scope::admin && claims.person) {
        spdlog::info(
            "event=admin_database actor={} home_tenant={} writes={}",
            claims.person->to_string(),
            options_.tenant.to_string(),
            options_.mode == AccessMode::read_write
        );
    }
    batch.emplace_back(pg::SetLocal{current_tenant, options_.tenant});
    batch.emplace_back(liveness());
}

pg::PreparedStatement Transaction::liveness() const {
    const LivenessClaims& claims = options_.claims;
    if (claims.impersonation) {
        return {
            require_live_impersonation,
            pg::Parameters::of(
                claims.signing_key,
                claims.impersonation->session,
                claims.person,
                claims.impersonation->agent_role,
                claims.person_epoch,
                claims.session,
                claims.tenant_epoch,
                claims.impersonation->mode
            )
        };
    }
    // What a read-only tenant must not do. A support agent's transaction writes only its own audit row, and
    // sessions, passwords and factors are a person's and not the tenant's: nobody may be kept from ending a
    // stolen session.
    const bool writes = options_.mode == AccessMode::read_write && options_.changes &&
                        (options_.scope == Scope::tenant || options_.scope == Scope::admin);
    return {
        require_live,
        pg::Parameters::of(
            claims.person,
            claims.person_epoch,
            claims.tenant_epoch,
            claims.session,
            writes,
            claims.signing_key,
            options_.tenant
        )
    };
}

/// Who shares the pool with whom: tenants. Platform staff and services have pools of their own.
std::optional<core::Uuid> Transaction::owner() const noexcept {
    const bool shared = options_.scope == Scope::tenant || options_.scope == Scope::people;
    return shared ? std::optional{options_.tenant} : std::nullopt;
}

pg::Batch Transaction::next_batch(pg::Ending ending) {
    pg::Batch batch;
    batch.ending = ending;
    batch.answer_before_commit = options_.mode == AccessMode::read_only;
    batch.deadline = options_.deadline;
    batch.owner = owner();
    batch.statements.reserve(queued_.size() + 4);
    if (state_ == State::fresh) {
        append_preamble(batch.statements);
    }
    for (pg::Statement& statement : std::exchange(queued_, {})) {
        batch.statements.push_back(std::move(statement));
    }
    return batch;
}

/// How many statements were put behind the queued ones.
std::size_t Transaction::append_closing() {
    const std::size_t before = queued_.size();
    if (counted_ && options_.claims.impersonation && options_.mode == AccessMode::read_write) {
        queued_.emplace_back(pg::PreparedStatement{
            count_impersonated_request, pg::Parameters::of(options_.claims.impersonation->session)
        });
    }
    if (options_.closing != nullptr) {
        for (pg::PreparedStatement& statement : options_.closing->last_statements()) {
            queued_.emplace_back(std::move(statement));
        }
    }
    return queued_.size() - before;
}

/// Sends what is queued and `last`. A whole transaction goes over a shared connection; anything else needs
/// one to itself.
asio::awaitable<pg::Result> Transaction::run(std::optional<pg::PreparedStatement> last, State then) {
    require_usable();
    const core::TimedStep step(options_.timeline, "db", last ? last->query.name() : "commit");
    if (last) {
        queued_.emplace_back(*std::move(last));
    }
    const bool commits = then == State::finished;
    const std::size_t trailing = commits ? append_closing() : 0;
    const bool exclusive = state_ == State::open || state_ == State::held || !commits;
    pg::Batch batch = next_batch(commits ? pg::Ending::commit : pg::Ending::stay_open);
    batch.trailing = trailing;
    state_ = State::failed;  // unless we get to the end
    try {
        if (exclusive && !lease_) {
            lease_ = co_await pool_.acquire(options_.deadline, owner());
        }
        pg::Result result;
        if (exclusive) {
            result = co_await lease_.run(std::move(batch));
        } else {
            result = co_await pool_.run(std::move(batch));
        }
        state_ = then;
        if (commits) {
            lease_.give_back();
        }
        co_return result;
    } catch (const pg::Error& error) {
        throw_if_refused(error);
        throw;
    }
}

void Transaction::require_usable() const {
    PZ_CHECK(state_ != State::finished);
    if (state_ == State::failed) {
        throw pg::Error("25P02", {}, {}, "an earlier statement of this transaction failed");
    }
}

void Transaction::queue(pg::Query query, pg::Parameters parameters) {
    PZ_CHECK(state_ != State::held);
    require_usable();
    queued_.emplace_back(pg::PreparedStatement{query, std::move(parameters)});
}

void Transaction::keep_open() noexcept {
    keeps_open_ = true;
}

void Transaction::leave_uncounted() noexcept {
    counted_ = false;
}

void Transaction::queue_last(pg::Query query, pg::Parameters parameters) {
    require_usable();
    queued_last_.emplace_back(pg::PreparedStatement{query, std::move(parameters)});
}

asio::awaitable<pg::Result> Transaction::step(pg::Query query, pg::Parameters parameters) {
    PZ_CHECK(state_ != State::held);
    return run(pg::PreparedStatement{query, std::move(parameters)}, State::open);
}

asio::awaitable<pg::Result> Transaction::finish(pg::Query query, pg::Parameters parameters) {
    PZ_CHECK(state_ != State::held);
    const bool waits = keeps_open_ || options_.claims.impersonation.has_value();
    const State then = waits ? State::held : State::finished;
    return run(pg::PreparedStatement{query, std::move(parameters)}, then);
}

asio::awaitable<void> Transaction::commit() {
    for (pg::Statement& statement : std::exchange(queued_last_, {})) {
        queued_.push_back(std::move(statement));
    }
    if (state_ == State::fresh && queued_.empty() && !options_.claims.impersonation) {
        state_ = State::finished;
    }
    if (state_ != State::finished) {
        const pg::Result nothing = co_await run(std::nullopt, State::finished);
    }
}

void Transaction::abandon() noexcept {
    queued_.clear();
    queued_last_.clear();
    state_ = State::finished;
    lease_.give_back();
}

void Transaction::restart() noexcept {
    abandon();
    keeps_open_ = false;
    state_ = State::fresh;
}

void Transaction::read_on(std::chrono::steady_clock::time_point deadline) noexcept {
    restart();
    options_.mode = AccessMode::read_only;
    options_.closing = nullptr;
    options_.deadline = deadline;
}

}  // namespace pz::tenancy
