#pragma once

#include <pz/archive/error.hpp>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

/// Archives as tar(1) reads them (POSIX ustar): regular files with short names, one behind the other. Both
/// ends hold one file of the archive in memory at a time.
namespace pz::archive {

/// Appends a file with its header. `name` has at most 100 characters.
void append_tar_entry(std::string& out, std::string_view name, std::string_view content);
/// Appends the end. Without it the archive is cut off.
void append_tar_end(std::string& out);

struct TarEntry {
    std::string name;
    std::string content;
};

class TarReader {
 public:
    /// What one entry may have at most: somebody else's archive is not believed.
    static constexpr std::uint64_t max_entry = std::uint64_t{256} * 1024 * 1024;

    /// Throws ArchiveError, as next() does.
    explicit TarReader(std::filesystem::path path);

    /// nullopt at the end.
    [[nodiscard]] std::optional<TarEntry> next();

 private:
    [[noreturn]] void fail(const std::string& what) const;
    [[nodiscard]] std::string read(std::size_t size);

    std::filesystem::path path_;
    std::ifstream file_;
};

}  // namespace pz::archive
