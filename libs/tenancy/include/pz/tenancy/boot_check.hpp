#pragma once

#include <pz/core/secret.hpp>

#include <string_view>

namespace pz::tenancy {

/// Connects once and refuses a role with which row level security would mean nothing: a superuser, BYPASSRLS,
/// the owner of a table, or a member of such a role. A database that cannot be reached is not refused: the
/// service starts, answers /readyz with 503 and connects when it can.
/// @throws core::ConfigError one sentence that names the setting
void refuse_unsafe_role(std::string_view setting, const core::SecretString& connection_string);

}  // namespace pz::tenancy
