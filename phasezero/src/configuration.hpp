#pragma once

#include "exit_code.hpp"

#include <cstdint>

namespace pz::command {

struct ConfigOptions {
    bool explain = true;    ///< the table: what there is to say without another word
    bool values = false;    ///< also what is set now, in this environment
    bool markdown = false;  ///< as docs/configuration.md has it
};

/// `phasezero config`: every variable of every program in one table. The services are asked for theirs
/// (--help-config), so the table cannot differ from what they read.
[[nodiscard]] ExitCode explain_configuration(const ConfigOptions& options);

/// Throws core::ConfigError if a PZ_ variable is set that no program of ours knows, with the one that was
/// probably meant.
void refuse_unknown_settings();

}  // namespace pz::command
