#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

/// Archives as tar(1) reads them (POSIX ustar): regular files with short names, one behind the other. Both
/// ends hold one file of the archive in memory at a time.
namespace pz::command {

/// The file is no archive of ours, is cut off, or cannot be read or written. what() names it.
class ArchiveError : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

class TarWriter {
 public:
    /// Makes the file, readable by its owner alone; throws if it is there already.
    explicit TarWriter(std::filesystem::path path);

    /// `name` has at most 100 characters.
    void add(std::string_view name, std::string_view content);
    /// Writes the end. Without it the archive is cut off.
    void finish();

 private:
    void write(std::string_view bytes);

    std::filesystem::path path_;
    std::ofstream file_;
};

struct TarEntry {
    std::string name;
    std::string content;
};

class TarReader {
 public:
    /// What one entry may have at most: somebody else's archive is not believed.
    static constexpr std::uint64_t max_entry = std::uint64_t{256} * 1024 * 1024;

    explicit TarReader(std::filesystem::path path);

    /// nullopt at the end that finish() wrote.
    [[nodiscard]] std::optional<TarEntry> next();

 private:
    [[noreturn]] void fail(const std::string& what) const;
    [[nodiscard]] std::string read(std::size_t size);

    std::filesystem::path path_;
    std::ifstream file_;
};

}  // namespace pz::command
