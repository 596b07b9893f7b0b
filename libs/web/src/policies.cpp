#include <pz/web/policies.hpp>

#include <algorithm>
#include <array>

namespace pz::web {

namespace {

std::vector<std::string> split(std::string_view list) {
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin <= list.size();) {
        const std::size_t end = std::min(list.find(',', begin), list.size());
        std::string part{list.substr(begin, end - begin)};
        std::erase(part, ' ');
        parts.push_back(std::move(part));
        begin = end + 1;
    }
    return parts;
}

}  // namespace

PolicySettings read_policy_settings(core::Config& config, const std::string& console_origin, bool https) {
    PolicySettings settings;
    const auto rate = [&](const char* name, std::uint32_t fallback, const char* purpose) {
        return static_cast<std::uint32_t>(config.integer(name, fallback, 0, RateLimiter::max_rate, purpose));
    };
    settings.rate_limits.person = rate(
        "PZ_RATE_LIMIT_PERSON",
        settings.rate_limits.person,
        "requests per second of one person, or of one address without a token; 0: no limit"
    );
    settings.rate_limits.tenant = rate(
        "PZ_RATE_LIMIT_TENANT",
        settings.rate_limits.tenant,
        "requests per second of one tenant that has no limit of its own, or whose own is not known yet; 0: "
        "no "
        "limit of any tenant"
    );
    settings.trusted_hops = static_cast<unsigned>(config.integer(
        "PZ_TRUSTED_HOPS",
        0,
        0,
        8,
        "proxies in front, each of which appends to X-Forwarded-For; the client's address is the entry so "
        "many from the right. 0: the other end of the connection"
    ));
    settings.cors_origins = split(config.text(
        "PZ_CORS_ORIGINS",
        console_origin,
        "origins whose pages may call this service, comma separated; default: PZ_CONSOLE_ORIGIN"
    ));
    settings.https = https;
    return settings;
}

Policies::Policies(const PolicySettings& settings)
    : rate_limits(settings.rate_limits),
      cors(settings.cors_origins),
      headers(settings.https),
      trusted_hops(settings.trusted_hops) {}

bool is_probe(std::string_view pattern) noexcept {
    constexpr std::array<std::string_view, 4> probes{"/healthz", "/readyz", "/startupz", "/metrics"};
    return std::ranges::find(probes, pattern) != probes.end();
}

bool is_well_known(std::string_view pattern) noexcept {
    return pattern.starts_with("/.well-known/");
}

}  // namespace pz::web
