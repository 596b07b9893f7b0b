#pragma once

#include <pz/audit/event.hpp>
#include <pz/pg/batch.hpp>
#include <pz/pg/pool.hpp>
#include <pz/web/measurement.hpp>

#include <boost/asio/awaitable.hpp>

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

namespace pz::web {

class Context;

/// Adds the events that stand alone to their chains: what was refused, and so has no transaction to be part
/// of. While one batch is on its way the next one gathers, so a flood costs one transaction per round trip
/// and not one per request. Whoever writes waits until the event is committed: an answer that has left is in
/// the log, and draining the requests drains the writer. Not thread-safe: one per event-loop thread.
class EventWriter {
 public:
    static constexpr std::size_t queue_limit = 1024;
    static constexpr std::size_t batch_limit = 64;
    /// Of one person's refusals for one reason on one route, one event in this time is enough.
    static constexpr std::chrono::seconds merge_window{10};

    struct Counters {
        std::uint64_t written = 0;
        std::uint64_t merged = 0;  ///< told by the `repeated` of another event, or not at all
        std::uint64_t lost = 0;    ///< the database did not take it, or the queue was full
    };

    /// The pool's role may add to any chain.
    EventWriter(boost::asio::io_context& context, pg::Pool& pool);
    ~EventWriter();
    EventWriter(const EventWriter&) = delete;
    EventWriter& operator=(const EventWriter&) = delete;

    /// True once the event is committed. False when it is lost: counted, and its action in the log.
    /// `personal` are the statements that Commitments gave for it.
    [[nodiscard]] boost::asio::awaitable<bool> write(
        audit::Event event, std::vector<pg::PreparedStatement> personal
    );
    /// How many like this one went unwritten since the last that was written; nullopt if this one is to be
    /// left out, too.
    [[nodiscard]] std::optional<std::int64_t> repeated(
        const std::string& key, std::chrono::steady_clock::time_point now
    );

    [[nodiscard]] const Counters& counters() const noexcept;
    void measure(std::vector<Measurement>& out) const;

 private:
    class State;
    std::shared_ptr<State> state_;
};

/// Puts the refusal that the context's request has ended in (401, 403 or 429 to somebody who is known) into
/// the log. In a support session, and on routes that audit attempts, every 4xx is one. Nothing for any other
/// request.
[[nodiscard]] boost::asio::awaitable<void> record_refusal(Context* context);

namespace detail {

/// The event of a committed request in the chain that its transaction's role cannot reach, if there is one.
[[nodiscard]] boost::asio::awaitable<void> record_elsewhere(Context* context);

}  // namespace detail

}  // namespace pz::web
