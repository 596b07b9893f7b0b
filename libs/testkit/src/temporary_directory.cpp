#include <pz/testkit/temporary_directory.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

namespace pz::testkit {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view prefix = "pz-";
constexpr std::string_view lock_name = "held-by-its-owner";

/// The lock, or -1 when somebody holds it or there is none.
int try_lock(const fs::path& directory, int flags) {
    const int lock = ::open((directory / lock_name).c_str(), O_RDWR | O_CLOEXEC | flags, 0600);
    if (lock != -1 && ::flock(lock, LOCK_EX | LOCK_NB) != 0) {
        ::close(lock);
        return -1;
    }
    return lock;
}

void remove_abandoned() {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator{fs::temp_directory_path(), ignored}) {
        if (!entry.path().filename().string().starts_with(prefix)) {
            continue;
        }
        if (const int lock = try_lock(entry.path(), 0); lock != -1) {
            fs::remove_all(entry.path(), ignored);
            ::close(lock);
        }
    }
}

}  // namespace

TemporaryDirectory::TemporaryDirectory(std::string_view purpose) {
    remove_abandoned();
    // Under a name that nobody cleans up until the lock is held.
    std::string making = (fs::temp_directory_path() / ".pz-XXXXXX").string();
    if (::mkdtemp(making.data()) == nullptr || ::chmod(making.c_str(), 0755) != 0) {
        throw std::system_error{errno, std::generic_category(), "cannot make a directory " + making};
    }
    lock_ = try_lock(making, O_CREAT);
    if (lock_ == -1) {
        throw std::system_error{errno, std::generic_category(), "cannot lock " + making};
    }
    path_ = fs::temp_directory_path() /
            (std::string{prefix} + std::string{purpose} + making.substr(making.size() - 7));
    fs::rename(making, path_);
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
    ::close(lock_);
}

}  // namespace pz::testkit
