#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace pz::web {

/// A string literal as a template argument: route patterns and parameter names are part of a handler's type.
template <std::size_t N>
struct FixedString {
    char text[N]{};

    // NOLINTNEXTLINE(google-explicit-constructor): a literal is meant to convert.
    constexpr FixedString(const char (&literal)[N]) { std::copy_n(literal, N, text); }

    [[nodiscard]] constexpr std::string_view view() const { return {text, N - 1}; }
};

/// The literal's text, alive as long as the program.
template <FixedString Text>
inline constexpr std::string_view fixed_text = Text.view();

/// True if the pattern has a segment "{name}".
constexpr bool pattern_has_parameter(std::string_view pattern, std::string_view name) {
    for (std::size_t at = 0; at + name.size() + 2 <= pattern.size(); ++at) {
        if (pattern[at] == '{' && pattern.substr(at + 1, name.size()) == name &&
            pattern[at + 1 + name.size()] == '}') {
            return true;
        }
    }
    return false;
}

/// Number of segments "{…}" in the pattern.
constexpr std::size_t count_parameters(std::string_view pattern) {
    return static_cast<std::size_t>(std::ranges::count(pattern, '{'));
}

namespace detail {

template <class T>
constexpr std::string_view pretty_name() {
    return __PRETTY_FUNCTION__;
}

template <auto V>
constexpr std::string_view pretty_value_name() {
    return __PRETTY_FUNCTION__;
}

/// The last identifier of "… [T = pz::product::items::Item".
constexpr std::string_view last_identifier(std::string_view pretty) {
    const std::size_t end = pretty.size();
    std::size_t begin = end;
    while (begin > 0 && pretty[begin - 1] != ':' && pretty[begin - 1] != ' ' && pretty[begin - 1] != '&') {
        --begin;
    }
    return pretty.substr(begin, end - begin);
}

constexpr std::string_view without_bracket(std::string_view pretty) {
    return pretty.substr(0, pretty.size() - 1);
}

/// The identifier before the last one, past an unnamed namespace: "items" of "… &pz::items::(anonymous
/// namespace)::list".
constexpr std::string_view enclosing_identifier(std::string_view pretty) {
    constexpr std::string_view unnamed = "::(anonymous namespace)";
    pretty.remove_suffix(last_identifier(pretty).size() + 2);
    if (pretty.ends_with(unnamed)) {
        pretty.remove_suffix(unnamed.size());
    }
    return last_identifier(pretty);
}

}  // namespace detail

/// "Item" for pz::product::items::Item: the schema's name in OpenAPI.
template <class T>
inline constexpr std::string_view type_name =
    detail::last_identifier(detail::without_bracket(detail::pretty_name<T>()));

/// "list_items" for &pz::product::items::list_items: the operation's id in OpenAPI, in metrics and in logs.
template <auto Function>
inline constexpr std::string_view function_name =
    detail::last_identifier(detail::without_bracket(detail::pretty_value_name<Function>()));

/// "items" for &pz::product::items::list_items: the feature's folder, its operations' tag in OpenAPI.
template <auto Function>
inline constexpr std::string_view feature_name =
    detail::enclosing_identifier(detail::without_bracket(detail::pretty_value_name<Function>()));

}  // namespace pz::web
