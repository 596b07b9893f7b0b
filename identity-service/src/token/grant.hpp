#pragma once

#include "database.hpp"
#include "extract.hpp"

namespace pz::identity::token {

/// What POST /token hands to the grant that its grant_type names: one file per grant, each with one coroutine
///     boost::asio::awaitable<Tokens> x_grant(GrantRequest request);
/// which throws OAuthError when it refuses. routes.cpp has the table.
struct GrantRequest {
    IdentityDb db;
    Issuer issuer;
    ClientContext client;
    OAuthForm form;
};

}  // namespace pz::identity::token
