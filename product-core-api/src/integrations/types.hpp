#pragma once

#include <pz/core/clock.hpp>
#include <pz/core/describe.hpp>
#include <pz/core/json.hpp>
#include <pz/core/secret.hpp>
#include <pz/core/uuid.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace pz::product::integrations {

/// What the secret is to the third party.
enum class IntegrationKind : std::uint8_t { api_key, oauth_client, password, webhook };
BOOST_DESCRIBE_ENUM(IntegrationKind, api_key, oauth_client, password, webhook)

/// What anybody may see of it. The secret has no member here: no answer has a place for one.
struct Integration {
    core::Uuid id;
    std::string name;
    IntegrationKind kind{};
    std::optional<core::Timestamp> secret_set_at;
    core::Timestamp created_at;
    core::Timestamp updated_at;
    std::int32_t version = 0;
};
PZ_DESCRIBE(
    Integration,
    id,
    name,
    kind,
    (secret_set_at, text("When the secret was last set; null while there is none")),
    created_at,
    updated_at,
    version
)

struct IntegrationCreate {
    std::string name;
    IntegrationKind kind{};
    std::optional<core::SecretString> secret;
};
PZ_DESCRIBE(
    IntegrationCreate,
    (name, length(1, 120)),
    kind,
    (secret, length(1, 4096), text("The third party's credential; it is never returned and may be set later"))
)

/// Everything that can be read is replaced. The secret cannot be read, so it stays as it is when it is
/// absent; null removes it.
struct IntegrationReplace {
    std::string name;
    IntegrationKind kind{};
    core::Change<std::optional<core::SecretString>> secret;
};
PZ_DESCRIBE(
    IntegrationReplace,
    (name, length(1, 120)),
    kind,
    (secret, length(1, 4096), text("Absent: the one that is set stays. null: it is removed"))
)

}  // namespace pz::product::integrations
