#include "api_keys/routes.hpp"

#include "api_keys/key_text.hpp"
#include "api_keys/repository.hpp"
#include "extract.hpp"

#include <pz/web/router.hpp>

#include <spdlog/spdlog.h>

namespace pz::identity::api_keys {

struct ApiKeyCreate {
    std::string name;
    KeyRole role{};
    std::int32_t expires_in_days = 0;
};
PZ_DESCRIBE(
    ApiKeyCreate,
    (name, length(1, 120)),
    role,
    (expires_in_days, range(1, 365), text("A key that nobody renews ends by itself"))
)

/// The only answer that ever has the key in it.
struct CreatedApiKey : ApiKey {
    std::string key;
};
BOOST_DESCRIBE_STRUCT(CreatedApiKey, (ApiKey), (key))

namespace {

using auth::Role;
using boost::asio::awaitable;
using core::Uuid;
using tenancy::PeopleDb;
using web::Created, web::Json, web::NewId, web::NoContent, web::Page, web::PageQuery, web::Path, web::Query,
    web::Require;

awaitable<Page<ApiKey>> list_api_keys(PeopleDb db, Require<Role::admin>, Query<PageQuery> query) {
    return list(db, *query);
}

awaitable<std::optional<ApiKey>> get_api_key(PeopleDb db, Require<Role::admin>, Path<"id", Uuid> id) {
    return find(db, *id);
}

awaitable<Created<CreatedApiKey>> create_api_key(
    PeopleDb db, Require<Role::admin> user, Issuer issuer, Json<ApiKeyCreate> input, NewId id
) {
    const NewKey key = make_key(*id);
    const core::Timestamp now = issuer.clock->now();
    co_await take_place(db, now);
    std::optional<ApiKey> row = co_await insert(
        db,
        {.id = *id,
         .name = std::move(input->name),
         .role = input->role,
         .secret_hash = key.secret_hash,
         .created_by = user->person,
         .created_at = now,
         .expires_at = now + std::chrono::days{input->expires_in_days}}
    );
    if (!row) {
        throw core::forbidden("only an administrator of the organization can make API keys");
    }
    spdlog::info(
        "event=api_key.created key={} tenant={} role={} person={}",
        row->id.to_string(),
        db.tenant().to_string(),
        core::enum_text(row->role),
        user->person.to_string()
    );
    co_return Created<CreatedApiKey>{CreatedApiKey{std::move(*row), key.text.reveal()}};
}

awaitable<NoContent> revoke_api_key(
    PeopleDb db, Require<Role::admin> user, Issuer issuer, Path<"id", Uuid> id
) {
    const Revocation revocation = co_await revoke(db, *id, issuer.clock->now());
    if (revocation == Revocation::missing) {
        throw core::not_found("api key");
    }
    if (revocation == Revocation::done) {
        spdlog::info(
            "event=api_key.revoked key={} tenant={} person={}",
            id.value.to_string(),
            db.tenant().to_string(),
            user->person.to_string()
        );
    }
    co_return NoContent{};
}

}  // namespace

void add_routes(web::Router& router) {
    using enum web::Impersonation;
    router.get<"/api/v1/api-keys", list_api_keys, deny>("List API keys, newest first");
    router
        .post<"/api/v1/api-keys", create_api_key, deny, web::Audits<"api_key.created">>(
            "Make an API key; the answer alone shows it"
        )
        .also_answers(409);
    router.get<"/api/v1/api-keys/{id}", get_api_key, deny>("Get what is known of an API key");
    router.del<"/api/v1/api-keys/{id}", revoke_api_key, deny, web::Audits<"api_key.revoked">>(
        "Revoke an API key; its tokens end with it"
    );
}

}  // namespace pz::identity::api_keys
