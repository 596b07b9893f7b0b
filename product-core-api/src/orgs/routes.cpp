#include "orgs/routes.hpp"

#include "extract.hpp"
#include "orgs/repository.hpp"
#include "orgs/types.hpp"
#include "registry/address.hpp"

#include <pz/core/error.hpp>
#include <pz/web/router.hpp>

#include <algorithm>
#include <string_view>

namespace pz::product::orgs {

namespace {

using auth::Role;
using boost::asio::awaitable;
using tenancy::TenantDb;
using web::IfMatch, web::Json, web::Member, web::Require, web::Updated;

/// As platform.tenant checks it: the form of a name, not whether there is such a zone.
bool is_zone_name(std::string_view text) noexcept {
    return std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               c == '+' || c == '/' || c == '-';
    });
}

awaitable<std::optional<Org>> get_org(TenantDb db, Member) {
    return find_own(db);
}

awaitable<Updated<Org>> update_own_org(
    TenantDb db,
    Require<Role::admin> admin,
    IfMatch match,
    Json<OrgUpdate> input,
    Time time,
    web::AuditTrail trail
) {
    trail.target("org", admin->tenant.to_string());
    if (input->contact_email.value && !registry::may_be_address(*input->contact_email.value)) {
        throw core::invalid("body.contact_email", "must be an e-mail address", "wrong_format");
    }
    if (!is_zone_name(input->time_zone.value)) {
        throw core::invalid("body.time_zone", "must be the name of a time zone", "wrong_format");
    }
    return update_own(db, std::move(match), std::move(*input), time.clock->now());
}

}  // namespace

void add_routes(web::Router& router) {
    using enum web::Impersonation;
    router.get<"/api/v1/org", get_org, read_only>("Get your own organization");
    router.patch<"/api/v1/org", update_own_org, deny, web::Audits<"org.updated">>(
        "Change name and settings of your own organization"
    );
}

}  // namespace pz::product::orgs
