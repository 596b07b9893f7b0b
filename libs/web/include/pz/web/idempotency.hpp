#pragma once

#include <pz/pg/query.hpp>
#include <pz/web/context.hpp>
#include <pz/web/openapi.hpp>

#include <boost/asio/awaitable.hpp>

#include <span>

/// Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): a client that does not know whether its POST
/// arrived sends it again with the same key and gets the first answer, byte for byte, for 24 hours. Every
/// route that answers Created<…> in a tenant's transaction takes it; handlers know nothing of it.
///
/// The answer is remembered in the transaction of the change. Two round trips: one claims the key and runs
/// the handler's statements, the other stores the answer and commits. Only what succeeded is remembered:
/// after any error nothing happened, and the key is free.
namespace pz::web {

/// The statements below, for StatementRegistry.
[[nodiscard]] std::span<const pg::Query> idempotency_queries();

namespace detail {

/// Takes the header into the context, or records an error: 1 to 64 visible ASCII characters.
void read_idempotency_key(Context& context);
void describe_idempotency_key(Operation& operation);

/// Runs `answer` (the handler and its rendering), unless the key has an answer already: then answers that
/// one. Throws 409 while another request with the key is in flight, 422 if the key belongs to another
/// request.
boost::asio::awaitable<void> answer_once(Context* context, boost::asio::awaitable<void> answer);

}  // namespace detail

}  // namespace pz::web
