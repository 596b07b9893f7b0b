#pragma once

#include "data_set.hpp"
#include "token_issuer.hpp"

#include <pz/testkit/world.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace pz::bench {

/// The product-core-api beside this program.
[[nodiscard]] std::filesystem::path this_build();

/// For start_api() where few tenants ask often: their requests are not written down, and so the limit of
/// their plan is not learned.
inline constexpr const char* no_tenants_limit = "PZ_USAGE_WRITE_SECONDS=3600";

/// Starts a product-core-api over the data set, on a port of its own and with production's settings, and
/// with `further` ones ("NAME=value"). Another build may know fewer settings than this one: it gets those
/// that its --help-config lists.
[[nodiscard]] testkit::ServiceProcess start_api(
    const std::filesystem::path& program,
    const DataSet& data,
    const TokenIssuer& issuer,
    const std::filesystem::path& directory,
    const std::vector<std::string>& further = {}
);

}  // namespace pz::bench
