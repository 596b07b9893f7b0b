#pragma once

#include "exit_code.hpp"
#include "lens.hpp"
#include "screen.hpp"

#include <string>
#include <vector>

namespace pz::command::prove {

struct ProveOptions {
    std::string connect{};  ///< libpq; empty: $PZ_DATABASE_MIGRATOR, else the local database
    Lens lens{};
    std::string allow{};              ///< file; empty: database/prove.allow for a database of ours
    std::vector<std::string> only{};  ///< ids; empty: all
    std::string explain{};            ///< an id: print its page and do nothing
    std::string sarif{};              ///< file to write, "-" for standard output instead of the table
    std::string sources{};  ///< folder of the SQL that made the schema, for SARIF; empty: ours, if it is ours
    std::string statements{};  ///< file; empty: asked of the services beside this program
    bool list = false;
    bool all = false;
    bool strict = false;
    bool rules_only = false;
    bool mutations = false;
    bool colour = true;
};

/// `phasezero prove`. success when nothing is to be done, failure with findings; throws CommandError (usage)
/// with one sentence when it could not run.
[[nodiscard]] ExitCode prove(const Screen& screen, const ProveOptions& options);

}  // namespace pz::command::prove
