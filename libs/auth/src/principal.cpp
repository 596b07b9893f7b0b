#include <pz/auth/principal.hpp>

namespace pz::auth {

std::shared_ptr<const Principal> Principal::nobody() {
    Principal nobody;
    nobody.tenant = core::public_tenant;
    nobody.anonymous = true;
    nobody.expires_at = core::Timestamp::max();
    return std::make_shared<const Principal>(std::move(nobody));
}

}  // namespace pz::auth
