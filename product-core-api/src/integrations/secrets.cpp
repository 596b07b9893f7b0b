#include "integrations/secrets.hpp"

#include <pz/crypto/placed_secret.hpp>

#include <spdlog/spdlog.h>

#include <array>

namespace pz::product::integrations {

namespace {

constexpr pg::Query find_secret{"integrations.find_secret", R"sql(
    SELECT secret_encrypted FROM app.integration
     WHERE tenant_id = $1 AND id = $2 AND secret_encrypted IS NOT NULL)sql"};

crypto::SecretPlace place_of(const core::Uuid& tenant, const core::Uuid& id) {
    return {.column = "app.integration.secret_encrypted", .tenant = tenant, .row = id};
}

}  // namespace

IntegrationRow to_row(
    const Encryption& encryption, const core::Uuid& tenant, const core::Uuid& id, IntegrationCreate input
) {
    IntegrationRow row{
        .name = std::move(input.name), .kind = input.kind, .secret_encrypted = {}, .secret_set_at = {}
    };
    if (input.secret) {
        row.secret_set_at = encryption.clock->now();
        row.secret_encrypted =
            crypto::place_secret(*encryption.ring, place_of(tenant, id), *input.secret, *row.secret_set_at);
    }
    return row;
}

IntegrationRowChange to_change(
    const Encryption& encryption, const core::Uuid& tenant, const core::Uuid& id, IntegrationReplace input
) {
    const bool replaces = input.secret.present;
    IntegrationRow row =
        to_row(encryption, tenant, id, {std::move(input.name), input.kind, std::move(input.secret.value)});
    return {
        .name = {true, std::move(row.name)},
        .kind = {true, row.kind},
        .secret_encrypted = {replaces, std::move(row.secret_encrypted)},
        .secret_set_at = {replaces, row.secret_set_at},
    };
}

boost::asio::awaitable<core::SecretString> load_secret(
    tenancy::TenantDb db, Encryption encryption, core::Uuid id
) {
    const std::optional<std::string> token = co_await db.finish_optional<std::string>(find_secret, id);
    if (!token) {
        throw core::not_found("secret of this integration");
    }
    auto secret =
        crypto::take_secret(*encryption.ring, place_of(db.tenant(), id), *token, encryption.clock->now());
    if (!secret) {
        spdlog::error(
            "event=integration.secret_refused tenant={} integration={} reason={}",
            db.tenant().to_string(),
            id.to_string(),
            core::enum_text(secret.error())
        );
        throw core::ApiError(500, core::ErrorCode::internal_error, "the stored secret cannot be used");
    }
    co_return std::move(*secret);
}

std::span<const pg::Query> queries() {
    static constexpr std::array all{find_secret};
    return all;
}

}  // namespace pz::product::integrations
