#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pz::web {

/// The value of If-Match or If-None-Match (RFC 9110 sections 13.1.1 and 13.1.2): "*", or a list of tags.
struct EntityTags {
    struct Tag {
        bool weak = false;
        std::string text;  ///< between the quotes
    };

    bool any = false;
    std::vector<Tag> tags;

    /// nullopt for what the grammar does not know, and for more than 16 tags.
    [[nodiscard]] static std::optional<EntityTags> parse(std::string_view header) noexcept;

    /// The weak comparison of RFC 9110 section 8.8.3.2, which If-None-Match uses. `etag` with its quotes.
    [[nodiscard]] bool contain(std::string_view etag) const noexcept;
};

}  // namespace pz::web
