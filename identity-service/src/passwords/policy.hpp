#pragma once

#include <pz/core/secret.hpp>

#include <boost/describe/enum.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// What a password has to be when it is set: at a change, a reset and an invitation, never at sign-in (NIST
/// SP 800-63B section 5.1.1.2). Length counts and what everybody tries first is refused; there are no rules
/// of composition. The password is taken as it was typed: not trimmed, not normalized (docs/adr/0030).
namespace pz::identity::passwords {

inline constexpr std::size_t shortest_password = 12;  ///< code points
inline constexpr std::size_t longest_password = 128;

enum class Weakness : std::uint8_t {
    too_short,
    too_long,
    too_common,       ///< on the list of common passwords, with or without digits and symbols around it
    too_predictable,  ///< one short piece over and over, or a run such as 123456789012
    about_you,        ///< little is left of it without the e-mail address, the organization, the product
};
BOOST_DESCRIBE_ENUM(Weakness, too_short, too_long, too_common, too_predictable, about_you)

/// The first thing that is wrong with a password; nullopt: it may be set.
/// @param email of the person: neither its local part nor its domain counts
/// @param words that do not count either: the name and the slug of the organization
[[nodiscard]] std::optional<Weakness> find_weakness(
    std::string_view password, std::string_view email, std::span<const std::string> words
);

/// Throws ApiError 422 with a field error at `loc` ("body.new_password") whose code is the weakness.
void require_strong(
    const core::SecretString& password,
    std::string_view email,
    std::span<const std::string> words,
    std::string_view loc
);

/// How many entries the list of common passwords has.
[[nodiscard]] std::size_t blocked_list_size() noexcept;

}  // namespace pz::identity::passwords
