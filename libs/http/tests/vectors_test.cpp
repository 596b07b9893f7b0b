// The request vectors of other servers' test suites (gunicorn, llhttp, Http11Probe), through our parser and
// against a running server. Most of them lack a Host, which alone would refuse them; so each of those is run
// as it is, and again with a Host put in, where the rule it was written for decides.
#include "vectors.hpp"

#include "raw_client.hpp"

#include <pz/core/text.hpp>
#include <pz/http/chunked_reader.hpp>
#include <pz/http/server.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace pz::http::test {
namespace {

enum class Expect : std::uint8_t { accept, reject, either };

struct Vector {
    std::string id;
    std::string bytes;
    Expect expect = Expect::either;
    std::size_t messages = 1;  ///< complete ones, before the error if there is one
};

std::string decode_base64(std::string text) {
    std::ranges::replace(text, '+', '-');
    std::ranges::replace(text, '/', '_');
    text.erase(text.find_last_not_of('=') + 1);
    return core::base64url_decode(text).value();
}

std::string text_member(const boost::json::object& entry, std::string_view name) {
    const boost::json::value* value = entry.if_contains(name);
    return value != nullptr && value->is_string() ? std::string{value->get_string()} : std::string{};
}

/// Http11Probe says what it expects in words; what is left to the application says nothing about framing.
Expect probe_expectation(const boost::json::object& entry) {
    const std::string status = text_member(entry, "expected_status");
    const std::string text = text_member(entry, "expected_text");
    const auto says = [&text](std::string_view word) { return text.find(word) != std::string::npos; };
    if (status.starts_with("Exact:4") || text.starts_with("Reject")) {
        return Expect::reject;
    }
    if (status == "Range2xx" || (text.starts_with("2xx") && !says(" or "))) {
        return Expect::accept;
    }
    if ((text.starts_with("400") || text.starts_with("501")) && !says("2xx") && !says("200")) {
        return Expect::reject;
    }
    return Expect::either;
}

std::vector<Vector> load(const std::string& folder) {
    std::vector<Vector> vectors;
    const std::string text = vectors::read(folder + "/requests.json");
    for (const boost::json::value& value : boost::json::parse(text).as_array()) {
        const boost::json::object& entry = value.as_object();
        Vector vector{
            .id = text_member(entry, "id"), .bytes = decode_base64(text_member(entry, "bytes_b64"))
        };
        if (folder == "http1-probe") {
            vector.expect = probe_expectation(entry);
        } else {
            vector.expect = text_member(entry, "expect") == "accept" ? Expect::accept : Expect::reject;
        }
        if (const boost::json::value* messages = entry.if_contains("messages")) {
            vector.messages = static_cast<std::size_t>(messages->to_number<int>());
        } else if (vector.expect == Expect::reject) {
            vector.messages = 0;
        } else if (vector.id == "valid/023") {
            vector.messages = 2;
        }
        vectors.push_back(std::move(vector));
    }
    return vectors;
}

bool names_a_host(std::string_view bytes) {
    static constexpr std::string_view field = "\r\nhost";
    return std::ranges::search(bytes, field, [](char a, char b) {
               return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b;
           }).begin() != bytes.end();
}

/// Puts a Host behind every request line.
std::string with_host(const std::string& bytes) {
    std::string out;
    std::size_t from = 0;
    for (std::size_t at = 0; (at = bytes.find(" HTTP/1.", from)) != std::string::npos;) {
        const std::size_t end = bytes.find("\r\n", at);
        if (end == std::string::npos) {
            break;
        }
        out += bytes.substr(from, end + 2 - from) + "Host: localhost\r\n";
        from = end + 2;
    }
    return out + bytes.substr(from);
}

/// What became of the bytes of one connection.
struct Verdict {
    std::size_t answered = 0;  ///< requests taken
    bool refused = false;      ///< an error ended the connection
    bool closed = false;       ///< the last request taken was the last one to be taken
    bool unfinished = false;   ///< the last request never became complete

    bool operator==(const Verdict&) const = default;
};

/// What a connection does, without the connection: the bytes become visible `piece` at a time.
Verdict judge(std::string_view bytes, std::size_t piece) {
    Verdict verdict;
    RequestHead head;
    while (!bytes.empty()) {
        std::size_t head_size = 0;
        std::size_t seen = 0;
        for (std::size_t visible = piece; head_size == 0; visible += piece) {
            const std::string_view window = bytes.substr(0, visible);
            const auto end = find_head_end(window, seen, {});
            if (!end) {
                verdict.refused = true;
                return verdict;
            }
            head_size = *end;
            seen = window.size();
            if (head_size == 0 && visible >= bytes.size()) {
                verdict.unfinished = true;
                return verdict;
            }
        }
        if (!parse_head(bytes.substr(0, head_size), {}, head)) {
            verdict.refused = true;
            return verdict;
        }
        bytes.remove_prefix(head_size);
        if (head.chunked()) {
            ChunkedReader reader{1024 * 1024};
            while (!reader.done() && !bytes.empty()) {
                const auto taken = reader.read(bytes.substr(0, piece), nullptr);
                if (!taken) {
                    verdict.refused = true;
                    return verdict;
                }
                bytes.remove_prefix(*taken);
            }
            if (!reader.done()) {
                verdict.unfinished = true;
                return verdict;
            }
        } else if (head.content_length() > bytes.size()) {
            verdict.unfinished = true;
            return verdict;
        } else {
            bytes.remove_prefix(head.content_length());
        }
        ++verdict.answered;
        if (!head.keep_alive()) {
            verdict.closed = true;
            return verdict;
        }
    }
    return verdict;
}

void expect_as_said(const Vector& vector, const Verdict& verdict) {
    switch (vector.expect) {
        case Expect::accept:
            EXPECT_EQ(verdict.answered, vector.messages);
            EXPECT_FALSE(verdict.refused);
            break;
        case Expect::reject:
            EXPECT_LE(verdict.answered, vector.messages);
            EXPECT_TRUE(verdict.refused || verdict.unfinished || verdict.closed);
            break;
        case Expect::either:
            break;
    }
}

/// The vector as it came if it names a Host; otherwise that it is refused, and then the same with a Host.
std::vector<Vector> variants(const Vector& vector) {
    std::vector<Vector> all;
    if (names_a_host(vector.bytes)) {
        all.push_back(vector);
    } else {
        all.push_back({.id = vector.id, .bytes = vector.bytes, .expect = Expect::reject, .messages = 0});
        all.push_back(vector);
        all.back().bytes = with_host(vector.bytes);
    }
    if (vectors::stricter().contains(vector.id)) {
        all.back().expect = Expect::reject;
    } else if (vectors::incomparable().contains(vector.id)) {
        all.back().expect = Expect::either;
    }
    return all;
}

boost::asio::awaitable<void> echo(Exchange exchange) {
    unsigned refused = 0;
    try {
        const std::string_view body = co_await exchange.read_body(1024 * 1024);
        exchange.respond(200, "text/plain").assign(body);
    } catch (const BodyError& error) {
        refused = error.status();
    }
    if (refused != 0) {
        exchange.respond(refused);
    }
}

/// Sends the bytes in pieces of the given sizes, then no more, and sees what comes back.
Verdict ask(std::uint16_t port, const std::string& bytes, const std::vector<std::size_t>& pieces) {
    RawClient client{port};
    std::size_t sent = 0;
    for (const std::size_t piece : pieces) {
        if (!client.send(std::string_view{bytes}.substr(sent, piece))) {
            break;
        }
        sent += piece;
    }
    client.finish_sending();
    Verdict verdict;
    const ResponseBody body = bytes.starts_with("HEAD ") ? ResponseBody::none : ResponseBody::by_length;
    while (const std::optional<Response> response = client.read(body)) {
        if (response->status == 100) {
            continue;  // an interim response (RFC 9110 section 15.2) to Expect: 100-continue; the final one
                       // follows
        }
        EXPECT_FALSE(verdict.refused) << "a response after the refusal";
        EXPECT_TRUE(response->status / 100 == 2 || response->status / 100 == 4) << response->head;
        verdict.answered += response->status / 100 == 2 ? 1 : 0;
        verdict.closed = response->status / 100 == 2 && response->says_close();
        if (response->status / 100 == 4) {
            verdict.refused = true;
            EXPECT_TRUE(response->says_close());
        }
    }
    return verdict;
}

std::vector<std::size_t> random_pieces(std::size_t size, std::mt19937& random) {
    std::vector<std::size_t> pieces;
    for (std::size_t sum = 0; sum < size; sum += pieces.back()) {
        pieces.push_back(1 + random() % 40);
    }
    return pieces;
}

class Vectors : public testing::TestWithParam<const char*> {
 protected:
    void SetUp() override {
        PZ_NEED_VECTORS(GetParam());
        vectors_ = load(GetParam());
        ASSERT_GT(vectors_.size(), 50U);
    }

    /// What docs/security.md says of this family.
    void TearDown() override {
        std::map<std::string, std::size_t> argued;
        for (const Vector& vector : vectors_) {
            for (const auto* table : {&vectors::stricter(), &vectors::incomparable()}) {
                if (const auto entry = table->find(vector.id); entry != table->end()) {
                    ++argued[entry->second];
                }
            }
        }
        vectors::report(GetParam(), vectors_.size(), argued);
    }

    std::vector<Vector> vectors_;
};

TEST_P(Vectors, are_judged_by_the_parser_as_they_say) {
    for (const Vector& original : vectors_) {
        for (const Vector& vector : variants(original)) {
            SCOPED_TRACE(vector.id + "\n" + vector.bytes.substr(0, 400));
            const Verdict whole = judge(vector.bytes, vector.bytes.size());
            expect_as_said(vector, whole);
            const Verdict bytewise = judge(vector.bytes, 1);
            EXPECT_EQ(whole.answered, bytewise.answered);
            EXPECT_EQ(whole.refused, bytewise.refused);
        }
    }
}

TEST_P(Vectors, are_answered_by_the_server_as_they_say_however_they_are_split) {
    const char* configured = std::getenv("PZ_TEST_SEED");  // NOLINT(concurrency-mt-unsafe): nobody sets it
    const unsigned seed =
        configured != nullptr ? static_cast<unsigned>(std::atoi(configured)) : std::random_device{}();
    std::cout << "PZ_TEST_SEED=" << seed << '\n';
    std::mt19937 random{seed};
    Server server{ServerOptions{}, [](boost::asio::io_context&, unsigned) { return Handler{echo}; }};
    server.start();
    for (const Vector& original : vectors_) {
        for (const Vector& vector : variants(original)) {
            SCOPED_TRACE(vector.id + "\n" + vector.bytes.substr(0, 400));
            const std::size_t size = vector.bytes.size();
            const Verdict whole = ask(server.port(), vector.bytes, {size});
            const Verdict bytewise = ask(server.port(), vector.bytes, std::vector<std::size_t>(size, 1));
            const Verdict randomly = ask(server.port(), vector.bytes, random_pieces(size, random));
            EXPECT_EQ(whole, bytewise);
            EXPECT_EQ(whole, randomly);
            const Verdict judged = judge(vector.bytes, size);
            EXPECT_EQ(whole.answered, judged.answered);
            // An unfinished body is answered 400, an unfinished head not at all.
            if (!judged.unfinished) {
                EXPECT_EQ(whole.refused, judged.refused);
            }
            if (vector.expect == Expect::accept) {
                EXPECT_EQ(whole.answered, vector.messages);
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(
    All,
    Vectors,
    testing::Values("http1-gunicorn", "http1-llhttp", "http1-probe"),
    [](const testing::TestParamInfo<const char*>& parameter) {
        std::string name = parameter.param;
        std::ranges::replace(name, '-', '_');
        return name;
    }
);

}  // namespace
}  // namespace pz::http::test
