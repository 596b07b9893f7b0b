#include "exports/desk.hpp"

#include <pz/core/error.hpp>
#include <pz/pg/blocking.hpp>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

namespace asio = boost::asio;

namespace pz::product::exports {

namespace {

using namespace std::chrono_literals;

/// A thousand rows by an index take milliseconds; beyond this something holds a lock.
constexpr auto statement_time = 5s;
/// When to ask again, in seconds: an archive takes seconds to minutes.
constexpr unsigned retry_after = 30;

}  // namespace

class Desk::State {
 public:
    explicit State(Options options) : options_(std::move(options)), threads_(options_.at_once) {}

    [[nodiscard]] const Options& options() const noexcept { return options_; }

    [[nodiscard]] asio::thread_pool& threads() noexcept { return threads_; }

    void take_place(const core::Uuid& tenant) {
        const std::lock_guard lock{mutex_};
        if (taken_.size() >= options_.at_once || !taken_.insert(tenant).second) {
            throw core::too_many_requests(retry_after);
        }
    }

    void free_place(const core::Uuid& tenant) noexcept {
        const std::lock_guard lock{mutex_};
        taken_.erase(tenant);
    }

 private:
    const Options options_;
    std::mutex mutex_;
    std::set<core::Uuid> taken_;
    asio::thread_pool threads_;
};

/// What the threads work on, one at a time: an archive is asked for its next piece when it has given the one
/// before.
class Desk::Archive::Work {
 public:
    Work(std::shared_ptr<State> state, core::Uuid tenant) : state_(std::move(state)), tenant_(tenant) {
        state_->take_place(tenant_);
    }

    Work(const Work&) = delete;
    Work& operator=(const Work&) = delete;

    ~Work() { let_go(); }

    struct Piece {
        std::string bytes{};
        bool more = false;
    };

    Piece make_piece() {
        if (!export_) {
            const Options& options = state_->options();
            connection_.emplace(options.database);
            export_.emplace(
                *connection_,
                archive::Export::Options{
                    .tenant = tenant_,
                    .now = options.clock->now(),
                    .patience = options.patience,
                    .statement_time = statement_time,
                }
            );
        }
        Piece piece;
        piece.more = export_->append_next(piece.bytes);
        summary_ = export_->summary();
        if (!piece.more) {
            let_go();  // so that whoever has all of it may ask for it again
        }
        return piece;
    }

    [[nodiscard]] State& state() noexcept { return *state_; }

    [[nodiscard]] const archive::Summary& summary() const noexcept { return summary_; }

 private:
    void let_go() noexcept {
        export_.reset();
        connection_.reset();  // before somebody else may have the place
        if (std::exchange(has_place_, false)) {
            state_->free_place(tenant_);
        }
    }

    std::shared_ptr<State> state_;
    core::Uuid tenant_;
    bool has_place_ = true;
    archive::Summary summary_;
    std::optional<pg::BlockingConnection> connection_;
    std::optional<archive::Export> export_;
};

namespace {

using Work = Desk::Archive::Work;

/// Makes the next piece on one of the desk's threads and resumes on the awaiting coroutine's executor.
asio::awaitable<Work::Piece> on_thread(std::shared_ptr<Work> work, asio::thread_pool* threads) {
    return asio::async_initiate<const asio::use_awaitable_t<>, void(std::exception_ptr, Work::Piece)>(
        [threads](auto handler, std::shared_ptr<Work> job) {
            auto executor = asio::get_associated_executor(handler);
            asio::post(
                *threads,
                [handler = std::move(handler),
                 job = std::move(job),
                 executor,
                 keep_loop_running = asio::make_work_guard(executor)]() mutable {
                    std::exception_ptr failure;
                    Work::Piece piece;
                    try {
                        piece = job->make_piece();
                    } catch (...) {
                        failure = std::current_exception();
                    }
                    job.reset();  // whoever waits may be the last one who has it
                    asio::post(
                        executor,
                        [handler = std::move(handler),
                         failure = std::move(failure),
                         piece = std::move(piece)]() mutable {
                            std::move(handler)(std::move(failure), std::move(piece));
                        }
                    );
                }
            );
        },
        asio::use_awaitable,
        std::move(work)
    );
}

}  // namespace

Desk::Archive::~Archive() {
    // A connection is closed where it was used: the event loop does not wait for it.
    asio::thread_pool& threads = work_->state().threads();
    asio::post(threads, [work = std::move(work_)]() mutable { work.reset(); });
}

asio::awaitable<bool> Desk::Archive::append_next(std::string* out) {
    try {
        const Work::Piece piece = co_await on_thread(work_, &work_->state().threads());
        out->append(piece.bytes);
        co_return piece.more;
    } catch (const pg::BlockingError& error) {
        throw core::unavailable(error.what());
    } catch (const archive::ArchiveError&) {  // deleted since the request looked
        throw core::ApiError(409, core::ErrorCode::wrong_state, "the organization is deleted");
    }
}

const archive::Summary& Desk::Archive::summary() const noexcept {
    return work_->summary();
}

Desk::Desk(Options options) : state_(std::make_shared<State>(std::move(options))) {}

Desk::~Desk() {
    state_->threads().join();
}

std::unique_ptr<Desk::Archive> Desk::open(core::Uuid tenant) {
    return std::make_unique<Archive>(std::make_shared<Archive::Work>(state_, tenant));
}

}  // namespace pz::product::exports
