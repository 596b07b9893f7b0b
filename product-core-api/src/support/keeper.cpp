#include "support/keeper.hpp"

#include <pz/audit/chain.hpp>
#include <pz/audit/event.hpp>
#include <pz/core/uuid.hpp>
#include <pz/pg/blocking.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace pz::product::support {

namespace {

constexpr const char* begin_for_platform =
    "BEGIN; SET LOCAL app.current_tenant = '00000000-0000-0000-0000-000000000000'";

constexpr pg::Query lapse_sessions{"support.lapse", R"sql(
    SELECT platform.lapse_impersonations($1::timestamptz, NULL, NULL))sql"};

constexpr pg::Query take_unrecorded{"support.take_unrecorded", R"sql(
    SELECT tenant, id, agent, mode, state, because, coalesce(reason, ''), coalesce(ticket, '')
      FROM platform.take_unrecorded_impersonations(100) ORDER BY tenant, id)sql"};

constexpr pg::Query append_event{"support.append_event", R"sql(
    SELECT audit.append($1::uuid, $2::uuid, $3::timestamptz, $4::text, $5::text, NULL::uuid, $6::text, $7::uuid, $8::text,
                        $9::text))sql"};

constexpr pg::Query queue_digests{"support.queue_digests", R"sql(
    SELECT platform.queue_support_digests($1::timestamptz))sql"};

constexpr pg::Query count_open{"support.count_open", R"sql(
    SELECT count(*) FROM platform.impersonation_session WHERE state IN ('pending', 'active'))sql"};

constexpr pg::Query count_signals{"support.count_signals", R"sql(
    SELECT kind, sum(sessions)
      FROM platform.support_signals($1::timestamptz, 1, $2::integer, $3::text, $4::integer, $5::integer)
     GROUP BY kind)sql"};

/// An end that no request made, for one chain.
audit::Event event_of(const pg::TextResult::Row& row, const core::Uuid& chain, const core::Clock& clock) {
    audit::Event event;
    event.chain = chain;
    event.id = core::Uuid::v7(clock);
    event.time = clock.now();
    event.action = "impersonation_session.ended";
    event.actor.type = audit::ActorType::system;
    event.targets = {
        {"impersonation_session", row[1].value()}, {"org", row[0].value()}, {"person", row[2].value()}
    };
    event.impersonation = audit::Impersonation{
        .session = core::Uuid::parse(row[1].value()).value(),
        .mode = row[3].value(),
        .reason = row[6].value(),
        .ticket = row[7].value(),
    };
    event.origin.more["because"] = row[5].value_or("");
    event.after["state"] = row[4].value();
    return event;
}

void append(pg::BlockingConnection& connection, const audit::Event& event) {
    const audit::OpenBody body = event.open_body();
    connection.query(
        append_event.sql(),
        {event.chain.to_string(),
         event.id.to_string(),
         core::to_string(event.time),
         event.action,
         std::string{core::enum_text(event.outcome)},
         event.targets.front().id,
         event.impersonation->session.to_string(),
         body.before,
         body.after}
    );
}

}  // namespace

Keeper::Keeper(Options options)
    : options_(std::move(options)),
      work_(
          {.database = options_.database, .every = options_.look_every},
          [this](pg::BlockingConnection& connection, const std::stop_token&) { work(connection); },
          [](const std::exception& error) {
              spdlog::warn("support sessions wait to be written down: {}", error.what());
          }
      ) {}

void Keeper::work(pg::BlockingConnection& connection) {
    write_down(connection);
    look(connection);
    if (std::chrono::steady_clock::now() >= next_digest_) {
        connection.execute_script(begin_for_platform);
        connection.query(queue_digests.sql(), {core::to_string(options_.clock->now())});
        connection.execute_script("COMMIT");
        next_digest_ = std::chrono::steady_clock::now() + options_.digest_every;
    }
}

void Keeper::write_down(pg::BlockingConnection& connection) const {
    connection.execute_script(begin_for_platform);
    connection.query(lapse_sessions.sql(), {core::to_string(options_.clock->now())});
    const pg::TextResult ended = connection.query(take_unrecorded.sql());
    // In the order of the chains, as everybody: the platform's is the smallest.
    for (const auto& row : ended.rows) {
        append(connection, event_of(row, audit::platform_chain, *options_.clock));
    }
    for (const auto& row : ended.rows) {
        const core::Uuid tenant = core::Uuid::parse(row[0].value()).value();
        append(connection, event_of(row, tenant, *options_.clock));
        spdlog::info("event=support.ended session={} because={}", row[1].value(), row[5].value_or(""));
    }
    connection.execute_script("COMMIT");
}

void Keeper::look(pg::BlockingConnection& connection) {
    const std::int64_t open = std::stoll(connection.value(count_open.sql()));
    const Rules& rules = options_.rules;
    const pg::TextResult found = connection.query(
        count_signals.sql(),
        {core::to_string(options_.clock->now()),
         std::to_string(rules.many_organizations),
         rules.time_zone,
         std::to_string(rules.first_hour),
         std::to_string(rules.last_hour)}
    );
    const std::scoped_lock lock(mutex_);
    open_sessions_ = open;
    signals_ = {{"many_organizations", 0}, {"no_ticket", 0}, {"outside_hours", 0}};
    for (const auto& row : found.rows) {
        signals_.insert_or_assign(row[0].value(), std::stoll(row[1].value()));
    }
}

void Keeper::measure(std::vector<web::Measurement>& out) const {
    using Kind = web::Measurement::Kind;
    const std::scoped_lock lock(mutex_);
    out.push_back(
        {.name = "phasezero_support_sessions_open",
         .help = "Support sessions that are pending or active",
         .kind = Kind::gauge,
         .value = static_cast<double>(open_sessions_)}
    );
    for (const auto& [kind, sessions] : signals_) {
        out.push_back(
            {.name = "phasezero_support_signals",
             .help = "Support sessions of the last day that somebody should look at, by what is unusual",
             .kind = Kind::gauge,
             .labels = {{"kind", kind}},
             .value = static_cast<double>(sessions)}
        );
    }
}

std::span<const pg::Query> keeper_queries() {
    static constexpr std::array all{
        lapse_sessions, take_unrecorded, append_event, queue_digests, count_open, count_signals
    };
    return all;
}

}  // namespace pz::product::support
