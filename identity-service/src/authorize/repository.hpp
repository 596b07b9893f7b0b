#pragma once

#include "database.hpp"

#include <pz/core/clock.hpp>
#include <pz/core/describe.hpp>
#include <pz/core/uuid.hpp>
#include <pz/pg/query.hpp>
#include <pz/tenancy/database.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Authorization codes: made when a person agrees, exchanged once.
namespace pz::identity::authorize {

struct AuthorizationCode {
    std::string client_id;
    std::string redirect_uri;
    std::string code_challenge;
    std::optional<std::string> nonce;
    std::string scope;
    core::Uuid person;
    core::Uuid tenant;
    core::Uuid session;  ///< in which the person agreed
    std::int32_t person_epoch = 0;
    std::int32_t tenant_epoch = 0;
    core::Timestamp auth_time;
    core::Timestamp expires_at;
    std::optional<core::Uuid> issued_session;  ///< made from it; set: it is used up
    std::string amr;                           ///< of the session in which the person agreed
};
PZ_DESCRIBE(
    AuthorizationCode,
    client_id,
    redirect_uri,
    code_challenge,
    nonce,
    scope,
    person,
    tenant,
    session,
    person_epoch,
    tenant_epoch,
    auth_time,
    expires_at,
    issued_session,
    amr
)

/// Stored by its hash; sweeps away a few codes that nobody will present again.
boost::asio::awaitable<void> insert(
    tenancy::PeopleDb db, std::string code, AuthorizationCode row, core::Timestamp now
);
boost::asio::awaitable<std::optional<AuthorizationCode>> find(IdentityDb db, std::string code);
/// Uses the code up for the session: false if another request did so first, or it is too late.
boost::asio::awaitable<bool> use(
    IdentityDb db, std::string code, core::Uuid issued_session, core::Timestamp now
);

std::span<const pg::Query> queries();

}  // namespace pz::identity::authorize
