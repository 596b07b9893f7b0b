#pragma once

#include "mail/message.hpp"
#include "mail/repository.hpp"

#include <pz/auth/principal.hpp>

#include <string>
#include <string_view>
#include <vector>

/// What the letters say. Links lead to the console's configured origin and to nowhere else; the token stands
/// behind '#', so that no server, log or Referer header ever sees it.
namespace pz::identity::mail {

/// @param origin PZ_CONSOLE_ORIGIN
/// @param organization a name that somebody chose: it is made fit for a line
[[nodiscard]] Letter invitation_letter(
    std::string to,
    std::string_view organization,
    auth::Role role,
    std::string_view origin,
    std::string_view token
);
[[nodiscard]] Letter password_reset_letter(std::string to, std::string_view origin, std::string_view token);
/// One to each admin of an organization: platform staff are in it, want to be, or were.
[[nodiscard]] Letter support_letter(
    std::string to, Kind kind, const SupportStory& session, std::string_view origin
);
/// What the support sessions of a week were.
[[nodiscard]] Letter support_digest_letter(
    std::string to, const std::vector<SupportStory>& sessions, std::string_view origin
);
[[nodiscard]] Letter password_changed_letter(std::string to, std::string_view origin);

}  // namespace pz::identity::mail
