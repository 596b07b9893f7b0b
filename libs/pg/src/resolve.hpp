#pragma once

#include <boost/asio/awaitable.hpp>

#include <string>

namespace pz::pg {

/// The value for libpq's `hostaddr`: one address for each host of the connection string, found without
/// blocking, so that libpq never asks the DNS itself. Empty when there is nothing to resolve (unix sockets,
/// addresses, or a hostaddr given). Throws Error (class 08) when a name cannot be resolved.
[[nodiscard]] boost::asio::awaitable<std::string> resolve_hosts(std::string connection_string);

/// One keyword's value in a connection string, or empty. Throws Error (class 08) if the string is malformed.
[[nodiscard]] std::string connection_keyword(const std::string& connection_string, const char* keyword);

}  // namespace pz::pg
