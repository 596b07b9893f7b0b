#include <pz/audit/folder.hpp>

#include <pz/audit/signing_keys.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>
#include <system_error>

namespace pz::audit {

namespace {

[[noreturn]] void fail(const std::filesystem::path& path, int error) {
    throw std::runtime_error(path.string() + " cannot be written: " + std::generic_category().message(error));
}

/// A file that is open for writing; errors of the system are thrown.
class OpenFile {
 public:
    OpenFile(std::filesystem::path path, int flags)
        : path_(std::move(path)), descriptor_(::open(path_.c_str(), flags | O_CREAT | O_CLOEXEC, 0640)) {
        require(descriptor_ >= 0);
    }

    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;

    ~OpenFile() {
        if (descriptor_ >= 0) {
            ::close(descriptor_);
        }
    }

    /// False for an empty file, too.
    [[nodiscard]] bool ends_in_the_middle_of_a_line() const {
        const off_t size = ::lseek(descriptor_, 0, SEEK_END);
        char last = '\n';
        require(size >= 0 && (size == 0 || ::pread(descriptor_, &last, 1, size - 1) == 1));
        return last != '\n';
    }

    void write_durably(std::string_view bytes) const {
        while (!bytes.empty()) {
            const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
            require(written > 0 || errno == EINTR);
            bytes.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
        }
        require(::fsync(descriptor_) == 0);
    }

 private:
    void require(bool good) const {
        if (!good) {
            fail(path_, errno);
        }
    }

    std::filesystem::path path_;
    int descriptor_;
};

/// One process at a time changes the set of keys.
class FolderLock {
 public:
    explicit FolderLock(const std::filesystem::path& path)
        : descriptor_(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
        if (descriptor_ < 0 || ::flock(descriptor_, LOCK_EX) != 0) {
            const int error = errno;
            release();
            fail(path, error);
        }
    }

    FolderLock(const FolderLock&) = delete;
    FolderLock& operator=(const FolderLock&) = delete;

    ~FolderLock() { release(); }

 private:
    void release() const {
        if (descriptor_ >= 0) {
            ::close(descriptor_);
        }
    }

    int descriptor_;
};

/// So that the name of a file that was just made or renamed is on the disk, too.
void sync_directory(const std::filesystem::path& path) {
    const int directory = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = directory >= 0 && ::fsync(directory) == 0;
    const int error = errno;
    if (directory >= 0) {
        ::close(directory);
    }
    if (!synced) {
        fail(path, error);
    }
}

}  // namespace

std::vector<crypto::PublicKey> Folder::read_keys() const {
    if (!std::filesystem::exists(keys())) {
        return {};
    }
    std::ifstream file(keys(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto published = parse_published_keys(text);
    if (!published) {
        throw std::runtime_error(keys().string() + " is no set of public keys (JWKS)");
    }
    return published->keys();
}

void Folder::publish(const std::vector<crypto::PublicKey>& keys) const {
    const FolderLock lock(path_);
    std::vector<crypto::PublicKey> all = read_keys();
    const crypto::KeySet known(all);
    for (const crypto::PublicKey& key : keys) {
        if (known.find(key.kid()) == nullptr) {
            all.push_back(key);
        }
    }
    if (all.size() == known.keys().size()) {
        return;
    }
    const std::filesystem::path aside = this->keys().string() + ".new";
    OpenFile(aside, O_WRONLY | O_TRUNC).write_durably(crypto::KeySet(std::move(all)).to_json() + "\n");
    std::filesystem::rename(aside, this->keys());
    sync_directory(path_);
}

void Folder::append(const std::string& lines) const {
    const bool is_new = !std::filesystem::exists(checkpoints());
    const OpenFile file(checkpoints(), O_RDWR | O_APPEND);
    // What was cut off when a machine died stays on a line of its own, and readers pass it over.
    file.write_durably(file.ends_in_the_middle_of_a_line() ? "\n" + lines : lines);
    if (is_new) {
        sync_directory(path_);
    }
}

}  // namespace pz::audit
