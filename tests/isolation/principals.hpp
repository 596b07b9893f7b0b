#pragma once

#include "population.hpp"

#include <pz/testkit/world.hpp>

#include <chrono>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace pz::isolation {

/// The role of x-roles that a caller of this kind has.
[[nodiscard]] constexpr std::string_view rights_of(std::string_view role) {
    return role == "api key" ? std::string_view{"standard"} : role;
}

/// Somebody who sends requests, in one role.
struct Principal {
    int tenant;
    std::string role;  ///< as x-roles has it, "api key", or "anonymous"
    std::string person{};
    std::string username{};
    std::string password{};

    std::mutex mutex{};
    std::string access_token{};
    std::string refresh_token{};
    std::chrono::steady_clock::time_point obtained{};
    std::chrono::steady_clock::time_point shut_out_until{};

    /// An API key has the rights of its role where a route lets programs in at all.
    [[nodiscard]] std::string_view rights() const { return rights_of(role); }
};

/// Everybody of an attack, signed in at the real identity-service.
class Principals {
 public:
    Principals(testkit::World& world, const Population& population);

    /// Those of a role.
    [[nodiscard]] const std::vector<Principal*>& of(std::string_view role) const {
        return by_role_.at(std::string{role});
    }

    /// "Bearer …", renewed before it gets old; empty for the anonymous one, and while the throttle of
    /// sign-ins makes an account wait.
    std::string authorization(Principal& principal);
    /// What was handed out is dead: the next call signs in anew.
    static void forget_token(Principal& principal);

    static constexpr std::string_view roles[] = {
        "admin", "standard", "api key", "platform_admin", "support_agent", "anonymous"
    };

 private:
    Principal& add(int tenant, std::string_view role);
    void renew(Principal& principal);
    /// POST /token until it answers at all: the chaos may take its backend away.
    testkit::Reply ask_for_token(
        const Principal& principal, const std::vector<std::pair<std::string, std::string>>& form
    );

    testkit::World& world_;
    const Population& population_;
    std::deque<Principal> principals_;
    std::map<std::string, std::vector<Principal*>> by_role_;
};

}  // namespace pz::isolation
