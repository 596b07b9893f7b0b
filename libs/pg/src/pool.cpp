#include <pz/pg/pool.hpp>

#include "connection.hpp"
#include "job.hpp"
#include "pool_state.hpp"

#include <pz/core/check.hpp>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace asio = boost::asio;

namespace pz::pg {

namespace {

constexpr Query probe{"pg.probe", "SELECT 1"};

/// How often deadlines are looked at. One coarse timer per pool instead of one timer per request.
constexpr std::chrono::milliseconds tick_interval{10};
/// How much longer than statement_timeout the oldest job may take before the connection counts as stuck.
constexpr std::chrono::milliseconds stuck_margin{1000};
constexpr std::chrono::milliseconds first_pause{50};
constexpr std::chrono::milliseconds longest_pause{2000};

std::exception_ptr cancelled() {
    return std::make_exception_ptr(boost::system::system_error(asio::error::operation_aborted));
}

std::exception_ptr pool_timeout(const char* what) {
    return std::make_exception_ptr(PoolTimeout(what));
}

std::exception_ptr deadline_exceeded() {
    return std::make_exception_ptr(
        DeadlineExceeded("the database did not answer before the request's deadline")
    );
}

/// Binds the completion handler of one co_await to a job: `start` sends it, cancellation abandons it.
template <class Start>
asio::awaitable<Result> wait_for(std::shared_ptr<PoolState> pool, std::shared_ptr<Job> job, Start start) {
    return asio::async_initiate<const asio::use_awaitable_t<>, void(std::exception_ptr, Result)>(
        [](auto handler,
           const std::shared_ptr<PoolState>& state,
           std::shared_ptr<Job> work,
           const Start& begin) {
            if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected()) {
                slot.assign([state, weak = std::weak_ptr(work)](asio::cancellation_type) {
                    if (const auto abandoned = weak.lock()) {
                        state->abandon(*abandoned, cancelled());
                    }
                });
            }
            work->waiter = std::move(handler);
            begin(std::move(work));
        },
        asio::use_awaitable,
        std::move(pool),
        std::move(job),
        std::move(start)
    );
}

asio::awaitable<Result> submit_and_wait(std::shared_ptr<PoolState> pool, std::shared_ptr<Job> job) {
    PoolState& state = *pool;
    return wait_for(std::move(pool), std::move(job), [&state](std::shared_ptr<Job> work) {
        state.submit(std::move(work));
    });
}

}  // namespace

PoolState::PoolState(asio::io_context& context, PoolOptions options)
    : executor_(context.get_executor()),
      options_(std::make_shared<const PoolOptions>(std::move(options))),
      timer_(executor_) {
    PZ_CHECK(options_->shared_connections > 0 && options_->depth > 0);
}

void PoolState::check_thread() {
    if (thread_ == std::thread::id{}) {
        thread_ = std::this_thread::get_id();
    }
    PZ_CHECK(thread_ == std::this_thread::get_id());
}

bool PoolState::has_room(const Connection& connection, Moment now) const noexcept {
    return connection.is_ready() && connection.in_flight() < options_->depth &&
           (connection.in_flight() == 0 || now - connection.head_since() < options_->slow_after);
}

/// The least loaded shared connection; behind a slow statement or a full queue, an extra one that nobody has
/// to himself. One owner's writes follow each other on one connection: on two they would wait for each
/// other's locks, the end of their audit chain above all, and hold up the neighbours on both.
Connection* PoolState::choose(const Job& job, Moment now) {
    if (job.writes() && job.batch.owner) {
        const auto before = std::ranges::find_if(shared_, [&](const auto& connection) {
            return has_room(*connection, now) && connection->has_writer(job.batch.owner);
        });
        if (before != shared_.end()) {
            return before->get();
        }
    }
    Connection* best = nullptr;
    bool any_ready = false;
    for (const auto& connection : shared_) {
        any_ready |= connection->is_ready();
        if (has_room(*connection, now) && (best == nullptr || connection->in_flight() < best->in_flight())) {
            best = connection.get();
        }
    }
    // Another connection is worth its backend as soon as requests pile up; it opens in the background.
    if (shared_.size() < options_->shared_connections && (best == nullptr || best->in_flight() > 1)) {
        open_shared();
    }
    if (best != nullptr || !any_ready || anybody_may_lease()) {
        return best;
    }
    bool one_is_free = false;
    for (const Extra& extra : extra_) {
        one_is_free |= !extra.leased;
        if (!extra.leased && has_room(*extra.connection, now) &&
            (best == nullptr || extra.connection->in_flight() < best->in_flight())) {
            best = extra.connection.get();
        }
    }
    if (!one_is_free) {  // one reserve is enough: if that is slow too, more backends would make it worse
        open_extra();
    }
    return best;
}

bool PoolState::may_send(const Owner& owner, Moment now) const noexcept {
    if (!owner) {
        return true;
    }
    std::size_t in_flight = 0;
    std::size_t held_up = 0;
    const auto count = [&](const Connection& connection) {
        const auto& jobs = connection.jobs();
        in_flight += static_cast<std::size_t>(std::ranges::count(jobs, owner, [](const auto& job) {
            return job->batch.owner;
        }));
        const bool is_slow = now - connection.head_since() >= options_->slow_after;
        held_up += !jobs.empty() && is_slow && jobs.front()->batch.owner == owner ? 1U : 0U;
    };
    for (const auto& connection : shared_) {
        count(*connection);
    }
    for (const Extra& extra : extra_) {
        if (!extra.leased) {
            count(*extra.connection);
        }
    }
    return in_flight < options_->owner_depth && held_up < options_->shared_connections;
}

bool PoolState::may_lease(const Owner& owner) const noexcept {
    const auto is_theirs = [&owner](const Extra& extra) { return extra.leased && extra.owner == owner; };
    const auto held = static_cast<std::size_t>(std::ranges::count_if(extra_, is_theirs));
    return !owner || held < std::max<std::size_t>(1, options_->extra_connections / 2);
}

bool PoolState::may_wait(const Owner& owner) const noexcept {
    const std::size_t limit = options_->queue_limit;
    if (waiting() >= limit) {
        return false;
    }
    const std::size_t share = std::max<std::size_t>(1, limit / 2);
    if (!owner || waiting() < share) {
        return true;
    }
    const auto theirs =
        std::ranges::count(waiting_jobs_, owner, [](const auto& job) { return job->batch.owner; }) +
        std::ranges::count(waiting_leases_, owner, [](const auto& request) { return request->owner; });
    return static_cast<std::size_t>(theirs) < share;
}

bool PoolState::anybody_may_lease() const noexcept {
    return std::ranges::any_of(waiting_leases_, [this](const auto& request) {
        return may_lease(request->owner);
    });
}

PoolState::Extra* PoolState::choose_free_extra() {
    const auto free = std::ranges::find_if(extra_, [](const Extra& extra) {
        return !extra.leased && extra.connection->is_free();
    });
    return free == extra_.end() ? nullptr : &*free;
}

void PoolState::submit(std::shared_ptr<Job> job) {
    check_thread();
    ++totals_.batches;
    if (closed_) {
        abandon(*job, std::make_exception_ptr(Error("08003", {}, {}, "the pool is closed")));
        return;
    }
    const Moment now = std::chrono::steady_clock::now();
    if (job->batch.deadline <= now) {
        ++totals_.deadlines;
        abandon(*job, deadline_exceeded());
        return;
    }
    start_ticking();
    if (waiting_jobs_.empty() && may_send(job->batch.owner, now)) {
        if (Connection* connection = choose(*job, now)) {
            note_wait({});
            connection->send(std::move(job));
            return;
        }
    }
    if (!may_wait(job->batch.owner)) {
        ++totals_.queue_timeouts;
        abandon(*job, pool_timeout("too many requests wait for a database connection"));
        return;
    }
    job->queue_deadline = now + options_->queue_wait;
    waiting_jobs_.push_back(std::move(job));
    if (waiting_jobs_.size() > 1) {
        serve_jobs(now);  // those in front may wait for their owner's share, not for room
    }
}

void PoolState::submit_to(Connection& connection, std::shared_ptr<Job> job) {
    check_thread();
    ++totals_.batches;
    if (!connection.is_ready()) {
        abandon(*job, std::make_exception_ptr(Error("08003", {}, {}, "the connection is closed")));
        return;
    }
    start_ticking();
    connection.send(std::move(job));
}

void PoolState::request_lease(std::shared_ptr<LeaseRequest> request) {
    check_thread();
    if (closed_) {
        abandon(*request, std::make_exception_ptr(Error("08003", {}, {}, "the pool is closed")));
        return;
    }
    if (!may_wait(request->owner)) {
        ++totals_.queue_timeouts;
        abandon(*request, pool_timeout("too many requests wait for a database connection"));
        return;
    }
    request->gives_up = std::chrono::steady_clock::now() + options_->queue_wait;
    waiting_leases_.push_back(std::move(request));
    start_ticking();
    // Through the loop: the waiting coroutine is not suspended yet.
    asio::post(executor_, [self = shared_from_this()] { self->serve(); });
}

void PoolState::take_back(const std::shared_ptr<Connection>& connection) noexcept {
    const auto extra = std::ranges::find(extra_, connection, &Extra::connection);
    if (extra != extra_.end()) {
        extra->leased = false;
        extra->owner.reset();
    }
    try {
        if (connection->is_ready() && connection->leaves_transaction_open()) {
            auto job = std::make_shared<Job>();
            job->housekeeping = true;
            job->batch.ending = Ending::rollback;
            start_ticking();
            connection->send(std::move(job));
        }
        if (waiting() > 0) {
            asio::post(executor_, [self = shared_from_this()] { self->serve(); });
        }
    } catch (const std::exception&) {  // no memory for the rollback: the server does it when the connection
                                       // ends
        connection->lose("could not be given back");
    }
}

void PoolState::abandon(Job& job, std::exception_ptr reason) {
    if (job.has_waiter()) {
        asio::post(
            executor_,
            [waiter = std::exchange(job.waiter, nullptr), reason = std::move(reason)]() mutable {
                waiter(std::move(reason), Result{});
            }
        );
    }
}

void PoolState::abandon(LeaseRequest& request, std::exception_ptr reason) {
    if (request.waiter) {
        asio::post(
            executor_,
            [waiter = std::exchange(request.waiter, nullptr), reason = std::move(reason)]() mutable {
                waiter(std::move(reason), Lease{});
            }
        );
    }
}

void PoolState::on_room() {
    if (waiting() > 0) {
        serve();
    }
}

void PoolState::on_job_refused() {
    ++totals_.errors;
}

void PoolState::on_unanswered(std::shared_ptr<Job> job) {
    asio::post(executor_, [self = shared_from_this(), job = std::move(job)]() mutable {
        if (job->has_waiter()) {
            self->submit(std::move(job));
        }
    });
}

void PoolState::on_lost() {
    ++totals_.connection_losses;
    if (!closed_) {
        asio::post(executor_, [self = shared_from_this()] { self->serve(); });
    }
}

void PoolState::serve() {
    std::erase_if(shared_, [](const auto& connection) { return connection->is_closed(); });
    std::erase_if(extra_, [](const Extra& extra) { return extra.connection->is_closed(); });
    if (closed_) {
        return;
    }
    serve_leases();
    serve_jobs(std::chrono::steady_clock::now());
}

void PoolState::serve_leases() {
    for (auto next = waiting_leases_.begin(); next != waiting_leases_.end();) {
        if (!(*next)->waiter) {  // cancelled or expired
            next = waiting_leases_.erase(next);
            continue;
        }
        if (!may_lease((*next)->owner)) {
            ++next;
            continue;
        }
        Extra* free = choose_free_extra();
        if (free == nullptr) {
            open_extra();
            return;
        }
        const auto request = std::move(*next);
        next = waiting_leases_.erase(next);
        free->leased = true;
        free->owner = request->owner;
        note_wait(std::chrono::steady_clock::now() - (request->gives_up - options_->queue_wait));
        asio::post(
            executor_,
            [waiter = std::exchange(request->waiter, nullptr),
             lease = Lease(shared_from_this(), free->connection)]() mutable {
                waiter(nullptr, std::move(lease));
            }
        );
    }
}

void PoolState::serve_jobs(Moment now) {
    if (std::exchange(serving_jobs_, true)) {
        return;  // an attempt to connect that fails at once comes back here from choose()
    }

    const struct Done {
        bool& serving;

        ~Done() { serving = false; }
    } done{serving_jobs_};

    Owner passed_over;  // whose turn it is not, for as long as nothing was sent
    for (auto next = waiting_jobs_.begin(); next != waiting_jobs_.end();) {
        const Owner owner = (*next)->batch.owner;
        if (!(*next)->has_waiter()) {
            next = waiting_jobs_.erase(next);
            continue;
        }
        if (owner && (owner == passed_over || !may_send(owner, now))) {
            passed_over = owner;
            ++next;
            continue;
        }
        Connection* connection = choose(**next, now);
        if (connection == nullptr) {
            return;
        }
        const auto job = std::move(*next);
        next = waiting_jobs_.erase(next);
        note_wait(now - (job->queue_deadline - options_->queue_wait));
        connection->send(job);
    }
}

bool PoolState::may_connect(Moment now) const noexcept {
    return !closed_ && now >= connect_again_;
}

/// One at a time: the one that is about to be ready may do.
void PoolState::open_shared() {
    const bool one_is_coming = std::ranges::any_of(shared_, [](const auto& connection) {
        return !connection->is_ready() && !connection->is_closed();
    });
    if (!one_is_coming && shared_.size() < options_->shared_connections &&
        may_connect(std::chrono::steady_clock::now())) {
        shared_.push_back(open());
    }
}

void PoolState::open_extra() {
    const bool one_is_coming = std::ranges::any_of(extra_, [](const Extra& extra) {
        return !extra.connection->is_ready() && !extra.connection->is_closed();
    });
    if (!one_is_coming && extra_.size() < options_->extra_connections &&
        may_connect(std::chrono::steady_clock::now())) {
        extra_.push_back({.connection = open()});
    }
}

std::shared_ptr<Connection> PoolState::open() {
    auto connection = std::make_shared<Connection>(executor_, options_, weak_from_this());
    asio::co_spawn(
        executor_,
        Connection::connect(connection),
        [self = shared_from_this(), connection](std::exception_ptr failure) {
            self->on_connected(connection, failure);
        }
    );
    return connection;
}

void PoolState::on_connected(
    const std::shared_ptr<Connection>& connection, const std::exception_ptr& failure
) {
    if (failure == nullptr) {
        ++totals_.connects;
        pause_ = std::chrono::milliseconds{0};
        if (closed_) {
            connection->close("the pool is closed");
        }
        serve();
        return;
    }
    pause_ = std::clamp(pause_ * 2, first_pause, longest_pause);
    connect_again_ = std::chrono::steady_clock::now() + pause_;
    try {
        std::rethrow_exception(failure);
    } catch (const Error& error) {
        spdlog::warn("cannot connect to database \"{}\": {}", options_->name, error.detail());
    } catch (const std::exception& error) {
        spdlog::warn("cannot connect to database \"{}\": {}", options_->name, error.what());
    }
    connection->close("cannot connect");
    serve();
}

void PoolState::start_ticking() {
    if (std::exchange(ticking_, true)) {
        return;
    }
    timer_.expires_after(tick_interval);
    timer_.async_wait([self = shared_from_this()](boost::system::error_code failure) {
        self->ticking_ = false;
        if (!failure) {
            self->tick();
        }
    });
}

void PoolState::tick() {
    const Moment now = std::chrono::steady_clock::now();
    expire_waiting(now);
    std::size_t in_flight = 0;
    // By copy: closing a stuck connection changes the lists.
    std::vector<std::shared_ptr<Connection>> connections = shared_;
    std::ranges::transform(extra_, std::back_inserter(connections), &Extra::connection);
    for (const auto& connection : connections) {
        watch(*connection, now);
        in_flight += connection->in_flight();
    }
    if (waiting() > 0) {
        serve();
    }
    if (in_flight + waiting() > 0) {
        start_ticking();
    }
}

void PoolState::expire_waiting(Moment now) {
    for (const auto& job : waiting_jobs_) {
        if (job->has_waiter() && job->batch.deadline <= now) {
            ++totals_.deadlines;
            abandon(*job, deadline_exceeded());
        } else if (job->has_waiter() && job->queue_deadline <= now) {
            ++totals_.queue_timeouts;
            abandon(*job, pool_timeout("no database connection became free in time"));
        }
    }
    for (const auto& request : waiting_leases_) {
        if (request->waiter && request->deadline <= now) {
            ++totals_.deadlines;
            abandon(*request, deadline_exceeded());
        } else if (request->waiter && request->gives_up <= now) {
            ++totals_.queue_timeouts;
            abandon(*request, pool_timeout("no database connection became free in time"));
        }
    }
    std::erase_if(waiting_jobs_, [](const auto& job) { return !job->has_waiter(); });
    std::erase_if(waiting_leases_, [](const auto& request) { return !request->waiter; });
}

void PoolState::watch(Connection& connection, Moment now) {
    const auto expire = [&](const std::shared_ptr<Job>& job) {
        if (job->has_waiter() && job->batch.deadline <= now) {
            ++totals_.deadlines;
            abandon(*job, deadline_exceeded());
        }
    };
    std::ranges::for_each(connection.jobs(), expire);
    std::ranges::for_each(connection.committed(), expire);
    if (connection.in_flight() > 0 &&
        now - connection.head_since() > options_->statement_timeout + stuck_margin) {
        connection.lose("the oldest request is stuck");
    }
}

void PoolState::close() {
    if (std::exchange(closed_, true)) {
        return;
    }
    timer_.cancel();
    for (const auto& connection : std::exchange(shared_, {})) {
        connection->close("the pool closes");
    }
    for (const Extra& extra : std::exchange(extra_, {})) {
        extra.connection->close("the pool closes");
    }
    const auto reason = std::make_exception_ptr(Error("08003", {}, {}, "the pool closes"));
    for (const auto& job : std::exchange(waiting_jobs_, {})) {
        abandon(*job, reason);
    }
    for (const auto& request : std::exchange(waiting_leases_, {})) {
        abandon(*request, reason);
    }
}

void PoolState::note_wait(std::chrono::steady_clock::duration waited) noexcept {
    const double seconds = std::chrono::duration<double>(waited).count();
    const auto bucket = std::ranges::lower_bound(PoolStats::wait_bounds, seconds);
    ++totals_.waits[static_cast<std::size_t>(bucket - PoolStats::wait_bounds.begin())];
    totals_.waited += std::chrono::duration_cast<std::chrono::microseconds>(waited);
}

PoolStats PoolState::stats() const noexcept {
    PoolStats stats = totals_;
    const auto count = [&stats](const Connection& connection, bool leased) {
        stats.open_connections += connection.is_ready() ? 1 : 0;
        stats.batches_in_flight += connection.in_flight();
        stats.leased_connections += leased ? 1 : 0;
        stats.busy_connections += leased || connection.in_flight() > 0 ? 1 : 0;
    };
    for (const auto& connection : shared_) {
        count(*connection, /*leased=*/false);
    }
    for (const Extra& extra : extra_) {
        count(*extra.connection, extra.leased);
    }
    stats.waiting = waiting();
    return stats;
}

Lease::Lease(std::shared_ptr<PoolState> pool, std::shared_ptr<Connection> connection)
    : pool_(std::move(pool)), connection_(std::move(connection)) {}

Lease::Lease(Lease&& other) noexcept = default;

Lease& Lease::operator=(Lease&& other) noexcept {
    if (this != &other) {
        give_back();
        pool_ = std::move(other.pool_);
        connection_ = std::move(other.connection_);
    }
    return *this;
}

Lease::~Lease() {
    give_back();
}

void Lease::give_back() noexcept {
    if (connection_ != nullptr) {
        pool_->take_back(std::exchange(connection_, nullptr));
        pool_.reset();
    }
}

asio::awaitable<Result> Lease::run(Batch batch) {
    PZ_CHECK(connection_ != nullptr);
    auto job = std::make_shared<Job>();
    job->batch = std::move(batch);
    PoolState& state = *pool_;
    return wait_for(pool_, std::move(job), [&state, connection = connection_](std::shared_ptr<Job> work) {
        state.submit_to(*connection, std::move(work));
    });
}

Pool::Pool(asio::io_context& context, PoolOptions options)
    : state_(std::make_shared<PoolState>(context, std::move(options))) {}

Pool::~Pool() {  // NOLINT(bugprone-exception-escape): without memory for that the process ends here
    close();
}

void Pool::close() {
    state_->close();
}

asio::awaitable<Result> Pool::run(Batch batch) {
    PZ_CHECK(batch.ending != Ending::stay_open);
    auto job = std::make_shared<Job>();
    job->batch = std::move(batch);
    job->repeatable = true;
    return submit_and_wait(state_, std::move(job));
}

asio::awaitable<Lease> Pool::acquire(
    std::chrono::steady_clock::time_point deadline, std::optional<core::Uuid> owner
) {
    auto request = std::make_shared<PoolState::LeaseRequest>();
    request->deadline = deadline;
    request->owner = owner;
    return asio::async_initiate<const asio::use_awaitable_t<>, void(std::exception_ptr, Lease)>(
        [](auto handler,
           const std::shared_ptr<PoolState>& state,
           std::shared_ptr<PoolState::LeaseRequest> waiting) {
            if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected()) {
                slot.assign([state, weak = std::weak_ptr(waiting)](asio::cancellation_type) {
                    if (const auto abandoned = weak.lock()) {
                        state->abandon(*abandoned, cancelled());
                    }
                });
            }
            waiting->waiter = std::move(handler);
            state->request_lease(std::move(waiting));
        },
        asio::use_awaitable,
        state_,
        std::move(request)
    );
}

asio::awaitable<void> Pool::prepare(std::vector<Query> statements) {
    const std::shared_ptr<PoolState> state = state_;
    auto job = std::make_shared<Job>();
    job->batch.ending = Ending::stay_open;
    job->prepare_too = std::move(statements);
    const Result nothing = co_await submit_and_wait(state, std::move(job));
}

asio::awaitable<bool> Pool::ready(std::chrono::milliseconds within) {
    const std::shared_ptr<PoolState> state = state_;
    auto job = std::make_shared<Job>();
    job->batch.statements.emplace_back(PreparedStatement{probe, {}});
    job->batch.ending = Ending::stay_open;  // outside a transaction block, the Sync alone ends it
    job->batch.deadline = std::chrono::steady_clock::now() + within;
    try {
        const Result one = co_await submit_and_wait(state, std::move(job));
        co_return one.row_count() == 1;
    } catch (const Error& error) {
        spdlog::warn("database \"{}\" is not ready: {}", state->options().name, error.detail());
    } catch (const std::runtime_error& error) {
        spdlog::warn("database \"{}\" is not ready: {}", state->options().name, error.what());
    }
    co_return false;
}

PoolStats Pool::stats() const noexcept {
    return state_->stats();
}

const PoolOptions& Pool::options() const noexcept {
    return state_->options();
}

}  // namespace pz::pg
