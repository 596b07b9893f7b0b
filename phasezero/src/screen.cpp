#include "screen.hpp"

#include <pz/core/json.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <iostream>

namespace pz::command {

namespace json = boost::json;
using std::chrono::milliseconds;

namespace {

constexpr std::string_view bold = "1";
constexpr std::string_view dim = "2";
constexpr std::string_view green = "32";
constexpr std::string_view yellow = "33";
/// One for each service, in the order they start: readable on dark and light grounds.
constexpr std::array<std::string_view, 4> service_colours{"35", "36", "34", "33"};

bool is_set(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): single-threaded
    return value != nullptr && *value != '\0';
}

std::string to_line(const json::object& event) {
    return core::to_json(json::value(event));
}

}  // namespace

Screen::Screen(ScreenOptions options)
    : options_(options),
      interactive_(!options.json && ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1),
      colour_(options.colour && !options.json && ::isatty(STDOUT_FILENO) == 1 && !is_set("NO_COLOR")) {}

void Screen::greet(std::string_view state_directory) const {
    if (options_.json) {
        write_line(to_line({{"event", "start"}, {"version", version()}, {"state", state_directory}}));
        return;
    }
    write_line(fmt::format(
        "{}  {}", paint(bold, fmt::format("Phase Zero {}", version())), paint(dim, state_directory)
    ));
}

void Screen::step(std::string_view name, std::string_view detail, milliseconds duration) const {
    if (options_.json) {
        write_line(to_line(
            {{"event", "step"}, {"name", name}, {"detail", detail}, {"milliseconds", duration.count()}}
        ));
        return;
    }
    write_line(fmt::format(
        "  {} {:<10} {:<52} {}", paint(green, "ok"), name, detail, paint(dim, format_duration(duration))
    ));
}

void Screen::note(std::string_view text) const {
    if (options_.json) {
        write_line(to_line({{"event", "note"}, {"text", text}}));
        return;
    }
    write_line(fmt::format("     {}", text));
}

void Screen::warn(std::string_view text) const {
    if (options_.json) {
        write_line(to_line({{"event", "warning"}, {"text", text}}));
        return;
    }
    write_line(fmt::format("  {} {}", paint(yellow, "!!"), text));
}

void Screen::ready(const ReadyReport& report) const {
    if (options_.json) {
        const json::object event{
            {"event", "ready"},
            {"milliseconds", report.duration.count()},
            {"build", report.build},
            {"database", report.database},
            {"web", report.web_runs ? json::value(report.web) : json::value(nullptr)},
            {"api", report.api},
            {"identity", report.identity},
        };
        write_line(to_line(event));
        return;
    }
    const std::string seconds =
        fmt::format("{:.1f} s", static_cast<double>(report.duration.count()) / 1000.0);
    const auto docs = report.api + "/docs";
    const auto metrics = report.api + "/metrics";
    const auto& dev = report.command;
    write_line("");
    write_line(fmt::format(
        "{}   ({}, {})", paint("1;32", "Phase Zero is ready in " + seconds), report.build, report.database
    ));
    write_line(fmt::format("  Web       {:<28} API    {}", report.web, docs));
    write_line(fmt::format("  Identity  {:<28} Metrics {}", report.identity, metrics));
    write_line("  Platform admin  platform@numbersence.com / platform123  -> /admin/orgs");
    write_line("  Support agent   support@numbersence.com / support123    -> /support");
    write_line("  Org admin       admin@acme.example / admin123             -> /dashboard");
    write_line(fmt::format(
        "  psql: {0} psql    logs: {0} logs api    stop: Ctrl-C or {0} down    tests: {0} test", dev
    ));
    write_line(paint(yellow, "  DEMO CREDENTIALS - this mode refuses to listen on anything but loopback"));
    write_line("");
}

void Screen::log_line(std::size_t service, std::string_view name, std::string_view line) const {
    if (!options_.json) {
        write_line(fmt::format(
            "{} {}",
            paint(service_colours.at(service % service_colours.size()), fmt::format("{:<8} |", name)),
            line
        ));
    }
}

bool Screen::confirm(std::string_view question) const {
    if (options_.assume_yes) {
        return true;
    }
    const std::string answer = ask(fmt::format("{} [y/N] ", question));
    return answer == "y" || answer == "Y" || answer == "yes";
}

std::string Screen::ask(std::string_view question) const {
    std::string answer;
    if (interactive_) {
        std::cout << "     " << question << std::flush;
        // Nothing runs yet that needs an orderly end: here Ctrl-C may end us at once, also where it is
        // blocked otherwise.
        sigset_t interrupt;
        sigset_t before;
        sigemptyset(&interrupt);
        sigaddset(&interrupt, SIGINT);
        ::pthread_sigmask(SIG_UNBLOCK, &interrupt, &before);
        std::getline(std::cin, answer);
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }
    return answer;
}

std::string Screen::paint(std::string_view code, std::string_view text) const {
    return colour_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string{text};
}

void Screen::write_line(std::string_view text) const {
    std::string line{text};
    line += '\n';
    std::string_view rest = line;
    while (!rest.empty()) {
        // A stopped terminal (Ctrl-S) or a stuck pipe: wait a moment, then let the line go.
        pollfd writable{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
        constexpr int patience_milliseconds = 200;
        stuck_ = ::poll(&writable, 1, stuck_ ? 0 : patience_milliseconds) <= 0;
        if (stuck_) {
            return;
        }
        const ssize_t written = ::write(STDOUT_FILENO, rest.data(), rest.size());
        if (written < 0 && errno != EINTR) {
            return;
        }
        rest.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
    }
}

std::string_view version() noexcept {
    return PZ_VERSION;
}

std::string format_duration(milliseconds duration) {
    return duration.count() < 1000 ? fmt::format("{} ms", duration.count())
                                   : fmt::format("{:.1f} s", static_cast<double>(duration.count()) / 1000.0);
}

}  // namespace pz::command
