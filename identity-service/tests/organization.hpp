#pragma once

#include "answers.hpp"

#include <string>
#include <string_view>

namespace pz::identity {

/// Somebody who is signed in, with a session of their own.
struct Someone {
    std::string id;
    std::string email;
    std::string access_token;
    std::string refresh_token;

    /// A client of identity-service.
    [[nodiscard]] Client client() const;

    /// Their own row, as an admin of the tenant sees it.
    [[nodiscard]] std::string path() const { return "/api/v1/people/" + id; }

    /// Signs in anew: what was there before may have ended.
    void sign_in();
};

/// The password of everybody whom an Organization has.
inline constexpr std::string_view everybodys_password = "admin123";

/// A tenant of a test's own, so that what it does to people and roles is nobody else's trouble. Its plan has
/// no limits.
class Organization {
 public:
    Organization();

    [[nodiscard]] const std::string& id() const noexcept { return id_; }

    /// A new person with this role, signed in.
    Someone add(std::string_view role) const;
    /// What SQL says as one value, for the shared world's database.
    [[nodiscard]] static std::string value(const std::string& sql);

 private:
    std::string id_;
};

/// A new member of the platform's staff, signed in. The tests that use it leave the seeded staff alone.
[[nodiscard]] Someone add_staff(std::string_view role);

}  // namespace pz::identity
