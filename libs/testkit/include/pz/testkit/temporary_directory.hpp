#pragma once

#include <filesystem>
#include <string_view>

namespace pz::testkit {

/// A directory under /tmp that goes away with this object. A process that is killed leaves its directory
/// behind, but not its lock on it: the next run removes every directory that nobody holds. Mode 0755, because
/// PostgreSQL may run as another account; keep secrets in 0600 files.
class TemporaryDirectory {
 public:
    /// /tmp/pz-<purpose>-XXXXXX; short, because unix socket paths end at 107 bytes.
    explicit TemporaryDirectory(std::string_view purpose);
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory();

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
    std::filesystem::path path_;
    int lock_ = -1;
};

}  // namespace pz::testkit
