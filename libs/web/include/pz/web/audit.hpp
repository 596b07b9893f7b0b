#pragma once

#include <pz/audit/event.hpp>
#include <pz/auth/principal.hpp>
#include <pz/core/uuid.hpp>
#include <pz/pg/batch.hpp>
#include <pz/tenancy/database.hpp>
#include <pz/web/fixed_string.hpp>

#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What a route leaves in the audit log, said where the route is declared. A route that changes something, or
/// that sees every tenant, does not compile without one of these three:
///     router.post<"/api/v1/items", create_item, read_write, Audits<"item.created">>("Create an item");
namespace pz::web {

class Context;

/// One event in the transaction of the request, when the transaction has changed something; for a route that
/// only reads, always. Its target is of the type in front of the action's last dot, and is the row that the
/// request creates (NewId) or that the last parameter of the path names; a handler that knows better takes an
/// AuditTrail.
template <FixedString Action>
struct Audits {};

/// The handler's own calls of AuditTrail::record() leave these events: it does one of several things, or is
/// not one transaction.
template <FixedString... Actions>
struct Records {};

/// Nothing, for this reason.
template <FixedString Reason>
struct Unaudited {};

/// Nobody has said it. Right for a route that only reads its own tenant's rows.
struct Undeclared {};

/// "item" of "item.created".
constexpr std::string_view audited_noun(std::string_view action) {
    return action.substr(0, action.rfind('.'));
}

/// Fills in who does it: the person, or, under impersonation, the agent on the person's behalf.
void set_actor(audit::Event& event, const auth::Principal& principal);

/// What one request's transaction will say in the audit log. Part of the context.
class RequestAudit final : public tenancy::Closing {
 public:
    explicit RequestAudit(Context& context) : context_(context) {}

    /// What the route declares, with what the extractors found. `reads`: the event does not depend on a
    /// change.
    void expect(std::string_view action, std::string target_id, std::optional<unsigned> status, bool reads);

    /// In a support session every request is an event: a route that names none leaves "data.viewed".
    void expect_impersonated(std::string target_id);

    [[nodiscard]] bool expects_event() const noexcept { return !action_.empty(); }

    /// The chain that the request's own transaction does not write to, and another does: what also_in()
    /// named, where the transaction's role may add to its tenant's chain only.
    [[nodiscard]] std::optional<core::Uuid> other_chain() const;
    /// The event as it stands in the transaction's own chain, for another one.
    [[nodiscard]] audit::Event make_copy(
        const core::Uuid& chain, std::vector<pg::PreparedStatement>& personal
    );

    /// Names what a refusal was about, as far as the handler has come: its target, and the second chain.
    [[nodiscard]] const std::optional<audit::Target>& target() const noexcept { return target_; }

    [[nodiscard]] const std::optional<core::Uuid>& second_chain() const noexcept { return second_chain_; }

    /// Called by the transaction when it is about to commit.
    [[nodiscard]] std::vector<pg::PreparedStatement> last_statements() override;
    /// The transaction has been committed.
    void confirm();

    /// An event of this request with everything but its action, target and outcome. `person`: whose the
    /// address and the agent are, where the request's token does not say.
    [[nodiscard]] audit::Event make_event(
        const core::Uuid& chain,
        std::vector<pg::PreparedStatement>& personal,
        const std::optional<core::Uuid>& person = std::nullopt
    );

 private:
    friend class AuditTrail;

    Context& context_;
    std::string_view action_;
    bool reads_ = false;
    std::optional<unsigned> status_;
    std::optional<audit::Target> target_;
    std::vector<audit::Target> further_targets_;
    std::optional<core::Uuid> second_chain_;
    boost::json::object facts_;
    boost::json::object before_;
    boost::json::object after_;
    std::vector<std::string> commitments_;
};

/// For handlers whose event says more than the route can know. A small handle, valid while the request lives;
/// to be used before the transaction's last statement. Nothing personal and nothing secret goes in.
class AuditTrail {
 public:
    explicit AuditTrail(RequestAudit& audit) : audit_(&audit) {}

    /// In place of the one that the route would name.
    void target(std::string type, std::string id) const;
    /// Beside the first one.
    void further_target(std::string type, std::string id) const;
    /// The same event in this chain, too: a change that concerns the platform and a tenant. With AdminDb,
    /// whose role may add to any chain, in the same transaction; else the service adds it when the
    /// transaction is committed, before the answer leaves. A refusal stands in both chains, too.
    void also_in(const core::Uuid& chain) const;
    /// An event also when the request has changed nothing, because it was tried.
    void always() const;
    void change(boost::json::object before, boost::json::object after) const;
    /// One more member of `ctx`.
    void fact(std::string_view name, boost::json::value value) const;

 private:
    RequestAudit* audit_;
};

}  // namespace pz::web
