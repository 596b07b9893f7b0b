#pragma once

#include <pz/core/config.hpp>
#include <pz/web/cors.hpp>
#include <pz/web/rate_limit.hpp>
#include <pz/web/response_headers.hpp>

#include <string>
#include <string_view>
#include <vector>

/// What holds for every request of a service, whatever its route.
namespace pz::web {

struct PolicySettings {
    RateLimits::Settings rate_limits;
    unsigned trusted_hops = 0;  ///< proxies of ours in front; see client_address()
    std::vector<std::string> cors_origins{};
    bool https = true;
};

/// @param console_origin what CORS allows when PZ_CORS_ORIGINS is not set
/// @param https false in the profiles that listen on loopback only
[[nodiscard]] PolicySettings read_policy_settings(
    core::Config& config, const std::string& console_origin, bool https
);

/// One object per process, shared by its threads.
struct Policies {
    /// @throws core::ConfigError
    explicit Policies(const PolicySettings& settings);

    RateLimits rate_limits;
    CorsPolicy cors;
    ResponseHeaders headers;
    unsigned trusted_hops;
};

/// Health and metrics are asked by machines that all share an address and must never be refused.
[[nodiscard]] bool is_probe(std::string_view pattern) noexcept;
/// Documents for everybody (RFC 8615): any origin may read them.
[[nodiscard]] bool is_well_known(std::string_view pattern) noexcept;

}  // namespace pz::web
