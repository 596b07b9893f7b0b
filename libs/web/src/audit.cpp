#include <pz/web/audit.hpp>

#include <pz/audit/chain.hpp>
#include <pz/audit/personal.hpp>
#include <pz/core/check.hpp>
#include <pz/core/json.hpp>
#include <pz/http/exchange.hpp>
#include <pz/web/context.hpp>
#include <pz/web/extract.hpp>
#include <pz/web/router.hpp>

#include <algorithm>
#include <utility>

namespace pz::web {

void set_actor(audit::Event& event, const auth::Principal& principal) {
    event.actor.type = principal.is_machine() ? audit::ActorType::system : audit::ActorType::person;
    event.actor.role = core::enum_text(principal.role);
    event.actor.tenant = principal.tenant;
    if (!principal.anonymous) {
        event.actor.id = principal.person;
    }
    if (principal.actor && principal.impersonation) {
        event.actor.id = principal.actor->id;
        event.actor.role = core::enum_text(principal.actor->role);
        event.actor.tenant = core::public_tenant;
        event.on_behalf_of = principal.person;
        event.impersonation = audit::Impersonation{
            .session = principal.impersonation->session,
            .mode = std::string{core::enum_text(principal.impersonation->mode)}
        };
    }
}

void RequestAudit::expect_impersonated(std::string target_id) {
    reads_ = true;
    if (action_.empty()) {
        action_ = "data.viewed";
        target_ = audit::Target{
            std::string{context_.route->feature}, target_id.empty() ? "list" : std::move(target_id)
        };
    }
}

std::optional<core::Uuid> RequestAudit::other_chain() const {
    const tenancy::Transaction* transaction = context_.transaction();
    const bool both = transaction == nullptr || transaction->scope() == tenancy::Scope::admin;
    return both ? std::nullopt : second_chain_;
}

audit::Event RequestAudit::make_copy(const core::Uuid& chain, std::vector<pg::PreparedStatement>& personal) {
    audit::Event event = make_event(chain, personal);
    event.action = action_;
    event.origin.status = status_;
    event.origin.more = facts_;
    event.before = before_;
    event.after = after_;
    if (target_) {
        event.targets.push_back(*target_);
    }
    event.targets.insert(event.targets.end(), further_targets_.begin(), further_targets_.end());
    if (event.impersonation) {
        // Behind the handler, in a flush of its own: the answer is made.
        event.origin.status = context_.exchange().response_status();
        event.origin.rows = context_.rows;
    }
    return event;
}

void RequestAudit::expect(
    std::string_view action, std::string target_id, std::optional<unsigned> status, bool reads
) {
    action_ = action;
    reads_ = reads;
    status_ = status;
    if (!target_id.empty()) {
        target_ = audit::Target{std::string{audited_noun(action)}, std::move(target_id)};
    }
}

audit::Event RequestAudit::make_event(
    const core::Uuid& chain,
    std::vector<pg::PreparedStatement>& personal,
    const std::optional<core::Uuid>& person
) {
    App& app = context_.app();
    PZ_CHECK(app.clock != nullptr);
    audit::Event event;
    event.chain = chain;
    event.id = core::Uuid::v7(*app.clock);
    event.time = app.clock->now();
    event.origin.request_id = context_.request_id();
    event.origin.route =
        std::string{http::method_text(context_.route->method)} + ' ' + context_.route->pattern;
    if (const auth::Principal* principal = context_.known_principal()) {
        set_actor(event, *principal);
    }
    if (event.impersonation) {
        if (const ImpersonationStory* story = app.impersonations.find(event.impersonation->session)) {
            event.impersonation->reason = story->reason;
            event.impersonation->ticket = story->ticket;
        }
    }
    const std::optional<core::Uuid> subject = event.actor.id ? event.actor.id : person;
    const auto commit_to = [&](audit::PersonalKind kind, std::string_view value) {
        std::string text = app.commitments.commit_to(chain, subject, kind, value, event.time, personal);
        commitments_.push_back(text);
        return text;
    };
    event.origin.address_commitment =
        commit_to(audit::PersonalKind::address, context_.client_address().to_string());
    event.origin.user_agent_commitment =
        commit_to(audit::PersonalKind::user_agent, context_.exchange().header("User-Agent").value_or(""));
    return event;
}

std::vector<pg::PreparedStatement> RequestAudit::last_statements() {
    std::vector<pg::PreparedStatement> statements;
    std::vector<pg::PreparedStatement> personal;
    const tenancy::Transaction& transaction = *context_.transaction();
    std::vector<core::Uuid> chains{
        transaction.scope() == tenancy::Scope::admin ? audit::platform_chain : transaction.tenant()
    };
    if (second_chain_ && !other_chain() && *second_chain_ != chains.front()) {
        chains.push_back(*second_chain_);
        std::ranges::sort(chains);  // two requests that lock the same two heads do it in the same order
    }
    for (const core::Uuid& chain : chains) {
        statements.push_back(audit::append_statement(make_copy(chain, personal), /*only_if_changed=*/!reads_)
        );
    }
    std::ranges::move(personal, std::back_inserter(statements));
    return statements;
}

void RequestAudit::confirm() {
    for (const std::string& commitment : std::exchange(commitments_, {})) {
        context_.app().commitments.confirm(commitment);
    }
}

void AuditTrail::target(std::string type, std::string id) const {
    audit_->target_ = audit::Target{std::move(type), std::move(id)};
}

void AuditTrail::further_target(std::string type, std::string id) const {
    audit_->further_targets_.push_back({std::move(type), std::move(id)});
}

void AuditTrail::also_in(const core::Uuid& chain) const {
    audit_->second_chain_ = chain;
}

void AuditTrail::always() const {
    audit_->reads_ = true;
}

void AuditTrail::change(boost::json::object before, boost::json::object after) const {
    audit_->before_ = std::move(before);
    audit_->after_ = std::move(after);
}

void AuditTrail::fact(std::string_view name, boost::json::value value) const {
    audit_->facts_[name] = std::move(value);
}

AuditTrail Extractor<AuditTrail>::extract(Context& context) {
    return AuditTrail{context.audit};
}

}  // namespace pz::web
