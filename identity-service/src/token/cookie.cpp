#include "token/cookie.hpp"

#include <algorithm>

namespace pz::identity::token {

namespace {

constexpr std::string_view cookie_name(bool secure) {
    return secure ? "__Host-pz_refresh" : "pz_refresh";
}

}  // namespace

std::optional<std::string> find_refresh_cookie(std::string_view cookie_header, bool secure) {
    const std::string_view name = cookie_name(secure);
    while (!cookie_header.empty()) {
        const std::size_t end = std::min(cookie_header.find(';'), cookie_header.size());
        std::string_view pair = cookie_header.substr(0, end);
        cookie_header.remove_prefix(std::min(end + 1, cookie_header.size()));
        while (!pair.empty() && pair.front() == ' ') {
            pair.remove_prefix(1);
        }
        if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=') {
            return std::string{pair.substr(name.size() + 1)};
        }
    }
    return std::nullopt;
}

std::string set_refresh_cookie(std::string_view token, std::chrono::seconds lifetime, bool secure) {
    std::string cookie{cookie_name(secure)};
    cookie += '=';
    cookie += token;
    cookie += "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" + std::to_string(lifetime.count());
    if (secure) {
        cookie += "; Secure";
    }
    return cookie;
}

std::string clear_refresh_cookie(bool secure) {
    return set_refresh_cookie("", std::chrono::seconds{0}, secure);
}

}  // namespace pz::identity::token
