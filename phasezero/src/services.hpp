#pragma once

#include "supervisor.hpp"
#include "web_server.hpp"
#include "workspace.hpp"

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace pz::command {

/// The environment of a service as NAME, value pairs. Secrets stand in files, so `phasezero env` may print
/// it.
using ServiceEnvironment = std::vector<std::pair<std::string, std::string>>;

[[nodiscard]] ServiceEnvironment identity_environment(const Workspace& workspace, const Ports& ports);
[[nodiscard]] ServiceEnvironment api_environment(const Workspace& workspace, const Ports& ports);

[[nodiscard]] ServicePlan plan_identity(const Workspace& workspace, const Ports& ports);
[[nodiscard]] ServicePlan plan_api(const Workspace& workspace, const Ports& ports);
/// nginx with the built console.
[[nodiscard]] ServicePlan plan_web(const Workspace& workspace, const Ports& ports);
/// The console's development server, which shows a change at once; for --watch.
[[nodiscard]] ServicePlan plan_development_web(const Workspace& workspace, const Ports& ports);

/// Where the service programs are: beside this one.
[[nodiscard]] std::filesystem::path program_directory();

[[nodiscard]] std::string local_url(std::uint16_t port);

}  // namespace pz::command
