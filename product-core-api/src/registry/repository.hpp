#pragma once

#include "registry/types.hpp"

#include <pz/pg/query.hpp>
#include <pz/tenancy/database.hpp>
#include <pz/web/extract.hpp>
#include <pz/web/respond.hpp>

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <span>
#include <string>

namespace pz::product::registry {

/// Each is the last statement of its transaction. `now`: usage counts back from then.
boost::asio::awaitable<web::Page<RegisteredOrg>> list(
    tenancy::AdminDb db, OrgQuery query, core::Timestamp now
);
boost::asio::awaitable<std::optional<OrgDetail>> find(
    tenancy::AdminDb db, core::Uuid id, core::Timestamp now
);
boost::asio::awaitable<std::optional<UsagePlot>> plot_usage(
    tenancy::AdminDb db, core::Uuid id, Period period, core::Timestamp now
);
boost::asio::awaitable<Stats> stats(tenancy::AdminDb db, core::Timestamp now);

/// The organization's state, its row held until the transaction ends.
boost::asio::awaitable<std::optional<orgs::OrgState>> hold(tenancy::AdminDb db, core::Uuid id);
/// Throws 409 when the slug is taken.
boost::asio::awaitable<void> insert(
    tenancy::AdminDb db, core::Uuid id, OrgCreate values, core::Uuid actor, core::Timestamp now
);
/// False when the row has none of these versions.
boost::asio::awaitable<bool> update(
    tenancy::AdminDb db, core::Uuid id, web::IfMatch match, RegisteredOrgUpdate values, core::Timestamp now
);
/// The state before; nullopt if there is no such organization. Throws 409 when the step does not lead on from
/// there.
boost::asio::awaitable<std::optional<orgs::OrgState>> take(
    tenancy::AdminDb db,
    core::Uuid id,
    Step step,
    std::optional<std::string> reason,
    core::Uuid actor,
    core::Timestamp now
);

/// Who invites whom, and the ids of the rows that come of it.
struct FirstAdmin {
    std::string email;
    core::Uuid invited_by;
    core::Uuid invitation;
    core::Uuid mail;
};

/// Throws 409 when the organization has an admin already.
boost::asio::awaitable<void> invite(
    tenancy::AdminDb db, core::Uuid id, FirstAdmin admin, core::Timestamp now
);

std::span<const pg::Query> queries();

}  // namespace pz::product::registry
