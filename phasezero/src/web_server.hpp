#pragma once

#include "nginx.hpp"
#include "workspace.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace pz::command {

struct Ports {
    std::uint16_t web = 3000;
    std::uint16_t api = 8000;
    std::uint16_t identity = 8001;
};

/// Prepares the directory that nginx runs in (state/run/web): its configuration, its temporary directories
/// and a link to the console's files. Returns the directory.
std::filesystem::path prepare_web_server(const Workspace& workspace, const Ports& ports);

/// Why there is no web server to start; nullopt when there is one.
[[nodiscard]] std::optional<std::string> web_server_missing(const Workspace& workspace);

}  // namespace pz::command
