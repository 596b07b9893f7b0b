#include "tenant_secrets.hpp"

#include <fmt/format.h>

namespace pz::command {

namespace keys = identity::keys;

keys::Reencryption reencrypt_integrations(
    pg::BlockingConnection& admin,
    pg::BlockingConnection& app,
    const crypto::FernetRing& ring,
    const core::Clock& clock
) {
    constexpr keys::EncryptedColumn column{"integrations", "app.integration", "id", "secret_encrypted"};
    keys::Reencryption all;
    for (const pg::TextResult::Row& tenant : admin.query("SELECT id FROM platform.tenant ORDER BY id").rows) {
        // The text of a uuid column, as the server printed it: SET takes no parameter.
        app.execute_script(fmt::format("BEGIN; SET LOCAL app.current_tenant = '{}'", tenant[0].value()));
        const keys::Reencryption one = keys::reencrypt(app, column, ring, clock);
        app.execute_script("COMMIT");
        all.entries += one.entries;
        all.renewed += one.renewed;
        all.unreadable += one.unreadable;
    }
    return all;
}

}  // namespace pz::command
