#pragma once

#include <pz/http/head_parser.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pz::web {

/// Whose request it is as far as the network knows: for limits and logs, never for a permission.
struct ClientAddress {
    std::array<std::uint8_t, 16> bytes{};  ///< IPv6 in network order; IPv4 as ::ffff:a.b.c.d

    /// "192.0.2.1" or "2001:db8::1", without port, zone or brackets; anything else is nullopt.
    [[nodiscard]] static std::optional<ClientAddress> parse(std::string_view text) noexcept;

    /// What limits count by: an IPv4 address as it is; of an IPv6 address the /64, because whoever has one
    /// address of it usually has all of them.
    [[nodiscard]] ClientAddress network() const noexcept;
    /// The text form; IPv4 without the prefix.
    [[nodiscard]] std::string to_string() const;

    friend bool operator==(const ClientAddress&, const ClientAddress&) noexcept = default;
};

/// The client of a request that came over `trusted_hops` proxies of ours, each of which appends to
/// X-Forwarded-For the address that it was called from: so the one that many entries from the right was
/// written by the outermost of them, and whatever stands left of it is the client's own claim. Without
/// trusted hops, or when there is no valid entry at that place, the other end of the connection.
[[nodiscard]] ClientAddress client_address(
    const http::RequestHead& head, std::string_view peer, unsigned trusted_hops
) noexcept;

}  // namespace pz::web
