#include "keys/reencryption.hpp"

#include <fmt/format.h>

#include <string>

namespace pz::identity::keys {

Reencryption reencrypt(
    pg::BlockingConnection& connection,
    const EncryptedColumn& column,
    const crypto::FernetRing& ring,
    const core::Clock& clock
) {
    const std::string select = fmt::format(
        "SELECT {0}::text, {1} FROM {2} WHERE {1} IS NOT NULL ORDER BY {0}",
        column.id,
        column.column,
        column.table
    );
    const std::string update = fmt::format(
        "UPDATE {2} SET {1} = $2 WHERE {0}::text = $1 AND {1} = $3", column.id, column.column, column.table
    );
    Reencryption result;
    for (const pg::TextResult::Row& row : connection.query(select).rows) {
        ++result.entries;
        const std::string& token = row[1].value();
        const core::Timestamp now = clock.now();
        const auto plaintext = ring.decrypt(token, now);
        if (!plaintext) {
            ++result.unreadable;
        } else if (ring.needs_reencryption(token)) {
            connection.query(update, {row[0], ring.encrypt(*plaintext, now), token});
            ++result.renewed;
        }
    }
    return result;
}

}  // namespace pz::identity::keys
