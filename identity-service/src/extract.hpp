#pragma once

#include "database.hpp"
#include "keys/keeper.hpp"
#include "passwords/device_cookie.hpp"
#include "passwords/throttle.hpp"
#include "sessions/refresh_token.hpp"

#include <pz/core/text.hpp>
#include <pz/crypto/fernet.hpp>
#include <pz/crypto/password_hasher.hpp>
#include <pz/web/client_address.hpp>
#include <pz/web/extract.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// This service's own extractors, beside those of libs/web.
namespace pz::identity {

/// What all threads share; only the keys change, as a whole.
struct Shared {
    std::string issuer;
    std::string audience;
    std::string console_origin;  ///< where the sign-in page is
    /// Secure and __Host- for the refresh cookie; browsers refuse both over plain http.
    bool secure_cookies = true;
    std::unique_ptr<keys::Keeper> keys;
    sessions::RefreshTokenCodec refresh_tokens;
    std::unique_ptr<crypto::PasswordHasher> hasher;
    passwords::BucketKeys buckets;
    passwords::DeviceCookies devices;
    /// Password sign-ins of one address in a minute, browsers that are known apart; 0: no limit.
    std::int32_t sign_ins_per_minute = 30;
    /// For secrets that must be read again, such as those of authenticator apps.
    crypto::FernetRing secrets;
    /// Roles that sign in with a second factor only.
    std::vector<auth::Role> mfa_required_for;
};

/// What one event-loop thread owns.
struct IdentityApp : web::App {
    Shared* shared = nullptr;
};

/// A form (application/x-www-form-urlencoded) or a flat JSON object of strings, as OAuth endpoints take them;
/// unknown names are passed over. Empty when there is no body.
class OAuthForm {
 public:
    explicit OAuthForm(std::vector<core::FormField> fields) : fields_(std::move(fields)) {}

    /// A form that cannot be decoded, or has a name twice (RFC 6749 section 3.2). It is the handler's to
    /// refuse, because /token answers in the RFC's own form.
    static OAuthForm malformed(std::string complaint) {
        OAuthForm form{{}};
        form.complaint_ = std::move(complaint);
        return form;
    }

    /// One sentence if the form is malformed.
    [[nodiscard]] const std::optional<std::string>& complaint() const noexcept { return complaint_; }

    /// The value, or nullopt when absent or empty (the RFC treats both alike).
    [[nodiscard]] std::optional<std::string> find(std::string_view name) const;

 private:
    std::vector<core::FormField> fields_;
    std::optional<std::string> complaint_;
};

/// The parts of a request that say who sends it and how it wants its refresh token: browsers of the console
/// name themselves with a header that no cross-site form can send, and get it in a cookie that no script can
/// read.
struct ClientContext {
    bool is_console = false;
    std::optional<std::string> refresh_cookie;
    /// What the client says it is, at most 200 characters; for the person's list of sessions.
    std::optional<std::string> user_agent{};
    /// The console's, unverified: passwords::DeviceCookies reads it.
    std::optional<std::string> device_cookie{};
    web::ClientAddress address{};
    /// The Authorization header as it came: a client's id and secret.
    std::optional<std::string> authorization{};
};

/// The shared state and the clock, for handlers that issue or end tokens.
struct Issuer {
    Shared* shared;
    const core::Clock* clock;
    core::Timeline* timeline;  ///< of the request; may be null
};

}  // namespace pz::identity

namespace pz::web {

template <>
struct Extractor<identity::IdentityDb> {
    static constexpr Phase phase = Phase::input;
    static identity::IdentityDb extract(Context& context);
    static void describe(Operation& operation);
};

template <>
struct Extractor<identity::Issuer> {
    static constexpr Phase phase = Phase::input;
    static identity::Issuer extract(Context& context);

    static void describe(Operation&) {}
};

template <>
struct Extractor<identity::ClientContext> {
    static constexpr Phase phase = Phase::input;
    static identity::ClientContext extract(Context& context);
    static void describe(Operation& operation);
};

template <>
struct Extractor<identity::OAuthForm> {
    static constexpr Phase phase = Phase::body;
    static constexpr std::size_t body_limit = 4 * 1024;
    static identity::OAuthForm extract(Context& context);
    static void describe(Operation& operation);
};

}  // namespace pz::web
