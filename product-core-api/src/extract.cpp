#include "extract.hpp"

#include <pz/audit/keeper.hpp>
#include <pz/core/check.hpp>

namespace pz::web {

product::Encryption Extractor<product::Encryption>::extract(Context& context) {
    const auto* app = dynamic_cast<product::ProductApp*>(&context.app());
    PZ_CHECK(app != nullptr && app->encryption_ring != nullptr);
    return {app->encryption_ring, app->clock};
}

product::SupportRules Extractor<product::SupportRules>::extract(Context& context) {
    const auto* app = dynamic_cast<product::ProductApp*>(&context.app());
    PZ_CHECK(app != nullptr);
    return {app->support_rules};
}

product::AuditKeys Extractor<product::AuditKeys>::extract(Context& context) {
    const auto* app = dynamic_cast<product::ProductApp*>(&context.app());
    PZ_CHECK(app != nullptr && app->audit_keeper != nullptr);
    return {app->audit_keeper->public_keys()};
}

product::Exports Extractor<product::Exports>::extract(Context& context) {
    const auto* app = dynamic_cast<product::ProductApp*>(&context.app());
    PZ_CHECK(app != nullptr && app->desk != nullptr);
    return {app->desk};
}

product::SessionDb Extractor<product::SessionDb>::extract(Context& context) {
    App& app = context.app();
    if (!context.principal()->impersonation) {
        return {tenancy::AdminDb{context.begin(app.admin_pool, tenancy::Scope::admin)}};
    }
    tenancy::Transaction& transaction = context.begin(app.support_pool, tenancy::Scope::support);
    transaction.leave_uncounted();
    return {tenancy::AdminDb{transaction}};
}

void Extractor<product::SessionDb>::describe(Operation& operation) {
    Extractor<tenancy::AdminDb>::describe(operation);
}

product::Time Extractor<product::Time>::extract(Context& context) {
    PZ_CHECK(context.app().clock != nullptr);
    return {context.app().clock};
}

}  // namespace pz::web
