#pragma once

#include "job.hpp"

#include <pz/pg/pool.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

struct pg_conn;
struct pg_result;

namespace pz::pg {

/// What a connection tells its pool.
class ConnectionEvents {
 public:
    virtual ~ConnectionEvents() = default;
    /// A job left the queue: there may be room for another.
    virtual void on_room() = 0;
    virtual void on_job_refused() = 0;
    /// A read that its connection was lost with, to be asked again elsewhere.
    virtual void on_unanswered(std::shared_ptr<Job> job) = 0;
    /// A connection that was ready is dead; its jobs are being answered.
    virtual void on_lost() = 0;
};

/// One libpq connection in pipeline mode, on one thread. Jobs are sent as they come, all that come in one
/// turn of the event loop with one send(), and their results are handed out in the same order.
///
/// Group commit: a transaction that writes and finds another one ahead of it commits without waiting for the
/// disk (synchronous_commit = off), so that it holds its locks for no longer than its own work takes. Behind
/// it goes a barrier, a tiny transaction that does wait; whoever was committed in front of it is answered
/// when it is back. One barrier is in flight at a time and carries all that came during the last one.
/// PostgreSQL writes its log in order, so what the barrier waits for includes them all, on synchronous
/// standbys as well. Public only within libs/pg.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
    using Executor = boost::asio::io_context::executor_type;

    Connection(
        Executor executor, std::shared_ptr<const PoolOptions> options, std::weak_ptr<ConnectionEvents> events
    );
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Throws Error (class 08) when the server cannot be reached in time or refuses. Call once.
    [[nodiscard]] static boost::asio::awaitable<void> connect(std::shared_ptr<Connection> self);

    [[nodiscard]] bool is_ready() const noexcept { return state_ == State::ready; }

    [[nodiscard]] bool is_closed() const noexcept { return state_ == State::closed; }

    /// Jobs whose results have not all arrived.
    [[nodiscard]] std::size_t in_flight() const noexcept { return queue_.size(); }

    [[nodiscard]] const std::deque<std::shared_ptr<Job>>& jobs() const noexcept { return queue_; }

    /// Committed in a group, and not known to be on the disk yet.
    [[nodiscard]] const std::vector<std::shared_ptr<Job>>& committed() const noexcept { return committed_; }

    /// Whether a transaction that writes is on its way; on the owner's behalf, if one is given.
    [[nodiscard]] bool has_writer(const std::optional<core::Uuid>& owner = {}) const noexcept;

    /// Since when the oldest job has been the oldest. Only meaningful with jobs in flight.
    [[nodiscard]] Moment head_since() const noexcept { return head_since_; }

    /// Appends to the queue and to libpq's buffer; the flush comes at the end of this turn. Needs is_ready().
    void send(std::shared_ptr<Job> job);
    /// True if a new transaction may follow: nothing but housekeeping is in flight and no transaction stays
    /// open.
    [[nodiscard]] bool is_free() const noexcept;
    /// True if a ROLLBACK has to follow what was sent so far.
    [[nodiscard]] bool leaves_transaction_open() const noexcept;
    /// Gives every job in flight an Error of class 08 and closes.
    void close(std::string_view reason);
    /// The same, told to the log and the pool: the connection cannot be used any longer.
    void lose(std::string_view reason);

 private:
    enum class State : std::uint8_t { created, connecting, ready, closed };

    void start_connecting(const std::string& addresses);
    void join_group(Job& job) const;
    void send_barrier();
    void write_to_libpq(Job& job);
    bool prepare_unknown(Job& job);
    bool write_statement(const Statement& statement);
    bool write_query(const Query& query, const Parameters& parameters);
    void schedule_flush();
    void flush();
    void wait_until_readable();
    void on_readable();
    [[nodiscard]] std::string_view take_results();
    [[nodiscard]] std::string_view take_result(pg_result* raw);
    [[nodiscard]] std::string_view note_error(Job& job, const pg_result* raw);
    [[nodiscard]] std::string_view finish_phase();
    [[nodiscard]] std::string_view finish_head();
    void answer_finished();

    Executor executor_;
    std::shared_ptr<const PoolOptions> options_;
    std::weak_ptr<ConnectionEvents> events_;
    boost::asio::posix::basic_stream_descriptor<Executor> descriptor_;
    pg_conn* libpq_ = nullptr;
    State state_ = State::created;
    bool timed_out_ = false;
    std::deque<std::shared_ptr<Job>> queue_;
    std::vector<std::shared_ptr<Job>> finished_;
    std::vector<std::shared_ptr<Job>> committed_;  ///< not empty: a barrier is in flight
    bool barrier_in_flight_ = false;
    Moment head_since_;
    /// Named statements the server has, or will have by the time what is sent now gets there: name to SQL
    /// text.
    std::unordered_map<std::string_view, std::string_view> known_;
    /// A Sync costs the server a send() of its own: behind the COMMIT of a transaction that only reads it
    /// comes with the next job's, or before the flush.
    bool last_commit_lacks_sync_ = false;
    bool flush_scheduled_ = false;
    bool waiting_until_writable_ = false;
    bool handling_event_ = false;
};

}  // namespace pz::pg
