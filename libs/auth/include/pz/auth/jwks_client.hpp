#pragma once

#include <pz/auth/key_source.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace pz::auth {

/// Keeps the issuer's key set fresh from its JWKS address, on a thread of its own. Requests never wait for
/// it: they see the last good set. An answer that is not a usable JWK set (status other than 200, redirect,
/// more than 64 KB, private keys, a kid twice, …) changes nothing and is tried again with growing pauses.
///
/// A token whose kid is unknown is refused at once and makes the client look for newer keys: at once, and
/// then at most once per cooldown until a look has brought some, whatever an attacker sends. Issuers publish
/// a key long before it signs, so this is the exception, and the caller's retry succeeds.
class JwksClient final : public KeySource {
 public:
    struct Options {
        std::string url;  ///< http or https
        std::chrono::milliseconds poll_every{300'000
        };  ///< plus or minus a tenth, so that instances spread out
        std::chrono::milliseconds first_retry{50};  ///< after a failure; doubles
        std::chrono::milliseconds longest_retry{30'000};
        std::chrono::milliseconds cooldown{10'000};  ///< after a fetch for an unknown kid that was in vain
        std::chrono::milliseconds negative_cache{60'000};  ///< an unknown kid asks again after this
        std::chrono::milliseconds keep_last_good{24 * 3'600'000};
        std::chrono::milliseconds connect_timeout{1'000};
        std::chrono::milliseconds total_timeout{2'000};
        /// Called for each fetch, on the client's thread: a traceparent header for it (W3C Trace Context), so
        /// that the issuer's log and ours can be put together. Empty: none is sent.
        std::function<std::string()> traceparent{};
    };

    struct Counters {
        std::uint64_t fetches = 0;  ///< attempts, good and bad
        std::uint64_t failures = 0;
        std::uint64_t unknown_keys = 0;
    };

    /// Starts fetching. Throws std::invalid_argument for a URL that is not http or https.
    explicit JwksClient(Options options);
    /// Stops within about a second, even in the middle of a fetch.
    ~JwksClient() override;

    /// Returns when the first attempt has ended, well or badly, or after `limit`: a service that takes
    /// requests without keys would have to refuse them all.
    void wait_for_first_attempt(std::chrono::milliseconds limit) const;
    /// False until the first good set has arrived, and again when the last good one became too old.
    [[nodiscard]] bool ready() const noexcept;
    [[nodiscard]] Counters counters() const;
    /// Since the issuer last confirmed the set that is in use; nullopt while there is none.
    [[nodiscard]] std::optional<std::chrono::steady_clock::duration> age() const noexcept;

    [[nodiscard]] std::uint64_t generation() const noexcept override;
    [[nodiscard]] std::shared_ptr<const crypto::KeySet> snapshot() const override;
    void report_unknown_key(std::string_view kid) override;

 private:
    class Worker;
    std::unique_ptr<Worker> worker_;
};

}  // namespace pz::auth
