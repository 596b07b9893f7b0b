#include <pz/auth/key_source.hpp>

namespace pz::auth {

void StaticKeySource::replace(crypto::KeySet keys) {
    auto fresh = std::make_shared<const crypto::KeySet>(std::move(keys));
    const std::lock_guard lock{mutex_};
    keys_ = std::move(fresh);
    ++generation_;
}

std::shared_ptr<const crypto::KeySet> StaticKeySource::snapshot() const {
    const std::lock_guard lock{mutex_};
    return keys_;
}

}  // namespace pz::auth
