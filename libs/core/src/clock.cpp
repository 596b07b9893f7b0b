#include <pz/core/clock.hpp>

namespace pz::core {

namespace {

void append_number(std::string& out, std::int64_t value, int width) {
    char digits[8];
    for (int i = width - 1; i >= 0; --i) {
        digits[i] = static_cast<char>('0' + value % 10);
        value /= 10;
    }
    out.append(digits, static_cast<std::size_t>(width));
}

/// Consumes exactly `width` digits from the front of text.
std::optional<int> take_number(std::string_view& text, std::size_t width) noexcept {
    if (text.size() < width) {
        return std::nullopt;
    }
    int value = 0;
    for (std::size_t i = 0; i < width; ++i) {
        if (text[i] < '0' || text[i] > '9') {
            return std::nullopt;
        }
        value = value * 10 + (text[i] - '0');
    }
    text.remove_prefix(width);
    return value;
}

bool take_char(std::string_view& text, char wanted) noexcept {
    if (text.empty() || text.front() != wanted) {
        return false;
    }
    text.remove_prefix(1);
    return true;
}

}  // namespace

Timestamp SystemClock::now() const noexcept {
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::int64_t unix_seconds(Timestamp time) noexcept {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

void append_to(std::string& out, Timestamp time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{time - day};
    append_number(out, static_cast<int>(date.year()), 4);
    out += '-';
    append_number(out, static_cast<unsigned>(date.month()), 2);
    out += '-';
    append_number(out, static_cast<unsigned>(date.day()), 2);
    out += 'T';
    append_number(out, clock.hours().count(), 2);
    out += ':';
    append_number(out, clock.minutes().count(), 2);
    out += ':';
    append_number(out, clock.seconds().count(), 2);
    out += '.';
    append_number(out, clock.subseconds().count(), 6);
    out += 'Z';
}

std::string to_string(Timestamp time) {
    std::string out;
    append_to(out, time);
    return out;
}

std::optional<Timestamp> parse_timestamp(std::string_view text) noexcept {
    using namespace std::chrono_literals;
    const auto year = take_number(text, 4);
    const bool first_dash = take_char(text, '-');
    const auto month = take_number(text, 2);
    const bool second_dash = take_char(text, '-');
    const auto day = take_number(text, 2);
    const bool separator = take_char(text, 'T') || take_char(text, 't');
    const auto hour = take_number(text, 2);
    const bool first_colon = take_char(text, ':');
    const auto minute = take_number(text, 2);
    const bool second_colon = take_char(text, ':');
    const auto second = take_number(text, 2);
    if (!year || !month || !day || !hour || !minute || !second || !first_dash || !second_dash || !separator ||
        !first_colon || !second_colon) {
        return std::nullopt;
    }
    std::chrono::microseconds fraction{0};
    if (take_char(text, '.')) {
        std::int64_t value = 0;
        int digits = 0;
        while (!text.empty() && text.front() >= '0' && text.front() <= '9' && digits < 6) {
            value = value * 10 + (text.front() - '0');
            text.remove_prefix(1);
            ++digits;
        }
        if (digits == 0) {
            return std::nullopt;
        }
        for (; digits < 6; ++digits) {
            value *= 10;
        }
        fraction = std::chrono::microseconds{value};
    }
    std::chrono::minutes offset{0};
    if (!take_char(text, 'Z') && !take_char(text, 'z')) {
        if (text.empty() || (text.front() != '+' && text.front() != '-')) {
            return std::nullopt;
        }
        const bool east = text.front() == '+';
        text.remove_prefix(1);
        const auto hours = take_number(text, 2);
        const bool colon = take_char(text, ':');
        const auto minutes = take_number(text, 2);
        if (!hours || !colon || !minutes || *hours > 23 || *minutes > 59) {
            return std::nullopt;
        }
        offset = std::chrono::hours{*hours} + std::chrono::minutes{*minutes};
        offset = east ? offset : -offset;
    }
    const std::chrono::year_month_day date{
        std::chrono::year{*year},
        std::chrono::month{static_cast<unsigned>(*month)},
        std::chrono::day{static_cast<unsigned>(*day)}
    };
    if (!text.empty() || !date.ok() || *hour > 23 || *minute > 59 || *second > 59) {
        return std::nullopt;
    }
    const Timestamp time{
        std::chrono::sys_days{date}.time_since_epoch() + std::chrono::hours{*hour} +
        std::chrono::minutes{*minute} + std::chrono::seconds{*second} + fraction - offset
    };
    // An offset can push it out of the years that four digits print.
    constexpr std::chrono::sys_days first{std::chrono::year{0} / 1 / 1};
    constexpr std::chrono::sys_days behind_last{std::chrono::year{10'000} / 1 / 1};
    if (time < first || time >= behind_last) {
        return std::nullopt;
    }
    return time;
}

}  // namespace pz::core
