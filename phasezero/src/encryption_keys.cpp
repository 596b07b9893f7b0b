#include "encryption_keys.hpp"

#include <pz/core/config.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace pz::command {

std::filesystem::path ensure_encryption_keys(const Workspace& workspace) {
    std::filesystem::path path = workspace.secrets() / "encryption-keys";
    if (read_file(path).empty()) {
        write_file(path, crypto::FernetRing::generate_key().reveal() + "\n", 0600);
    }
    return path;
}

core::SecretString local_encryption_keys(const Workspace& workspace) {
    std::string text = read_file(ensure_encryption_keys(workspace));
    text.resize(std::min(text.find('\n'), text.size()));
    return core::SecretString{std::move(text)};
}

crypto::FernetRing parse_encryption_keys(const core::SecretString& keys) {
    auto ring = crypto::FernetRing::parse(keys);
    if (!ring) {
        throw core::ConfigError(
            "PZ_ENCRYPTION_KEYS must be one or more Fernet keys, comma separated, as product-core-api has "
            "them"
        );
    }
    return std::move(*ring);
}

}  // namespace pz::command
