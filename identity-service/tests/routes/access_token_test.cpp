// The access token, claim by claim (RFC 9068).

#include "answers.hpp"

#include <pz/core/clock.hpp>
#include <pz/core/uuid.hpp>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

namespace pz::identity {

namespace {

using testkit::world;

TEST(AccessToken, has_exactly_the_claims_of_the_contract) {
    for (const Account& account : {acme_admin, acme_user, platform_admin, support_agent}) {
        const Reply reply = world().sign_in(account);
        const std::string token = reply.field("access_token");
        const auto header = decode_part(token, 0);
        EXPECT_EQ(header.size(), 3U);
        EXPECT_EQ(header.at("alg").as_string(), "ES256");
        EXPECT_EQ(header.at("typ").as_string(), "at+jwt");
        EXPECT_EQ(header.at("kid").as_string().size(), 43U) << "an RFC 7638 thumbprint";

        const auto claims = decode_part(token, 1);
        EXPECT_EQ(
            members_of(claims),
            (std::vector<std::string>{
                "iss",
                "aud",
                "client_id",
                "sub",
                "jti",
                "iat",
                "nbf",
                "exp",
                "auth_time",
                "amr",
                "tenant_id",
                "role",
                "roles",
                "sid",
                "tv",
                "pv",
                "scope"
            })
        );
        EXPECT_EQ(claims.at("iss").as_string(), world().identity().origin());
        EXPECT_EQ(claims.at("aud"), boost::json::array{"product-core-api"});
        EXPECT_EQ(claims.at("client_id").as_string(), "phasezero-web");
        EXPECT_EQ(claims.at("sub").as_string(), account.person);
        EXPECT_EQ(claims.at("tenant_id").as_string(), account.tenant);
        EXPECT_EQ(claims.at("role").as_string(), account.role);
        EXPECT_EQ(claims.at("roles"), boost::json::array{account.role});
        EXPECT_EQ(claims.at("amr"), boost::json::array{"pwd"});
        EXPECT_EQ(claims.at("scope").as_string(), "api");

        const std::int64_t lifetime = account.tenant == testkit::numbersence ? 600 : 900;
        const std::int64_t issued = claims.at("iat").as_int64();
        EXPECT_NEAR(
            static_cast<double>(issued), static_cast<double>(core::unix_seconds(core::SystemClock{}.now())), 5
        );
        EXPECT_EQ(claims.at("nbf").as_int64(), issued);
        EXPECT_EQ(claims.at("auth_time").as_int64(), issued);
        EXPECT_EQ(claims.at("exp").as_int64() - issued, lifetime);
        EXPECT_EQ(reply.json().at("expires_in").as_int64(), lifetime);

        EXPECT_EQ(
            world()
                .database()
                .connect("pz_identity")
                .value(
                    "select p.epoch || ' ' || t.epoch from identity.session s join identity.person p on p.id "
                    "= s.person_id "
                    "join platform.tenant t on t.id = s.tenant_id where s.id = $1",
                    {std::string{claims.at("sid").as_string()}}
                ),
            std::to_string(claims.at("pv").as_int64()) + ' ' + std::to_string(claims.at("tv").as_int64())
        );
    }
}

TEST(AccessToken, says_nothing_about_the_person_but_an_identifier) {
    const std::string claims = boost::json::serialize(decode_part(world().token(acme_user), 1));
    EXPECT_EQ(claims.find('@'), std::string::npos);
    EXPECT_EQ(claims.find("Acme"), std::string::npos);
}

TEST(AccessToken, has_an_identifier_and_a_session_of_its_own) {
    const auto one = decode_part(world().sign_in(acme_user).field("access_token"), 1);
    const auto other = decode_part(world().sign_in(acme_user).field("access_token"), 1);
    EXPECT_NE(one.at("jti"), other.at("jti"));
    EXPECT_NE(one.at("sid"), other.at("sid"));
    EXPECT_TRUE(core::Uuid::parse(std::string{one.at("jti").as_string()}).has_value());
}

}  // namespace

}  // namespace pz::identity
