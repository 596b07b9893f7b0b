#include "workspace.hpp"

#include "exit_code.hpp"

#include <pz/crypto/digest.hpp>
#include <pz/pg/migrator.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

namespace pz::command {

namespace fs = std::filesystem;

namespace {

std::string environment(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): single-threaded
    return value != nullptr ? value : "";
}

mode_t directory_mode() {
    // Root's state is passed through by the account that runs PostgreSQL; what is private in it is 0700 or
    // 0600 itself.
    return ::geteuid() == 0 ? 0711 : 0700;
}

/// True if the directory exists or could be made, belongs to us and can be written. In /tmp anybody may have
/// made it first, so a link or a stranger's directory counts as "no".
bool make_own_directory(const fs::path& path) {
    std::error_code ignored;
    fs::create_directories(path.parent_path(), ignored);
    if (::mkdir(path.c_str(), directory_mode()) != 0 && errno != EEXIST) {
        return false;
    }
    struct stat state{};
    return ::lstat(path.c_str(), &state) == 0 && S_ISDIR(state.st_mode) && state.st_uid == ::geteuid() &&
           ::chmod(path.c_str(), directory_mode()) == 0 && ::access(path.c_str(), W_OK | X_OK) == 0;
}

fs::path choose_state(const std::string& id) {
    if (const std::string configured = environment("PZ_STATE_DIR"); !configured.empty()) {
        if (!make_own_directory(fs::absolute(configured))) {
            throw CommandError(
                ExitCode::failure, "PZ_STATE_DIR (" + configured + ") cannot be written or is not ours"
            );
        }
        return fs::absolute(configured).lexically_normal();
    }
    fs::path preferred = "/var/lib/phasezero";
    if (::geteuid() != 0) {
        const std::string state_home = environment("XDG_STATE_HOME");
        preferred = (state_home.starts_with('/') ? fs::path{state_home}
                                                 : fs::path{environment("HOME")} / ".local/state") /
                    "phasezero";
    }
    if (preferred.is_absolute() && make_own_directory(preferred) && make_own_directory(preferred / id)) {
        return preferred / id;
    }
    const fs::path fallback = fmt::format("/tmp/phasezero-{}", ::geteuid());
    if (make_own_directory(fallback) && make_own_directory(fallback / id)) {
        return fallback / id;
    }
    throw CommandError(
        ExitCode::failure,
        fmt::format(
            "neither {} nor {} can be written: set PZ_STATE_DIR", preferred.string(), fallback.string()
        )
    );
}

}  // namespace

Workspace Workspace::find() {
    try {
        const fs::path root = fs::canonical(pg::find_database_folder()).parent_path();
        return {root, choose_state(state_id(root))};
    } catch (const pg::MigrationError& error) {
        throw CommandError(ExitCode::failure, error.what());
    }
}

Workspace::Workspace(fs::path root, fs::path state)
    : root_(std::move(root)), state_(std::move(state)), id_(state_id(root_)) {}

void Workspace::create() const {
    for (const fs::path& path : {secrets(), logs(), mail(), audit(), run()}) {
        if (!make_own_directory(path)) {
            throw CommandError(ExitCode::failure, path.string() + " cannot be written");
        }
    }
    fs::permissions(secrets(), fs::perms::owner_all);
}

std::string state_id(const fs::path& root) {
    const crypto::Sha256Digest digest = crypto::sha256(root.native());
    std::string id;
    for (std::size_t i = 0; i < 6; ++i) {
        id += fmt::format("{:02x}", digest[i]);
    }
    return id;
}

std::optional<SupervisorLock> SupervisorLock::try_take(const Workspace& workspace) {
    const fs::path path = workspace.state() / "lock";
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        throw CommandError(ExitCode::failure, path.string() + ": " + std::generic_category().message(errno));
    }
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        ::close(descriptor);
        return std::nullopt;
    }
    return SupervisorLock{descriptor};
}

SupervisorLock::SupervisorLock(SupervisorLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

SupervisorLock& SupervisorLock::operator=(SupervisorLock&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

SupervisorLock::~SupervisorLock() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

std::string read_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const fs::path& path, std::string_view text, unsigned mode) {
    const fs::path aside = path.string() + ".new";
    const int descriptor = ::open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
    bool good = descriptor >= 0;
    while (good && !text.empty()) {
        const ssize_t written = ::write(descriptor, text.data(), text.size());
        good = written > 0 || errno == EINTR;
        text.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
    }
    const int error = errno;
    if (descriptor >= 0) {
        ::close(descriptor);
    }
    if (!good || ::rename(aside.c_str(), path.c_str()) != 0) {
        throw CommandError(
            ExitCode::failure,
            "could not write " + path.string() + ": " + std::generic_category().message(good ? errno : error)
        );
    }
}

std::string last_lines(std::string_view text, int count) {
    std::size_t start = text.ends_with('\n') ? text.size() - 1 : text.size();
    for (int line = 0; line < count && start != std::string_view::npos; ++line) {
        start = start == 0 ? std::string_view::npos : text.rfind('\n', start - 1);
    }
    return std::string{start == std::string_view::npos ? text : text.substr(start + 1)};
}

}  // namespace pz::command
