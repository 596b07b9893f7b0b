#pragma once

#include <pz/auth/principal.hpp>
#include <pz/core/uuid.hpp>
#include <pz/crypto/key.hpp>

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace pz::bench {

/// Stands in for identity-service while the API is measured: signs a token for each tenant with a key of this
/// run, and answers every request on a loopback port with the key set. A thousand sign-ins would take longer
/// than the measurement.
class TokenIssuer {
 public:
    static constexpr const char* audience = "product-core-api";

    TokenIssuer();
    TokenIssuer(const TokenIssuer&) = delete;
    TokenIssuer& operator=(const TokenIssuer&) = delete;
    ~TokenIssuer();

    [[nodiscard]] std::string issuer() const { return "http://127.0.0.1:" + std::to_string(port_); }

    [[nodiscard]] const std::string& key_id() const { return key_.public_key().kid(); }

    [[nodiscard]] std::string jwks_url() const { return issuer() + "/.well-known/jwks.json"; }

    /// Tokens for the first `tenants` tenants of the data set, as long-lived as the API accepts: 15 minutes.
    [[nodiscard]] std::vector<std::string> issue(int tenants) const;

    /// One for that tenant of the data set.
    [[nodiscard]] std::string issue_for(int tenant) const;

    /// Whom a token is for; the session has to be live in the database.
    struct Holder {
        core::Uuid tenant;
        core::Uuid person;
        core::Uuid session;
        auth::Role role{};
    };

    [[nodiscard]] std::string issue_to(const Holder& holder) const;

 private:
    void serve() const;

    crypto::SigningKey key_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

}  // namespace pz::bench
