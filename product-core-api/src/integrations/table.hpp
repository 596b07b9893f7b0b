#pragma once

#include "integrations/types.hpp"

#include <pz/web/table.hpp>

namespace pz::product::integrations {

/// The row as it is written, with the secret encrypted.
struct IntegrationRow {
    std::string name;
    IntegrationKind kind{};
    std::optional<std::string> secret_encrypted;
    std::optional<core::Timestamp> secret_set_at;
};
PZ_DESCRIBE(IntegrationRow, name, kind, secret_encrypted, secret_set_at)

struct IntegrationRowChange {
    core::Change<std::string> name;
    core::Change<IntegrationKind> kind;
    core::Change<std::optional<std::string>> secret_encrypted;
    core::Change<std::optional<core::Timestamp>> secret_set_at;
};
PZ_DESCRIBE(IntegrationRowChange, name, kind, secret_encrypted, secret_set_at)

using Integrations = web::Table<
    "app.integration",
    Integration,
    IntegrationRow,
    IntegrationRowChange,
    web::PageQuery,
    web::ConflictOn<"integration_name_key", "an integration with this name exists">>;

}  // namespace pz::product::integrations
