#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string_view>

/// What the attack is told by people, each with its reason. An entry that nothing uses is an error.
namespace pz::isolation {

/// Whether a run that never needs a permission is a finding, or chance: what a log shows is what happened
/// before.
enum class Need : std::uint8_t { always, sometimes };

/// An operation that shows, or changes, rows of tenants other than the caller's own, as it should.
struct Permission {
    std::string_view operation;
    std::string_view role;
    std::string_view table;  ///< whose rows
    std::string_view reason;
    Need need = Need::always;
};

inline constexpr Permission permissions[] = {
    {"list_orgs", "platform_admin", "platform.tenant", "the list of organizations is the platform's own page"
    },
    {"lookup_orgs", "platform_admin", "platform.tenant", "id, name, slug, state and plan, for support"},
    {"lookup_orgs", "support_agent", "platform.tenant", "the same"},
    {"load_org", "platform_admin", "platform.tenant", "the platform's staff manage organizations"},
    {"update_org", "platform_admin", "platform.tenant", "the same"},
    {"list_platform_audit_log",
     "platform_admin",
     "platform.tenant",
     "the platform's events say which organization the staff looked at or changed",
     Need::sometimes},
    {"list_platform_audit_log",
     "support_agent",
     "platform.tenant",
     "the agent's own acts say which organization they were about",
     Need::sometimes},
    {"list_platform_audit_log",
     "support_agent",
     "platform.impersonation_session",
     "and which support session",
     Need::sometimes},
    {"list_platform_audit_log",
     "platform_admin",
     "platform.impersonation_session",
     "the platform's events say which support session was asked for or ended",
     Need::sometimes},
    {"list_platform_audit_log",
     "platform_admin",
     "identity.session",
     "and which session of a person was ended by staff",
     Need::sometimes},
    {"export_platform_audit_log",
     "platform_admin",
     "platform.impersonation_session",
     "the same",
     Need::sometimes},
    {"export_platform_audit_log", "platform_admin", "identity.session", "the same", Need::sometimes},
    {"get_stats",
     "platform_admin",
     "platform.tenant",
     "the organizations that store most, once their sizes are measured",
     Need::sometimes},
    {"export_platform_audit_log", "platform_admin", "platform.tenant", "the same events", Need::sometimes},
    {"export_org",
     "platform_admin",
     "platform.tenant",
     "contracts.md 3: platform_admin exports organizations; both chains say so",
     Need::sometimes},
    {"export_org", "platform_admin", "app.item", "the archive is all of it", Need::sometimes},
    {"export_org", "platform_admin", "app.project", "the same", Need::sometimes},
    {"export_org", "platform_admin", "app.integration", "the same, without secrets", Need::sometimes},
    {"export_org", "platform_admin", "identity.person", "and its people", Need::sometimes},
    {"list_support_sessions",
     "platform_admin",
     "platform.impersonation_session",
     "all support sessions, to end any"},
    {"list_support_sessions", "platform_admin", "platform.tenant", "each says which organization it is in"},
    {"list_support_sessions",
     "support_agent",
     "platform.impersonation_session",
     "the agent's own support sessions"},
    {"list_support_sessions", "support_agent", "platform.tenant", "each says which organization it is in"},
    {"list_sessions_of",
     "platform_admin",
     "identity.session",
     "docs/sign-in.md: platform administrators see and end everybody's sessions, as one does after a theft"},
    {"list_sessions_of", "platform_admin", "platform.tenant", "each session says for which organization it is"
    },
    {"end_session", "platform_admin", "identity.session", "the other half of list_sessions_of"},
};

/// An operation that only reads, and stands in the audit log of the tenant it was about: staff use it on the
/// tenants that are set apart for what changes.
struct ToldToTheTenant {
    std::string_view operation;
    std::string_view reason;
};

inline constexpr ToldToTheTenant told_to_the_tenant[] = {
    {"export_org", "an organization's own chain says who took all of it away"},
};

/// A table of tenants' rows that the population leaves empty.
struct UnseededTable {
    std::string_view table;
    std::string_view reason;
};

inline constexpr UnseededTable unseeded_tables[] = {
    {"audit.chain_head", "written by what the attack itself does; what is shown of it names rows by their ids"
    },
    {"audit.checkpoint", "the same"},
    {"audit.event", "the same"},
    {"audit.pii", "the same"},
    {"audit.retirement", "signed numbers and hashes of months that are gone; an attack is over before one is"
    },
    {"platform.usage_hour", "numbers without a text; counted from what the attack itself does"},
    {"platform.usage_size", "the same"},
    {"platform.item_room", "numbers without a text; written by what the attack itself does"},
    {"identity.authorization_code", "hashes that live for a minute; no route shows one"},
    {"identity.mail", "holds no text of a tenant, and what is due would be sent"},
    {"identity.mfa_challenge", "hashes that live for minutes; no route shows one"},
};

/// Identifiers that a segment of a path stands in front of, where the table's name does not say it:
/// /people/{id} takes those of identity.person.
struct PathWord {
    std::string_view segment;
    std::string_view table;
};

inline constexpr PathWord path_words[] = {
    {"people", "identity.person"},
    {"orgs", "platform.tenant"},
    {"impersonate", "platform.impersonation_session"},
    {"support-sessions", "platform.impersonation_session"},
};

/// An operation that never answers 2xx in the first walk, to nobody who may call it: what it needs is nothing
/// that an attacker's generator has.
struct OutOfReach {
    std::string_view operation;
    std::string_view reason;
};

/// Operations that nobody performs who may: what they end would be missing from the rest of the attack. Those
/// who may not try them all the same.
inline constexpr OutOfReach withheld[] = {
    {"suspend_org", "ends the sessions of a tenant that others are to reach for"},
    {"schedule_org_deletion", "the same"},
    {"make_org_read_only", "the same"},
    {"rotate_signing_keys", "concerns no tenant; ends the tokens that the attack goes on with"},
    {"revoke_signing_key", "the same"},
};

inline constexpr OutOfReach out_of_reach[] = {
    {"accept_invitation", "takes a link that stands in a letter alone"},
    {"approve_org_support_session", "needs a support session that waits for it; the seeded ones are over"},
    {"approve_support_session", "the same"},
    {"deny_org_support_session", "the same"},
    {"deny_support_session", "the same"},
    {"start_support_session",
     "what stands in its path is an organization's, and a session's in the one that ends it"},
    {"agree_to_authorization", "needs a registered client with its exact redirect"},
    {"begin_authorization", "the same"},
    {"change_password", "needs the password"},
    {"confirm_totp", "needs a code of the authenticator"},
    {"describe_authorization", "needs a registered client with its exact redirect"},
    {"end_session_of_client", "needs an ID token"},
    {"enrol_before_sign_in", "needs the token of a sign-in that is half done"},
    {"get_userinfo", "needs a token with the scope openid"},
    {"introspect_token", "needs a client's credentials"},
    {"issue_token", "needs credentials; the callers' own sign-ins are counted nowhere"},
    {"make_recovery_codes", "needs a confirmed authenticator"},
    {"post_userinfo", "needs a token with the scope openid"},
    {"reactivate_org", "only what was stopped is started again"},
    {"undo_org_deletion", "only a deletion that was scheduled is undone"},
    {"remove_totp", "needs a confirmed authenticator"},
    {"reset_password", "takes a link that stands in a letter alone"},
    {"step_up", "needs the password"},
    {"switch_tenant", "needs a second membership"},
};

template <class List, class Member>
[[nodiscard]] constexpr auto find_by(const List& list, Member member, std::string_view value)
    -> decltype(std::data(list)) {
    const auto found = std::ranges::find(list, value, member);
    return found == std::end(list) ? nullptr : &*found;
}

}  // namespace pz::isolation
