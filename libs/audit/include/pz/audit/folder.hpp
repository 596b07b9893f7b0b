#pragma once

#include <pz/crypto/key.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace pz::audit {

/// What is kept outside the database, so that the database alone cannot deny it: the signed checkpoints, one
/// JWS a line, only ever added to, and the public keys. Best on another machine's disk.
class Folder {
 public:
    explicit Folder(std::filesystem::path path) : path_(std::move(path)) {}

    [[nodiscard]] std::filesystem::path checkpoints() const { return path_ / "checkpoints.jws"; }

    /// A JWK set.
    [[nodiscard]] std::filesystem::path keys() const { return path_ / "keys.json"; }

    /// The set; none when there is none yet. Throws std::runtime_error when the file is no set.
    [[nodiscard]] std::vector<crypto::PublicKey> read_keys() const;
    /// Adds keys to the set; what is in it stays in it. Throws std::runtime_error when the file cannot be
    /// read as a set, or not be written.
    void publish(const std::vector<crypto::PublicKey>& keys) const;
    /// Adds lines and returns when they are on the disk. Throws std::runtime_error.
    void append(const std::string& lines) const;

 private:
    std::filesystem::path path_;
};

}  // namespace pz::audit
