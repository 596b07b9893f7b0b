#include "usage/meter.hpp"

#include <pz/pg/blocking.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

namespace pz::product::usage {

namespace {

// In the order of the tenants, so that two processes that write at the same time wait for each other and
// never in a circle. A tenant that is gone meanwhile is left out.
constexpr pg::Query add_requests{"usage.add_requests", R"sql(
    WITH written AS (
      INSERT INTO platform.usage_hour AS u (tenant_id, hour, requests, errors)
      SELECT t.id, $1::timestamptz, counted.requests, counted.errors
        FROM unnest($2::uuid[], $3::bigint[], $4::bigint[]) AS counted (tenant_id, requests, errors)
        JOIN platform.tenant t ON t.id = counted.tenant_id AND t.state NOT IN ('deleting', 'deleted')
       WHERE counted.requests > 0
       ORDER BY t.id
      ON CONFLICT (tenant_id, hour)
      DO UPDATE SET requests = u.requests + excluded.requests, errors = u.errors + excluded.errors)
    SELECT t.id, coalesce(t.request_limit, p.request_limit)
      FROM unnest($2::uuid[]) AS counted (tenant_id)
      JOIN platform.tenant t ON t.id = counted.tenant_id
      JOIN platform.plan p ON p.name = t.plan)sql"};

constexpr pg::Query measure_sizes{"usage.measure_sizes", R"sql(
    SELECT platform.measure_sizes($1::timestamptz))sql"};

/// As PostgreSQL reads an array of numbers or identifiers.
template <class Values, class ToText>
std::string array_text(const Values& values, ToText to_text) {
    std::string text = "{";
    for (const auto& value : values) {
        text += text.size() > 1 ? "," : "";
        text += to_text(value);
    }
    return text + '}';
}

}  // namespace

void Counter::count(core::Uuid tenant, Kind kind) {
    const std::scoped_lock lock(mutex_);
    Counts& counts = counts_[tenant];
    counts.requests += kind == Kind::refused ? 0 : 1;
    counts.errors += kind == Kind::failed ? 1 : 0;
}

std::optional<std::uint32_t> Counter::limit_of(core::Uuid tenant) {
    const std::scoped_lock lock(mutex_);
    const auto found = limits_->find(tenant);
    return found == limits_->end() ? std::nullopt : std::optional{found->second};
}

void Counter::learn(std::shared_ptr<const LimitsByTenant> limits) {
    const std::scoped_lock lock(mutex_);
    limits_.swap(limits);  // the old ones go when the lock is free again
}

CountsByTenant Counter::take() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(counts_, {});
}

Meter::Meter(Options options)
    : options_(std::move(options)),
      work_(
          {.database = options_.database, .every = options_.write_every, .once_more_at_the_end = true},
          [this](pg::BlockingConnection& connection, const std::stop_token& stop) {
              work(connection, stop.stop_requested());
          },
          [](const std::exception& error) { spdlog::warn("usage waits: {}", error.what()); }
      ) {}

std::shared_ptr<Counter> Meter::add_counter() {
    const std::scoped_lock lock(mutex_);
    return counters_.emplace_back(std::make_shared<Counter>());
}

void Meter::work(pg::BlockingConnection& connection, bool last) {
    collect();
    write(connection);
    if (!last && std::chrono::steady_clock::now() >= next_measure_) {
        connection.query(measure_sizes.sql(), {core::to_string(options_.clock->now())});
        next_measure_ = std::chrono::steady_clock::now() + options_.measure_every;
    }
}

void Meter::collect() {
    const std::scoped_lock lock(mutex_);
    for (const auto& counter : counters_) {
        for (const auto& [tenant, counts] : counter->take()) {
            Counts& sum = unwritten_[tenant];
            sum.requests += counts.requests;
            sum.errors += counts.errors;
        }
    }
}

void Meter::write(pg::BlockingConnection& connection) {
    if (unwritten_.empty()) {
        return;
    }
    const core::Timestamp hour = std::chrono::floor<std::chrono::hours>(options_.clock->now());
    const pg::TextResult answer = connection.query(
        add_requests.sql(),
        {core::to_string(hour),
         array_text(unwritten_, [](const auto& entry) { return entry.first.to_string(); }),
         array_text(unwritten_, [](const auto& entry) { return std::to_string(entry.second.requests); }),
         array_text(unwritten_, [](const auto& entry) { return std::to_string(entry.second.errors); })}
    );
    unwritten_.clear();
    learn(answer);
}

void Meter::learn(const pg::TextResult& answer) {
    bool changed = false;
    for (const auto& row : answer.rows) {
        const core::Uuid tenant = core::Uuid::parse(row[0].value()).value();
        if (!row[1]) {
            changed |= limits_.erase(tenant) > 0;
            continue;
        }
        const auto limit =
            static_cast<std::uint32_t>(std::stoll(*row[1]));  // the API takes no more than 10^9
        std::uint32_t& known = limits_[tenant];
        changed |= std::exchange(known, limit) != limit;
    }
    if (changed) {
        const auto limits = std::make_shared<const LimitsByTenant>(limits_);
        const std::scoped_lock lock(mutex_);
        for (const auto& counter : counters_) {
            counter->learn(limits);
        }
    }
}

std::span<const pg::Query> meter_queries() {
    static constexpr std::array all{add_requests, measure_sizes};
    return all;
}

}  // namespace pz::product::usage
