#pragma once

#include <pz/core/uuid.hpp>

namespace pz::auth {

/// Who platform staff are inside a tenant when they act as nobody in particular: the same identifier for
/// everybody and always, one per tenant, and no person's. A version 8 UUID (RFC 9562 section 5.8) made from the
/// tenant's, so that it needs no row.
[[nodiscard]] core::Uuid support_principal(const core::Uuid& tenant);

}  // namespace pz::auth
