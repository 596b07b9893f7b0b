#pragma once

#include <pz/core/secret.hpp>

#include <string_view>
#include <vector>

namespace pz::tenancy {

/// A setting and the connection string in it.
struct LoginSetting {
    std::string_view name;
    core::SecretString connection_string;
};

/// Connects once and refuses a role with which row level security would mean nothing: a superuser, BYPASSRLS,
/// the owner of a table, or a member of such a role. A database that cannot be reached is not refused: the
/// service starts, answers /readyz with 503 and connects when it can.
/// @throws core::ConfigError one sentence that names the setting
void refuse_unsafe_role(std::string_view setting, const core::SecretString& connection_string);
/// The same for several at the same time: each costs a connection's handshake. Throws for the first in the
/// list that is unsafe.
void refuse_unsafe_roles(const std::vector<LoginSetting>& settings);

}  // namespace pz::tenancy
