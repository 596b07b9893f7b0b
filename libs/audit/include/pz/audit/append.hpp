#pragma once

#include <pz/audit/event.hpp>
#include <pz/pg/blocking.hpp>

#include <cstdint>

namespace pz::audit {

/// Appends the event to its chain, for tools and for threads of their own: the transaction's last statement,
/// as ever. Returns its number.
std::int64_t append(pg::BlockingConnection& connection, const Event& event);

}  // namespace pz::audit
