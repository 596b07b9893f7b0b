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

/// Reasons are up to 500 characters long, and a letter has room for all of them.
constexpr std::size_t whole_reason = 500;

std::string details_of(const SupportStory& session) {
    return fmt::format(
        "  Who:     {}\n"
        "  Access:  {}, for at most {} minutes\n"
        "  Why:     {}\n"
        "  Ticket:  {}\n",
        one_line(session.agent),
        session.mode == "rw" ? "reads and writes" : "reads only",
        session.minutes,
        one_line(session.reason, whole_reason),
        session.ticket.empty() ? "none" : one_line(session.ticket)
    );
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

Letter support_letter(std::string to, Kind kind, const SupportStory& session, std::string_view origin) {
    const std::string name = one_line(session.organization);
    std::string subject;
    std::string first;
    std::string last = "See who it is and end it at any time:";
    if (kind == Kind::support_wanted) {
        subject = fmt::format("Support asks to look into {}", name);
        first = fmt::format(
            "A support agent asks to look into \"{}\". Nothing happens unless somebody agrees within an "
            "hour.",
            name
        );
        last = "Agree or refuse here:";
    } else if (kind == Kind::support_ended) {
        subject = fmt::format("Support has left {}", name);
        first = fmt::format(
            "A support session in \"{}\" is over. Requests that were answered in it: {}.",
            name,
            session.requests
        );
        last = "What was done stands in your audit log:";
    } else {
        subject = fmt::format("Support is looking into {}", name);
        first = fmt::format("A support agent has begun a session in \"{}\".", name);
    }
    return {
        .to = std::move(to),
        .subject = std::move(subject),
        .text =
            fmt::format("{}\n\n{}\n{}\n\n{}/settings/support\n", first, details_of(session), last, origin),
    };
}

Letter support_digest_letter(
    std::string to, const std::vector<SupportStory>& sessions, std::string_view origin
) {
    const std::string name = sessions.empty() ? "" : one_line(sessions.front().organization);
    std::string text =
        fmt::format("Support sessions in \"{}\" in the last seven days: {}\n\n", name, sessions.size());
    for (const SupportStory& session : sessions) {
        text += fmt::format(
            "  {}  {}, {}, {} requests: {}\n",
            session.requested_at,
            one_line(session.agent),
            session.mode == "rw" ? "read and wrote" : "read",
            session.requests,
            one_line(session.reason, whole_reason)
        );
    }
    text += fmt::format(
        "\nEach request of each session stands in your audit log:\n\n{}/settings/support\n", origin
    );
    return {
        .to = std::move(to),
        .subject = fmt::format("Support in {}: the last seven days", name),
        .text = std::move(text),
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
