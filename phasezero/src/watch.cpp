#include "watch.hpp"

#include "workspace.hpp"

#include <fmt/format.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <system_error>
#include <utility>

namespace pz::command {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

namespace {

/// An editor writes a file in several steps, and a checkout writes many: wait until it is quiet.
constexpr auto quiet_time = 200ms;

constexpr std::array<std::pair<const char*, const char*>, 2> watched_services{{
    {"identity", "identity-service"},
    {"api", "product-core-api"},
}};

bool is_source(const std::string& name) {
    const std::string extension = fs::path{name}.extension();
    return extension == ".cpp" || extension == ".hpp" || extension == ".h" || extension == ".txt" ||
           extension == ".cmake";
}

}  // namespace

SourceWatch::SourceWatch(const fs::path& root, fs::path programs, const Screen& screen)
    : programs_(std::move(programs)),
      screen_(screen),
      descriptor_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    for (const char* folder : {"libs", "identity-service", "product-core-api", "cmake"}) {
        add(root / folder);
    }
    built_ = program_times();
    build_log_.emplace(programs_.parent_path(), "watch-build");
}

SourceWatch::~SourceWatch() {
    ::close(descriptor_);
}

void SourceWatch::add(const fs::path& directory) {
    std::error_code ignored;
    if (!fs::is_directory(directory, ignored)) {
        return;
    }
    constexpr std::uint32_t events = IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE | IN_CREATE | IN_ONLYDIR;
    const int number = ::inotify_add_watch(descriptor_, directory.c_str(), events);
    if (number < 0) {
        screen_.warn("cannot watch " + directory.string() + ": " + std::generic_category().message(errno));
        return;
    }
    directories_[number] = directory;
    for (const auto& entry : fs::directory_iterator(directory, ignored)) {
        if (entry.is_directory(ignored)) {
            add(entry.path());
        }
    }
}

bool SourceWatch::take_changes() {
    bool changed = false;
    alignas(inotify_event) std::array<char, 16UL * 1024> buffer{};
    ssize_t received = 0;
    while ((received = ::read(descriptor_, buffer.data(), buffer.size())) > 0) {
        for (std::size_t at = 0; at < static_cast<std::size_t>(received);) {
            const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
            at += sizeof(inotify_event) + event->len;
            const std::string name = event->len > 0 ? event->name : "";
            if ((event->mask & IN_ISDIR) != 0) {
                add(directories_[event->wd] / name);
            } else {
                // A new empty file says nothing yet; its IN_CLOSE_WRITE follows.
                changed = changed || ((event->mask & IN_CREATE) == 0 && is_source(name));
            }
        }
    }
    return changed;
}

std::vector<std::string> SourceWatch::rebuilt_services() {
    std::vector<std::string> changed;
    if (take_changes()) {
        dirty_ = true;
        last_change_ = steady_clock::now();
    }
    if (build_) {
        build_log_->take([](std::string_view) {});
        if (const std::optional<int> code = build_->poll_exit()) {
            build_.reset();
            build_log_->take([](std::string_view) {});
            if (*code != 0) {
                screen_.warn("the build failed; what runs stays\n" + build_log_->recent());
            } else {
                const auto now = program_times();
                for (const auto& [name, time] : now) {
                    if (built_[name] != time) {
                        changed.push_back(name);
                    }
                }
                built_ = now;
                if (changed.empty()) {
                    screen_.note("built; no service differs");
                }
            }
        }
    } else if (dirty_ && steady_clock::now() - last_change_ > quiet_time) {
        dirty_ = false;
        start_build();
    }
    return changed;
}

void SourceWatch::start_build() {
    screen_.note("building …");
    std::vector<std::string> command{"cmake", "--build", programs_.parent_path().string(), "--target"};
    for (const auto& [name, program] : watched_services) {
        command.emplace_back(program);
    }
    const int output = build_log_->open_writing_end();
    try {
        // TERM, so that ninja takes its compilers along.
        build_.emplace(core::ProcessOptions{
            .command = std::move(command), .output = output, .parent_death_signal = SIGTERM
        });
    } catch (const std::system_error& error) {
        screen_.warn(error.what());
    }
    ::close(output);
}

std::map<std::string, fs::file_time_type> SourceWatch::program_times() const {
    std::map<std::string, fs::file_time_type> times;
    for (const auto& [name, program] : watched_services) {
        std::error_code ignored;
        times[name] = fs::last_write_time(programs_ / program, ignored);
    }
    return times;
}

}  // namespace pz::command
