#include "console_server/settings.hpp"

#include "template.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <system_error>

namespace pz::command {

namespace {

namespace fs = std::filesystem;

/// Letters, digits and the punctuation of host names, addresses and ports: nothing that nginx would read as
/// its own.
std::string host_name(std::string_view variable, std::string value) {
    const bool plain = !value.empty() && std::ranges::all_of(value, [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '.' || c == '-' || c == ':' || c == '[' || c == ']';
    });
    if (!plain) {
        throw core::ConfigError(
            fmt::format("{} must be a host name with an optional port, but is \"{}\"", variable, value)
        );
    }
    return value;
}

/// "https://app.example.com:8443" -> "app.example.com"
std::string host_of(std::string_view origin) {
    std::string_view rest = origin;
    if (rest.starts_with("https://")) {
        rest.remove_prefix(8);
    } else if (rest.starts_with("http://")) {
        rest.remove_prefix(7);
    } else {
        throw core::ConfigError(
            fmt::format("PZ_CONSOLE_ORIGIN must begin with https:// or http://, but is \"{}\"", origin)
        );
    }
    const std::size_t end_of_address = rest.starts_with('[') ? rest.find(']') : 0;
    const std::size_t port = rest.find(':', end_of_address);
    return host_name("PZ_CONSOLE_ORIGIN", std::string{rest.substr(0, port)});
}

}  // namespace

ConsoleSettings read_console_settings(core::Config& config) {
    ConsoleSettings settings;
    settings.port = static_cast<std::uint16_t>(config.integer("PORT", 3000, 1, 65535, "port to listen on"));
    settings.address =
        host_name("PZ_BIND", config.text("PZ_BIND", "0.0.0.0", "numeric address to listen on"));
    settings.console_origin =
        config.text("PZ_CONSOLE_ORIGIN", "http://localhost:3000", "the one origin that browsers use");
    static_cast<void>(host_of(settings.console_origin));
    settings.identity = host_name(
        "PZ_IDENTITY_UPSTREAM",
        config.text(
            "PZ_IDENTITY_UPSTREAM",
            "127.0.0.1:8001",
            "host:port of identity-service, asked over plain HTTP; unused where a load balancer sorts by path"
        )
    );
    settings.product = host_name(
        "PZ_PRODUCT_UPSTREAM",
        config.text("PZ_PRODUCT_UPSTREAM", "127.0.0.1:8000", "the same of product-core-api")
    );
    settings.behind_proxy =
        config.integer(
            "PZ_TRUSTED_HOPS",
            0,
            0,
            8,
            "proxies in front; with any, X-Forwarded-For is appended to and not replaced, and the services "
            "behind need one more than this"
        ) > 0;
    settings.environment = config.text(
        "PZ_ENVIRONMENT", "production", "what the console calls this installation, unless it is production"
    );
    if (!std::ranges::all_of(settings.environment, [](unsigned char c) {
            return std::isalnum(c) != 0 || c == ' ' || c == '-' || c == '.';
        })) {
        throw core::ConfigError("PZ_ENVIRONMENT takes letters, digits, blanks, dots and hyphens");
    }
    std::error_code ignored;
    const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
    settings.files = config.text(
        "PZ_CONSOLE_FILES",
        (program.parent_path().parent_path() / "share/phasezero/console").string(),
        "where nginx.conf.in and the built console (dist) are"
    );
    config.describe_default("<program>/../share/phasezero/console");
    return settings;
}

std::string console_configuration(std::string_view text, const ConsoleSettings& settings) {
    const bool https = settings.console_origin.starts_with("https://");
    return fill_template(
        text,
        {
            {"USER", ::geteuid() == 0 ? "user root;" : "# one account for master and worker"},
            {"LISTEN", fmt::format("{}:{}", settings.address, settings.port)},
            {"SERVER_NAMES", host_of(settings.console_origin)},
            {"PRODUCT_UPSTREAM", settings.product},
            {"IDENTITY_UPSTREAM", settings.identity},
            {"FORWARDED_FOR", settings.behind_proxy ? "$proxy_add_x_forwarded_for" : "$remote_addr"},
            {"STRICT_TRANSPORT", https ? "max-age=31536000" : ""},
            {"LOG_FORMAT", "cloud"},
        }
    );
}

}  // namespace pz::command
