#include "plan.hpp"

#include <fmt/format.h>

namespace pz::command {

namespace fs = std::filesystem;

namespace {

std::string policy_text(const UpOptions& options) {
    switch (options.taken_port) {
        case TakenPort::end_owner:
            return "whoever listens there is ended (TERM first)";
        case TakenPort::refuse:
            return "a taken one is an error";
        default:
            return "a taken one is named, then the next free one within 20 is used";
    }
}

}  // namespace

std::vector<std::string> describe_plan(const Workspace& workspace, const UpOptions& options) {
    std::vector<std::string> steps;
    const bool exists = fs::exists(workspace.cluster() / "data") && !options.reset;
    if (options.reset) {
        steps.push_back(fmt::format("delete the database and its secrets in {}", workspace.state().string()));
    }
    steps.push_back(fmt::format(
        "choose ports: web {}, api {}, identity {}; {}",
        options.ports.web,
        options.ports.api,
        options.ports.identity,
        policy_text(options)
    ));
    steps.push_back(fmt::format(
        "{} the private PostgreSQL in {}, reachable through a unix socket only",
        exists ? "start" : "create and start",
        workspace.cluster().string()
    ));
    steps.push_back(
        fmt::format("apply new migrations from {}", (workspace.database() / "migrations").string())
    );
    steps.push_back("put the demo organizations and accounts in place");
    steps.emplace_back("make the encryption key once, in a file only you can read");
    steps.emplace_back("start identity-service, product-core-api and the web server; wait until each is ready"
    );
    steps.emplace_back("smoke test: sign in as each role, one item there and back, fetch the signing keys");
    if (options.watch) {
        steps.emplace_back("watch the sources: rebuild, and restart the service that changed");
    }
    return steps;
}

}  // namespace pz::command
