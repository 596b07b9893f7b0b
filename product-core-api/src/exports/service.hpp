#pragma once

#include "exports/desk.hpp"
#include "extract.hpp"

#include <pz/pg/query.hpp>
#include <pz/tenancy/database.hpp>
#include <pz/web/audit_sequel.hpp>
#include <pz/web/stream.hpp>

#include <boost/asio/awaitable.hpp>

#include <span>

namespace pz::product::exports {

using Export = web::Streamed<"application/x-tar">;

/// The caller's own organization. The archive ends with the caller's session; its end, with counts and
/// SHA-256, is an event of its own.
boost::asio::awaitable<Export> export_own(tenancy::TenantDb db, Desk* desk, web::AuditSequel sequel);
/// Any organization, for platform staff. Throws 404, and 409 for one that is deleted.
boost::asio::awaitable<Export> export_any(
    tenancy::AdminDb db, core::Uuid id, Desk* desk, web::AuditSequel sequel
);

/// For both roles.
std::span<const pg::Query> queries();

}  // namespace pz::product::exports
