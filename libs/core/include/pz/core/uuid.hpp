#pragma once

#include <pz/core/clock.hpp>

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace pz::core {

/// A 128-bit identifier (RFC 9562). A value type: 16 bytes in network order, compared bytewise.
struct Uuid {
    std::array<std::uint8_t, 16> bytes{};

    /// Length of the text form, "8-4-4-4-12" in lower-case hexadecimal.
    static constexpr std::size_t text_size = 36;

    /// Reads exactly the 36-character form (either case). Anything else, braces and URN prefix included, is
    /// nullopt.
    [[nodiscard]] static std::optional<Uuid> parse(std::string_view text) noexcept;
    /// A version 7 identifier: 48 bits of Unix milliseconds from the clock, then 74 random bits.
    [[nodiscard]] static Uuid v7(const Clock& clock);

    [[nodiscard]] std::string to_string() const;
    /// Appends the text form; always lower case, so it is safe to print where a literal is needed.
    void append_to(std::string& out) const;

    [[nodiscard]] bool is_nil() const noexcept { return *this == Uuid{}; }

    friend auto operator<=>(const Uuid&, const Uuid&) noexcept = default;
};

/// The tenant of the platform's own staff, and of anonymous requests when REQUIRE_AUTH is off: the nil UUID.
inline constexpr Uuid public_tenant{};

}  // namespace pz::core

template <>
struct std::hash<pz::core::Uuid> {
    std::size_t operator()(const pz::core::Uuid& id) const noexcept;
};
