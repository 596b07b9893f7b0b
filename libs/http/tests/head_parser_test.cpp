#include <pz/http/head_parser.hpp>

#include <gtest/gtest.h>

#include <string>

namespace pz::http {
namespace {

/// The status a head would be answered with; 0 = accepted, -1 = unfinished.
int verdict(std::string_view bytes, const HeadLimits& limits = {}) {
    const auto size = find_head_end(bytes, 0, limits);
    if (!size) {
        return static_cast<int>(status_of(size.error()));
    }
    if (*size == 0) {
        return -1;
    }
    RequestHead head;
    const auto parsed = parse_head(bytes.substr(0, *size), limits, head);
    return parsed ? 0 : static_cast<int>(status_of(parsed.error()));
}

/// A GET whose head has these lines besides Host.
int verdict_of_fields(std::string_view lines) {
    return verdict("GET / HTTP/1.1\r\nHost: localhost\r\n" + std::string{lines} + "\r\n");
}

int verdict_of_start(std::string_view start_line) {
    return verdict(std::string{start_line} + "\r\nHost: localhost\r\n\r\n");
}

TEST(HeadParser, gives_out_what_the_head_says) {
    const std::string bytes =
        "PATCH /api/v1/items/7?full=true&x=? HTTP/1.1\r\nhOST: example.com:8000\r\nAuthorization: Bearer "
        "a.b.c\r\n"
        "Content-Type: \t application/json \t\r\nIf-Match: \"3\"\r\nContent-Length: "
        "12\r\nX-Empty:\r\n\r\n{\"title\":\"";
    const auto size = find_head_end(bytes, 0, {});
    ASSERT_TRUE(size);
    RequestHead head;
    ASSERT_TRUE(parse_head(std::string_view{bytes}.substr(0, *size), {}, head));
    EXPECT_EQ(head.method(), Method::patch);
    EXPECT_EQ(head.target(), "/api/v1/items/7?full=true&x=?");
    EXPECT_EQ(head.path(), "/api/v1/items/7");
    EXPECT_EQ(head.query(), "full=true&x=?");
    EXPECT_EQ(head.host(), "example.com:8000");
    EXPECT_EQ(head.authorization(), "Bearer a.b.c");
    EXPECT_EQ(head.content_type(), "application/json");
    EXPECT_EQ(head.if_match(), "\"3\"");
    EXPECT_EQ(head.find("x-empty"), "");
    EXPECT_EQ(head.find("X-Absent"), std::nullopt);
    EXPECT_EQ(head.field_count(), 6U);
    EXPECT_EQ(head.field(0).name, "hOST");
    EXPECT_EQ(head.content_length(), 12U);
    EXPECT_TRUE(head.has_body());
    EXPECT_FALSE(head.chunked());
    EXPECT_TRUE(head.keep_alive());
    EXPECT_EQ(head.size(), bytes.size() - 10);
}

TEST(HeadParser, forgets_the_head_before) {
    RequestHead head;
    ASSERT_TRUE(parse_head(
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nAuthorization: x\r\nConnection: "
        "close\r\n"
        "Expect: 100-continue\r\nContent-Type: a/b\r\nIf-Match: *\r\n\r\n",
        {},
        head
    ));
    ASSERT_TRUE(parse_head("GET / HTTP/1.1\r\nHost: b\r\n\r\n", {}, head));
    EXPECT_FALSE(head.has_body());
    EXPECT_FALSE(head.expects_continue());
    EXPECT_TRUE(head.keep_alive());
    EXPECT_EQ(head.authorization(), std::nullopt);
    EXPECT_EQ(head.content_type(), std::nullopt);
    EXPECT_EQ(head.if_match(), std::nullopt);
    EXPECT_EQ(head.field_count(), 1U);
}

TEST(HeadParser, takes_the_methods_of_the_list_and_no_other) {
    for (const std::string method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
        EXPECT_EQ(verdict_of_start(method + " / HTTP/1.1"), 0) << method;
    }
    for (const std::string method : {"get", "TRACE", "CONNECT", "PROPFIND", "GETT", "GE", "G-T", ""}) {
        EXPECT_EQ(verdict_of_start(method + " / HTTP/1.1"), 400) << method;
    }
}

TEST(HeadParser, wants_a_target_that_begins_with_a_slash) {
    for (const std::string target : {"*", "example.com:443", "http://example.com/", "", "?", "\\", "../"}) {
        EXPECT_EQ(verdict_of_start("OPTIONS " + target + " HTTP/1.1"), 400) << target;
    }
}

TEST(HeadParser, wants_visible_ascii_in_the_target) {
    for (int byte = 0; byte < 256; ++byte) {
        const char c = static_cast<char>(byte);
        const bool visible = byte > 0x20 && byte < 0x7f && c != '#';
        EXPECT_EQ(verdict_of_start(std::string{"GET /a"} + c + "b HTTP/1.1"), visible ? 0 : 400) << byte;
    }
}

TEST(HeadParser, refuses_white_space_around_the_parts_of_the_request_line) {
    for (const char* line :
         {"GET  / HTTP/1.1",
          " GET / HTTP/1.1",
          "GET / HTTP/1.1 ",
          "GET /  HTTP/1.1",
          "GET\t/ HTTP/1.1",
          "GET /"}) {
        EXPECT_EQ(verdict_of_start(line), 400) << line;
    }
}

TEST(HeadParser, wants_http_1_1_exactly_and_1_0_with_close) {
    for (const char* version :
         {"HTTP/1.2", "HTTP/2.0", "http/1.1", "HTTP/1.1x", "HTTP/01.1", "HTTP/1", "FTP/1.1"}) {
        EXPECT_EQ(verdict_of_start(std::string{"GET / "} + version), 400) << version;
    }
    RequestHead head;
    ASSERT_TRUE(parse_head("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", {}, head));
    EXPECT_FALSE(head.keep_alive());
}

TEST(HeadParser, refuses_line_ends_that_are_not_crlf) {
    EXPECT_EQ(verdict("GET / HTTP/1.1\nHost: a\n\n"), 400);
    EXPECT_EQ(verdict("GET / HTTP/1.1\r\nHost: a\n\r\n"), 400);
    EXPECT_EQ(verdict("GET / HTTP/1.1\rHost: a\r\n\r\n"), 400);
    EXPECT_EQ(verdict("GET / HTTP/1.1\r\nHost: a\r\r\n\r\n"), 400);
    EXPECT_EQ(verdict("GET / HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n"), 400);
    EXPECT_EQ(verdict("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
}

TEST(HeadParser, notices_a_wrong_line_end_before_the_head_is_complete) {
    EXPECT_EQ(verdict("GET / HTTP/1.1\nHost"), 400);
    EXPECT_EQ(verdict("GET / HTTP/1.1\r\nA: b\rc"), 400);
    EXPECT_EQ(verdict(std::string_view{"GET / HTTP/1.1\r\nA: \0", 20}), 400);
    EXPECT_EQ(verdict("\x16\x03\x01"), 400);
    EXPECT_EQ(verdict("GET / HTTP/1.1\r"), -1);
    EXPECT_EQ(verdict("G"), -1);
    EXPECT_EQ(verdict(""), -1);
}

TEST(HeadParser, refuses_space_before_colon) {
    EXPECT_EQ(verdict_of_fields("X-Test : a\r\n"), 400);
    EXPECT_EQ(verdict_of_fields("X-Test\t: a\r\n"), 400);
}

TEST(HeadParser, refuses_folded_lines) {
    EXPECT_EQ(verdict_of_fields("X-Test: a\r\n b\r\n"), 400);
    EXPECT_EQ(verdict_of_fields("X-Test: a\r\n\tb: c\r\n"), 400);
    EXPECT_EQ(verdict("GET / HTTP/1.1\r\n Host: a\r\n\r\n"), 400);
}

TEST(HeadParser, wants_a_token_as_field_name) {
    const std::string_view separators = "()<>@,;\\\"/[]?={} \t";
    for (int byte = 0; byte < 256; ++byte) {
        const char c = static_cast<char>(byte);
        const bool token = byte > 0x20 && byte < 0x7f && separators.find(c) == std::string_view::npos;
        if (c == ':') {
            continue;  // ends the name
        }
        EXPECT_EQ(verdict_of_fields(std::string{"X"} + c + "Y: a\r\n"), token ? 0 : 400) << byte;
    }
    EXPECT_EQ(verdict_of_fields(": a\r\n"), 400);
    EXPECT_EQ(verdict_of_fields("NoColon\r\n"), 400);
}

TEST(HeadParser, refuses_control_characters_in_values) {
    for (int byte = 0; byte < 256; ++byte) {
        const bool control = (byte < 0x20 && byte != '\t') || byte == 0x7f;
        EXPECT_EQ(
            verdict_of_fields(std::string{"X: a"} + static_cast<char>(byte) + "b\r\n"), control ? 400 : 0
        ) << byte;
    }
}

TEST(HeadParser, wants_exactly_one_valid_host) {
    EXPECT_EQ(verdict("GET / HTTP/1.1\r\n\r\n"), 400);
    EXPECT_EQ(verdict("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), 400);
    for (const std::string host :
         {"localhost",
          "localhost:8000",
          "a-b.example.com",
          "127.0.0.1",
          "[::1]",
          "[::ffff:1.2.3.4]:80",
          "under_score"}) {
        EXPECT_EQ(verdict("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n"), 0) << host;
    }
    for (const std::string host :
         {"",
          "a b",
          "a,b",
          "user@a",
          "a/b",
          "a:",
          "a:x",
          "a:123456",
          ":80",
          "[::1",
          "[]",
          "[x]",
          "[::1]x",
          "a?b",
          "a%41",
          "\xc3\xa9",
          "[::1]:",
          "http://a"}) {
        EXPECT_EQ(verdict("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n"), 400) << host;
    }
}

TEST(HeadParser, wants_one_content_length_of_1_to_15_digits) {
    EXPECT_EQ(verdict_of_fields("Content-Length: 0\r\n"), 0);
    EXPECT_EQ(verdict_of_fields("Content-Length: 999999999999999\r\n"), 0);
    EXPECT_EQ(verdict_of_fields("Content-Length: 1\r\nContent-Length: 1\r\n"), 400);
    EXPECT_EQ(verdict_of_fields("Content-Length: 0\r\nContent-Length: 0\r\n"), 400);
    for (const std::string value :
         {"",
          "+1",
          "-1",
          "1 1",
          "1,1",
          "0x1",
          "1.0",
          "1_0",
          "1000000000000000",
          "18446744073709551616",
          "\xd9\xa1"}) {
        EXPECT_EQ(verdict_of_fields("Content-Length: " + value + "\r\n"), 400) << value;
    }
}

TEST(HeadParser, wants_transfer_encoding_chunked_alone) {
    EXPECT_EQ(verdict_of_fields("Transfer-Encoding: chunked\r\n"), 0);
    EXPECT_EQ(verdict_of_fields("Transfer-Encoding: CHUNKED\r\n"), 0);
    for (const std::string value :
         {"",
          "gzip",
          "chunked, chunked",
          "gzip, chunked",
          "chunked;a=b",
          ",chunked",
          "chunked,",
          "xchunked",
          "identity",
          "\"chunked\""}) {
        EXPECT_EQ(verdict_of_fields("Transfer-Encoding: " + value + "\r\n"), 400) << value;
    }
    EXPECT_EQ(verdict_of_fields("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400);
    EXPECT_EQ(verdict_of_fields("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n"), 400);
    EXPECT_EQ(verdict_of_fields("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"), 400);
    EXPECT_EQ(verdict("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
}

TEST(HeadParser, refuses_framing_fields_spelt_with_an_underscore) {
    EXPECT_EQ(verdict_of_fields("Transfer_Encoding: chunked\r\n"), 400);
    EXPECT_EQ(verdict_of_fields("Content_Length: 1\r\n"), 400);
    EXPECT_EQ(verdict_of_fields("X_Y: 1\r\n"), 0);
}

TEST(HeadParser, refuses_repeated_credentials_and_types) {
    EXPECT_EQ(verdict_of_fields("Authorization: a\r\nauthorization: a\r\n"), 400);
    EXPECT_EQ(verdict_of_fields("Content-Type: a/b\r\nContent-type: a/b\r\n"), 400);
    EXPECT_EQ(verdict_of_fields("If-Match: a\r\nIF-MATCH: b\r\n"), 400);
    EXPECT_EQ(verdict_of_fields("Accept: a/b\r\nAccept: c/d\r\n"), 0);
}

TEST(HeadParser, refuses_upgrade) {
    EXPECT_EQ(verdict_of_fields("Connection: Upgrade\r\nUpgrade: h2c\r\n"), 400);
}

TEST(HeadParser, knows_one_expectation) {
    EXPECT_EQ(verdict_of_fields("Expect: 100-Continue\r\n"), 0);
    EXPECT_EQ(verdict_of_fields("Expect: 200-ok\r\n"), 417);
    RequestHead head;
    ASSERT_TRUE(parse_head("POST / HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\n\r\n", {}, head));
    EXPECT_FALSE(head.expects_continue());
}

TEST(HeadParser, finds_close_in_a_list_of_connection_options) {
    RequestHead head;
    ASSERT_TRUE(parse_head("GET / HTTP/1.1\r\nHost: a\r\nConnection: x , Close\t, y\r\n\r\n", {}, head));
    EXPECT_FALSE(head.keep_alive());
    ASSERT_TRUE(parse_head("GET / HTTP/1.1\r\nHost: a\r\nConnection: closed, keep-alive,,\r\n\r\n", {}, head)
    );
    EXPECT_TRUE(head.keep_alive());
}

TEST(HeadParser, answers_414_for_a_target_over_the_limit) {
    const std::string longest = "/" + std::string(8191, 'a');
    EXPECT_EQ(verdict_of_start("GET " + longest + " HTTP/1.1"), 0);
    EXPECT_EQ(verdict_of_start("GET " + longest + "a HTTP/1.1"), 414);
    EXPECT_EQ(verdict("GET /" + std::string(20'000, 'a')), 414);
}

TEST(HeadParser, answers_431_for_a_head_over_the_limit) {
    const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    EXPECT_EQ(verdict(start + std::string(16 * 1024 - start.size() - 4, 'a') + "\r\n\r\n"), 0);
    EXPECT_EQ(verdict(start + std::string(16 * 1024 - start.size() - 3, 'a') + "\r\n\r\n"), 431);
    EXPECT_EQ(verdict(start + std::string(16 * 1024, 'a')), 431);
}

TEST(HeadParser, answers_431_for_the_65th_field) {
    std::string lines;
    for (int i = 0; i < 63; ++i) {
        lines += "X: a\r\n";
    }
    EXPECT_EQ(verdict_of_fields(lines), 0);
    EXPECT_EQ(verdict_of_fields(lines + "X: a\r\n"), 431);
}

TEST(HeadParser, finds_the_end_wherever_the_bytes_are_cut) {
    const std::string bytes = "GET /x HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\nrest";
    const std::size_t head_size = bytes.size() - 4;
    for (std::size_t seen = 0; seen < head_size; ++seen) {
        const auto first = find_head_end(std::string_view{bytes}.substr(0, seen), 0, {});
        ASSERT_TRUE(first) << seen;
        ASSERT_EQ(*first, 0U) << seen;
        const auto second = find_head_end(bytes, seen, {});
        ASSERT_TRUE(second) << seen;
        ASSERT_EQ(*second, head_size) << seen;
    }
}

}  // namespace
}  // namespace pz::http
