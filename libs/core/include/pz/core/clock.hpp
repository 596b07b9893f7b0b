#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace pz::core {

/// A point in time in UTC with microsecond resolution, as PostgreSQL's timestamptz keeps it.
using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;

/// The wall clock as a seam: token lifetimes and identifiers take the time from here, so that tests can hold
/// it still. Timers and deadlines use std::chrono::steady_clock directly, because they must not jump.
class Clock {
 public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual Timestamp now() const noexcept = 0;
};

class SystemClock final : public Clock {
 public:
    [[nodiscard]] Timestamp now() const noexcept override;
};

/// A clock that stands still until it is told to move. Not for concurrent writers.
class FrozenClock final : public Clock {
 public:
    explicit FrozenClock(Timestamp start) : now_(start) {}

    [[nodiscard]] Timestamp now() const noexcept override { return now_; }

    void advance(std::chrono::microseconds by) noexcept { now_ += by; }

 private:
    Timestamp now_;
};

/// Whole seconds since 1970, as JWT's NumericDate wants them.
[[nodiscard]] std::int64_t unix_seconds(Timestamp time) noexcept;

/// "2026-01-31T08:15:00.000000Z": RFC 3339, always UTC, always six decimals.
[[nodiscard]] std::string to_string(Timestamp time);
void append_to(std::string& out, Timestamp time);
/// Reads RFC 3339 with "Z" or a numeric offset and up to six decimals; nullopt for anything else, and for
/// what is not in the years 0000 to 9999 in UTC.
[[nodiscard]] std::optional<Timestamp> parse_timestamp(std::string_view text) noexcept;

}  // namespace pz::core
