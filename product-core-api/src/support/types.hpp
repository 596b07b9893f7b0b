#pragma once

#include "orgs/types.hpp"

#include <pz/core/describe.hpp>
#include <pz/core/json.hpp>
#include <pz/core/uuid.hpp>

#include <string>

namespace pz::product::support {

/// What a support agent may know of an organization before a support session: enough to find it, nothing of
/// its data.
struct OrgSummary {
    core::Uuid id;
    std::string name;
    std::string slug;
    orgs::OrgState state{};
    orgs::Plan plan{};
};
PZ_DESCRIBE(OrgSummary, id, name, slug, state, plan)

struct LookupQuery {
    std::string q;
};
PZ_DESCRIBE(
    LookupQuery, (q, length(1, 100), text("Names or slugs that begin with this, in any case, or an exact id"))
)

/// The best matches; a lookup is not a list to page through.
struct LookupResult {
    std::vector<OrgSummary> items;
};
PZ_DESCRIBE(LookupResult, items)

}  // namespace pz::product::support
