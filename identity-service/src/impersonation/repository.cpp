#include "impersonation/repository.hpp"

#include <array>

namespace pz::identity::impersonation {

namespace {

// The first tenant is the agent's home, the platform's own; the second the one that is looked into.
constexpr pg::Query find_active_session{"impersonation.find_active", R"sql(
    SELECT i.id, i.tenant_id, i.person_id, i.mode, i.expires_at, i.approved_by, t.state, t.epoch
      FROM platform.impersonation_session i
      JOIN platform.tenant t ON t.id = i.tenant_id
      JOIN identity.person agent ON agent.id = i.agent_id
      JOIN identity.membership duty ON duty.tenant_id = $1 AND duty.person_id = i.agent_id
      JOIN identity.session s ON s.person_id = i.agent_id AND s.tenant_id = $1
     WHERE i.id = $2 AND i.agent_id = $3 AND i.agent_role = $4 AND s.id = $6
       AND i.state = 'active' AND i.expires_at > $7 AND i.last_request_at > $7 - interval '10 minutes'
       AND agent.state = 'active' AND agent.epoch = $5 AND duty.role = $4 AND duty.state = 'active'
       AND s.revoked_at IS NULL AND s.expires_at > $7
       AND (i.person_id IS NULL OR EXISTS (
             SELECT FROM identity.membership m
               JOIN identity.person p ON p.id = m.person_id
              WHERE m.tenant_id = i.tenant_id AND m.person_id = i.person_id
                AND m.role = 'standard' AND m.state = 'active' AND p.state = 'active')))sql"};

}  // namespace

boost::asio::awaitable<std::optional<ActiveSession>> find_active(
    IdentityDb db, core::Uuid id, Agent agent, core::Timestamp now
) {
    return db.find<ActiveSession>(
        find_active_session,
        core::public_tenant,
        id,
        agent.person,
        agent.role,
        agent.person_epoch,
        agent.session,
        now
    );
}

bool may_use(const ActiveSession& session, auth::Role agent_role) noexcept {
    switch (session.tenant_state) {
        case people::TenantState::trial:
        case people::TenantState::active:
            return true;
        case people::TenantState::read_only:
            return session.mode == auth::ImpersonationMode::ro;
        case people::TenantState::suspended:
            return session.mode == auth::ImpersonationMode::ro && agent_role == auth::Role::platform_admin;
        default:
            return false;
    }
}

std::span<const pg::Query> queries() {
    static constexpr std::array all{find_active_session};
    return all;
}

}  // namespace pz::identity::impersonation
