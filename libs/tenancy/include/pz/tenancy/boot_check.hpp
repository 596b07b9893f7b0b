#pragma once

#include <pz/core/secret.hpp>
#include <pz/pg/blocking.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

namespace pz::tenancy {

/// How far a role may see: one that serves tenants' requests must not be one that sees across them.
enum class Reach : std::uint8_t { one_tenant, all_tenants };

/// A setting and the connection string in it.
struct LoginSetting {
    std::string_view name;
    core::SecretString connection_string;
    Reach reach = Reach::one_tenant;
};

/// What a service refuses to start with, because a tenant could see another one's rows:
/// - a role that is a superuser, bypasses row level security or owns tables, or is a member of such a role at
/// any depth;
/// - a role for one tenant with a policy that shows it all of them (pz_admin in PZ_DATABASE_APP);
/// - a table with a tenant_id, outside schema identity, whose row level security is not enabled and forced;
/// - a database that lacks migrations which this program was built with. One that is ahead is only warned of:
/// a migration
///   is safe under the release before it, whose instances have to be able to start while the next one is
///   rolled out.
///
/// Costs one connection, as the first role, and one round trip for all settings that lead to the same
/// database. A database that cannot be reached is not refused: the service starts, answers /readyz with 503
/// and connects when it can.
/// @throws core::ConfigError one sentence that names the setting or the table
void refuse_unsafe_database(const std::vector<LoginSetting>& settings);
/// The same over a connection that is there already, for settings that all lead to its database.
void refuse_unsafe_database(pg::BlockingConnection& connection, const std::vector<LoginSetting>& settings);

}  // namespace pz::tenancy
