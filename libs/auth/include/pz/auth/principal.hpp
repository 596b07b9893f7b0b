#pragma once

#include <pz/core/clock.hpp>
#include <pz/core/uuid.hpp>

#include <boost/describe/enum.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pz::auth {

/// What a person may do, within a tenant (admin, standard) or on the platform (platform_admin,
/// support_agent).
enum class Role : std::uint8_t { admin, standard, platform_admin, support_agent };
BOOST_DESCRIBE_ENUM(Role, admin, standard, platform_admin, support_agent)

/// Platform staff live in the public tenant; everybody else lives in a real one.
[[nodiscard]] constexpr bool is_platform_role(Role role) noexcept {
    return role == Role::platform_admin || role == Role::support_agent;
}

/// The agent behind an impersonated request; every audit entry names them.
struct Actor {
    core::Uuid id;
    Role role{};
};

enum class ImpersonationMode : std::uint8_t { ro, rw };
BOOST_DESCRIBE_ENUM(ImpersonationMode, ro, rw)

struct Impersonation {
    core::Uuid session;
    ImpersonationMode mode{};
    std::optional<core::Uuid> approved_by;
};

/// The one element of a token's `amr` that stands for an API key, in place of a person's methods.
inline constexpr std::string_view machine_method = "key";

/// Who a request is: the answer of authentication. Always shared as shared_ptr<const Principal>, never
/// changed. A verified token says who somebody was when it was issued; whether person, session and tenant
/// still live is asked in the request's own transaction, with the two epochs.
struct Principal {
    core::Uuid person;
    core::Uuid tenant;
    Role role = Role::standard;
    core::Uuid session;
    std::int32_t person_epoch = 0;  ///< claim pv
    std::int32_t tenant_epoch = 0;  ///< claim tv
    std::vector<std::string> amr;   ///< how they signed in (RFC 8176), for example "pwd"
    core::Timestamp auth_time;
    core::Timestamp expires_at;
    std::optional<Actor> actor;                  ///< set together with impersonation
    std::optional<Impersonation> impersonation;  ///< set together with actor
    std::string signing_key;                     ///< kid of the key that signed the token
    bool anonymous = false;                      ///< REQUIRE_AUTH=false only; person and session are nil

    /// An API key, not a person: `person` is the key's own id.
    [[nodiscard]] bool is_machine() const noexcept {
        return amr.size() == 1 && amr.front() == machine_method;
    }

    /// The caller without a token: public tenant, standard role.
    [[nodiscard]] static std::shared_ptr<const Principal> nobody();
};

}  // namespace pz::auth
