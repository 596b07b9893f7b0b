#pragma once

#include <pz/crypto/key.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>

namespace pz::auth {

/// Where token verifiers get the issuer's keys from. Safe to use from several threads.
class KeySource {
 public:
    virtual ~KeySource() = default;

    /// Changes whenever the set does: one atomic load, cheap enough to ask for each request.
    [[nodiscard]] virtual std::uint64_t generation() const noexcept = 0;
    /// The current set; null while there is none that may still be trusted.
    [[nodiscard]] virtual std::shared_ptr<const crypto::KeySet> snapshot() const = 0;
    /// A token named a key that the set does not have. Returns at once; the source may look for newer keys.
    virtual void report_unknown_key(std::string_view kid) = 0;
};

/// Keys that are handed in: for identity-service, which verifies with its own, and for tests.
class StaticKeySource final : public KeySource {
 public:
    explicit StaticKeySource(crypto::KeySet keys) { replace(std::move(keys)); }

    void replace(crypto::KeySet keys);

    [[nodiscard]] std::uint64_t generation() const noexcept override { return generation_.load(); }

    [[nodiscard]] std::shared_ptr<const crypto::KeySet> snapshot() const override;

    void report_unknown_key(std::string_view) override {}

 private:
    mutable std::mutex mutex_;
    std::shared_ptr<const crypto::KeySet> keys_;
    std::atomic<std::uint64_t> generation_{0};
};

}  // namespace pz::auth
