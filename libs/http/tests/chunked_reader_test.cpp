#include <pz/http/chunked_reader.hpp>

#include <gtest/gtest.h>

#include <optional>

namespace pz::http {
namespace {

struct Outcome {
    std::optional<ChunkedError> error;
    bool done = false;
    std::string body;
    std::size_t taken = 0;

    bool operator==(const Outcome&) const = default;
};

/// Feeds the bytes in pieces of the given size.
Outcome decode(std::string_view bytes, std::size_t piece, std::size_t limit = 1024) {
    ChunkedReader reader{limit};
    Outcome outcome;
    while (outcome.taken < bytes.size() && !reader.done()) {
        const auto taken = reader.read(bytes.substr(outcome.taken, piece), &outcome.body);
        if (!taken) {
            outcome.error = taken.error();
            return outcome;
        }
        outcome.taken += *taken;
    }
    outcome.done = reader.done();
    return outcome;
}

/// Whole, and byte by byte, which must not differ.
Outcome decode(std::string_view bytes) {
    const Outcome whole = decode(bytes, bytes.size());
    const Outcome bytewise = decode(bytes, 1);
    EXPECT_EQ(whole.error, bytewise.error) << bytes;
    EXPECT_EQ(whole.done, bytewise.done) << bytes;
    if (!whole.error) {
        EXPECT_EQ(whole.body, bytewise.body) << bytes;
        EXPECT_EQ(whole.taken, bytewise.taken) << bytes;
    }
    return whole;
}

TEST(ChunkedReader, decodes_chunks_and_stops_behind_them) {
    const Outcome outcome = decode("5\r\nhello\r\n00A\r\n, world!!!\r\n0\r\n\r\nGET /");
    EXPECT_TRUE(outcome.done);
    EXPECT_EQ(outcome.body, "hello, world!!!");
    EXPECT_EQ(outcome.taken, 32U);
}

TEST(ChunkedReader, counts_without_keeping_when_there_is_no_body_to_fill) {
    ChunkedReader reader{100};
    ASSERT_TRUE(reader.read("3\r\nabc\r\n0\r\n\r\n", nullptr));
    EXPECT_TRUE(reader.done());
    EXPECT_EQ(reader.size(), 3U);
}

TEST(ChunkedReader, refuses_a_size_that_is_not_plain_hexadecimal) {
    for (const char* bytes :
         {"x\r\n", "\r\n", "-1\r\n", "+1\r\n", "0x1\r\n", "1_0\r\n", " 1\r\n", "11111111111111111\r\n"}) {
        EXPECT_TRUE(decode(bytes).error) << bytes;
    }
    EXPECT_TRUE(decode("1 \r\na\r\n").error);
}

TEST(ChunkedReader, refuses_line_ends_that_are_not_crlf) {
    for (const char* bytes :
         {"1\na\r\n", "1\r\na\n", "1\r\na0\r\n", "1\r\r\na", "0\r\n\n", "0\r\na: b\n\r\n", "1\r\nab\r\n", "\n"
         }) {
        EXPECT_TRUE(decode(bytes).error) << bytes;
    }
}

TEST(ChunkedReader, checks_extensions_and_ignores_them) {
    for (const char* extension : {";a", ";a=b", "; a = b ;c=\"d\\\"; \te\"", " \t;a", ";a=b;c;d=\"\""}) {
        EXPECT_EQ(decode("1" + std::string{extension} + "\r\nx\r\n0\r\n\r\n").body, "x") << extension;
    }
    for (const char* extension :
         {";", ";=", ";a=", ";a=\"b", ";a[", ";a=b c", ";a;", ";a \r", ";a=\"b\x01\"", ";a\n;b", ";a=\"b\\"
         }) {
        EXPECT_TRUE(decode("1" + std::string{extension} + "\r\nx\r\n0\r\n\r\n").error) << extension;
    }
}

TEST(ChunkedReader, bounds_extensions) {
    EXPECT_FALSE(decode("1;" + std::string(63, 'a') + "\r\nx\r\n0\r\n\r\n").error);
    EXPECT_TRUE(decode("1;" + std::string(64, 'a') + "\r\nx\r\n0\r\n\r\n").error);
    EXPECT_TRUE(decode("1;" + std::string(1'000'000, 'a')).error);
}

TEST(ChunkedReader, drops_trailers) {
    const Outcome outcome = decode("1\r\nx\r\n0\r\nX-Checksum: abc\r\nVary: *\r\n\r\n");
    EXPECT_TRUE(outcome.done);
    EXPECT_EQ(outcome.body, "x");
}

TEST(ChunkedReader, refuses_trailers_that_belong_into_the_head) {
    for (const char* name :
         {"Host", "authorization", "Content-Length", "Transfer-Encoding", "Content-Type", "Cookie"}) {
        EXPECT_EQ(decode("0\r\n" + std::string{name} + ": a\r\n\r\n").error, ChunkedError::bad_trailer)
            << name;
    }
    for (const char* line : {"no colon", "a : b", ": b", " a: b", "a: b\x01"}) {
        EXPECT_EQ(decode("0\r\n" + std::string{line} + "\r\n\r\n").error, ChunkedError::bad_trailer) << line;
    }
}

TEST(ChunkedReader, bounds_trailers) {
    EXPECT_FALSE(decode("0\r\nA: " + std::string(1024 - 5, 'a') + "\r\n\r\n").error);
    EXPECT_TRUE(decode("0\r\nA: " + std::string(1024 - 4, 'a') + "\r\n\r\n").error);
    std::string many;
    for (int i = 0; i < 1'000'000; ++i) {
        many += "A: b\r\n";
    }
    EXPECT_TRUE(decode("0\r\n" + many).error);
}

TEST(ChunkedReader, refuses_more_body_than_the_limit_before_it_is_there) {
    EXPECT_EQ(decode("400\r\n", 100).error, std::nullopt);
    EXPECT_EQ(decode("401\r\n", 100).error, ChunkedError::body_too_large);
    EXPECT_EQ(decode("ffffffffffffffff\r\n", 100).error, ChunkedError::body_too_large);
    EXPECT_EQ(
        decode("3ff\r\n" + std::string(0x3ff, 'a') + "\r\n2\r\n", 100).error, ChunkedError::body_too_large
    );
}

TEST(ChunkedReader, says_when_it_has_not_seen_the_end) {
    for (const char* bytes : {"", "5", "5\r\nhel", "5\r\nhello\r\n", "0\r\n", "0\r\nA: b\r\n"}) {
        const Outcome outcome = decode(bytes);
        EXPECT_FALSE(outcome.done) << bytes;
        EXPECT_FALSE(outcome.error) << bytes;
    }
}

}  // namespace
}  // namespace pz::http
