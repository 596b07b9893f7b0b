// The refresh token is found as it was set among any other cookies, and what is found stood in the header.
#include "token/cookie.hpp"

#include <pz/core/check.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pz::identity::token;
    const std::string_view header{reinterpret_cast<const char*>(data), size};
    for (const bool secure : {false, true}) {
        const auto found = find_refresh_cookie(header, secure);
        PZ_CHECK(!found || (header.contains("pz_refresh=" + *found) && !found->contains(';')));

        // What set_refresh_cookie() names, a browser sends back in front of the rest.
        const std::string set = set_refresh_cookie("a-Token_1", std::chrono::seconds{60}, secure);
        const std::string pair = set.substr(0, set.find(';'));
        PZ_CHECK(find_refresh_cookie(pair + "; " + std::string{header}, secure) == "a-Token_1");
        PZ_CHECK(found || find_refresh_cookie(std::string{header} + "; " + pair, secure) == "a-Token_1");
        PZ_CHECK(find_refresh_cookie(pair, !secure) == std::nullopt);
    }
    return 0;
}
