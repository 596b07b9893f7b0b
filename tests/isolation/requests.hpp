#pragma once

#include "operations.hpp"
#include "population.hpp"
#include "random.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pz::isolation {

/// How an attempt reaches for what is not its caller's.
enum class Kind : std::uint8_t {
    own,            ///< it does not: everything is the caller's
    path,           ///< another tenant's identifier in the path
    query,          ///< in the query, and another's text in a search
    cursor,         ///< the next page of another's list
    body,           ///< in a member of the body that takes an identifier
    mass,           ///< in members that the body does not have: tenant_id, id, created_by
    if_match,       ///< another's row with its right version
    idempotency,    ///< a key that another tenant used
    tenant_header,  ///< X-Tenant-ID
    role,           ///< an operation that the caller's role may not use
    token,          ///< no token, half of one, parts of two
};

inline constexpr Kind all_kinds[] = {
    Kind::own,
    Kind::path,
    Kind::query,
    Kind::cursor,
    Kind::body,
    Kind::mass,
    Kind::if_match,
    Kind::idempotency,
    Kind::tenant_header,
    Kind::role,
    Kind::token,
};

[[nodiscard]] std::string_view name_of(Kind kind);

/// Whether this operation has a place for it.
[[nodiscard]] bool fits(Kind kind, const Operation& operation, std::string_view role);

/// Whose identifiers a request carries where its kind says so.
enum class Whose : std::uint8_t { own, foreign, unknown };

struct Aim {
    Whose whose;
    const Tenant* own;
    const Tenant* foreign;
    /// Whose canary free texts carry; nullopt: nobody's.
    std::optional<int> voice;
    /// Nothing that may be left out is left out.
    bool everything = false;
    /// No query that may be left out is there.
    bool least = false;
    /// What stands for a cursor.
    std::string cursor{};
    /// So that the request that asks for an unknown row differs from its twin in nothing else.
    std::uint64_t unknown_seed;
};

struct Request {
    testkit::Service service;
    std::string method;
    std::string target;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;

    /// As it goes over the wire.
    [[nodiscard]] std::string bytes() const;
    /// The same for people, without the token.
    [[nodiscard]] std::string described() const;
};

/// The request of an attempt. With the same `random` and another `aim.whose` it is the same request with
/// other identifiers. The token and If-Match of own rows are the caller's to add.
[[nodiscard]] Request make_request(
    const Operation& operation, Kind kind, const Population& population, const Aim& aim, Random random
);

}  // namespace pz::isolation
