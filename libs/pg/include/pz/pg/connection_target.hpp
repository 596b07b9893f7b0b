#pragma once

#include <pz/core/secret.hpp>

#include <string>

namespace pz::pg {

/// What a connection string says about where it leads, and as whom; empty where it leaves that to libpq.
struct ConnectionTarget {
    std::string host;
    std::string port;
    std::string database;
    std::string user;

    friend bool operator==(const ConnectionTarget&, const ConnectionTarget&) = default;
};

/// Throws BlockingError (22023) for what is no connection string, without repeating any of it: it may hold a
/// password.
[[nodiscard]] ConnectionTarget parse_connection_string(const core::SecretString& text);

}  // namespace pz::pg
