#include "token/cookie.hpp"

#include <algorithm>

namespace pz::identity::token {

namespace {

constexpr std::string_view refresh_name(bool secure) {
    return secure ? "__Host-pz_refresh" : "pz_refresh";
}

constexpr std::string_view device_name(bool secure) {
    return secure ? "__Host-pz_device" : "pz_device";
}

std::optional<std::string> find(std::string_view cookie_header, std::string_view name) {
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

std::string set(std::string_view name, std::string_view value, std::chrono::seconds lifetime, bool secure) {
    std::string cookie{name};
    cookie += '=';
    cookie += value;
    cookie += "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" + std::to_string(lifetime.count());
    if (secure) {
        cookie += "; Secure";
    }
    return cookie;
}

}  // namespace

std::optional<std::string> find_refresh_cookie(std::string_view cookie_header, bool secure) {
    return find(cookie_header, refresh_name(secure));
}

std::string set_refresh_cookie(std::string_view token, std::chrono::seconds lifetime, bool secure) {
    return set(refresh_name(secure), token, lifetime, secure);
}

std::optional<std::string> find_device_cookie(std::string_view cookie_header, bool secure) {
    return find(cookie_header, device_name(secure));
}

std::string set_device_cookie(std::string_view value, std::chrono::seconds lifetime, bool secure) {
    return set(device_name(secure), value, lifetime, secure);
}

std::string clear_refresh_cookie(bool secure) {
    return set_refresh_cookie("", std::chrono::seconds{0}, secure);
}

}  // namespace pz::identity::token
