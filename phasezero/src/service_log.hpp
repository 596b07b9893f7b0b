#pragma once

#include <cstddef>
#include <deque>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace pz::command {

/// What one service writes: read from a pipe, cut into lines, kept in logs/<name>.log (rotated at 5 MB and at
/// each start, three older ones are kept), and remembered for the moment it fails.
class ServiceLog {
 public:
    ServiceLog(const std::filesystem::path& directory, const std::string& name);
    ServiceLog(ServiceLog&& other) noexcept;
    ServiceLog& operator=(ServiceLog&&) = delete;
    ~ServiceLog();

    /// The descriptor that a new process of the service gets as its output; the caller closes it.
    [[nodiscard]] int open_writing_end();

    /// Readable when there is something to take; -1 before the first process.
    [[nodiscard]] int descriptor() const noexcept { return reading_end_; }

    /// Takes what is there without waiting, and hands over each complete line.
    void take(const std::function<void(std::string_view)>& on_line);

    /// The last thirty lines of this run.
    [[nodiscard]] std::string recent() const;

 private:
    void keep(std::string_view line);
    void rotate();

    std::filesystem::path file_;
    int file_descriptor_ = -1;
    std::size_t file_size_ = 0;
    int reading_end_ = -1;
    std::string partial_;
    std::deque<std::string> recent_;
};

}  // namespace pz::command
