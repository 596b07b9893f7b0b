#include <pz/web/log.hpp>

#include <pz/core/json.hpp>
#include <pz/core/text.hpp>

#include <fmt/format.h>
#include <poll.h>
#include <spdlog/sinks/sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

namespace pz::web {

namespace {

using std::chrono::steady_clock;

/// Size of the character at the front, or 0 if the bytes are not UTF-8.
std::size_t character_size(std::string_view text) noexcept {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    return size <= text.size() && core::is_utf8(text.substr(0, size)) ? size : 0;
}

char32_t code_point(std::string_view character) noexcept {
    if (character.size() == 1) {
        return static_cast<unsigned char>(character.front());
    }
    char32_t point = static_cast<unsigned char>(character.front()) & (0xFFU >> (character.size() + 1));
    for (const char c : character.substr(1)) {
        point = point << 6U | (static_cast<unsigned char>(c) & 0x3FU);
    }
    return point;
}

/// Characters outside ASCII that end lines for some reader, control terminals (C1), or hide or reorder text.
bool is_treacherous(char32_t point) noexcept {
    return (point >= 0x7F && point < 0xA0) || point == 0xAD || point == 0x61C ||
           (point >= 0x200B && point <= 0x200F) || (point >= 0x2028 && point <= 0x202E) ||
           (point >= 0x2060 && point <= 0x206F) || point == 0xFEFF || (point >= 0xFFF9 && point <= 0xFFFB) ||
           point >= 0xE0000;
}

enum class ControlCharacters : std::uint8_t { keep, escape };

/// `keep` is for JSON, which has escapes of its own for those of ASCII.
void append_printable(std::string& out, std::string_view text, ControlCharacters control) {
    while (!text.empty()) {
        const auto plain = static_cast<std::size_t>(
            std::ranges::find_if(
                text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c < 0; }
            ) -
            text.begin()
        );
        out.append(text, 0, plain);
        text.remove_prefix(plain);
        if (text.empty()) {
            return;
        }
        const std::size_t size = character_size(text);
        const std::string_view character = text.substr(0, std::max<std::size_t>(size, 1));
        const char32_t point = size == 0 ? 0 : code_point(character);
        if (size == 0) {
            fmt::format_to(
                std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(character.front())
            );
        } else if (point < 0x20 && control == ControlCharacters::escape) {
            switch (point) {
                case '\n':
                    out += "\\n";
                    break;
                case '\r':
                    out += "\\r";
                    break;
                case '\t':
                    out += "\\t";
                    break;
                default:
                    fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned>(point));
            }
        } else if (is_treacherous(point)) {
            fmt::format_to(std::back_inserter(out), "\\u{{{:x}}}", static_cast<unsigned>(point));
        } else {
            out += character;
        }
        text.remove_prefix(character.size());
    }
}

void append_json(std::string& out, std::string_view text) {
    constexpr std::size_t longest = 4'096;  // a message may quote what a server or a library said
    text = text.substr(0, longest);
    bool ascii = true;
    for (const char c : text) {  // to the end, so that the compiler looks at many characters at once
        ascii &= static_cast<unsigned char>(c) < 0x7F;
    }
    if (ascii) {
        core::write_json(out, text);
        return;
    }
    std::string cleaned;
    append_printable(cleaned, text, ControlCharacters::keep);
    core::write_json(out, cleaned);
}

void append_member(std::string& out, std::string_view name, std::string_view text) {
    if (!text.empty()) {
        out += ",\"";
        out += name;
        out += "\":";
        append_json(out, text);
    }
}

/// Seconds with six digits, as Cloud Logging wants a latency.
void append_latency(std::string& out, steady_clock::duration latency) {
    constexpr std::int64_t million = 1'000'000;
    const auto whole = std::chrono::duration_cast<std::chrono::microseconds>(latency).count();
    core::write_json(out, whole / million);
    out += '.';
    const std::string fraction = std::to_string(million + whole % million);
    out.append(fraction, 1);
}

std::string_view cloud_severity(Severity severity) noexcept {
    switch (severity) {
        case Severity::trace:
        case Severity::debug:
            return "DEBUG";
        case Severity::info:
            return "INFO";
        case Severity::warn:
            return "WARNING";
        case Severity::error:
            return "ERROR";
        case Severity::critical:
            return "CRITICAL";
    }
    return "DEFAULT";
}

double seconds(steady_clock::duration duration) noexcept {
    return std::chrono::duration<double>(duration).count();
}

void append_trace(std::string& out, const TraceContext& trace, const std::string& project) {
    if (project.empty()) {
        append_member(out, "trace_id", to_hex(trace.trace_id));
        return;
    }
    append_member(
        out, "logging.googleapis.com/trace", "projects/" + project + "/traces/" + to_hex(trace.trace_id)
    );
    append_member(out, "logging.googleapis.com/spanId", to_hex(trace.span_id));
    out += R"(,"logging.googleapis.com/trace_sampled":)";
    out += trace.sampled ? "true" : "false";
}

std::string render_json(const LogEvent& event, const LogStyle& style, core::Timestamp now) {
    std::string line;
    line.reserve(768);  // an item by id comes to 550
    line += R"({"severity":")";
    line += cloud_severity(event.severity);
    line += R"(","time":")";
    core::append_to(line, now);
    line += R"(","message":)";
    append_json(line, event.message);
    if (event.request) {
        const LoggedRequest& request = *event.request;
        line += R"(,"httpRequest":{"requestMethod":)";
        append_json(line, request.method);
        append_member(line, "requestUrl", request.path);
        line += R"(,"status":)";
        core::write_json(line, request.status);
        line += R"(,"latency":")";
        append_latency(line, request.latency);
        line += "s\"";
        append_member(line, "remoteIp", request.remote_address);
        append_member(line, "userAgent", request.user_agent.substr(0, 256));
        line += '}';
    }
    if (event.trace != nullptr) {
        append_trace(line, *event.trace, style.project);
    }
    append_member(line, "request_id", event.request_id);
    append_member(line, "route", event.route);
    append_member(line, "code", event.code);
    append_member(line, "tenant", event.tenant);
    append_member(line, "actor", event.actor);
    line += "}\n";
    return line;
}

struct Paint {
    std::string_view on;
    std::string_view off;
};

Paint paint_of(Severity severity, bool colour) noexcept {
    if (!colour) {
        return {};
    }
    switch (severity) {
        case Severity::trace:
        case Severity::debug:
            return {"\x1b[2m", "\x1b[0m"};
        case Severity::info:
            return {"\x1b[32m", "\x1b[0m"};
        case Severity::warn:
            return {"\x1b[33m", "\x1b[0m"};
        default:
            return {"\x1b[1;31m", "\x1b[0m"};
    }
}

std::string render_text(const LogEvent& event, const LogStyle& style, core::Timestamp now) {
    std::string line = core::to_string(now);
    line.replace(line.size() - 4, 4, "Z");  // milliseconds are enough for people
    const Paint paint = paint_of(event.severity, style.colour);
    const auto to = std::back_inserter(line);
    fmt::format_to(to, " {}{:<8}{} ", paint.on, core::enum_text(event.severity), paint.off);
    append_printable(line, event.message, ControlCharacters::escape);
    if (event.request) {
        fmt::format_to(to, " {:.1f}ms", seconds(event.request->latency) * 1e3);
    }
    const Paint faint = style.colour ? Paint{"\x1b[2m", "\x1b[0m"} : Paint{};
    line += faint.on;
    const auto field = [&](std::string_view name, std::string_view text) {
        if (!text.empty()) {
            fmt::format_to(to, " {}=", name);
            append_printable(line, text, ControlCharacters::escape);
        }
    };
    field("code", event.code);
    field("route", event.route);
    field("tenant", event.tenant);
    field("actor", event.actor);
    field("request", event.request_id);
    if (event.trace != nullptr && event.trace->sampled) {
        field("trace", to_hex(event.trace->trace_id));
    }
    line += faint.off;
    line += '\n';
    return line;
}

Severity severity_of(spdlog::level::level_enum level) noexcept {
    return level >= spdlog::level::critical ? Severity::critical : static_cast<Severity>(level);
}

static_assert(static_cast<int>(Severity::error) == SPDLOG_LEVEL_ERROR);

/// What the libraries say with spdlog becomes an event of the same log.
class Sink final : public spdlog::sinks::sink {
 public:
    explicit Sink(Log& log) : log_(log) {}

    void log(const spdlog::details::log_msg& message) override {
        const std::string_view text{message.payload.data(), message.payload.size()};
        log_.write({.severity = severity_of(message.level), .message = text});
    }

    void flush() override {}

    void set_pattern(const std::string&) override {}

    void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

 private:
    Log& log_;
};

}  // namespace

std::string render(const LogEvent& event, const LogStyle& style, core::Timestamp now) {
    return style.format == LogFormat::json ? render_json(event, style, now) : render_text(event, style, now);
}

std::string printable(std::string_view text) {
    std::string out;
    append_printable(out, text, ControlCharacters::escape);
    return out;
}

/// The bounded buffer and the thread that empties it.
class Log::Writer {
 public:
    explicit Writer(const Options& options)
        : descriptor_(options.descriptor),
          limit_(options.buffer_bytes),
          farewell_(options.farewell),
          thread_([this](const std::stop_token& stop) { run(stop); }) {}

    void add(std::string_view line) {
        const std::lock_guard lock{mutex_};
        if (pending_.size() + line.size() > limit_) {
            dropped_.fetch_add(1, std::memory_order_relaxed);
            return;
        }
        pending_ += line;
        if (pending_.size() == line.size()) {
            wake_.notify_one();
        }
    }

    /// A line that could not even be made.
    void count_loss() noexcept { dropped_.fetch_add(1, std::memory_order_relaxed); }

    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }

 private:
    void run(const std::stop_token& stop) {
        std::string lines;
        while (take(lines, stop)) {
            write(lines, stop);
        }
    }

    /// Waits for lines, and a moment longer for more of them: one write for many. False at the end.
    bool take(std::string& lines, const std::stop_token& stop) {
        constexpr std::chrono::milliseconds gather{5};
        lines.clear();
        std::unique_lock lock{mutex_};
        wake_.wait(lock, stop, [this] { return !pending_.empty(); });
        wake_.wait_for(lock, stop, gather, [this] { return pending_.size() > limit_ / 2; });
        std::swap(lines, pending_);
        return !lines.empty();
    }

    /// In pieces that a pipe takes whole once it is writable, so that a reader that stalls never blocks us in
    /// write(): then the end of the process would have to wait for it.
    void write(std::string& text, const std::stop_token& stop) {
        constexpr std::size_t piece = 4'096;  // PIPE_BUF
        if (cut_off_) {
            text.insert(0, 1, '\n');
        }
        std::string_view lines = text;
        std::optional<steady_clock::time_point> give_up;
        while (!lines.empty()) {
            if (stop.stop_requested() && !give_up) {
                give_up = steady_clock::now() + farewell_;
            }
            pollfd ready{.fd = descriptor_, .events = POLLOUT, .revents = 0};
            const int count = ::poll(&ready, 1, 50);
            if (count == 0 && give_up && steady_clock::now() >= *give_up) {
                break;
            }
            if (count <= 0) {
                continue;
            }
            const ssize_t written = ::write(descriptor_, lines.data(), std::min(lines.size(), piece));
            if (written < 0 && (errno == EINTR || errno == EAGAIN)) {
                continue;
            }
            if (written < 0) {
                break;  // nobody reads any more, or the disk is full: later lines may fare better
            }
            cut_off_ = lines[static_cast<std::size_t>(written) - 1] != '\n';
            lines.remove_prefix(static_cast<std::size_t>(written));
        }
        dropped_.fetch_add(
            static_cast<std::uint64_t>(std::ranges::count(lines, '\n')), std::memory_order_relaxed
        );
    }

    const int descriptor_;
    const std::size_t limit_;
    const std::chrono::milliseconds farewell_;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::string pending_;
    std::atomic<std::uint64_t> dropped_{0};
    bool cut_off_ = false;  ///< the last write ended inside a line; the thread's own
    std::jthread thread_;   // last: it stops before the rest goes
};

Log::Log(Options options) : options_(std::move(options)), writer_(std::make_unique<Writer>(options_)) {}

Log::~Log() {
    if (took_over_spdlog_) {
        spdlog::set_default_logger(std::make_shared<spdlog::logger>("ended"));
    }
}

void Log::write(const LogEvent& event) noexcept {
    if (!takes(event.severity)) {
        return;
    }
    try {
        writer_->add(render(event, options_.style, core::SystemClock{}.now()));
    } catch (const std::exception&) {
        writer_->count_loss();
    }
}

void Log::take_over_spdlog() {
    auto logger = std::make_shared<spdlog::logger>("log", std::make_shared<Sink>(*this));
    logger->set_level(static_cast<spdlog::level::level_enum>(options_.least));
    spdlog::set_default_logger(std::move(logger));
    took_over_spdlog_ = true;
}

std::uint64_t Log::dropped() const noexcept {
    return writer_->dropped();
}

}  // namespace pz::web
