#pragma once

#include <pz/core/config.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace pz::command {

/// What console-server reads from its environment: nginx with the console where there is no `phasezero up`,
/// that is in a container or under systemd.
struct ConsoleSettings {
    std::string address;  ///< numeric, to listen on
    std::uint16_t port = 0;
    std::string console_origin;   ///< what people type; its host is the only one that is answered
    std::string identity;         ///< host:port of identity-service
    std::string product;          ///< host:port of product-core-api
    bool behind_proxy = false;    ///< X-Forwarded-For is appended to, not replaced
    std::string environment;      ///< for /config.json
    std::filesystem::path files;  ///< nginx.conf.in and dist/
};

/// Throws core::ConfigError. Whatever ends up in nginx's configuration has been checked for what it may
/// contain.
ConsoleSettings read_console_settings(core::Config& config);

/// The configuration that nginx runs with; `text` is deploy/console/nginx.conf.in.
[[nodiscard]] std::string console_configuration(std::string_view text, const ConsoleSettings& settings);

}  // namespace pz::command
