#include "mfa/routes.hpp"

#include "extract.hpp"
#include "mfa/repository.hpp"
#include "mfa/sign_in.hpp"
#include "mfa/totp.hpp"
#include "passwords/repository.hpp"
#include "sessions/repository.hpp"
#include "token/issue.hpp"

#include <pz/crypto/one_time_password.hpp>
#include <pz/web/recent_authentication.hpp>
#include <pz/web/router.hpp>

#include <spdlog/spdlog.h>

namespace pz::identity::mfa {

struct MfaState {
    bool enabled = false;
    std::optional<core::Timestamp> enabled_at;
    bool required = false;
    std::int64_t recovery_codes_left = 0;
};
PZ_DESCRIBE(
    MfaState,
    (enabled, text("signing in takes a code of the authenticator app")),
    enabled_at,
    (required, text("the role must have it")),
    recovery_codes_left
)

/// What an authenticator app is set up with; shown once.
struct TotpEnrolment {
    std::string secret;
    std::string otpauth_uri;
};
PZ_DESCRIBE(
    TotpEnrolment, (secret, text("base32, to be typed")), (otpauth_uri, text("the same as a QR code"))
)

struct OneTimeCode {
    std::string otp;
};
PZ_DESCRIBE(OneTimeCode, (otp, length(6, 32)))

/// Shown once.
struct RecoveryCodes {
    std::vector<std::string> recovery_codes;
};
PZ_DESCRIBE(RecoveryCodes, (recovery_codes, text("each replaces the app once")))

struct EnrolmentToken {
    std::string mfa_token;
};
PZ_DESCRIBE(EnrolmentToken, (mfa_token, length(1, 128), text("from mfa_enrollment_required")))

struct StepUp {
    std::optional<std::string> otp;
    std::optional<std::string> password;
};
PZ_DESCRIBE(
    StepUp,
    (otp, length(6, 32), text("a code of the app or a recovery code: for who has an app")),
    (password, length(1, 1024), text("for who has none"))
)

struct StepUpToken {
    std::string access_token;
    std::string token_type = "Bearer";
    std::int32_t expires_in = 0;
    std::string scope;
};
PZ_DESCRIBE(
    StepUpToken,
    (access_token, text("with a new auth_time; the session goes on with the refresh token that it has")),
    token_type,
    (expires_in, text("seconds")),
    scope
)

namespace {

using boost::asio::awaitable;
using namespace std::chrono_literals;

/// How old the proof may be with which somebody changes their factors.
constexpr std::chrono::seconds recent = 10min;

TotpEnrolment show(const core::SecretString& secret, const std::string& email) {
    return {.secret = crypto::base32_encode(secret.reveal()), .otpauth_uri = otpauth_uri(secret, email)};
}

awaitable<OwnFactors> load_own(tenancy::PeopleDb db, core::Uuid person) {
    std::optional<OwnFactors> own = co_await find_own(db, person);
    if (!own) {
        throw core::unauthorized(core::ErrorCode::session_ended, "the session has ended");
    }
    co_return *std::move(own);
}

/// Ten new codes in the place of all earlier ones.
awaitable<RecoveryCodes> renew_recovery_codes(tenancy::PeopleDb db, core::Uuid person, core::Timestamp now) {
    constexpr std::string_view digits = "0123456789abcdef";
    RecoveryCodes codes;
    std::vector<std::string> hashes;
    for (int i = 0; i < recovery_code_count; ++i) {
        codes.recovery_codes.push_back(make_recovery_code());
        std::string hash;
        for (const std::uint8_t byte : hash_recovery_code(person, codes.recovery_codes.back())) {
            hash += {digits[byte >> 4], digits[byte & 0xF]};
        }
        hashes.push_back(std::move(hash));
    }
    co_await replace_recovery_codes(db, person, std::move(hashes), now);
    co_return codes;
}

awaitable<MfaState> get_my_mfa(tenancy::PeopleDb db, web::CurrentUser user, Issuer issuer) {
    const OwnFactors own = co_await load_own(db, user->person);
    co_return MfaState{
        .enabled = own.confirmed_at.has_value(),
        .enabled_at = own.confirmed_at,
        .required = is_required(*issuer.shared, user->role),
        .recovery_codes_left = own.recovery_codes_left,
    };
}

awaitable<TotpEnrolment> enrol_totp(tenancy::PeopleDb db, web::CurrentUser user, Issuer issuer) {
    const core::Timestamp now = issuer.clock->now();
    web::require_recent_authentication(*user, now, recent, web::Proof::any);
    const OwnFactors own = co_await load_own(db, user->person);
    const core::SecretString secret = make_secret();
    const bool begun = co_await begin_own_enrolment(
        db, user->person, seal(issuer.shared->secrets, user->person, secret, now), now
    );
    if (!begun) {
        throw core::conflict("there is an authenticator app already; remove it first");
    }
    co_return show(secret, own.email);
}

awaitable<RecoveryCodes> confirm_totp(
    tenancy::PeopleDb db, web::CurrentUser user, IdentityDb identity, Issuer issuer, web::Json<OneTimeCode> in
) {
    const core::Timestamp now = issuer.clock->now();
    web::require_recent_authentication(*user, now, recent, web::Proof::any);
    const passwords::BucketKey bucket = issuer.shared->buckets.second_factor(user->person);
    co_await passwords::admit(identity, {.subject = bucket}, now);
    const OwnFactors own = co_await load_own(db, user->person);
    if (!own.secret_encrypted || own.confirmed_at) {
        throw core::conflict("no authenticator app is being set up");
    }
    const std::optional<core::SecretString> secret =
        open(issuer.shared->secrets, user->person, *own.secret_encrypted, now);
    const std::optional<std::int64_t> step = secret ? find_step(*secret, in->otp, now, 0) : std::nullopt;
    bool confirmed = false;
    if (step) {
        confirmed = co_await confirm_own(db, user->person, *step, now);
    }
    if (!confirmed) {
        throw core::invalid("body.otp", "is not the code that the app shows", "wrong_code");
    }
    RecoveryCodes codes = co_await renew_recovery_codes(db, user->person, now);
    co_await renew_session(db, user->person, user->session, "pwd otp mfa", now);
    const std::uint64_t ended = co_await sessions::end_others(
        db, user->person, user->session, sessions::RevokeReason::second_factor_changed, now
    );
    spdlog::info("event=mfa.enabled person={} sessions_ended={}", user->person.to_string(), ended);
    co_await passwords::forgive(identity, bucket);
    co_return codes;
}

awaitable<web::NoContent> remove_totp(tenancy::PeopleDb db, web::CurrentUser user, Issuer issuer) {
    const core::Timestamp now = issuer.clock->now();
    web::require_recent_authentication(*user, now, recent, web::Proof::second_factor);
    if (is_required(*issuer.shared, user->role)) {
        throw core::forbidden("your role must have a second factor");
    }
    const bool removed = co_await remove_own(db, user->person);
    if (!removed) {
        throw core::not_found("authenticator app");
    }
    co_await renew_session(db, user->person, user->session, "pwd", now);
    spdlog::info("event=mfa.disabled person={}", user->person.to_string());
    co_return web::NoContent{};
}

awaitable<RecoveryCodes> make_recovery_codes(tenancy::PeopleDb db, web::CurrentUser user, Issuer issuer) {
    const core::Timestamp now = issuer.clock->now();
    web::require_recent_authentication(*user, now, recent, web::Proof::second_factor);
    RecoveryCodes codes = co_await renew_recovery_codes(db, user->person, now);
    spdlog::info("event=mfa.recovery_codes_made person={}", user->person.to_string());
    co_return codes;
}

/// For who must have an app and has none: the password was right, and this is all that it is good for.
awaitable<TotpEnrolment> enrol_before_sign_in(
    web::Public, IdentityDb db, Issuer issuer, web::Json<EnrolmentToken, 4 * 1024> in
) {
    const core::Timestamp now = issuer.clock->now();
    const std::optional<Challenge> challenge = co_await find_challenge(db, hash_token(in->mfa_token), now);
    if (!challenge || challenge->purpose != Purpose::enrol) {
        throw core::invalid("body.mfa_token", "is not valid any more; sign in again", "wrong_token");
    }
    const core::SecretString secret = make_secret();
    const bool begun = co_await begin_enrolment(
        db, challenge->person, seal(issuer.shared->secrets, challenge->person, secret, now), now
    );
    if (!begun) {
        throw core::conflict("there is an authenticator app already; sign in again");
    }
    co_return show(secret, challenge->email);
}

/// Throws unless the person's factor, or for who has none the password, is proved.
awaitable<bool> prove_again(
    IdentityDb identity, Issuer issuer, core::Uuid tenant, core::Uuid person, StepUp proof
) {
    const std::optional<Factor> factor = co_await find_factor(identity, person);
    if (factor && factor->confirmed) {
        if (!proof.otp) {
            throw core::invalid("body.otp", "is required", "missing");
        }
        const bool right =
            co_await use_code(identity, issuer, person, std::move(*proof.otp), /*enrolling=*/false);
        if (!right) {
            throw core::invalid("body.otp", "is wrong", "wrong_code");
        }
        co_return true;
    }
    if (!proof.password) {
        throw core::invalid("body.password", "is required", "missing");
    }
    const passwords::BucketKey bucket = issuer.shared->buckets.person(person);
    co_await passwords::admit(identity, {.subject = bucket}, issuer.clock->now());
    const std::optional<passwords::Credentials> credentials =
        co_await passwords::find_credentials(identity, tenant, person);
    const std::string stored = credentials && credentials->password_hash
                                   ? *credentials->password_hash
                                   : issuer.shared->hasher->dummy_hash();
    const bool right = co_await issuer.shared->hasher->verify(
        stored, core::SecretString{std::move(*proof.password)}, crypto::PasswordLane::known
    );
    if (!right) {
        throw core::invalid("body.password", "is wrong", "wrong_password");
    }
    co_await passwords::forgive(identity, bucket);
    co_return false;
}

awaitable<StepUpToken> step_up(
    tenancy::PeopleDb db,
    web::CurrentUser user,
    IdentityDb identity,
    Issuer issuer,
    web::Json<StepUp, 8 * 1024> in
) {
    const bool second_factor =
        co_await prove_again(identity, issuer, user->tenant, user->person, std::move(*in));
    const core::Timestamp now = issuer.clock->now();
    std::optional<sessions::Session> session = co_await sessions::hold_own(db, user->person, user->session);
    if (!session) {
        throw core::unauthorized(core::ErrorCode::session_ended, "the session has ended");
    }
    session->auth_time = now;
    if (second_factor && !token::has_second_factor(session->amr)) {
        session->amr += " otp mfa";
    }
    co_await renew_session(db, user->person, user->session, session->amr, now);
    spdlog::info(
        "event=session.step_up person={} session={} amr=\"{}\"",
        user->person.to_string(),
        user->session.to_string(),
        session->amr
    );
    // Whatever the token says is what the liveness check has just confirmed.
    const people::Account account{
        .person = user->person,
        .person_state = people::PersonState::active,
        .person_epoch = user->person_epoch,
        .tenant = user->tenant,
        .tenant_state = people::TenantState::active,
        .tenant_epoch = user->tenant_epoch,
        .role = user->role,
    };
    token::Tokens tokens = token::make_tokens(issuer, account, *session, session->refresh_counter, now);
    co_return StepUpToken{
        .access_token = std::move(tokens.access_token),
        .expires_in = static_cast<std::int32_t>(tokens.access_lifetime.count()),
        .scope = std::move(tokens.scope),
    };
}

}  // namespace

void add_routes(web::Router& router) {
    using enum web::Impersonation;
    router.get<"/me/mfa", get_my_mfa, deny>("Whether I have a second factor");
    router
        .post<"/me/mfa/totp", enrol_totp, deny, web::Audits<"mfa.enrolled">>(
            "Begin to set up an authenticator app"
        )
        .also_answers(409);
    router
        .post<"/me/mfa/totp/confirm", confirm_totp, deny, web::Audits<"mfa.enabled">>(
            "Confirm it with its first code; my other sessions end, and recovery codes are shown once"
        )
        .also_answers(409);
    router.del<"/me/mfa/totp", remove_totp, deny, web::Audits<"mfa.disabled">>("Remove my authenticator app")
        .also_answers(404);
    router.post<"/me/mfa/recovery-codes", make_recovery_codes, deny, web::Audits<"mfa.recovery_codes_made">>(
        "New recovery codes for the old ones"
    );
    router
        .post<
            "/mfa/enrol",
            enrol_before_sign_in,
            deny,
            web::Unaudited<"nothing counts before it is confirmed, which is session.started">>(
            "Set up the authenticator app that the role must have, before the first sign-in"
        )
        .also_answers(409);
    router.post<"/me/step-up", step_up, deny, web::Audits<"session.stepped_up">>(
        "Prove again who I am, for what a token alone is not enough"
    );
}

}  // namespace pz::identity::mfa
