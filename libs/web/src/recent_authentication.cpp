#include <pz/web/recent_authentication.hpp>

#include <pz/core/error.hpp>

#include <algorithm>

namespace pz::web {

void require_recent_authentication(
    const auth::Principal& user, core::Timestamp now, std::chrono::seconds max_age, Proof proof
) {
    const bool strong = proof == Proof::any || std::ranges::find(user.amr, "mfa") != user.amr.end();
    // An agent's proof is not the proof of the person they act for.
    if (user.anonymous || user.actor || !strong || user.auth_time + max_age < now) {
        throw core::unauthorized(
            core::ErrorCode::reauthentication_required,
            proof == Proof::second_factor ? "this needs a second factor that was given a short while ago"
                                          : "this needs a sign-in that is a short while ago"
        );
    }
}

}  // namespace pz::web
