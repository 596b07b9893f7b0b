#include "mail/letters.hpp"

#include <fmt/format.h>

namespace pz::identity::mail {

namespace {

std::string_view words_for(auth::Role role) {
    switch (role) {
        case auth::Role::admin:
            return "an administrator";
        case auth::Role::platform_admin:
            return "a platform administrator";
        case auth::Role::support_agent:
            return "a support agent";
        default:
            return "a member";
    }
}

}  // namespace

Letter invitation_letter(
    std::string to,
    std::string_view organization,
    auth::Role role,
    std::string_view origin,
    std::string_view token
) {
    const std::string name = one_line(organization);
    return {
        .to = std::move(to),
        .subject = fmt::format("Invitation to {}", name),
        .text = fmt::format(
            "You are invited to join \"{}\" on Phase Zero as {}.\n"
            "\n"
            "Open this link within 15 minutes. If you are later, the page behind it sends you a new one.\n"
            "\n"
            "{}/invitation#{}\n"
            "\n"
            "If you do not know why you got this, do nothing.\n",
            name,
            words_for(role),
            origin,
            token
        ),
    };
}

Letter password_reset_letter(std::string to, std::string_view origin, std::string_view token) {
    return {
        .to = std::move(to),
        .subject = "Set a new password",
        .text = fmt::format(
            "Somebody, probably you, asked to set a new password for your Phase Zero account.\n"
            "\n"
            "Open this link within 15 minutes; it works once.\n"
            "\n"
            "{}/password-reset#{}\n"
            "\n"
            "If it was not you, do nothing: your password stays as it is.\n",
            origin,
            token
        ),
    };
}

Letter password_changed_letter(std::string to, std::string_view origin) {
    return {
        .to = std::move(to),
        .subject = "Your password was changed",
        .text = fmt::format(
            "The password of your Phase Zero account was changed just now, and you were signed out "
            "everywhere.\n"
            "\n"
            "If it was not you, set a new one at once:\n"
            "\n"
            "{}/login\n",
            origin
        ),
    };
}

}  // namespace pz::identity::mail
