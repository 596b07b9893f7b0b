#include "database.hpp"

namespace pz::identity {

namespace {

audit::Event event_of(
    web::RequestAudit& audit, const Happening& happening, std::vector<pg::PreparedStatement>& personal
) {
    audit::Event event = audit.make_event(happening.tenant, personal, happening.person);
    event.action = happening.action;
    if (happening.person) {
        event.actor.id = happening.person;
    }
    if (!happening.role.empty()) {
        event.actor.role = happening.role;
    }
    if (happening.target) {
        event.targets.push_back(*happening.target);
    }
    return event;
}

boost::asio::awaitable<void> write_alone(
    web::RequestAudit* audit, web::EventWriter* events, Happening happening, audit::Outcome outcome
) {
    if (audit == nullptr || events == nullptr) {
        co_return;
    }
    std::vector<pg::PreparedStatement> personal;
    audit::Event event = event_of(*audit, happening, personal);
    event.outcome = outcome;
    if (!happening.merged_by.empty()) {
        const auto repeated =
            events->repeated(event.action + " " + happening.merged_by, std::chrono::steady_clock::now());
        if (!repeated) {
            co_return;
        }
        if (*repeated > 0) {
            event.origin.more["repeated"] = *repeated;
        }
    }
    const bool written = co_await events->write(std::move(event), std::move(personal));
    if (written) {
        audit->confirm();
    }
}

}  // namespace

boost::asio::awaitable<void> IdentityDb::record(Happening happening, audit::Outcome outcome) const {
    return write_alone(audit_, events_, std::move(happening), outcome);
}

std::vector<pg::PreparedStatement> IdentityDb::Closing::last_statements() {
    std::vector<pg::PreparedStatement> personal;
    const audit::Event event = event_of(*db_.audit_, *db_.happening_, personal);
    std::vector<pg::PreparedStatement> statements{audit::append_statement(event, /*only_if_changed=*/true)};
    for (pg::PreparedStatement& statement : personal) {
        statements.push_back(std::move(statement));
    }
    return statements;
}

void IdentityDb::Closing::confirm() const {
    if (has_event()) {
        db_.audit_->confirm();
    }
}

}  // namespace pz::identity
