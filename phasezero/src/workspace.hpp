#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace pz::command {

/// Where one work tree keeps what running it leaves behind. Two work trees never share anything.
///
/// The state directory is $PZ_STATE_DIR, else /var/lib/phasezero/<id> for root, else $XDG_STATE_HOME (or
/// ~/.local/state) /phasezero/<id>, else, when that cannot be written, /tmp/phasezero-<uid>/<id>. `./dev`
/// computes the same one.
class Workspace {
 public:
    /// The work tree around this program. Throws CommandError when there is none.
    static Workspace find();
    Workspace(std::filesystem::path root, std::filesystem::path state);

    [[nodiscard]] const std::filesystem::path& root() const noexcept { return root_; }

    [[nodiscard]] const std::filesystem::path& state() const noexcept { return state_; }

    /// What `reset` asks to be typed.
    [[nodiscard]] const std::string& id() const noexcept { return id_; }

    [[nodiscard]] std::filesystem::path cluster() const { return state_ / "cluster"; }

    [[nodiscard]] std::filesystem::path secrets() const { return state_ / "secrets"; }

    [[nodiscard]] std::filesystem::path logs() const { return state_ / "logs"; }

    /// Letters that would go out by SMTP elsewhere.
    [[nodiscard]] std::filesystem::path mail() const { return state_ / "mail"; }

    /// The audit log's checkpoints and public keys, outside the database.
    [[nodiscard]] std::filesystem::path audit() const { return state_ / "audit"; }

    [[nodiscard]] std::filesystem::path run() const { return state_ / "run"; }

    [[nodiscard]] std::filesystem::path database() const { return root_ / "database"; }

    [[nodiscard]] std::filesystem::path console() const { return root_ / "product-frontend-web"; }

    /// Creates the directories, private to the caller (root's may be passed through, for the server's
    /// account).
    void create() const;

 private:
    std::filesystem::path root_;
    std::filesystem::path state_;
    std::string id_;
};

/// The first twelve hexadecimal digits of the SHA-256 of the path.
[[nodiscard]] std::string state_id(const std::filesystem::path& root);

/// A lock that its holder loses only by ending: whoever holds it is the one supervisor of the work tree.
class SupervisorLock {
 public:
    /// nullopt when another process holds it.
    static std::optional<SupervisorLock> try_take(const Workspace& workspace);
    SupervisorLock(SupervisorLock&& other) noexcept;
    SupervisorLock& operator=(SupervisorLock&& other) noexcept;
    ~SupervisorLock();

 private:
    explicit SupervisorLock(int descriptor) noexcept : descriptor_(descriptor) {}

    int descriptor_;
};

[[nodiscard]] std::string read_file(const std::filesystem::path& path);
/// Complete or not at all: written aside and renamed. Throws CommandError.
void write_file(const std::filesystem::path& path, std::string_view text, unsigned mode = 0644);
/// The last lines of a text, oldest first.
[[nodiscard]] std::string last_lines(std::string_view text, int count);

}  // namespace pz::command
