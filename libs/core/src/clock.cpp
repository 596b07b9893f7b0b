#include <pz/core/clock.hpp>

#include <array>
#include <cstring>

namespace pz::core {

namespace {

/// "00" to "99".
constexpr auto digit_pairs = [] {
    std::array<std::array<char, 2>, 100> pairs{};
    for (std::size_t number = 0; number < pairs.size(); ++number) {
        pairs[number] = {static_cast<char>('0' + number / 10), static_cast<char>('0' + number % 10)};
    }
    return pairs;
}();

/// Writes a number below 100 with two digits at `to`; returns what follows.
char* put_pair(char* to, std::uint32_t number) noexcept {
    std::memcpy(to, digit_pairs[number].data(), 2);
    return to + 2;
}

char* put_char(char* to, char c) noexcept {
    *to = c;
    return to + 1;
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

// A page of rows prints dozens of these: one append, and divisions of 32 bits, which cost a fraction of those
// of 64.
void append_to(std::string& out, Timestamp time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::microseconds of_day = time - day;
    const auto second = static_cast<std::uint32_t>(of_day.count() / 1'000'000);
    const auto fraction = static_cast<std::uint32_t>(of_day.count() % 1'000'000);
    char text[sizeof "YYYY-MM-DDThh:mm:ss.uuuuuuZ" - 1];
    const auto year = static_cast<std::uint32_t>(static_cast<int>(date.year()));
    char* at = put_pair(put_pair(text, year / 100 % 100), year % 100);
    at = put_pair(put_char(at, '-'), static_cast<unsigned>(date.month()));
    at = put_pair(put_char(at, '-'), static_cast<unsigned>(date.day()));
    at = put_pair(put_char(at, 'T'), second / 3'600);
    at = put_pair(put_char(at, ':'), second / 60 % 60);
    at = put_pair(put_char(at, ':'), second % 60);
    at = put_pair(put_char(at, '.'), fraction / 10'000);
    at = put_pair(put_pair(at, fraction / 100 % 100), fraction % 100);
    put_char(at, 'Z');
    out.append(text, sizeof text);
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
