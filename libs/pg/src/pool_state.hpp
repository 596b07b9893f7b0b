#pragma once

#include "connection.hpp"
#include "job.hpp"

#include <pz/pg/pool.hpp>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace pz::pg {

/// What Pool, its leases and its connections share.
class PoolState : public ConnectionEvents, public std::enable_shared_from_this<PoolState> {
 public:
    using Owner = std::optional<core::Uuid>;
    using LeaseWaiter = std::move_only_function<void(std::exception_ptr, Lease)>;

    /// A coroutine that waits for a connection of its own.
    struct LeaseRequest {
        LeaseWaiter waiter;
        Moment gives_up;  ///< PoolTimeout
        Moment deadline;  ///< DeadlineExceeded
        Owner owner;
    };

    PoolState(boost::asio::io_context& context, PoolOptions options);

    void submit(std::shared_ptr<Job> job);
    void submit_to(Connection& connection, std::shared_ptr<Job> job);
    void request_lease(std::shared_ptr<LeaseRequest> request);
    void take_back(const std::shared_ptr<Connection>& connection) noexcept;
    /// The coroutine behind the job is gone; what is on the wire still drains.
    void abandon(Job& job, std::exception_ptr reason);
    void abandon(LeaseRequest& request, std::exception_ptr reason);
    void close();

    [[nodiscard]] PoolStats stats() const noexcept;

    [[nodiscard]] const PoolOptions& options() const noexcept { return *options_; }

    void on_room() override;
    void on_job_refused() override;
    void on_unanswered(std::shared_ptr<Job> job) override;
    void on_lost() override;

 private:
    struct Extra {
        std::shared_ptr<Connection> connection;
        bool leased = false;
        Owner owner{};  ///< while leased
    };

    using Timer = boost::asio::basic_waitable_timer<
        std::chrono::steady_clock,
        boost::asio::wait_traits<std::chrono::steady_clock>,
        Connection::Executor>;

    [[nodiscard]] bool has_room(const Connection& connection, Moment now) const noexcept;
    [[nodiscard]] Connection* choose(const Job& job, Moment now);
    /// Whether the owner may send another batch, have another connection, or have another one waiting.
    [[nodiscard]] bool may_send(const Owner& owner, Moment now) const noexcept;
    [[nodiscard]] bool may_lease(const Owner& owner) const noexcept;
    [[nodiscard]] bool may_wait(const Owner& owner) const noexcept;
    [[nodiscard]] bool anybody_may_lease() const noexcept;
    [[nodiscard]] Extra* choose_free_extra();
    /// Serves whoever waits, opens connections for those who cannot be served, and forgets dead connections.
    void serve();
    void serve_leases();
    void serve_jobs(Moment now);
    [[nodiscard]] bool may_connect(Moment now) const noexcept;
    void open_shared();
    void open_extra();
    std::shared_ptr<Connection> open();
    void on_connected(const std::shared_ptr<Connection>& connection, const std::exception_ptr& failure);
    void start_ticking();
    void tick();
    void expire_waiting(Moment now);
    void watch(Connection& connection, Moment now);

    [[nodiscard]] std::size_t waiting() const noexcept {
        return waiting_jobs_.size() + waiting_leases_.size();
    }

    void check_thread();
    void note_wait(std::chrono::steady_clock::duration waited) noexcept;

    Connection::Executor executor_;
    std::shared_ptr<const PoolOptions> options_;
    std::vector<std::shared_ptr<Connection>> shared_;
    std::vector<Extra> extra_;
    std::deque<std::shared_ptr<Job>> waiting_jobs_;
    std::deque<std::shared_ptr<LeaseRequest>> waiting_leases_;
    Timer timer_;
    bool ticking_ = false;
    bool serving_jobs_ = false;
    bool closed_ = false;
    std::chrono::milliseconds pause_{0};  ///< before the next attempt to connect; grows with each failure
    Moment connect_again_;
    PoolStats totals_;
    std::thread::id thread_;
};

}  // namespace pz::pg
