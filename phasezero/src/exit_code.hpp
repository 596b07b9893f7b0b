#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace pz::command {

/// The exit codes of phasezero and ./dev; scripts rely on them.
enum class ExitCode : std::uint8_t {
    success = 0,
    failure = 1,
    usage = 2,
    missing_tool = 3,
    port_in_use = 4,
    build_failed = 5,
    interrupted = 130,
};

/// Ends the command with a sentence on standard error and this exit code.
class CommandError : public std::runtime_error {
 public:
    CommandError(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}

    [[nodiscard]] ExitCode code() const noexcept { return code_; }

 private:
    ExitCode code_;
};

}  // namespace pz::command
