#include "tokens.hpp"

#include "meter.hpp"

#include <pz/auth/claims.hpp>
#include <pz/auth/token_verifier.hpp>
#include <pz/core/clock.hpp>
#include <pz/crypto/jws.hpp>
#include <pz/crypto/password_hasher.hpp>
#include <pz/testkit/world.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <ctime>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <vector>

namespace asio = boost::asio;

namespace pz::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view issuer = "http://localhost:8001";
constexpr std::string_view audience = "product-core-api";
constexpr const char* password = "a password of usual length";

struct FreeKey {
    void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }

    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

using Key = std::unique_ptr<EVP_PKEY, FreeKey>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeKey>;

void require(bool worked) {
    if (!worked) {
        throw std::runtime_error{"a contestant gave a wrong answer"};
    }
}

double processor_seconds_of_this_thread() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

/// How often this thread does `work` in a second of its processor's time, whatever else the machine does.
double rate_of(std::chrono::seconds duration, const std::function<void()>& work) {
    const auto end = Clock::now() + duration;
    const double start = processor_seconds_of_this_thread();
    std::uint64_t done = 0;
    while (Clock::now() < end) {
        work();
        ++done;
    }
    return static_cast<double>(done) / (processor_seconds_of_this_thread() - start);
}

/// How often a worker does its work in a second of the clock.
double clock_rate_of(std::chrono::seconds duration, const std::function<void()>& work) {
    const auto start = Clock::now();
    std::uint64_t done = 0;
    while (Clock::now() - start < duration) {
        work();
        ++done;
    }
    return static_cast<double>(done) / std::chrono::duration<double>(Clock::now() - start).count();
}

/// The same by several threads at once; each has a worker of its own.
double rate_of_all(
    unsigned threads, std::chrono::seconds duration, const std::function<std::function<void()>()>& make_worker
) {
    std::vector<double> rates(threads);
    std::vector<std::exception_ptr> failures(threads);
    {
        std::vector<std::jthread> all;
        for (unsigned i = 0; i < threads; ++i) {
            all.emplace_back([&, i, worker = make_worker()] {
                try {
                    rates[i] = clock_rate_of(duration, worker);
                } catch (...) {
                    failures[i] = std::current_exception();
                }
            });
        }
    }
    for (const std::exception_ptr& failure : failures) {
        if (failure) {
            std::rethrow_exception(failure);
        }
    }
    double sum = 0;
    for (const double rate : rates) {
        sum += rate;
    }
    return sum;
}

auth::AccessClaims claims_at(core::Timestamp now) {
    const core::SystemClock clock;
    auth::AccessClaims claims;
    claims.issuer = issuer;
    claims.audience = {std::string{audience}};
    claims.client_id = "phasezero-web";
    claims.person = core::Uuid::v7(clock);
    claims.token_id = core::Uuid::v7(clock);
    claims.issued_at = now;
    claims.not_before = now;
    claims.expires_at = now + auth::max_token_lifetime;
    claims.auth_time = now;
    claims.amr = {"pwd"};
    claims.tenant = core::Uuid::v7(clock);
    claims.role = auth::Role::admin;
    claims.session = core::Uuid::v7(clock);
    claims.tenant_epoch = 1;
    claims.person_epoch = 1;
    claims.scope = "api";
    return claims;
}

/// ES256 as OpenSSL alone does it: digest and signature of bytes that are there already.
class OpenSsl {
 public:
    explicit OpenSsl(std::string message) : key_(EVP_EC_gen("P-256")), message_(std::move(message)) {
        require(key_ != nullptr);
        sign();
    }

    void sign() {
        const DigestContext context{EVP_MD_CTX_new()};
        std::size_t size = signature_.size();
        require(
            EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
            EVP_DigestSign(context.get(), signature_.data(), &size, bytes(), message_.size()) == 1
        );
        signature_size_ = size;
    }

    void verify() const {
        const DigestContext context{EVP_MD_CTX_new()};
        require(
            EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
            EVP_DigestVerify(context.get(), signature_.data(), signature_size_, bytes(), message_.size()) == 1
        );
    }

 private:
    [[nodiscard]] const unsigned char* bytes() const {
        return reinterpret_cast<const unsigned char*>(message_.data());
    }

    Key key_;
    std::string message_;
    std::array<unsigned char, 128> signature_{};
    std::size_t signature_size_ = 0;
};

std::string libsodiums_hash() {
    std::array<char, crypto_pwhash_STRBYTES> hash{};
    const crypto::Argon2Cost cost;
    require(
        crypto_pwhash_str_alg(
            hash.data(),
            password,
            std::string_view{password}.size(),
            cost.iterations,
            std::size_t{cost.memory_kib} * 1024,
            crypto_pwhash_ALG_ARGON2ID13
        ) == 0
    );
    return hash.data();
}

asio::awaitable<void> keep_verifying(
    crypto::PasswordHasher& hasher, std::string hash, Clock::time_point end, std::uint64_t& done
) {
    while (Clock::now() < end) {
        const bool right = co_await hasher.verify(hash, core::SecretString{password});
        require(right);
        ++done;
    }
}

/// Our pool with one more waiting than there are workers, so that none of them waits for us.
double rate_of_pool(crypto::PasswordHasher& hasher, const std::string& hash, std::chrono::seconds duration) {
    asio::io_context loop;
    std::uint64_t done = 0;
    const auto start = Clock::now();
    for (unsigned i = 0; i <= std::thread::hardware_concurrency(); ++i) {
        asio::co_spawn(
            loop,
            keep_verifying(hasher, hash, start + duration, done),
            [](const std::exception_ptr& failure) {
                if (failure) {
                    std::rethrow_exception(failure);
                }
            }
        );
    }
    loop.run();
    return static_cast<double>(done) / std::chrono::duration<double>(Clock::now() - start).count();
}

/// Another address for each sign-in: the limits of one address are not what is measured.
std::string next_address() {
    static std::atomic<std::uint32_t> number{0};
    const std::uint32_t n = number++;
    return fmt::format("10.{}.{}.{}", n >> 16 & 255U, n >> 8 & 255U, n & 255U);
}

/// Each worker signs in with an account of its own: a person does not sign in twice at the same moment.
std::function<void()> signs_in_at(const std::string& origin) {
    static std::atomic<std::size_t> workers{0};
    return [origin, number = workers++] {
        constexpr std::array accounts{
            testkit::acme_admin, testkit::acme_user, testkit::globex_admin, testkit::globex_user
        };
        const testkit::Account& account = accounts.at(number % accounts.size());
        testkit::Client client{origin};
        const testkit::Reply reply = client.with("X-Forwarded-For", next_address())
                                         .post_form(
                                             "/token",
                                             {{"grant_type", "password"},
                                              {"username", std::string{account.email}},
                                              {"password", std::string{account.password}}}
                                         );
        if (reply.status() != 200) {
            throw std::runtime_error{
                fmt::format("a sign-in was answered {}: {}", reply.status(), reply.text())
            };
        }
    };
}

struct Row {
    std::string title;
    std::vector<double> rates;
    const Row* yardstick = nullptr;
};

std::string to_markdown(const std::vector<const Row*>& rows) {
    std::string text = "| | per second | share |\n| --- | --- | --- |\n";
    for (const Row* row : rows) {
        const Summary rate = summarize(row->rates);
        text += fmt::format("| {} | {:.0f} ({:.0f}-{:.0f}) |", row->title, rate.median, rate.low, rate.high);
        if (row->yardstick != nullptr) {
            std::vector<double> shares;
            for (std::size_t i = 0; i < row->rates.size(); ++i) {
                shares.push_back(row->rates[i] / row->yardstick->rates[i]);
            }
            const Summary share = summarize(std::move(shares));
            text += fmt::format(" **{:.2f}** ({:.2f}-{:.2f}) |\n", share.median, share.low, share.high);
        } else {
            text += " |\n";
        }
    }
    return text;
}

}  // namespace

std::string tokens_and_sign_ins(int rounds, std::chrono::seconds duration) {
    require(sodium_init() >= 0);
    const core::SystemClock clock;
    const core::Timestamp now = std::chrono::floor<std::chrono::seconds>(clock.now());
    const crypto::SigningKey key = crypto::SigningKey::generate();
    std::vector<std::string> tokens;
    for (int i = 0; i < 1'000; ++i) {
        tokens.push_back(crypto::sign_compact(auth::access_token_type, auth::to_payload(claims_at(now)), key)
        );
    }
    OpenSsl openssl{tokens.front().substr(0, tokens.front().rfind('.'))};
    auth::StaticKeySource keys{crypto::KeySet{{key.public_key()}}};
    const auth::TokenVerifier::Options options{
        .issuer = std::string{issuer}, .audience = std::string{audience}
    };
    auth::TokenVerifier::Options forgetful = options;
    forgetful.remembered_tokens = 8;
    auth::TokenVerifier verifier{forgetful, keys};
    auth::TokenVerifier remembering{options, keys};
    auth::AccessClaims claims = claims_at(now);
    std::size_t turn = 0;
    const auto verify_with = [&](auth::TokenVerifier& chosen) {
        require(chosen.verify(tokens[turn++ % tokens.size()], clock.now()).has_value());
    };

    const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
    const std::string hash = libsodiums_hash();
    crypto::PasswordHasher hasher;
    testkit::test_cluster();  // ends after the world
    testkit::World world{{.api_environment = {}, .identity_environment = {"PZ_TRUSTED_HOPS=1"}}};

    Row openssl_verify{"OpenSSL alone, ES256 verified, one thread", {}};
    Row verify{"token seen for the first time: taken apart, verified, claims checked", {}, &openssl_verify};
    Row remembered{"token seen before", {}, &openssl_verify};
    Row openssl_sign{"OpenSSL alone, ES256 signed, one thread", {}};
    Row issue{"token issued: identifier, JSON, signature", {}, &openssl_sign};
    Row sodium{fmt::format("libsodium alone, Argon2id verified, {} threads", cores), {}};
    Row pool{"our bounded pool", {}, &sodium};
    Row http{"`POST /token` with a password, identity-service over HTTP", {}, &sodium};
    for (int round = 1; round <= rounds; ++round) {
        openssl_verify.rates.push_back(rate_of(duration, [&] { openssl.verify(); }));
        verify.rates.push_back(rate_of(duration, [&] { verify_with(verifier); }));
        remembered.rates.push_back(rate_of(duration, [&] { verify_with(remembering); }));
        openssl_sign.rates.push_back(rate_of(duration, [&] { openssl.sign(); }));
        issue.rates.push_back(rate_of(duration, [&] {
            claims.token_id = core::Uuid::v7(clock);
            require(!crypto::sign_compact(auth::access_token_type, auth::to_payload(claims), key).empty());
        }));
        sodium.rates.push_back(rate_of_all(cores, duration, [&] {
            return [&] {
                require(
                    crypto_pwhash_str_verify(hash.c_str(), password, std::string_view{password}.size()) == 0
                );
            };
        }));
        pool.rates.push_back(rate_of_pool(hasher, hash, duration));
        http.rates.push_back(rate_of_all(cores + 1, duration, [&] {
            return signs_in_at(world.identity().origin());
        }));
        spdlog::info(
            "round {}: verified {:.2f}, issued {:.2f}, signed in {:.2f} of the library alone",
            round,
            verify.rates.back() / openssl_verify.rates.back(),
            issue.rates.back() / openssl_sign.rates.back(),
            http.rates.back() / sodium.rates.back()
        );
    }
    return to_markdown({&openssl_verify, &verify, &remembered, &openssl_sign, &issue}) + '\n' +
           to_markdown({&sodium, &pool, &http});
}

}  // namespace pz::bench
