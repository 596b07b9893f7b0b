#include <pz/web/event_writer.hpp>

#include <pz/audit/chain.hpp>
#include <pz/core/json.hpp>
#include <pz/tenancy/database.hpp>
#include <pz/web/context.hpp>
#include <pz/web/router.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <deque>
#include <unordered_map>
#include <utility>

namespace asio = boost::asio;

namespace pz::web {

namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr int attempts = 3;
constexpr auto pause_after_failure = 50ms;

/// A timer that never expires and is cancelled instead: what several coroutines can wait for.
using Signal = asio::steady_timer;

struct Waiting {
    audit::Event event;
    std::vector<pg::PreparedStatement> personal;
    std::shared_ptr<Signal> done;
    bool written = false;
};

using Batch = std::vector<std::shared_ptr<Waiting>>;

asio::awaitable<void> commit_batch(pg::Pool* pool, Batch batch) {
    tenancy::Transaction transaction(
        *pool, {.scope = tenancy::Scope::service, .mode = tenancy::AccessMode::read_write}
    );
    // In the order of the chains, so that two writers that lock the same heads never wait for each other.
    std::ranges::sort(batch, {}, [](const auto& waiting) {
        return std::pair{waiting->event.chain, waiting->event.id};
    });
    for (const auto& waiting : batch) {
        pg::PreparedStatement statement = audit::append_statement(waiting->event);
        transaction.queue(statement.query, std::move(statement.parameters));
    }
    for (const auto& waiting : batch) {
        for (const pg::PreparedStatement& statement : waiting->personal) {
            transaction.queue(statement.query, statement.parameters);
        }
    }
    co_await transaction.commit();
    for (const auto& waiting : batch) {
        waiting->written = true;
    }
}

}  // namespace

class EventWriter::State {
 public:
    State(asio::io_context& context, pg::Pool& pool) : context_(context), pool_(pool) {}

    std::shared_ptr<Waiting> enqueue(audit::Event event, std::vector<pg::PreparedStatement> personal) {
        auto waiting = std::make_shared<Waiting>(
            std::move(event),
            std::move(personal),
            std::make_shared<Signal>(context_, Signal::time_point::max())
        );
        queue_.push_back(waiting);
        return waiting;
    }

    static void work(const std::shared_ptr<State>& state) {
        if (std::exchange(state->working_, true)) {
            return;
        }
        asio::co_spawn(state->context_, write_all(state), [state](const std::exception_ptr& failure) {
            state->working_ = false;
            if (failure) {
                spdlog::error("event=audit.writer_failed");
            }
        });
    }

    [[nodiscard]] bool is_full() const noexcept { return queue_.size() >= queue_limit; }

    void lose(const audit::Event& event, std::string_view cause) {
        ++counters.lost;
        spdlog::error(
            "event=audit.lost action={} chain={} request_id={} cause=\"{}\"",
            event.action,
            audit::chain_name(event.chain),
            event.origin.request_id,
            cause
        );
    }

    Counters counters;

    struct Window {
        steady_clock::time_point began;
        std::int64_t merged = 0;
    };

    std::unordered_map<std::string, Window> windows;

 private:
    static asio::awaitable<void> write_all(std::shared_ptr<State> state) {
        while (!state->queue_.empty()) {
            const std::size_t count = std::min(state->queue_.size(), batch_limit);
            const auto end = state->queue_.begin() + static_cast<std::ptrdiff_t>(count);
            Batch batch(state->queue_.begin(), end);
            state->queue_.erase(state->queue_.begin(), end);
            std::string cause = co_await try_to_commit(state, batch);
            if (!cause.empty() && batch.size() > 1) {
                // One that the database will never take must not cost the others.
                for (const auto& waiting : batch) {
                    const std::string own_cause = co_await try_to_commit(state, Batch{waiting});
                    cause = own_cause.empty() ? cause : own_cause;
                }
            }
            for (const auto& waiting : batch) {
                if (waiting->written) {
                    ++state->counters.written;
                } else {
                    state->lose(waiting->event, cause);
                }
                waiting->done->cancel();
            }
        }
    }

    /// Empty when the batch is committed, else the last failure.
    static asio::awaitable<std::string> try_to_commit(std::shared_ptr<State> state, Batch batch) {
        std::string cause;
        for (int attempt = 1; attempt <= attempts; ++attempt) {
            try {
                co_await commit_batch(&state->pool_, batch);
                co_return std::string{};
            } catch (const std::exception& error) {
                cause = error.what();
            }
            Signal pause(state->context_, pause_after_failure * attempt);
            co_await pause.async_wait(asio::use_awaitable);
        }
        co_return cause;
    }

    asio::io_context& context_;
    pg::Pool& pool_;
    std::deque<std::shared_ptr<Waiting>> queue_;
    bool working_ = false;
};

EventWriter::EventWriter(asio::io_context& context, pg::Pool& pool)
    : state_(std::make_shared<State>(context, pool)) {}

EventWriter::~EventWriter() = default;

asio::awaitable<bool> EventWriter::write(audit::Event event, std::vector<pg::PreparedStatement> personal) {
    const std::shared_ptr<State> state = state_;
    if (state->is_full()) {
        state->lose(event, "the queue is full");
        co_return false;
    }
    const std::shared_ptr<Waiting> waiting = state->enqueue(std::move(event), std::move(personal));
    State::work(state);
    boost::system::error_code cancelled;
    co_await waiting->done->async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    co_return waiting->written;
}

std::optional<std::int64_t> EventWriter::repeated(const std::string& key, steady_clock::time_point now) {
    constexpr std::size_t most_windows = 10'000;
    if (state_->windows.size() >= most_windows) {
        std::erase_if(state_->windows, [&](const auto& entry) {
            return now - entry.second.began >= merge_window;
        });
    }
    const auto [entry, is_new] = state_->windows.try_emplace(key, now);
    if (is_new) {
        return 0;
    }
    State::Window& window = entry->second;
    if (now - window.began < merge_window) {
        ++window.merged;
        ++state_->counters.merged;
        return std::nullopt;
    }
    window.began = now;
    return std::exchange(window.merged, 0);
}

const EventWriter::Counters& EventWriter::counters() const noexcept {
    return state_->counters;
}

void EventWriter::measure(std::vector<Measurement>& out) const {
    const auto add = [&](const char* outcome, std::uint64_t count) {
        out.push_back(
            {.name = "phasezero_audit_events_total",
             .help = "Events that stand alone (refusals), by what became of them; lost must stay 0",
             .kind = Measurement::Kind::counter,
             .labels = {{"outcome", outcome}},
             .value = static_cast<double>(count)}
        );
    };
    add("written", counters().written);
    add("merged", counters().merged);
    add("lost", counters().lost);
}

namespace {

/// A client that goes on with a token that is no longer good, or for which it is not the time, does not fill
/// its organization's chain.
bool is_merged(unsigned status) {
    return status == 401 || status == 403 || status == 429;
}

/// Whether the request's end is an event that stands alone.
bool is_refusal(const Context& context) {
    const unsigned status = context.exchange().response_status();
    if (is_merged(status)) {
        return true;
    }
    const bool watched = context.known_principal()->impersonation || context.route->audits_attempts;
    return watched && status >= 400 && status < 500;
}

asio::awaitable<void> write_refusal(Context* context, core::Uuid chain, std::int64_t repeated) {
    std::vector<pg::PreparedStatement> personal;
    audit::Event event = context->audit.make_event(chain, personal);
    event.action = "request.refused";
    event.outcome = audit::Outcome::refused;
    event.origin.status = context->exchange().response_status();
    event.origin.more["code"] = context->failure.code;
    if (repeated > 0) {
        event.origin.more["repeated"] = repeated;
    }
    // What the caller has named may be nobody's, or not theirs; a second chain says that it was found.
    if (const auto& target = context->audit.target(); target && context->audit.second_chain()) {
        event.targets.push_back(*target);
    }
    const bool written = co_await context->app().events->write(std::move(event), std::move(personal));
    if (written) {
        context->audit.confirm();
    }
}

}  // namespace

asio::awaitable<void> record_refusal(Context* context) {
    EventWriter* writer = context->app().events;
    if (writer == nullptr || context->route == nullptr || context->known_principal() == nullptr ||
        !is_refusal(*context)) {
        co_return;
    }
    const std::optional<core::Uuid> second = context->audit.second_chain();
    std::optional<std::int64_t> repeated = 0;
    if (is_merged(context->exchange().response_status())) {
        const auth::Principal& principal = *context->known_principal();
        const core::Uuid actor = principal.actor ? principal.actor->id : principal.person;
        std::string key = actor.to_string() + context->tenant().to_string();
        key.append(second ? second->to_string() : "").append(context->route->operation_id);
        key.append(" ").append(context->failure.code);
        repeated = writer->repeated(key, context->exchange().started());
    }
    if (!repeated) {
        co_return;
    }
    co_await write_refusal(context, context->tenant(), *repeated);
    if (second && *second != context->tenant()) {
        co_await write_refusal(context, *second, *repeated);
    }
}

asio::awaitable<void> detail::record_elsewhere(Context* context) {
    const std::optional<core::Uuid> chain = context->audit.other_chain();
    EventWriter* writer = context->app().events;
    if (!chain || writer == nullptr) {
        co_return;
    }
    std::vector<pg::PreparedStatement> personal;
    audit::Event event = context->audit.make_copy(*chain, personal);
    const bool written = co_await writer->write(std::move(event), std::move(personal));
    if (written) {
        context->audit.confirm();
    }
}

}  // namespace pz::web
