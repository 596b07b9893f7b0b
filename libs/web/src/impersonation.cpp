#include <pz/web/impersonation.hpp>

#include <pz/core/check.hpp>
#include <pz/core/error.hpp>
#include <pz/core/json.hpp>
#include <pz/web/context.hpp>
#include <pz/web/router.hpp>

#include <array>
#include <utility>

namespace pz::web {

namespace {

constexpr pg::Query find_story{"impersonation.find_story", R"sql(
    SELECT coalesce(reason, ''), coalesce(ticket, '') FROM platform.impersonation_session
     WHERE tenant_id = $1 AND id = $2)sql"};

constexpr std::array statements{find_story};

bool allows(Impersonation rule, auth::ImpersonationMode mode) noexcept {
    switch (rule) {
        case Impersonation::read_only:
            return true;
        case Impersonation::read_write:
            return mode == auth::ImpersonationMode::rw;
        case Impersonation::deny:
            return false;
    }
    return false;
}

}  // namespace

const ImpersonationStory* ImpersonationStories::find(const core::Uuid& session) const noexcept {
    const auto found = stories_.find(session);
    return found == stories_.end() ? nullptr : &found->second;
}

void ImpersonationStories::keep(const core::Uuid& session, ImpersonationStory story) {
    if (stories_.size() >= limit) {
        stories_.clear();
    }
    stories_.insert_or_assign(session, std::move(story));
}

tenancy::LivenessClaims liveness_claims(const auth::Principal& principal) {
    if (principal.anonymous) {
        return {};
    }
    tenancy::LivenessClaims claims{
        .person = principal.person,
        .person_epoch = principal.person_epoch,
        .tenant_epoch = principal.tenant_epoch,
        .session = principal.session,
        .signing_key = principal.signing_key,
    };
    if (principal.actor && principal.impersonation) {
        claims.person = principal.actor->id;
        claims.impersonation = tenancy::ImpersonationClaims{
            .session = principal.impersonation->session,
            .agent_role = core::enum_text(principal.actor->role),
            .mode = core::enum_text(principal.impersonation->mode),
        };
    }
    return claims;
}

std::span<const pg::Query> impersonation_queries() {
    return statements;
}

namespace detail {

namespace {

/// Where the session's story is asked for: in the first flush, behind the liveness check.
boost::asio::awaitable<void> recall(Context* context, tenancy::Transaction* transaction) {
    const core::Uuid session = context->principal()->impersonation->session;
    if (context->app().impersonations.find(session) != nullptr) {
        co_return;
    }
    const tenancy::TenantDb db{*transaction};
    std::optional<ImpersonationStory> story =
        co_await db.query_optional<ImpersonationStory>(find_story, session);
    if (story) {
        context->app().impersonations.keep(session, std::move(*story));
    }
}

}  // namespace

boost::asio::awaitable<void> admit_impersonated(Context* context) {
    const auth::Principal& principal = *context->principal();
    App& app = context->app();
    // identity-service has no such pool, and no route for these tokens.
    const bool has_support = app.support_pool != nullptr;
    if (has_support && allows(context->route->impersonation, principal.impersonation->mode)) {
        co_return;
    }
    tenancy::Transaction check(
        has_support ? *app.support_pool : *app.identity_pool,
        {
            .scope = has_support ? tenancy::Scope::support : tenancy::Scope::people,
            .mode = tenancy::AccessMode::read_only,
            .tenant = principal.tenant,
            .claims = liveness_claims(principal),
            .deadline = context->exchange().deadline(),
            .timeline = context->timeline,
        }
    );
    co_await recall(context, &check);
    co_await check.commit();
    throw core::forbidden("a support session does not allow this", core::ErrorCode::impersonation_forbidden);
}

boost::asio::awaitable<void> recall_impersonation(Context* context) {
    if (context->transaction() != nullptr) {
        co_await recall(context, context->transaction());
    }
}

}  // namespace detail

}  // namespace pz::web
