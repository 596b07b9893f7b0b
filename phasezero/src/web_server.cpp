#include "web_server.hpp"

#include "template.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <system_error>

namespace pz::command {

namespace fs = std::filesystem;

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
            read_file(workspace.root() / "deploy/console/nginx.conf.in"),
            {
                // The console may lie below a home that only its owner may enter, so the workers stay who we
                // are.
                {"USER", ::geteuid() == 0 ? "user root;" : "# one account for master and worker"},
                {"LISTEN", fmt::format("127.0.0.1:{}", ports.web)},
                {"SERVER_NAMES", "localhost 127.0.0.1"},
                {"PRODUCT_UPSTREAM", fmt::format("127.0.0.1:{}", ports.api)},
                {"IDENTITY_UPSTREAM", fmt::format("127.0.0.1:{}", ports.identity)},
                {"FORWARDED_FOR", "$remote_addr"},
                {"STRICT_TRANSPORT", ""},
                {"LOG_FORMAT", "short"},
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

}  // namespace pz::command
