#include "registry/service.hpp"

#include "registry/address.hpp"

#include <pz/core/error.hpp>

#include <algorithm>
#include <string_view>

namespace pz::product::registry {

namespace {

using boost::asio::awaitable;
using core::Uuid;
using orgs::OrgState;
using tenancy::AdminDb;

/// As platform.tenant checks it.
bool is_slug(std::string_view text) noexcept {
    const auto is_inner = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    return !text.empty() && text.size() <= 63 && std::ranges::all_of(text, is_inner) &&
           !text.starts_with('-') && !text.ends_with('-');
}

void require_address(std::string_view text, std::string loc) {
    if (!may_be_address(text)) {
        throw core::invalid(std::move(loc), "must be an e-mail address", "wrong_format");
    }
}

FirstAdmin first_admin(std::string email, const auth::Principal& actor, const core::Clock& clock) {
    return {
        .email = std::move(email),
        .invited_by = actor.person,
        .invitation = Uuid::v7(clock),
        .mail = Uuid::v7(clock),
    };
}

/// What staff do to an organization stands in the platform's chain and in the organization's own.
void name_org(const web::AuditTrail& trail, const Uuid& org) {
    trail.target("org", org.to_string());
    trail.also_in(org);
}

bool is_gone(OrgState state) noexcept {
    return state == OrgState::deleting || state == OrgState::deleted;
}

core::ApiError gone() {
    return {409, core::ErrorCode::wrong_state, "the organization is deleted"};
}

}  // namespace

awaitable<OrgDetail> create(
    AdminDb db, auth::Principal actor, OrgCreate values, const core::Clock* clock, web::AuditTrail trail
) {
    if (!is_slug(values.slug)) {
        throw core::invalid("body.slug", "must be a-z, 0-9 and - between two of these", "wrong_format");
    }
    require_address(values.admin_email, "body.admin_email");
    const Uuid id = Uuid::v7(*clock);
    const core::Timestamp now = clock->now();
    name_org(trail, id);
    FirstAdmin admin = first_admin(std::move(values.admin_email), actor, *clock);
    co_await insert(db, id, std::move(values), actor.person, now);
    co_await invite(db, id, std::move(admin), now);
    std::optional<OrgDetail> created = co_await find(db, id, clock->now());
    co_return std::move(created).value();
}

awaitable<web::Updated<OrgDetail>> change(
    AdminDb db,
    Uuid id,
    web::IfMatch match,
    RegisteredOrgUpdate values,
    const core::Clock* clock,
    web::AuditTrail trail
) {
    name_org(trail, id);
    const std::optional<OrgState> state = co_await hold(db, id);
    if (!state) {
        co_return web::Updated<OrgDetail>{};
    }
    if (is_gone(*state)) {
        throw gone();
    }
    const bool updated = co_await update(db, id, std::move(match), std::move(values), clock->now());
    std::optional<OrgDetail> org = co_await find(db, id, clock->now());
    co_return web::Updated<OrgDetail>{
        updated ? web::WriteOutcome::done : web::WriteOutcome::stale, std::move(org).value()
    };
}

awaitable<std::optional<OrgDetail>> step(
    AdminDb db,
    auth::Principal actor,
    Uuid id,
    Step step,
    std::optional<std::string> reason,
    const core::Clock* clock,
    web::AuditTrail trail
) {
    name_org(trail, id);
    if (reason) {
        trail.fact("reason", boost::json::value(*reason));
    }
    [[maybe_unused]] const std::optional<OrgState> before =
        co_await take(db, id, step, std::move(reason), actor.person, clock->now());
    std::optional<OrgDetail> org = co_await find(db, id, clock->now());
    co_return org;
}

awaitable<void> invite_first_admin(
    AdminDb db,
    auth::Principal actor,
    Uuid id,
    AdminInvitation values,
    const core::Clock* clock,
    web::AuditTrail trail
) {
    name_org(trail, id);
    require_address(values.email, "body.email");
    const std::optional<OrgState> state = co_await hold(db, id);
    if (!state || id == core::public_tenant) {
        throw core::not_found("organization");
    }
    if (is_gone(*state)) {
        throw gone();
    }
    FirstAdmin admin = first_admin(std::move(values.email), actor, *clock);
    co_await invite(db, id, std::move(admin), clock->now());
}

}  // namespace pz::product::registry
