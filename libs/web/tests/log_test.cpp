// One event is one line, whatever is in it (T41), and the log never makes a request wait.

#include <pz/web/log.hpp>

#include <pz/core/text.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace pz::web {

namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

const core::Timestamp noon{std::chrono::sys_days{std::chrono::year{2026} / 1 / 31} + 12h + 1234567us};

std::string text_of(const json::value& value) {
    return std::string{value.as_string()};
}

/// Every text field of an event is the given text.
LogEvent event_of(std::string_view text, const TraceContext& trace) {
    return {
        .severity = Severity::warn,
        .message = text,
        .request =
            LoggedRequest{
                .method = text,
                .path = text,
                .status = 200,
                .latency = 12ms,
                .remote_address = text,
                .user_agent = text,
            },
        .trace = &trace,
        .request_id = text,
        .route = text,
        .code = text,
        .tenant = text,
        .actor = text,
    };
}

std::vector<std::string> naughty_strings() {
    std::vector<std::string> strings{
        "a\r\nHTTP/1.1 200 OK",
        "line\nbreak",
        "\x1b[31mred\x1b[0m",
        std::string("nul\0inside", 10),
        "\",\"severity\":\"EMERGENCY\"}\n{\"severity\":\"INFO\"",
        "\xff\xfe invalid",
        "\xed\xa0\x80 surrogate",
        "cut off \xe2\x82",
        "\xc2\x9b"
        "31m",                        // CSI as one C1 character
        "next\xc2\x85line",           // U+0085
        "line\xe2\x80\xa8separator",  // U+2028
        "right\xe2\x80\xaeto left",   // U+202E
        "delete\x7f",
    };
    const char* folder = std::getenv("PZ_TESTDATA");  // NOLINT(concurrency-mt-unsafe)
    const std::string path = std::string{folder != nullptr ? folder : PZ_SOURCE_DIR "/../shared/testdata"} +
                             "/naughty-strings/blns.json";
    std::ifstream file(path, std::ios::binary);
    if (file) {
        for (const json::value& text :
             json::parse(std::string{std::istreambuf_iterator<char>{file}, {}}).as_array()) {
            strings.emplace_back(text.as_string());
        }
    }
    return strings;
}

/// What reads a terminal, or counts lines, must find nothing to act on.
bool is_tame(std::string_view line) {
    return core::is_utf8(line) &&
           std::ranges::none_of(
               line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }
           ) &&
           line.find("\xc2\x9b") == std::string_view::npos &&
           line.find("\xc2\x85") == std::string_view::npos &&
           line.find("\xe2\x80\xa8") == std::string_view::npos &&
           line.find("\xe2\x80\xae") == std::string_view::npos;
}

TEST(LogLine, stays_one_json_object_whatever_is_in_any_field) {
    const std::vector<std::string> strings = naughty_strings();
    if (strings.size() < 100) {
        GTEST_SKIP() << "*** PZ_TESTDATA has no naughty-strings: only our own were at hand ***";
    }
    const TraceContext trace = new_trace();
    for (const std::string& text : strings) {
        const std::string line = render(event_of(text, trace), {.format = LogFormat::json}, noon);
        ASSERT_EQ(line.back(), '\n');
        ASSERT_TRUE(is_tame(std::string_view{line}.substr(0, line.size() - 1))) << line;
        const json::object object = json::parse(line).as_object();
        EXPECT_EQ(object.at("severity"), "WARNING");
        if (printable(text) == text && text.size() <= 256) {  // what is harmless arrives as it was
            EXPECT_EQ(text_of(object.at("message")), text);
            if (const json::value* agent = object.at("httpRequest").as_object().if_contains("userAgent")) {
                EXPECT_EQ(text_of(*agent), text);
            }
        }
    }
}

TEST(LogLine, stays_one_line_of_text_whatever_is_in_any_field) {
    const TraceContext trace = new_trace();
    for (const std::string& text : naughty_strings()) {
        const std::string line = render(event_of(text, trace), {.format = LogFormat::text}, noon);
        ASSERT_EQ(line.back(), '\n');
        ASSERT_TRUE(is_tame(std::string_view{line}.substr(0, line.size() - 1))) << line;
    }
}

TEST(LogLine, has_cloud_loggings_shape) {
    const TraceContext trace = *parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    const LogEvent event{
        .severity = Severity::error,
        .message = "GET /api/v1/items 500: why",
        .request =
            LoggedRequest{
                .method = "GET",
                .path = "/api/v1/items",
                .status = 500,
                .latency = 12ms,
                .remote_address = "192.0.2.1",
                .user_agent = "curl/8",
            },
        .trace = &trace,
        .request_id = "r-1",
        .route = "list_items",
        .code = "internal_error",
        .tenant = "t",
        .actor = "a",
    };
    EXPECT_EQ(
        render(event, {.format = LogFormat::json}, noon),
        R"({"severity":"ERROR","time":"2026-01-31T12:00:01.234567Z","message":"GET /api/v1/items 500: why",)"
        R"("httpRequest":{"requestMethod":"GET","requestUrl":"/api/v1/items","status":500,)"
        R"("latency":"0.012000s","remoteIp":"192.0.2.1","userAgent":"curl/8"},)"
        R"("trace_id":"0af7651916cd43dd8448eb211c80319c","request_id":"r-1","route":"list_items",)"
        R"("code":"internal_error","tenant":"t","actor":"a"})"
        "\n"
    );
    const json::object linked =
        json::parse(render(event, {.format = LogFormat::json, .project = "shop-1"}, noon)).as_object();
    EXPECT_EQ(
        linked.at("logging.googleapis.com/trace"), "projects/shop-1/traces/0af7651916cd43dd8448eb211c80319c"
    );
    EXPECT_EQ(linked.at("logging.googleapis.com/spanId"), "b7ad6b7169203331");
    EXPECT_EQ(linked.at("logging.googleapis.com/trace_sampled"), true);
    EXPECT_FALSE(linked.contains("trace_id"));
}

TEST(LogLine, is_readable_on_a_terminal) {
    const LogEvent event{.severity = Severity::warn, .message = "GET / 503: no connection", .tenant = "t"};
    EXPECT_EQ(
        render(event, {.format = LogFormat::text}, noon),
        "2026-01-31T12:00:01.234Z warn     GET / 503: no connection tenant=t\n"
    );
    EXPECT_NE(
        render(event, {.format = LogFormat::text, .colour = true}, noon).find("\x1b[33mwarn"),
        std::string::npos
    );
}

struct Pipe {
    int reader = -1;
    int writer = -1;

    Pipe() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) == 0) {
            reader = ends[0];
            writer = ends[1];
        }
    }

    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    ~Pipe() {
        ::close(reader);
        ::close(writer);
    }

    /// Everything until the pipe has been quiet for a while.
    [[nodiscard]] std::string drain() const {
        std::string text;
        std::array<char, 65'536> chunk{};
        pollfd readable{.fd = reader, .events = POLLIN, .revents = 0};
        while (::poll(&readable, 1, 300) > 0) {
            const ssize_t size = ::read(reader, chunk.data(), chunk.size());
            if (size <= 0) {
                break;
            }
            text.append(chunk.data(), static_cast<std::size_t>(size));
        }
        return text;
    }
};

TEST(Log, a_reader_that_stalls_costs_lines_and_no_waiting) {
    const Pipe pipe;
    constexpr std::size_t lines = 20'000;  // of some 90 bytes: more than buffer and pipe hold
    Log log({.descriptor = pipe.writer, .buffer_bytes = 100'000, .farewell = 10ms});
    for (std::size_t i = 0; i < lines; ++i) {
        log.write({.message = "a line that nobody reads for now"});  // would never return if it waited
    }
    const std::uint64_t dropped = log.dropped();
    EXPECT_GT(dropped, lines / 2);
    // What was kept arrives whole and in order once somebody reads, and each line is there or counted.
    const std::string text = pipe.drain();
    EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(text, '\n')) + dropped, lines);
    log.write({.message = "later"});
    EXPECT_NE(pipe.drain().find("later"), std::string::npos);
}

TEST(Log, ends_although_nobody_reads) {
    const Pipe pipe;
    Log log({.descriptor = pipe.writer, .farewell = 10ms});
    for (int i = 0; i < 5'000; ++i) {
        log.write({.message = "a line that nobody will ever read"});
    }
    // The destructor returns.
}

TEST(Log, a_full_disk_costs_lines_and_nothing_else) {
    const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
    ASSERT_GE(full, 0);
    {
        Log log({.descriptor = full, .farewell = 10ms});
        for (int i = 0; i < 3; ++i) {
            log.write({.message = "no space left"});
        }
        while (log.dropped() < 3) {
            ::usleep(1'000);
        }
        EXPECT_EQ(log.dropped(), 3U);
    }
    ::close(full);
}

TEST(Log, what_the_libraries_say_comes_out_as_events_of_the_same_log) {
    const Pipe pipe;
    {
        Log log({.least = Severity::info, .descriptor = pipe.writer});
        log.take_over_spdlog();
        spdlog::warn("a {} said\nthis", "library");
        spdlog::debug("nobody asked");
    }
    spdlog::warn("after the end: goes nowhere, harms nothing");
    const std::string text = pipe.drain();
    const json::object object = json::parse(text).as_object();
    EXPECT_EQ(object.at("severity"), "WARNING");
    EXPECT_EQ(object.at("message"), "a library said\nthis");
}

}  // namespace

}  // namespace pz::web
