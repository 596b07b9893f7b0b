#pragma once

#include "screen.hpp"
#include "service_log.hpp"

#include <pz/core/process.hpp>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pz::command {

/// `up --watch`: notices a saved source file, builds, and tells which services have a new program.
class SourceWatch {
 public:
    /// `programs` is the bin/ directory of the build whose programs run. The screen must outlive the watch.
    SourceWatch(const std::filesystem::path& root, std::filesystem::path programs, const Screen& screen);
    SourceWatch(const SourceWatch&) = delete;
    SourceWatch& operator=(const SourceWatch&) = delete;
    ~SourceWatch();

    /// Readable when a file changed.
    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

    /// To be called often; never waits for a build. Starts one after a change, and returns the names of the
    /// services whose program differs after it succeeded. A failed build is shown, and nothing is restarted.
    std::vector<std::string> rebuilt_services();

 private:
    void add(const std::filesystem::path& directory);
    bool take_changes();
    void start_build();
    [[nodiscard]] std::map<std::string, std::filesystem::file_time_type> program_times() const;

    std::filesystem::path programs_;
    const Screen& screen_;
    int descriptor_;
    std::map<int, std::filesystem::path> directories_;  // by inotify's number
    bool dirty_ = false;
    std::chrono::steady_clock::time_point last_change_;
    std::map<std::string, std::filesystem::file_time_type> built_;
    std::optional<ServiceLog> build_log_;
    std::optional<core::Process> build_;
};

}  // namespace pz::command
