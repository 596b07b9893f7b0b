#include "configuration.hpp"

#include "console_server/settings.hpp"
#include "services.hpp"

#include <pz/core/config.hpp>
#include <pz/core/json.hpp>
#include <pz/core/process.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace pz::command {

namespace {

using namespace std::chrono_literals;
using Settings = std::vector<core::Setting>;

struct Group {
    std::string title;
    Settings settings;
};

/// What phasezero and ./dev read themselves.
Settings own_settings() {
    core::Config config = core::Config::for_listing();
    config.text("PZ_STATE_DIR", "", "where the local database, keys and logs are kept");
    config.describe_default("one for each work tree");
    (void)config.secret(
        "PZ_DATABASE_MIGRATOR",
        "libpq connection string of pz_migrator: what `migrate` migrates and `prove` examines"
    );
    config.describe_default("the local database");
    (void)config.secret(
        "PZ_DATABASE_BACKUP", "libpq connection string of pz_backup: what `audit` reads and `tenants` counts"
    );
    config.describe_default("the local database");
    config.text("PZ_MIGRATIONS", "", "directory of the migrations");
    config.describe_default("database/migrations");
    config.text("PZ_POSTGRES_BIN", "", "directory of PostgreSQL's programs");
    config.describe_default("the newest that is installed");
    config.text("PZ_CHROMIUM", "/usr/bin/chromium", "browser of ./dev test e2e");
    config.text("PZ_TESTDATA", "", "public test vectors; the tests that need them are skipped without");
    config.describe_default("../shared/testdata");
    config.text("PZ_TEST_CLUSTER", "", "directory of a running test cluster (testkit-cluster sets it)");
    config.describe_default("each test program starts its own");
    config.text("PZ_TEST_EXCHANGES", "", "where tests note what was answered (./dev test sets it)");
    config.text("NO_COLOR", "", "anything: no colours");
    return config.settings();
}

/// What the console's web server reads where `phasezero up` is not its parent.
Settings console_settings() {
    core::Config config = core::Config::for_listing();
    static_cast<void>(read_console_settings(config));
    return config.settings();
}

/// What a service says of itself.
Settings settings_of(const std::string& service) {
    const std::filesystem::path program = program_directory() / service;
    core::ProcessOptions options;
    options.command = {program.string(), "--help-config", "--json"};
    const core::ProcessResult result = core::run_process(std::move(options), 10s);
    const auto document = core::parse_json(result.output);
    Settings settings;
    std::vector<core::FieldError> errors;
    if (result.exit_code != 0 || !document || !core::read_json(*document, settings, service, errors)) {
        throw CommandError(ExitCode::failure, program.string() + " --help-config failed:\n" + result.output);
    }
    return settings;
}

/// Variables that both services read for the same purpose stand together; where their defaults differ, both
/// are named.
std::vector<Group> all_groups() {
    constexpr std::array<const char*, 2> names{"identity-service", "product-core-api"};
    Group both{"Both services", {}};
    Group identity{names[0], settings_of(names[0])};
    Group api{names[1], settings_of(names[1])};
    std::erase_if(identity.settings, [&](const core::Setting& setting) {
        const auto other = std::ranges::find(api.settings, setting.name, &core::Setting::name);
        if (other == api.settings.end() || other->purpose != setting.purpose) {
            return false;
        }
        core::Setting& shared = both.settings.emplace_back(setting);
        if (setting.fallback != other->fallback) {
            shared.fallback = fmt::format("{} and {}", setting.fallback, other->fallback);
        }
        api.settings.erase(other);
        return true;
    });
    return {
        std::move(both),
        std::move(identity),
        std::move(api),
        Group{"console-server", console_settings()},
        Group{"phasezero and ./dev", own_settings()},
    };
}

std::string name_of(const core::Setting& setting) {
    return setting.secret ? setting.name + " (or " + setting.name + "_FILE)" : setting.name;
}

std::string default_of(const core::Setting& setting) {
    return setting.required ? "required" : setting.fallback;
}

void print_markdown(const std::vector<Group>& groups) {
    for (const Group& group : groups) {
        std::cout << "\n## " << group.title << "\n\n| variable | default | values | purpose |\n"
                  << "| --- | --- | --- | --- |\n";
        for (const core::Setting& setting : group.settings) {
            std::cout << fmt::format(
                "| `{}`{} | {} | {} | {} |\n",
                setting.name,
                setting.secret ? " or `" + setting.name + "_FILE`" : "",
                default_of(setting),
                setting.values,
                setting.purpose
            );
        }
    }
}

void print_text(const std::vector<Group>& groups, bool values) {
    const bool terminal = ::isatty(STDOUT_FILENO) == 1;
    const std::string_view strong = terminal ? "\x1b[1m" : "";
    const std::string_view plain = terminal ? "\x1b[0m" : "";
    for (const Group& group : groups) {
        std::cout << fmt::format("{}{}{}\n", strong, group.title, plain);
        for (const core::Setting& setting : group.settings) {
            const std::string fallback = default_of(setting);
            std::cout << fmt::format(
                "  {}{}{}\n      {}\n      {}{}\n",
                strong,
                name_of(setting),
                plain,
                setting.purpose,
                setting.values,
                fallback.empty()   ? ""
                : setting.required ? "; required"
                                   : "; default " + fallback
            );
            if (values) {
                std::cout << fmt::format(
                    "      now: {}\n",
                    !setting.current ? "not set"
                    : setting.secret ? *setting.current
                                     : "\"" + *setting.current + "\""
                );
            }
        }
        std::cout << '\n';
    }
}

}  // namespace

ExitCode explain_configuration(const ConfigOptions& options) {
    const std::vector<Group> groups = all_groups();
    if (options.markdown) {
        std::cout << "# Configuration\n\n"
                     "<!-- Written by `phasezero config --markdown`; a test compares. -->\n\n"
                     "Settings come from the environment. A missing or wrong one stops the start with one "
                     "sentence that names it; a `PZ_`\nvariable that no program knows is an error, with the "
                     "name that was probably meant. Secrets may stand in a file that\n`NAME_FILE` names. "
                     "`phasezero config` prints this table, with `--values` also what is set now (of a "
                     "secret only whether\nit is set); each service prints its own part with "
                     "`--help-config`.\n";
        print_markdown(groups);
    } else {
        print_text(groups, options.values);
    }
    return ExitCode::success;
}

void refuse_unknown_settings() {
    // Asking the services costs two processes, so only somebody who has set something pays for it.
    core::Config config = core::Config::from_environment();
    for (const core::Setting& setting : own_settings()) {
        config.know(setting);
    }
    if (!config.find_unknown()) {
        return;
    }
    for (const core::Setting& setting : console_settings()) {
        config.know(setting);
    }
    // What our own commands take of the services' settings: the services need not be installed where jobs
    // run.
    for (const char* name :
         {"PZ_DATABASE_IDENTITY", "PZ_DATABASE_APP", "PZ_DATABASE_ADMIN", "PZ_ENCRYPTION_KEYS"}) {
        core::Setting setting;
        setting.name = name;
        setting.secret = true;
        config.know(setting);
    }
    for (const char* service : {"identity-service", "product-core-api"}) {
        if (std::filesystem::exists(program_directory() / service)) {
            for (const core::Setting& setting : settings_of(service)) {
                config.know(setting);
            }
        }
    }
    config.refuse_unknown();
}

}  // namespace pz::command
