#pragma once

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace pz::command {

/// A directory in /tmp for one test, gone afterwards; traversable, because as root PostgreSQL runs as another
/// account.
class Scratch {
 public:
    Scratch() {
        std::string name = "/tmp/pz-test-XXXXXX";
        path_ = ::mkdtemp(name.data());
        ::chmod(path_.c_str(), 0711);
    }

    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    ~Scratch() { std::filesystem::remove_all(path_); }

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
    std::filesystem::path path_;
};

}  // namespace pz::command
