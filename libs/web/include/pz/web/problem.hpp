#pragma once

#include <pz/web/context.hpp>

#include <exception>
#include <string>
#include <string_view>

/// The one place where exceptions become answers: RFC 9457 problem documents with a stable `code` and the
/// request id. 5xx bodies say nothing more; what happened goes to the log, once, here.
namespace pz::web {

/// Writes the problem for the exception into the exchange's response.
///   ApiError → itself; pool timeout, lost connection, serialization failure, deadlock, no memory → 503
///   with Retry-After; a deadline → 504; a refusal by row level security (42501) → 404 and a security log
///   line; anything else → 500.
void render_problem(Context& context, std::exception_ptr failure) noexcept;
/// The same for a failure that has no answer any more, because one has begun: for the request's line in the
/// log.
void note_failure(Context& context, std::exception_ptr failure) noexcept;

}  // namespace pz::web
