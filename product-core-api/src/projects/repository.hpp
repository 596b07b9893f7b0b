#pragma once

#include "projects/types.hpp"

#include <pz/core/uuid.hpp>
#include <pz/pg/query.hpp>
#include <pz/tenancy/database.hpp>

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <span>
#include <vector>

namespace pz::product::projects {

/// A row as an update left it, or, if `changed` is false, as it stands with another version than expected.
struct ProjectUpdated : Project {
    bool changed = false;
};
BOOST_DESCRIBE_STRUCT(ProjectUpdated, (Project), (changed))

/// Newest first, one row more than the query's limit.
boost::asio::awaitable<std::vector<Project>> list(tenancy::TenantDb db, ProjectQuery query);
boost::asio::awaitable<std::optional<Project>> find(tenancy::TenantDb db, core::Uuid id);
/// Throws 409 when the tenant has a project of this name.
boost::asio::awaitable<Project> insert(tenancy::TenantDb db, core::Uuid id, ProjectCreate values);
/// nullopt when there is no such project. Throws 409 as above.
boost::asio::awaitable<std::optional<ProjectUpdated>> update(
    tenancy::TenantDb db, core::Uuid id, std::int32_t version, ProjectUpdate values
);
/// With its items. True: removed. False: it has another version. nullopt: there is no such project.
boost::asio::awaitable<std::optional<bool>> remove(
    tenancy::TenantDb db, core::Uuid id, std::optional<std::int32_t> version
);

std::span<const pg::Query> queries();

}  // namespace pz::product::projects
