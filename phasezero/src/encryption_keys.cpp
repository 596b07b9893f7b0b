#include "encryption_keys.hpp"

#include <pz/crypto/fernet.hpp>

namespace pz::command {

std::filesystem::path ensure_encryption_keys(const Workspace& workspace) {
    std::filesystem::path path = workspace.secrets() / "encryption-keys";
    if (read_file(path).empty()) {
        write_file(path, crypto::FernetRing::generate_key().reveal() + "\n", 0600);
    }
    return path;
}

}  // namespace pz::command
