#include "support/service.hpp"

#include <pz/audit/chain.hpp>
#include <pz/core/error.hpp>
#include <pz/core/json.hpp>
#include <pz/web/recent_authentication.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace pz::product::support {

namespace {

using namespace std::chrono_literals;
using boost::asio::awaitable;
using core::ErrorCode, core::Uuid;
using tenancy::AdminDb, tenancy::TenantDb;

constexpr std::string_view session_target = "impersonation_session";
constexpr std::int32_t usual_minutes = 30;
/// How old the second factor's proof may be, for those who have one.
constexpr std::chrono::seconds longest_proof = 15min;
constexpr auto longest_window = std::chrono::days{90};

struct Refusal {
    std::string_view word;  ///< of platform.start_impersonation()
    unsigned status;
    ErrorCode code;
    std::string_view detail;
};

constexpr std::array refusals{
    Refusal{"own_organization", 403, ErrorCode::own_organization, "this is the platform's own organization"},
    Refusal{"not_active", 403, ErrorCode::tenant_suspended, "the organization is not active"},
    Refusal{
        "suspended",
        403,
        ErrorCode::tenant_suspended,
        "the organization is suspended: platform administrators may look into it, read-only"
    },
    Refusal{"read_only", 403, ErrorCode::tenant_read_only, "the organization is read-only"},
    Refusal{"denied", 403, ErrorCode::support_denied, "the organization denies support sessions"},
    Refusal{"window_over", 403, ErrorCode::support_denied, "the organization's window for support is over"},
    Refusal{
        "unproved",
        401,
        ErrorCode::reauthentication_required,
        "this needs a second factor that was given a short while ago"
    },
    Refusal{"session_limit", 409, ErrorCode::session_limit, "three sessions are open already: end one"},
    Refusal{
        "staff_or_admin",
        403,
        ErrorCode::impersonation_forbidden,
        "administrators and platform staff are not impersonated"
    },
};

core::ApiError refusal_of(const Begun& begun) {
    const std::string& word = *begun.refusal;
    if (word == "no_organization") {
        return core::not_found("organization");
    }
    if (word == "start_limit") {
        return core::too_many_requests(static_cast<unsigned>(begun.wait_seconds.value_or(1)));
    }
    if (word == "unknown_person") {
        return core::invalid("body.person_id", "is no member of the organization", "unknown_person");
    }
    const auto* const found = std::ranges::find(refusals, word, &Refusal::word);
    if (found == refusals.end()) {
        return {500, ErrorCode::internal_error, ""};
    }
    return {found->status, found->code, std::string{found->detail}};
}

template <class Enum>
boost::json::value text_of(Enum value) {
    return boost::json::value(boost::json::string(core::enum_text(value)));
}

/// A reason that says nothing is none: blanks do not count.
void require_reason(const std::optional<std::string>& reason, bool required) {
    if (!reason) {
        if (required) {
            throw core::invalid("body.reason", "is required", "missing");
        }
        return;
    }
    constexpr std::ptrdiff_t least = 10;
    if (std::ranges::count_if(*reason, [](char c) { return static_cast<unsigned char>(c) > ' '; }) < least) {
        throw core::invalid("body.reason", "must say why", "too_short");
    }
}

bool is_proved(const auth::Principal& agent, core::Timestamp now) {
    return std::ranges::find(agent.amr, "mfa") != agent.amr.end() && agent.auth_time + longest_proof >= now;
}

/// A proof with a second factor grows old; who has none is asked for none.
void require_fresh_factor(const auth::Principal& agent, core::Timestamp now) {
    if (std::ranges::find(agent.amr, "mfa") != agent.amr.end()) {
        web::require_recent_authentication(agent, now, longest_proof, web::Proof::second_factor);
    }
}

void tell(const web::AuditTrail& trail, const StepTaken& taken) {
    trail.also_in(taken.tenant);
    trail.change({{"state", text_of(taken.before)}}, {{"state", text_of(taken.after)}});
}

/// The same from the organization's side: the other chain is the platform's.
void tell_platform(const web::AuditTrail& trail, const StepTaken& taken) {
    trail.also_in(audit::platform_chain);
    trail.change({{"state", text_of(taken.before)}}, {{"state", text_of(taken.after)}});
}

void name_session(const web::AuditTrail& trail, const Uuid& session) {
    trail.target(std::string{session_target}, session.to_string());
    trail.always();
}

}  // namespace

awaitable<StartedSession> start(
    AdminDb db,
    auth::Principal agent,
    Uuid tenant,
    SessionStart input,
    Rules rules,
    const core::Clock* clock,
    web::AuditTrail trail
) {
    const core::Timestamp now = clock->now();
    trail.target("org", tenant.to_string());
    require_reason(input.reason, rules.reason_required);
    require_fresh_factor(agent, now);
    const ImpersonationMode mode = input.mode.value_or(ImpersonationMode::ro);
    const Begun begun = co_await begin(
        db,
        {.tenant = tenant,
         .id = Uuid::v7(*clock),
         .agent = agent.person,
         .agent_role = agent.role,
         .agent_session = agent.session,
         .person = input.person_id,
         .mode = mode,
         .minutes = input.minutes.value_or(usual_minutes),
         .reason = input.reason,
         .ticket = input.ticket,
         .proved = is_proved(agent, now),
         .starts_per_hour = rules.starts_per_hour},
        now
    );
    if (begun.refusal != "no_organization") {
        trail.also_in(tenant);
    }
    if (begun.refusal) {
        throw refusal_of(begun);
    }
    name_session(trail, begun.id.value());
    trail.further_target("org", tenant.to_string());
    trail.fact("state", text_of(begun.state.value()));
    trail.fact("mode", text_of(begun.mode.value()));
    if (begun.is_new) {
        trail.fact("reason", boost::json::value(input.reason.value_or("")));
        trail.fact("ticket", boost::json::value(input.ticket.value_or("")));
    } else {
        trail.fact("again", true);
    }
    co_return StartedSession{
        .session_id = *begun.id,
        .tenant = tenant,
        .mode = *begun.mode,
        .state = *begun.state,
        .expires_at = begun.expires_at,
    };
}

awaitable<void> end(
    AdminDb db, StepToTake step, std::optional<Uuid> inside, const core::Clock* clock, web::AuditTrail trail
) {
    name_session(trail, step.session);
    std::optional<StepTaken> taken;
    if (!inside || *inside == step.session) {
        taken = co_await take(db, step, clock->now());
    }
    if (!taken) {
        throw core::not_found("support session");
    }
    if (inside) {
        tell_platform(trail, *taken);
    } else {
        tell(trail, *taken);
    }
}

awaitable<std::optional<SupportSession>> decide(
    AdminDb db, StepToTake step, const core::Clock* clock, web::AuditTrail trail
) {
    name_session(trail, step.session);
    const core::Timestamp now = clock->now();
    const std::optional<StepTaken> taken = co_await take(db, step, now);
    if (!taken) {
        co_return std::nullopt;
    }
    tell(trail, *taken);
    co_return co_await find(db, step.session, now);
}

awaitable<std::optional<SupportSession>> decide_own(
    TenantDb db, StepToTake step, const core::Clock* clock, web::AuditTrail trail
) {
    name_session(trail, step.session);
    const core::Timestamp now = clock->now();
    const std::optional<StepTaken> taken = co_await take_own(db, step, now);
    if (!taken) {
        co_return std::nullopt;
    }
    tell_platform(trail, *taken);
    co_return co_await find_own(db, step.session, now);
}

awaitable<void> end_own(TenantDb db, StepToTake step, const core::Clock* clock, web::AuditTrail trail) {
    name_session(trail, step.session);
    const std::optional<StepTaken> taken = co_await take_own(db, step, clock->now());
    if (!taken) {
        throw core::not_found("support session");
    }
    tell_platform(trail, *taken);
}

awaitable<OrgSupportPolicy> change_policy(
    TenantDb db,
    auth::Principal admin,
    SupportPolicyChange change,
    const core::Clock* clock,
    web::AuditTrail trail
) {
    const core::Timestamp now = clock->now();
    if ((change.policy == SupportPolicy::window) != change.window_until.has_value()) {
        throw core::invalid(
            "body.window_until", "belongs to the policy window, and to no other", "wrong_format"
        );
    }
    if (change.window_until && (*change.window_until <= now || *change.window_until > now + longest_window)) {
        throw core::invalid("body.window_until", "must be in the next 90 days", "out_of_range");
    }
    trail.target("org", admin.tenant.to_string());
    trail.also_in(audit::platform_chain);
    trail.change({}, {{"policy", text_of(change.policy)}});
    co_await set_policy(db, change, admin.person, now);
    co_return co_await find_policy(db);
}

}  // namespace pz::product::support
