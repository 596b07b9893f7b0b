#include <pz/auth/token_verifier.hpp>

#include "attack_tokens.hpp"
#include "sample_claims.hpp"

#include <pz/core/json.hpp>
#include <pz/crypto/jws.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace json = boost::json;

namespace pz::auth {
namespace {

using namespace std::chrono_literals;
using samples::noon;

/// An issuer, its key set and a verifier that trusts it.
class TokenVerifierTest : public testing::Test {
 protected:
    std::string token_of(const AccessClaims& claims) const { return token_of(to_payload(claims)); }

    std::string token_of(const std::string& payload) const {
        return crypto::sign_compact(access_token_type, payload, key_);
    }

    /// The good token with one claim changed.
    std::string token_with(std::string_view claim, const auto& value) const {
        auto payload = json::parse(to_payload(samples::admin_claims())).as_object();
        payload[claim] = value;
        return token_of(json::serialize(payload));
    }

    std::string good_token() const { return token_of(samples::admin_claims()); }

    /// The reason of a refusal, or nullopt if the token was accepted.
    std::optional<TokenError> refusal(const std::string& token, core::Timestamp now = noon) {
        const auto principal = verifier_.verify(token, now);
        return principal ? std::nullopt : std::optional{principal.error()};
    }

    const crypto::SigningKey key_ = crypto::SigningKey::generate();
    StaticKeySource keys_{crypto::KeySet{{key_.public_key()}}};
    TokenVerifier verifier_{{.issuer = "http://localhost:8001", .audience = "product-core-api"}, keys_};
};

TEST_F(TokenVerifierTest, says_who_the_token_is_about) {
    const auto principal = verifier_.verify(good_token(), noon);
    ASSERT_TRUE(principal.has_value());
    const Principal& who = **principal;
    EXPECT_EQ(who.person, samples::id(1));
    EXPECT_EQ(who.tenant, samples::id(3));
    EXPECT_EQ(who.role, Role::admin);
    EXPECT_EQ(who.session, samples::id(4));
    EXPECT_EQ(who.tenant_epoch, 3);
    EXPECT_EQ(who.person_epoch, 1);
    EXPECT_EQ(who.amr, std::vector<std::string>{"pwd"});
    EXPECT_EQ(who.auth_time, noon - 1min);
    EXPECT_EQ(who.expires_at, noon + 15min);
    EXPECT_FALSE(who.anonymous);
    EXPECT_FALSE(who.actor.has_value());
    EXPECT_FALSE(who.impersonation.has_value());
}

TEST_F(TokenVerifierTest, carries_the_agent_behind_an_impersonation) {
    const auto principal = verifier_.verify(token_of(samples::impersonation_claims()), noon);
    ASSERT_TRUE(principal.has_value());
    ASSERT_TRUE((*principal)->actor && (*principal)->impersonation);
    EXPECT_EQ((*principal)->actor->id, samples::id(5));
    EXPECT_EQ((*principal)->actor->role, Role::support_agent);
    EXPECT_EQ((*principal)->impersonation->session, samples::id(6));
    EXPECT_EQ((*principal)->impersonation->mode, ImpersonationMode::ro);
}

TEST_F(TokenVerifierTest, time_limits_hold_with_thirty_seconds_of_leeway) {
    EXPECT_EQ(refusal(good_token(), noon - 31s), TokenError::not_yet_valid);
    EXPECT_EQ(refusal(good_token(), noon - 30s), std::nullopt);
    EXPECT_EQ(refusal(good_token(), noon + 15min + 29s), std::nullopt);
    EXPECT_EQ(refusal(good_token(), noon + 15min + 30s), TokenError::expired);
    const std::int64_t start = core::unix_seconds(noon);
    EXPECT_EQ(refusal(token_with("nbf", start + 31)), TokenError::not_yet_valid);
    EXPECT_EQ(refusal(token_with("nbf", start + 30)), std::nullopt);
    EXPECT_EQ(refusal(token_with("iat", start + 31)), TokenError::not_yet_valid);
}

TEST_F(TokenVerifierTest, no_token_lives_longer_than_fifteen_minutes) {
    const std::int64_t start = core::unix_seconds(noon);
    EXPECT_EQ(refusal(token_with("exp", start + 901)), TokenError::lifetime_too_long);
    EXPECT_EQ(refusal(token_with("exp", 253'402'300'799)), TokenError::lifetime_too_long);
    EXPECT_EQ(refusal(token_with("nbf", start - 1)), TokenError::lifetime_too_long);
    EXPECT_EQ(refusal(token_with("iat", 0)), TokenError::lifetime_too_long);
    EXPECT_EQ(refusal(token_with("exp", start)), TokenError::bad_claims);
    EXPECT_EQ(refusal(token_with("exp", start - 1)), TokenError::bad_claims);
}

TEST_F(TokenVerifierTest, may_be_told_to_take_one_clients_tokens_alone) {
    TokenVerifier own{
        {.issuer = "http://localhost:8001", .audience = "product-core-api", .client = "phasezero-web"}, keys_
    };
    EXPECT_TRUE(own.verify(good_token(), noon).has_value());
    const std::string foreign = token_with("client_id", "shop");
    EXPECT_EQ(own.verify(foreign, noon).error(), TokenError::wrong_client);
    EXPECT_EQ(refusal(foreign), std::nullopt) << "to a verifier that was told nothing it is a good token";
}

TEST_F(TokenVerifierTest, issuer_and_audience_must_be_ours) {
    for (const char* issuer :
         {"http://localhost:8001/", "http://localhost:8002", "HTTP://localhost:8001", "localhost"}) {
        EXPECT_EQ(refusal(token_with("iss", issuer)), TokenError::wrong_issuer) << issuer;
    }
    EXPECT_EQ(refusal(token_with("aud", "another-api")), TokenError::wrong_audience);
    EXPECT_EQ(refusal(token_with("aud", json::array{"product-core", "api"})), TokenError::wrong_audience);
    EXPECT_EQ(refusal(token_with("aud", json::array{})), TokenError::bad_claims);
    EXPECT_EQ(refusal(token_with("aud", json::array{"another-api", "product-core-api"})), std::nullopt);
    EXPECT_EQ(refusal(token_with("aud", "product-core-api")), std::nullopt);
}

TEST_F(TokenVerifierTest, only_access_tokens_count) {
    for (const char* typ :
         {"JWT", "jwt", "", "at+JWT", "AT+JWT", "application/at+jwt", "id+jwt", "logout+jwt"}) {
        const std::string token = crypto::sign_compact(typ, to_payload(samples::admin_claims()), key_);
        EXPECT_EQ(refusal(token), TokenError::wrong_type) << typ;
    }
}

TEST_F(TokenVerifierTest, every_required_claim_is_required) {
    const auto good = json::parse(to_payload(samples::admin_claims())).as_object();
    for (const auto& member : good) {
        if (member.key() == "roles" || member.key() == "scope") {
            continue;
        }
        auto payload = good;
        payload.erase(member.key());
        EXPECT_EQ(refusal(token_of(json::serialize(payload))), TokenError::bad_claims) << member.key();
    }
    EXPECT_EQ(refusal(token_of("{}")), TokenError::bad_claims);
    EXPECT_EQ(refusal(token_of("")), TokenError::bad_claims);
    EXPECT_EQ(refusal(token_with("tenant_id", core::public_tenant.to_string())), TokenError::bad_claims);
}

TEST_F(TokenVerifierTest, refuses_every_token_of_the_attack_matrix) {
    const crypto::attack::Matrix matrix{key_, to_payload(samples::admin_claims())};
    ASSERT_EQ(refusal(matrix.good()), std::nullopt);
    // Twice: the second time, the good token is remembered and a near miss must not profit.
    for (int round = 0; round < 2; ++round) {
        for (const auto& token : matrix.tokens()) {
            EXPECT_NE(refusal(token.text), std::nullopt) << token.name;
        }
    }
    EXPECT_GE(matrix.tokens().size(), 100U);
    std::cout << "[ VECTORS  ] attack matrix: " << matrix.tokens().size() << " tokens\n";
}

TEST_F(TokenVerifierTest, names_the_reason) {
    const crypto::attack::Matrix matrix{key_, to_payload(samples::admin_claims())};
    const std::string kid = R"("kid":")" + key_.public_key().kid() + '"';
    const auto reason = [&](const std::string& header) { return refusal(matrix.signed_with(header)); };
    EXPECT_EQ(reason(R"({"alg":"none","typ":"at+jwt",)" + kid + '}'), TokenError::unsupported_algorithm);
    EXPECT_EQ(reason(R"({"alg":"HS256","typ":"at+jwt",)" + kid + '}'), TokenError::unsupported_algorithm);
    EXPECT_EQ(
        reason(R"({"alg":"ES256","typ":"at+jwt","jku":"x",)" + kid + '}'), TokenError::forbidden_header
    );
    EXPECT_EQ(reason(R"({"alg":"ES256","typ":"at+jwt","kid":"other"})"), TokenError::unknown_key);
    EXPECT_EQ(reason(R"({"alg":"ES256","typ":"at+jwt"})"), TokenError::malformed);
    EXPECT_EQ(reason(R"({"alg":"RS256","typ":"at+jwt",)" + kid + '}'), TokenError::bad_signature);
    EXPECT_EQ(refusal("not a token"), TokenError::malformed);
    EXPECT_EQ(refusal(""), TokenError::malformed);
    EXPECT_EQ(refusal(std::string(9'000, 'A')), TokenError::too_large);
}

TEST_F(TokenVerifierTest, remembers_a_token_and_hands_out_the_same_principal) {
    const std::string token = good_token();
    const auto first = verifier_.verify(token, noon);
    const auto second = verifier_.verify(token, noon + 1min);
    ASSERT_TRUE(first && second);
    EXPECT_EQ(*first, *second);
    EXPECT_EQ(verifier_.counters().verified, 1U);
    EXPECT_EQ(verifier_.counters().remembered, 1U);
}

TEST_F(TokenVerifierTest, a_remembered_token_ends_with_its_time) {
    const std::string token = good_token();
    ASSERT_EQ(refusal(token, noon), std::nullopt);
    EXPECT_EQ(refusal(token, noon + 15min + 29s), std::nullopt);
    EXPECT_EQ(refusal(token, noon + 15min + 30s), TokenError::expired);
    EXPECT_EQ(refusal(token, noon - 31s), TokenError::not_yet_valid) << "the clock was set back";
    EXPECT_EQ(refusal(token, noon), std::nullopt);
}

TEST_F(TokenVerifierTest, refusals_are_not_remembered) {
    const std::string token = good_token();
    EXPECT_EQ(refusal(token, noon - 1h), TokenError::not_yet_valid);
    EXPECT_EQ(refusal(token, noon), std::nullopt);
}

TEST_F(TokenVerifierTest, a_remembered_token_ends_with_its_key) {
    const std::string token = good_token();
    ASSERT_EQ(refusal(token), std::nullopt);
    const crypto::SigningKey other = crypto::SigningKey::generate();
    keys_.replace(crypto::KeySet{{other.public_key()}});
    EXPECT_EQ(refusal(token), TokenError::unknown_key);
    keys_.replace(crypto::KeySet{{other.public_key(), key_.public_key()}});
    EXPECT_EQ(refusal(token), std::nullopt);
}

TEST_F(TokenVerifierTest, memory_is_bounded_and_stays_right_when_full) {
    TokenVerifier small{
        {.issuer = "http://localhost:8001", .audience = "product-core-api", .remembered_tokens = 8}, keys_
    };
    std::vector<std::pair<core::Uuid, std::string>> tokens;
    for (std::uint8_t i = 1; i <= 40; ++i) {
        AccessClaims claims = samples::admin_claims();
        claims.person = samples::id(i);
        tokens.emplace_back(claims.person, token_of(claims));
    }
    for (int round = 0; round < 3; ++round) {
        for (const auto& [person, token] : tokens) {
            const auto principal = small.verify(token, noon);
            ASSERT_TRUE(principal.has_value());
            EXPECT_EQ((*principal)->person, person);
        }
    }
    EXPECT_GT(small.counters().verified, 80U);
    ASSERT_TRUE(small.verify(tokens.back().second, noon).has_value());
    EXPECT_GT(small.counters().remembered, 0U) << "the most recent token stays";
}

TEST_F(TokenVerifierTest, threads_follow_a_rotation_without_a_wrong_answer) {
    const crypto::SigningKey next = crypto::SigningKey::generate();
    const std::string old_token = good_token();
    const std::string new_token =
        crypto::sign_compact(access_token_type, to_payload(samples::admin_claims()), next);
    std::atomic<bool> stop = false;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i) {
        threads.emplace_back([&] {
            TokenVerifier verifier{
                {.issuer = "http://localhost:8001", .audience = "product-core-api"}, keys_
            };
            while (!stop) {
                EXPECT_TRUE(verifier.verify(old_token, noon).has_value()) << "in every set";
                const auto other = verifier.verify(new_token, noon);
                EXPECT_TRUE(other || other.error() == TokenError::unknown_key);
            }
        });
    }
    for (int i = 0; i < 50; ++i) {
        keys_.replace(crypto::KeySet{{key_.public_key(), next.public_key()}});
        keys_.replace(crypto::KeySet{{key_.public_key()}});
    }
    stop = true;
}

/// A source that has nothing yet and notes what it is asked for.
class EmptyKeySource final : public KeySource {
 public:
    [[nodiscard]] std::uint64_t generation() const noexcept override { return 0; }

    [[nodiscard]] std::shared_ptr<const crypto::KeySet> snapshot() const override { return nullptr; }

    void report_unknown_key(std::string_view) override { ADD_FAILURE() << "there is no set to lack a key"; }
};

TEST_F(TokenVerifierTest, says_so_when_there_are_no_keys) {
    EmptyKeySource empty;
    TokenVerifier verifier{{.issuer = "http://localhost:8001", .audience = "product-core-api"}, empty};
    const auto principal = verifier.verify(good_token(), noon);
    ASSERT_FALSE(principal.has_value());
    EXPECT_EQ(principal.error(), TokenError::keys_unavailable);
}

}  // namespace
}  // namespace pz::auth
