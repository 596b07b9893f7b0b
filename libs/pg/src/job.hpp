#pragma once

#include <pz/pg/batch.hpp>
#include <pz/pg/error.hpp>
#include <pz/pg/query.hpp>
#include <pz/pg/result.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace pz::pg {

using Moment = std::chrono::steady_clock::time_point;

/// A batch on its way, from submission until its last Sync is back. The queue that holds it keeps it alive;
/// the coroutine that waits for it may be gone long before, which leaves the job without a waiter but changes
/// nothing on the wire.
struct Job {
    enum class Phase : std::uint8_t { preparing, statements, ending };

    using Waiter = std::move_only_function<void(std::exception_ptr, Result)>;

    Batch batch;
    /// Prepared besides what the batch needs, see Pool::prepare().
    std::vector<Query> prepare_too;
    /// The batch is a whole transaction, so it may be sent again if the server forgot a prepared statement.
    bool repeatable = false;
    /// Sent by the pool or the connection itself, and quickly done.
    bool housekeeping = false;
    /// Its COMMIT does not wait for the disk; a barrier behind it does, for all that were committed
    /// meanwhile.
    bool commits_in_a_group = false;
    /// Housekeeping: the barrier.
    bool brings_commits_to_disk = false;
    Waiter waiter;
    /// When a job that waits for a connection gives up.
    Moment queue_deadline = Moment::max();

    // What follows is the connection's.
    std::vector<Query> preparing;
    std::size_t prepared = 0;  ///< how many of them are done with
    Phase phase = Phase::preparing;
    std::size_t position = 0;  ///< of the next result since the latest Sync
    bool position_has_result = false;
    Result result;
    std::optional<Error> error;
    bool settled = false;  ///< the waiter's answer is certain, whatever COMMIT says
    std::size_t repetitions = 0;
    bool next_begins_in_its_segment = false;  ///< no Sync stands behind its COMMIT

    /// Its COMMIT changes nothing and nobody waits for it, so another job may begin in the same segment.
    [[nodiscard]] bool ends_quietly() const noexcept {
        return repeatable && batch.ending == Ending::commit && batch.answer_before_commit;
    }

    /// A whole transaction whose answer waits for its COMMIT.
    [[nodiscard]] bool writes() const noexcept {
        return repeatable && batch.ending == Ending::commit && !batch.answer_before_commit;
    }

    [[nodiscard]] bool has_waiter() const noexcept { return static_cast<bool>(waiter); }

    /// Gives the outcome to the waiter, if there still is one.
    void answer() {
        if (auto waiting = std::exchange(waiter, nullptr)) {
            if (error) {
                waiting(std::make_exception_ptr(*error), Result{});
            } else {
                waiting(nullptr, std::move(result));
            }
        }
    }
};

}  // namespace pz::pg
