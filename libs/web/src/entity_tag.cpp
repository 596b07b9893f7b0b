#include <pz/web/entity_tag.hpp>

#include <algorithm>

namespace pz::web {

namespace {

constexpr std::size_t max_tags = 16;

void skip_white_space(std::string_view& text) noexcept {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
}

/// etagc: visible ASCII but the quote, and obs-text.
bool is_tag_character(char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    return byte == 0x21 || (byte >= 0x23 && byte != 0x7F);
}

std::optional<EntityTags::Tag> take_tag(std::string_view& text) {
    EntityTags::Tag tag;
    tag.weak = text.starts_with("W/");
    text.remove_prefix(tag.weak ? 2 : 0);
    if (!text.starts_with('"')) {
        return std::nullopt;
    }
    const std::size_t end = text.find('"', 1);
    if (end == std::string_view::npos) {
        return std::nullopt;
    }
    tag.text = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    return std::ranges::all_of(tag.text, is_tag_character) ? std::optional{std::move(tag)} : std::nullopt;
}

}  // namespace

std::optional<EntityTags> EntityTags::parse(std::string_view header) noexcept {
    EntityTags result;
    std::string_view rest = header;
    skip_white_space(rest);
    if (rest == "*") {
        result.any = true;
        return result;
    }
    // A list may have empty elements (RFC 9110 section 5.6.1.2), but not nothing else.
    while (!rest.empty()) {
        if (rest.front() != ',') {
            auto tag = take_tag(rest);
            if (!tag || result.tags.size() == max_tags) {
                return std::nullopt;
            }
            result.tags.push_back(*std::move(tag));
            skip_white_space(rest);
        }
        if (rest.empty()) {
            break;
        }
        if (rest.front() != ',') {
            return std::nullopt;
        }
        rest.remove_prefix(1);
        skip_white_space(rest);
    }
    if (result.tags.empty()) {
        return std::nullopt;
    }
    return result;
}

bool EntityTags::contain(std::string_view etag) const noexcept {
    if (any) {
        return true;
    }
    if (etag.starts_with("W/")) {
        etag.remove_prefix(2);
    }
    const std::string_view text = etag.substr(1, etag.size() - 2);
    return std::ranges::any_of(tags, [&](const Tag& tag) { return tag.text == text; });
}

}  // namespace pz::web
