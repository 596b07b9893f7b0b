#pragma once

#include "audit_log/repository.hpp"
#include "audit_log/types.hpp"

#include <pz/tenancy/database.hpp>
#include <pz/web/respond.hpp>
#include <pz/web/stream.hpp>

#include <boost/asio/awaitable.hpp>

namespace pz::product::audit_log {

using Export = web::Streamed<"text/csv", "application/x-ndjson">;

/// A page of the chain, newest first. Throws 422 for a cursor that is none.
boost::asio::awaitable<web::Page<AuditEvent>> page(tenancy::TenantDb db, AuditQuery query);

/// Looks at as many events as the query says, behind where the cursor's answer ended. Throws 422 for a cursor
/// that is none.
boost::asio::awaitable<Verification> verify(tenancy::TenantDb db, VerifyQuery query);

/// The chain as it is now: what comes later, this export's own event among it, is not in it. Throws 422 for
/// filters with a format that knows none.
boost::asio::awaitable<Export> export_chain(tenancy::TenantDb db, ExportQuery query);

}  // namespace pz::product::audit_log
