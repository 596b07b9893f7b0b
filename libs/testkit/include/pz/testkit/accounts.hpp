#pragma once

#include <string_view>

namespace pz::testkit {

/// The demo's organizations (database/seed/demo). Initech is suspended.
inline constexpr std::string_view numbersence = "00000000-0000-0000-0000-000000000000";
inline constexpr std::string_view acme = "0197c0de-0000-7000-8000-00000000ac3e";
inline constexpr std::string_view globex = "0197c0de-0000-7000-8000-00000000610b";
inline constexpr std::string_view initech = "0197c0de-0000-7000-8000-00000001417c";

/// Somebody who can sign in. Identifiers are in the text form that JSON and SQL take.
struct Account {
    std::string_view email;
    std::string_view password;
    std::string_view person;
    std::string_view tenant;
    std::string_view role;
};

inline constexpr Account platform_admin{
    "platform@numbersence.com",
    "platform123",
    "0197c0de-0000-7000-9000-000000000001",
    numbersence,
    "platform_admin"
};
inline constexpr Account support_agent{
    "support@numbersence.com",
    "support123",
    "0197c0de-0000-7000-9000-000000000002",
    numbersence,
    "support_agent"
};
inline constexpr Account acme_admin{
    "admin@acme.example", "admin123", "0197c0de-0000-7000-9000-000000000003", acme, "admin"
};
inline constexpr Account acme_user{
    "user@acme.example", "user123", "0197c0de-0000-7000-9000-000000000004", acme, "standard"
};
inline constexpr Account globex_admin{
    "admin@globex.example", "admin123", "0197c0de-0000-7000-9000-000000000005", globex, "admin"
};
inline constexpr Account globex_user{
    "user@globex.example", "user123", "0197c0de-0000-7000-9000-000000000006", globex, "standard"
};
inline constexpr Account initech_admin{
    "admin@initech.example", "admin123", "0197c0de-0000-7000-9000-000000000007", initech, "admin"
};
inline constexpr Account initech_user{
    "user@initech.example", "user123", "0197c0de-0000-7000-9000-000000000008", initech, "standard"
};

}  // namespace pz::testkit
