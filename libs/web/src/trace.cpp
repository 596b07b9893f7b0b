#include <pz/web/trace.hpp>

#include <pz/core/text.hpp>

#include <algorithm>
#include <random>
#include <span>

namespace pz::web {

namespace {

constexpr std::string_view digits = "0123456789abcdef";

std::string hex(std::span<const std::uint8_t> bytes) {
    std::string text;
    const std::size_t size = bytes.size() * 2;
    // Not the size that the function is given: libstdc++ 12 says there what the text has room for.
    text.resize_and_overwrite(size, [bytes, size](char* to, std::size_t) {
        for (const std::uint8_t byte : bytes) {
            *to++ = digits[byte >> 4U];
            *to++ = digits[byte & 0xFU];
        }
        return size;
    });
    return text;
}

/// Fills `out` from exactly twice as many lower-case digits; false for anything else.
bool read_hex(std::string_view text, std::span<std::uint8_t> out) noexcept {
    if (text.size() != out.size() * 2) {
        return false;
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::size_t value = digits.find(text[i]);
        if (value == std::string_view::npos) {
            return false;
        }
        std::uint8_t& byte = out[i / 2];
        byte = static_cast<std::uint8_t>(i % 2 == 0 ? value << 4U : byte | value);
    }
    return true;
}

bool is_zero(std::span<const std::uint8_t> bytes) noexcept {
    return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

/// Ids have to be different, not secret: a generator of each thread's own, seeded by the operating system's.
void fill(std::span<std::uint8_t> out) {
    thread_local std::mt19937_64 generator = [] {
        std::array<std::uint32_t, 8> seed{};
        core::random_bytes(seed.data(), sizeof seed);
        std::seed_seq sequence(seed.begin(), seed.end());
        return std::mt19937_64{sequence};
    }();
    do {
        for (std::size_t i = 0; i < out.size(); i += 8) {
            std::uint64_t number = generator();
            for (std::uint8_t& byte : out.subspan(i, 8)) {
                byte = static_cast<std::uint8_t>(number);
                number >>= 8U;
            }
        }
    } while (is_zero(out));
}

}  // namespace

std::string TraceContext::to_traceparent() const {
    return "00-" + hex(trace_id) + "-" + hex(span_id) + (sampled ? "-01" : "-00");
}

std::optional<TraceContext> parse_traceparent(std::string_view text) noexcept {
    constexpr std::size_t size = 55;  // 2 + 1 + 32 + 1 + 16 + 1 + 2
    std::array<std::uint8_t, 1> version{};
    std::array<std::uint8_t, 1> flags{};
    TraceContext caller;
    if (text.size() < size || text[2] != '-' || text[35] != '-' || text[52] != '-' ||
        !read_hex(text.substr(0, 2), version) || version[0] == 0xFF ||
        !read_hex(text.substr(3, 32), caller.trace_id) || !read_hex(text.substr(36, 16), caller.span_id) ||
        !read_hex(text.substr(53, 2), flags) || is_zero(caller.trace_id) || is_zero(caller.span_id)) {
        return std::nullopt;
    }
    // Version 00 ends here; a later one may go on behind another dash.
    if (text.size() > size && (version[0] == 0 || text[size] != '-')) {
        return std::nullopt;
    }
    caller.sampled = (flags[0] & 1U) != 0;
    return caller;
}

TraceContext new_trace() {
    TraceContext trace;
    fill(trace.trace_id);
    fill(trace.span_id);
    return trace;
}

TraceContext child_of(const TraceContext& caller) {
    TraceContext trace = caller;
    trace.parent_id = caller.span_id;
    fill(trace.span_id);
    return trace;
}

std::string to_hex(const TraceContext::TraceId& id) {
    return hex(id);
}

std::string to_hex(const TraceContext::SpanId& id) {
    return hex(id);
}

}  // namespace pz::web
