#include <pz/web/audit_sequel.hpp>

#include <pz/audit/chain.hpp>
#include <pz/core/check.hpp>
#include <pz/web/context.hpp>
#include <pz/web/event_writer.hpp>

#include <utility>
#include <vector>

namespace pz::web {

namespace {

std::vector<core::Uuid> chains_of(Context& context) {
    const tenancy::Transaction& transaction = *context.transaction();
    std::vector<core::Uuid> chains{
        transaction.scope() == tenancy::Scope::admin ? audit::platform_chain : transaction.tenant()
    };
    const std::optional<core::Uuid>& second = context.audit.second_chain();
    if (second && *second != chains.front()) {
        chains.push_back(*second);
    }
    return chains;
}

}  // namespace

boost::asio::awaitable<void> AuditSequel::record(std::string action, boost::json::object facts) const {
    Context& context = *context_;
    EventWriter* writer = context.app().events;
    PZ_CHECK(writer != nullptr && context.transaction() != nullptr);
    const std::vector<core::Uuid> chains = chains_of(context);
    for (const core::Uuid& chain : chains) {
        std::vector<pg::PreparedStatement> personal;
        audit::Event event = context.audit.make_event(chain, personal);
        event.action = action;
        event.origin.status = context.exchange().response_status();
        event.origin.more = facts;
        if (const auto& target = context.audit.target()) {
            event.targets.push_back(*target);
        }
        const bool written = co_await writer->write(std::move(event), std::move(personal));
        if (!written) {
            throw core::unavailable("the audit log did not take " + action);
        }
        context.audit.confirm();
    }
}

AuditSequel Extractor<AuditSequel>::extract(Context& context) {
    return AuditSequel{context};
}

}  // namespace pz::web
