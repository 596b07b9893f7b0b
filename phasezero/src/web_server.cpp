#include "web_server.hpp"

#include "exit_code.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <system_error>

namespace pz::command {

namespace fs = std::filesystem;

std::string fill_template(std::string_view text, const std::map<std::string, std::string>& values) {
    std::string out;
    while (!text.empty()) {
        const std::size_t begin = text.find('@');
        out += text.substr(0, begin);
        if (begin == std::string_view::npos) {
            break;
        }
        text.remove_prefix(begin + 1);
        const std::size_t end = text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
        if (end == 0 || end == std::string_view::npos || text[end] != '@') {
            out += '@';  // nginx has names of its own that begin so: @unavailable
            continue;
        }
        const auto value = values.find(std::string{text.substr(0, end)});
        if (value == values.end()) {
            throw CommandError(
                ExitCode::failure, fmt::format("the template asks for @{}@", text.substr(0, end))
            );
        }
        out += value->second;
        text.remove_prefix(end + 1);
    }
    return out;
}

fs::path prepare_web_server(const Workspace& workspace, const Ports& ports) {
    const fs::path directory = workspace.run() / "web";
    fs::create_directories(directory / "temporary");
    fs::create_directories(directory / "demo");
    std::error_code ignored;
    fs::remove(directory / "console", ignored);
    fs::create_directory_symlink(workspace.console() / "dist", directory / "console");
    fs::copy_file(
        workspace.console() / "config/demo.json",
        directory / "demo/config.json",
        fs::copy_options::overwrite_existing,
        ignored  // without it the sign-in page offers no demo accounts
    );
    write_file(
        directory / "nginx.conf",
        fill_template(
            read_file(workspace.root() / "deploy/local/nginx.conf.in"),
            {
                // The console may lie below a home that only its owner may enter, so the workers stay who we
                // are.
                {"USER", ::geteuid() == 0 ? "user root;" : "# one account for master and worker"},
                {"WEB_PORT", std::to_string(ports.web)},
                {"API_PORT", std::to_string(ports.api)},
                {"IDENTITY_PORT", std::to_string(ports.identity)},
            }
        )
    );
    return directory;
}

std::optional<std::string> web_server_missing(const Workspace& workspace) {
    std::error_code ignored;
    if (!fs::exists(workspace.console() / "dist/index.html", ignored)) {
        return "the console is not built (product-frontend-web/dist is missing)";
    }
    if (!find_nginx()) {
        return "nginx is not installed (apt-get install nginx-light)";
    }
    return std::nullopt;
}

std::optional<fs::path> find_nginx() {
    for (const char* candidate : {"/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx"}) {
        if (::access(candidate, X_OK) == 0) {
            return candidate;
        }
    }
    return std::nullopt;
}

}  // namespace pz::command
