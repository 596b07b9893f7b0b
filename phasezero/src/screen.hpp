#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pz::command {

/// How a command speaks.
struct ScreenOptions {
    bool json = false;        ///< one JSON object a line instead of text
    bool colour = true;       ///< honoured on a terminal only, and never when NO_COLOR is set
    bool assume_yes = false;  ///< answer every y/N question with yes
};

/// What the ready screen says.
struct ReadyReport {
    std::chrono::milliseconds duration{};
    std::string build;     ///< "build cached"
    std::string database;  ///< "db reused"
    std::string web;       ///< the URL, or why there is none
    std::string api;
    std::string identity;
    std::string command;  ///< how to call us: "./dev" or "phasezero"
    bool web_runs = true;
};

/// Everything that `phasezero` writes to standard output goes through here. A reader that is slow or gone
/// never stops the services: then lines are dropped, and the log files still have them.
class Screen {
 public:
    explicit Screen(ScreenOptions options);

    [[nodiscard]] bool json() const noexcept { return options_.json; }

    /// Somebody can answer: standard input and output are a terminal.
    [[nodiscard]] bool interactive() const noexcept { return interactive_; }

    /// The first words: what this is and where its state is kept.
    void greet(std::string_view state_directory) const;
    /// One finished step, with the time it took.
    void step(std::string_view name, std::string_view detail, std::chrono::milliseconds duration) const;
    /// A sentence that the reader should know.
    void note(std::string_view text) const;
    /// Something to act on.
    void warn(std::string_view text) const;
    void ready(const ReadyReport& report) const;
    /// A line of a service's log, prefixed; `service` counts from 0 and chooses the colour. Nothing in JSON
    /// mode.
    void log_line(std::size_t service, std::string_view name, std::string_view line) const;

    /// Asks a y/N question; no is the default, and the answer when nobody can be asked.
    [[nodiscard]] bool confirm(std::string_view question) const;
    /// Asks for a word.
    [[nodiscard]] std::string ask(std::string_view question) const;

 private:
    [[nodiscard]] std::string paint(std::string_view code, std::string_view text) const;
    void write_line(std::string_view text) const;

    ScreenOptions options_;
    bool interactive_;
    bool colour_;
    mutable bool stuck_ = false;  // the reader did not take the last line
};

/// The program's version, "0.1.0".
[[nodiscard]] std::string_view version() noexcept;

/// "3.2 s" or "184 ms".
[[nodiscard]] std::string format_duration(std::chrono::milliseconds duration);

}  // namespace pz::command
