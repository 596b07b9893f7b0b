#include "services.hpp"

#include "encryption_keys.hpp"
#include "local_database.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdlib>

namespace pz::command {

namespace fs = std::filesystem;

namespace {

/// What a developer may set for the services by setting it for us. Nothing else of the caller's environment
/// reaches them: a service refuses a PZ_ variable that it does not know.
void pass_on(ServiceEnvironment& environment, std::initializer_list<const char*> names) {
    for (const char* name : names) {
        const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): single-threaded
        if (value != nullptr && *value != '\0') {
            environment.emplace_back(name, value);
        }
    }
}

ServiceEnvironment common_environment(std::uint16_t port, const Ports& ports) {
    ServiceEnvironment environment{
        {"PORT", std::to_string(port)},
        {"PZ_BIND", "127.0.0.1"},
        {"PZ_PROFILE", "demo"},
        {"PZ_ISSUER", local_url(ports.identity)},
        {"PZ_AUDIENCE", "product-core-api"},
        {"PZ_CONSOLE_ORIGIN", local_url(ports.web)},
    };
    // Their output is a pipe, but people read it: in the terminal, and with `phasezero logs`.
    if (std::getenv("PZ_LOG_FORMAT") == nullptr) {  // NOLINT(concurrency-mt-unsafe): single-threaded
        environment.emplace_back("PZ_LOG_FORMAT", "text");
    }
    pass_on(
        environment,
        {"PZ_LOG_LEVEL",
         "PZ_LOG_FORMAT",
         "PZ_THREADS",
         "PZ_RATE_LIMIT_PERSON",
         "PZ_RATE_LIMIT_TENANT",
         "OTEL_EXPORTER_OTLP_ENDPOINT",
         "OTEL_EXPORTER_OTLP_HEADERS",
         "OTEL_TRACES_SAMPLER_ARG",
         "PATH",
         "LANG",
         "LC_ALL",
         "TZ"}
    );
    // Beside the console's own origin, never instead of it.
    const char* origins = std::getenv("PZ_CORS_ORIGINS");  // NOLINT(concurrency-mt-unsafe): single-threaded
    if (origins != nullptr && *origins != '\0') {
        environment.emplace_back("PZ_CORS_ORIGINS", local_url(ports.web) + "," + origins);
    }
    // Not PZ_TRUSTED_HOPS: the services' ports are as open to this machine as nginx's, so X-Forwarded-For
    // would be the caller's word; and since nginx too listens on loopback only, 127.0.0.1 is the truth.
    return environment;
}

ServicePlan plan_service(
    std::string name, const std::string& program, const ServiceEnvironment& environment, std::uint16_t port
) {
    std::vector<std::string> entries;
    for (const auto& [variable, value] : environment) {
        entries.push_back(variable + "=" + value);
    }
    std::string hint = fmt::format(
        "hint: the whole log is in `phasezero logs {}`; `phasezero doctor` checks this machine", name
    );
    return {
        .name = std::move(name),
        .process = {.command = {(program_directory() / program).string()}, .environment = std::move(entries)},
        .ready_url = local_url(port) + "/readyz",
        .hint = std::move(hint),
    };
}

}  // namespace

ServiceEnvironment identity_environment(const Workspace& workspace, const Ports& ports) {
    ServiceEnvironment environment = common_environment(ports.identity, ports);
    environment.emplace_back("PZ_DATABASE_IDENTITY_FILE", write_connection_file(workspace, "pz_identity"));
    environment.emplace_back("PZ_ENCRYPTION_KEYS_FILE", ensure_encryption_keys(workspace));
    pass_on(
        environment,
        {"PZ_KEY_ROTATE_SECONDS",
         "PZ_KEY_PUBLISH_SECONDS",
         "PZ_KEY_KEEP_SECONDS",
         "PZ_RATE_LIMIT_SIGN_IN",
         "PZ_MFA_REQUIRED_FOR"}
    );
    environment.emplace_back("PZ_MAIL_FOLDER", workspace.mail().string());
    pass_on(environment, {"PZ_SMTP_URL", "PZ_SMTP_FROM", "PZ_SMTP_USER", "PZ_SMTP_PASSWORD"});
    return environment;
}

ServiceEnvironment api_environment(const Workspace& workspace, const Ports& ports) {
    ServiceEnvironment environment = common_environment(ports.api, ports);
    constexpr std::array<std::pair<const char*, const char*>, 3> connections{{
        {"PZ_DATABASE_APP_FILE", "pz_app"},
        {"PZ_DATABASE_SUPPORT_FILE", "pz_support"},
        {"PZ_DATABASE_ADMIN_FILE", "pz_admin"},
    }};
    for (const auto& [variable, role] : connections) {
        environment.emplace_back(variable, write_connection_file(workspace, role));
    }
    environment.emplace_back("PZ_ENCRYPTION_KEYS_FILE", ensure_encryption_keys(workspace));
    // The port may have moved, and the address of "localhost" is known here.
    environment.emplace_back(
        "PZ_JWKS_URL", fmt::format("http://127.0.0.1:{}/.well-known/jwks.json", ports.identity)
    );
    environment.emplace_back("PZ_AUDIT_FOLDER", workspace.audit().string());
    pass_on(
        environment,
        {"REQUIRE_AUTH",
         "PZ_JWKS_POLL_SECONDS",
         "PZ_AUDIT_SIGN_EVENTS",
         "PZ_AUDIT_SIGN_SECONDS",
         "PZ_SUPPORT_REASON_REQUIRED",
         "PZ_SUPPORT_STARTS_PER_HOUR",
         "PZ_SUPPORT_MANY_ORGS",
         "PZ_SUPPORT_TIME_ZONE",
         "PZ_SUPPORT_FIRST_HOUR",
         "PZ_SUPPORT_LAST_HOUR",
         "PZ_SUPPORT_LOOK_SECONDS"}
    );
    return environment;
}

ServicePlan plan_identity(const Workspace& workspace, const Ports& ports) {
    return plan_service(
        "identity", "identity-service", identity_environment(workspace, ports), ports.identity
    );
}

ServicePlan plan_api(const Workspace& workspace, const Ports& ports) {
    return plan_service("api", "product-core-api", api_environment(workspace, ports), ports.api);
}

ServicePlan plan_web(const Workspace& workspace, const Ports& ports) {
    const fs::path directory = prepare_web_server(workspace, ports);
    return {
        .name = "web",
        .process =
            {.command =
                 {find_nginx().value_or("nginx").string(),
                  "-p",
                  directory.string() + "/",
                  "-c",
                  "nginx.conf",
                  "-e",
                  "stderr",
                  "-g",
                  "daemon off;"},
             .working_directory = directory,
             // TERM, not KILL: the master has to take its workers along.
             .parent_death_signal = SIGTERM},
        .ready_url = local_url(ports.web) + "/",
        .hint = fmt::format("hint: nginx runs with {}", (directory / "nginx.conf").string()),
        .stop_signal = SIGQUIT,  // graceful
    };
}

ServicePlan plan_development_web(const Workspace& workspace, const Ports& ports) {
    ServicePlan plan{
        .name = "web",
        .process =
            {.command =
                 {"node",
                  (workspace.console() / "node_modules/vite/bin/vite.js").string(),
                  "--host",
                  "127.0.0.1",
                  "--port",
                  std::to_string(ports.web),
                  "--strictPort"},
             .environment =
                 std::vector<std::string>{
                     "PZ_IDENTITY_URL=" + local_url(ports.identity), "PZ_PRODUCT_URL=" + local_url(ports.api)
                 },
             .working_directory = workspace.console()},
        .ready_url = local_url(ports.web) + "/",
        .hint = "hint: this is the console's development server; without --watch the built console is served",
    };
    ServiceEnvironment passed;
    pass_on(passed, {"PATH", "HOME", "LANG", "LC_ALL", "TZ"});
    for (const auto& [name, value] : passed) {
        plan.process.environment->push_back(name + "=" + value);
    }
    return plan;
}

fs::path program_directory() {
    return fs::read_symlink("/proc/self/exe").parent_path();
}

std::string local_url(std::uint16_t port) {
    return fmt::format("http://localhost:{}", port);
}

}  // namespace pz::command
