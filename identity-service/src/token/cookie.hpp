#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

/// The cookies of the console's browsers (RFC 6265bis): HttpOnly, SameSite=Strict, for the whole origin. Over
/// https they are Secure and named with the __Host- prefix, so that no subdomain can plant one.
namespace pz::identity::token {

[[nodiscard]] std::optional<std::string> find_refresh_cookie(std::string_view cookie_header, bool secure);
/// Value of a Set-Cookie header.
[[nodiscard]] std::string set_refresh_cookie(
    std::string_view token, std::chrono::seconds lifetime, bool secure
);
[[nodiscard]] std::string clear_refresh_cookie(bool secure);

/// The browser that somebody has signed in with before (passwords::DeviceCookies).
[[nodiscard]] std::optional<std::string> find_device_cookie(std::string_view cookie_header, bool secure);
[[nodiscard]] std::string set_device_cookie(
    std::string_view value, std::chrono::seconds lifetime, bool secure
);

}  // namespace pz::identity::token
