#include <pz/auth/jwks_client.hpp>

#include "sample_claims.hpp"

#include <pz/auth/token_verifier.hpp>
#include <pz/core/check.hpp>
#include <pz/core/text.hpp>
#include <pz/crypto/jws.hpp>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <iostream>
#include <mutex>
#include <thread>

namespace pz::auth {
namespace {

using namespace std::chrono_literals;

/// One connection of the server below: what a hostile or broken peer may do with it.
class Connection {
 public:
    Connection(int socket, const std::stop_token& stop) : socket_(socket), stop_(stop) {}

    ~Connection() { ::close(socket_); }

    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void read_request() {
        std::string head;
        while (head.find("\r\n\r\n") == std::string::npos) {
            pollfd ready{.fd = socket_, .events = POLLIN, .revents = 0};
            std::array<char, 1024> part{};
            const ssize_t size =
                ::poll(&ready, 1, 1'000) == 1 ? ::recv(socket_, part.data(), part.size(), 0) : 0;
            if (size <= 0) {
                return;
            }
            head.append(part.data(), static_cast<std::size_t>(size));
        }
    }

    /// False when the peer has gone.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t size = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (size <= 0) {
                return false;
            }
            bytes.remove_prefix(static_cast<std::size_t>(size));
        }
        return true;
    }

    /// Until the server stops or the peer closes.
    void wait() {
        pollfd closed{.fd = socket_, .events = POLLIN, .revents = 0};
        while (!stop_.stop_requested() && ::poll(&closed, 1, 20) == 0) {
        }
    }

    void reset() {
        constexpr linger at_once{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }

 private:
    int socket_;
    const std::stop_token& stop_;
};

using Behaviour = std::function<void(Connection&)>;

/// A small blocking HTTP server on a free port of the loopback interface, one connection at a time.
class Server {
 public:
    explicit Server(Behaviour behaviour) : behaviour_(std::move(behaviour)) {
        listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        PZ_CHECK(::bind(listener_, generic, size) == 0 && ::listen(listener_, 16) == 0);
        PZ_CHECK(::getsockname(listener_, generic, &size) == 0);
        port_ = ntohs(address.sin_port);
        thread_ = std::jthread{[this](const std::stop_token& stop) { run(stop); }};
    }

    ~Server() {
        thread_.request_stop();
        thread_.join();
        ::close(listener_);
    }

    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    void behave(Behaviour behaviour) {
        const std::lock_guard lock{mutex_};
        behaviour_ = std::move(behaviour);
    }

    [[nodiscard]] std::string url(std::string_view path = "/jwks.json") const {
        return "http://127.0.0.1:" + std::to_string(port_) + std::string{path};
    }

 private:
    void run(const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            pollfd ready{.fd = listener_, .events = POLLIN, .revents = 0};
            if (::poll(&ready, 1, 20) != 1) {
                continue;
            }
            const int socket = ::accept(listener_, nullptr, nullptr);
            if (socket < 0) {
                continue;
            }
            Connection connection{socket, stop};
            Behaviour behaviour;
            {
                const std::lock_guard lock{mutex_};
                behaviour = behaviour_;
            }
            behaviour(connection);
        }
    }

    int listener_ = -1;
    unsigned port_ = 0;
    std::mutex mutex_;
    Behaviour behaviour_;
    std::jthread thread_;
};

std::string response(std::string_view status, std::string_view body, std::string_view extra = "") {
    return "HTTP/1.1 " + std::string{status} + "\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\nConnection: close\r\n" + std::string{extra} + "\r\n" + std::string{body};
}

Behaviour sends(std::string bytes) {
    return [bytes = std::move(bytes)](Connection& connection) {
        connection.read_request();
        connection.send(bytes);
    };
}

Behaviour answers(std::string_view body) {
    return sends(response("200 OK", body));
}

std::string set_of(const std::vector<std::string>& keys) {
    std::string text = R"({"keys":[)";
    for (const std::string& key : keys) {
        text += (text.ends_with('[') ? "" : ",") + key;
    }
    return text + "]}";
}

std::string new_public_jwk() {
    return crypto::SigningKey::generate().public_key().to_jwk();
}

JwksClient::Options impatient(const Server& server) {
    return {
        .url = server.url(),
        .poll_every = 5ms,
        .first_retry = 5ms,
        .longest_retry = 10ms,
        .cooldown = 50ms,
        .connect_timeout = 150ms,
        .total_timeout = 150ms,
    };
}

template <class Condition>
bool eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + 5s;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) {
            return false;
        }
        std::this_thread::sleep_for(1ms);
    }
    return true;
}

TEST(JwksClient, is_ready_once_a_good_set_has_arrived) {
    const std::string jwk = new_public_jwk();
    Server server{sends(response("503 Service Unavailable", ""))};
    JwksClient client{impatient(server)};
    ASSERT_TRUE(eventually([&] { return client.counters().failures > 2; })) << "it keeps trying";
    EXPECT_FALSE(client.ready());
    EXPECT_EQ(client.snapshot(), nullptr);
    server.behave(answers(set_of({jwk})));
    ASSERT_TRUE(eventually([&] { return client.ready(); }));
    EXPECT_EQ(client.snapshot()->to_json(), set_of({jwk}));
}

TEST(JwksClient, start_order_does_not_matter) {
    JwksClient::Options options;
    {
        Server port_finder{answers("")};
        options = impatient(port_finder);
    }
    JwksClient client{options};  // nobody listens
    ASSERT_TRUE(eventually([&] { return client.counters().failures > 2; }));
    EXPECT_FALSE(client.ready());
}

TEST(JwksClient, lets_a_service_wait_for_the_first_attempt_however_it_ends) {
    Server good{answers(set_of({new_public_jwk()}))};
    const JwksClient served{impatient(good)};
    served.wait_for_first_attempt(60s);
    EXPECT_TRUE(served.ready());
    Server bad{sends(response("503 Service Unavailable", ""))};
    const JwksClient refused{impatient(bad)};
    refused.wait_for_first_attempt(60s);
    EXPECT_FALSE(refused.ready());
    EXPECT_GE(refused.counters().fetches, 1U);
}

TEST(JwksClient, refuses_addresses_of_other_kinds) {
    for (const char* url : {"", "file:///etc/passwd", "ftp://127.0.0.1/", "127.0.0.1:8001", "httpx://x"}) {
        EXPECT_THROW(JwksClient({.url = url}), std::invalid_argument) << url;
    }
}

TEST(JwksClient, the_same_set_again_changes_nothing) {
    Server server{answers(set_of({new_public_jwk()}))};
    JwksClient client{impatient(server)};
    ASSERT_TRUE(eventually([&] { return client.counters().fetches > 5; }));
    EXPECT_EQ(client.generation(), 1U);
}

TEST(JwksClient, follows_a_changed_set) {
    Server server{answers(set_of({new_public_jwk()}))};
    JwksClient client{impatient(server)};
    ASSERT_TRUE(eventually([&] { return client.ready(); }));
    const std::string next = new_public_jwk();
    server.behave(answers(set_of({next})));
    ASSERT_TRUE(eventually([&] { return client.generation() == 2; }));
    EXPECT_EQ(client.snapshot()->to_json(), set_of({next}));
}

/// Every way of answering that must leave the last good set in place.
std::vector<std::pair<std::string, Behaviour>> bad_answers(const Server& server) {
    const std::string jwk = new_public_jwk();
    const std::string set = set_of({jwk});
    const std::string private_jwk = crypto::SigningKey::generate().to_jwk().reveal();
    const std::string private_with_kid = private_jwk.substr(0, private_jwk.size() - 1) + R"(,"kid":"p"})";
    const std::string no_kid = jwk.substr(0, jwk.find(",\"kid\"")) + '}';
    const std::string redirect = "Location: " + server.url("/elsewhere") + "\r\n";
    std::vector<std::string> seventeen;
    for (int i = 0; i < 17; ++i) {
        seventeen.push_back(new_public_jwk());
    }
    return {
        {"HTML", answers("<!doctype html><title>Sign in</title>")},
        {"500 with a good set", sends(response("500 Internal Server Error", set))},
        {"503", sends(response("503 Service Unavailable", ""))},
        {"404", sends(response("404 Not Found", set))},
        {"401", sends(response("401 Unauthorized", set, "WWW-Authenticate: Basic\r\n"))},
        {"201", sends(response("201 Created", set))},
        {"203", sends(response("203 Non-Authoritative Information", set))},
        {"204", sends("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")},
        {"206", sends(response("206 Partial Content", set, "Content-Range: bytes 0-9/99\r\n"))},
        {"304", sends("HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n")},
        {"redirect 301", sends(response("301 Moved Permanently", set, redirect))},
        {"redirect 302", sends(response("302 Found", set, redirect))},
        {"redirect 307", sends(response("307 Temporary Redirect", set, redirect))},
        {"redirect to a file", sends(response("302 Found", set, "Location: file:///etc/passwd\r\n"))},
        {"empty", answers("")},
        {"one key without a set", answers(jwk)},
        {"array", answers('[' + jwk + ']')},
        {"null", answers("null")},
        {"keys is an object", answers(R"({"keys":{}})")},
        {"keys is empty", answers(R"({"keys":[]})")},
        {"keys twice", answers(set.substr(0, set.size() - 1) + R"(,"keys":[]})")},
        {"keys holds a number", answers(R"({"keys":[1]})")},
        {"truncated JSON", answers(set.substr(0, set.size() - 1))},
        {"more after the JSON", answers(set + set)},
        {"byte order mark", answers("\xef\xbb\xbf" + set)},
        {"malformed UTF-8", answers(set.substr(0, set.size() - 1) + ",\"x\":\"\xff\"}")},
        {"NUL in a text", answers(set.substr(0, set.size() - 1) + R"(,"x":"\u0000"})")},
        {"private key", answers(set_of({private_with_kid}))},
        {"private key beside a public one", answers(set_of({jwk, private_with_kid}))},
        {"symmetric key beside a public one",
         answers(set_of({jwk, R"({"kty":"oct","kid":"s","k":"c2VjcmV0"})"}))},
        {"duplicate kid", answers(set_of({jwk, jwk}))},
        {"no kid", answers(set_of({no_kid}))},
        {"kid of 65 characters",
         answers(set_of({no_kid.substr(0, no_kid.size() - 1) + R"(,"kid":")" + std::string(65, 'k') + "\"}"}))
        },
        {"point off the curve",
         answers(set_of(
             {R"({"kty":"EC","crv":"P-256","kid":"o","x":")" + core::base64url_encode(std::string(32, '\1')) +
              R"(","y":")" + core::base64url_encode(std::string(32, '\1')) + "\"}"}
         ))},
        {"RSA of 1024 bits",
         answers(set_of(
             {R"({"kty":"RSA","kid":"r","e":"AQAB","n":")" +
              core::base64url_encode(std::string(128, '\xff')) + "\"}"}
         ))},
        {"only kinds nobody knows", answers(set_of({R"({"kty":"new","kid":"n"})"}))},
        {"17 keys", answers(set_of(seventeen))},
        {"compressed", sends(response("200 OK", "\x1f\x8b\x08 compressed", "Content-Encoding: gzip\r\n"))},
        {"10 MB", answers(std::string(10'000'000, ' ') + set)},
        {"10 MB without a length", sends("HTTP/1.1 200 OK\r\n\r\n" + std::string(10'000'000, ' '))},
        {"64 KB and one byte", answers(set + std::string(64 * 1024 + 1 - set.size(), ' '))},
        {"shorter than promised",
         sends("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\nConnection: close\r\n\r\n" + set)},
        {"broken chunks", sends("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + set)},
        {"not HTTP", sends("SSH-2.0-OpenSSH_9.2\r\n")},
        {"HTTP/0.9", sends(set)},
        {"1 MB of header",
         sends("HTTP/1.1 200 OK\r\nX: " + std::string(1'000'000, 'x') + "\r\nContent-Length: 2\r\n\r\n{}")},
        {"closes at once", [](Connection&) {}},
        {"closes after the request", [](Connection& connection) { connection.read_request(); }},
        {"resets",
         [](Connection& connection) {
             connection.read_request();
             connection.reset();
         }},
        {"never answers",
         [](Connection& connection) {
             connection.read_request();
             connection.wait();
         }},
        {"one byte at a time",
         [set](Connection& connection) {
             connection.read_request();
             for (const char c : response("200 OK", set)) {
                 if (!connection.send({&c, 1})) {
                     return;
                 }
                 std::this_thread::sleep_for(10ms);
             }
         }},
        {"interim answers without end",
         [](Connection& connection) {
             connection.read_request();
             while (connection.send("HTTP/1.1 103 Early Hints\r\n\r\n")) {
                 std::this_thread::sleep_for(1ms);
             }
         }},
    };
}

TEST(JwksClient, keeps_the_last_good_set_whatever_comes) {
    const std::string good = set_of({new_public_jwk()});
    Server server{answers(good)};
    JwksClient client{impatient(server)};
    ASSERT_TRUE(eventually([&] { return client.ready(); }));
    const auto answers_to_survive = bad_answers(server);
    for (const auto& [name, behaviour] : answers_to_survive) {
        server.behave(behaviour);
        const auto before = client.counters();
        // Two more failures: the first may still belong to the answer before.
        EXPECT_TRUE(eventually([&] { return client.counters().failures >= before.failures + 2; })) << name;
        EXPECT_TRUE(client.ready()) << name;
        EXPECT_EQ(client.generation(), 1U) << name;
        ASSERT_NE(client.snapshot(), nullptr) << name;
        EXPECT_EQ(client.snapshot()->to_json(), good) << name;
    }
    EXPECT_GE(answers_to_survive.size(), 30U);
    std::cout << "[ VECTORS  ] bad answers: " << answers_to_survive.size() << '\n';
    const std::string next = set_of({new_public_jwk()});
    server.behave(answers(next));
    ASSERT_TRUE(eventually([&] { return client.generation() == 2; })) << "and it recovers";
    EXPECT_EQ(client.snapshot()->to_json(), next);
}

TEST(JwksClient, gives_the_last_good_set_up_when_it_is_too_old) {
    const std::string good = set_of({new_public_jwk()});
    Server server{answers(good)};
    auto options = impatient(server);
    options.keep_last_good = 200ms;
    JwksClient client{options};
    ASSERT_TRUE(eventually([&] { return client.ready(); }));
    server.behave(answers("<html>"));
    ASSERT_TRUE(eventually([&] { return !client.ready(); }));
    EXPECT_EQ(client.snapshot(), nullptr);
    EXPECT_EQ(client.generation(), 2U) << "verifiers must forget what they remember";
    server.behave(answers(good));
    ASSERT_TRUE(eventually([&] { return client.ready(); })) << "the very same bytes are good again";
}

TEST(JwksClient, unknown_kids_cause_one_fetch_per_cooldown) {
    Server server{answers(set_of({new_public_jwk()}))};
    auto options = impatient(server);
    options.poll_every = 1h;
    options.cooldown = 100ms;
    JwksClient client{options};
    ASSERT_TRUE(eventually([&] { return client.ready(); }));
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 100'000; ++i) {
        client.report_unknown_key(std::to_string(i));
    }
    std::this_thread::sleep_for(150ms);
    const auto periods = (std::chrono::steady_clock::now() - start) / options.cooldown;
    const auto counters = client.counters();
    EXPECT_EQ(counters.unknown_keys, 100'000U);
    EXPECT_GE(counters.fetches, 2U) << "it did look";
    std::cout << "[ VECTORS  ] 100000 random kids: " << counters.fetches << " fetches\n";
    EXPECT_LE(counters.fetches, static_cast<std::uint64_t>(periods) + 2);
}

TEST(JwksClient, good_tokens_are_accepted_at_once_among_a_hundred_thousand_of_random_kids) {
    const crypto::SigningKey key = crypto::SigningKey::generate();
    Server server{answers(set_of({key.public_key().to_jwk()}))};
    auto options = impatient(server);
    options.poll_every = 1h;
    options.cooldown = 1h;
    options.first_retry = options.longest_retry = 1h;
    options.connect_timeout = 5s;
    options.total_timeout = 5s;
    JwksClient client{options};
    ASSERT_TRUE(eventually([&] { return client.ready(); }));
    // Whatever fetch they cause now hangs: nobody may wait for it.
    server.behave([](Connection& connection) {
        connection.read_request();
        connection.wait();
    });
    TokenVerifier verifier{{.issuer = "http://localhost:8001", .audience = "product-core-api"}, client};
    const std::string payload = to_payload(samples::admin_claims());
    const std::string good = crypto::sign_compact(access_token_type, payload, key);
    const std::string rest = good.substr(good.find('.'));
    constexpr int random_kids = 100'000;
    for (int i = 0; i < random_kids; ++i) {
        const std::string header =
            R"({"alg":"ES256","typ":"at+jwt","kid":"random-)" + std::to_string(i) + "\"}";
        ASSERT_EQ(
            verifier.verify(core::base64url_encode(header) + rest, samples::noon).error(),
            TokenError::unknown_key
        );
        if (i % 100 == 0) {
            ASSERT_TRUE(verifier.verify(good, samples::noon).has_value());
        }
    }
    EXPECT_EQ(client.generation(), 1U) << "no good key was evicted";
    EXPECT_EQ(client.counters().unknown_keys, static_cast<std::uint64_t>(random_kids));
    EXPECT_LE(client.counters().fetches, 2U) << "the first, and one that all of them caused";
    EXPECT_EQ(verifier.counters().remembered, random_kids / 100U - 1);
}

TEST(JwksClient, the_same_unknown_kid_does_not_ask_again_soon) {
    Server server{answers(set_of({new_public_jwk()}))};
    auto options = impatient(server);
    options.poll_every = 1h;
    options.cooldown = 10ms;
    options.negative_cache = 1h;
    JwksClient client{options};
    ASSERT_TRUE(eventually([&] { return client.ready(); }));
    for (int i = 0; i < 20; ++i) {
        client.report_unknown_key("lost");
        std::this_thread::sleep_for(15ms);
    }
    EXPECT_EQ(client.counters().fetches, 2U);
}

TEST(JwksClient, a_token_of_a_new_key_is_accepted_after_one_refresh) {
    const crypto::SigningKey old_key = crypto::SigningKey::generate();
    const crypto::SigningKey new_key = crypto::SigningKey::generate();
    Server server{answers(set_of({old_key.public_key().to_jwk()}))};
    auto options = impatient(server);
    options.poll_every = 1h;
    JwksClient client{options};
    ASSERT_TRUE(eventually([&] { return client.ready(); }));
    TokenVerifier verifier{{.issuer = "http://localhost:8001", .audience = "product-core-api"}, client};
    const std::string payload = to_payload(samples::admin_claims());
    const std::string old_token = crypto::sign_compact(access_token_type, payload, old_key);
    const std::string new_token = crypto::sign_compact(access_token_type, payload, new_key);
    EXPECT_TRUE(verifier.verify(old_token, samples::noon).has_value());

    server.behave(answers(set_of({old_key.public_key().to_jwk(), new_key.public_key().to_jwk()})));
    EXPECT_EQ(verifier.verify(new_token, samples::noon).error(), TokenError::unknown_key)
        << "at once, without waiting";
    EXPECT_TRUE(eventually([&] { return verifier.verify(new_token, samples::noon).has_value(); }));
    EXPECT_TRUE(verifier.verify(old_token, samples::noon).has_value());

    server.behave(answers(set_of({new_key.public_key().to_jwk()})));
    client.report_unknown_key("something");
    EXPECT_TRUE(eventually([&] { return !verifier.verify(old_token, samples::noon).has_value(); }))
        << "a revoked key";
}

TEST(JwksClient, an_emergency_just_after_another_is_followed_at_once) {
    std::vector<std::string> keys{new_public_jwk()};
    Server server{answers(set_of(keys))};
    auto options = impatient(server);
    options.poll_every = 1h;
    options.cooldown = 1h;
    JwksClient client{options};
    ASSERT_TRUE(eventually([&] { return client.ready(); }));
    for (int emergency = 1; emergency <= 3; ++emergency) {
        keys.push_back(new_public_jwk());
        server.behave(answers(set_of(keys)));
        client.report_unknown_key("of emergency " + std::to_string(emergency));
        ASSERT_TRUE(eventually([&] { return client.snapshot()->keys().size() == keys.size(); })) << emergency;
    }
    client.report_unknown_key("a stranger's");
    ASSERT_TRUE(eventually([&] { return client.counters().fetches == 5; })) << "in vain";
    client.report_unknown_key("another stranger's");
    std::this_thread::sleep_for(50ms);
    EXPECT_EQ(client.counters().fetches, 5U) << "the cooldown";
}

TEST(JwksClient, stops_in_the_middle_of_a_fetch) {
    Server server{[](Connection& connection) {
        connection.read_request();
        connection.wait();
    }};
    auto options = impatient(server);
    options.total_timeout = 30s;
    const auto start = std::chrono::steady_clock::now();
    {
        const JwksClient client{options};
        std::this_thread::sleep_for(100ms);
    }
    EXPECT_LT(std::chrono::steady_clock::now() - start, 2s);
}

}  // namespace
}  // namespace pz::auth
