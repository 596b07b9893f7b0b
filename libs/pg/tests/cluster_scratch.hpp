#pragma once

#include <pz/pg/cluster.hpp>

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace pz::pg {

/// A directory in /tmp for one test program, gone afterwards. Traversable, because as root the server runs as
/// `postgres`.
class ScratchDirectory {
 public:
    explicit ScratchDirectory(const std::string& suffix = "") {
        std::string name = "/tmp/pz-test-XXXXXX";
        path_ = ::mkdtemp(name.data());
        ::chmod(path_.c_str(), 0711);
        root_ = path_;
        path_ += suffix;
    }

    ScratchDirectory(const ScratchDirectory&) = delete;
    ScratchDirectory& operator=(const ScratchDirectory&) = delete;

    ~ScratchDirectory() { std::filesystem::remove_all(root_); }

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
    std::filesystem::path root_;
    std::filesystem::path path_;
};

inline ClusterOptions throw_away_cluster(const std::filesystem::path& directory) {
    return {.directory = directory, .durability = Durability::throw_away};
}

}  // namespace pz::pg
