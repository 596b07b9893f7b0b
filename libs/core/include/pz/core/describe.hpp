#pragma once

#include <boost/describe.hpp>
#include <boost/preprocessor/comparison/greater.hpp>
#include <boost/preprocessor/control/if.hpp>
#include <boost/preprocessor/punctuation/is_begin_parens.hpp>
#include <boost/preprocessor/seq/enum.hpp>
#include <boost/preprocessor/seq/for_each.hpp>
#include <boost/preprocessor/seq/transform.hpp>
#include <boost/preprocessor/tuple/size.hpp>
#include <boost/preprocessor/variadic/to_seq.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace pz::core {

/// What a described member must satisfy beyond its type; read by the JSON codec, the query reader and
/// OpenAPI.
struct Rules {
    std::optional<std::size_t> min_length;  ///< code points
    std::optional<std::size_t> max_length;  ///< code points
    std::optional<std::int64_t> minimum;
    std::optional<std::int64_t> maximum;
    std::string_view description;
};

namespace rule {

struct Length {
    std::size_t low;
    std::size_t high;

    constexpr void apply(Rules& rules) const {
        rules.min_length = low;
        rules.max_length = high;
    }
};

struct Range {
    std::int64_t low;
    std::int64_t high;

    constexpr void apply(Rules& rules) const {
        rules.minimum = low;
        rules.maximum = high;
    }
};

struct Text {
    std::string_view text;

    constexpr void apply(Rules& rules) const { rules.description = text; }
};

/// The words used inside PZ_DESCRIBE.
constexpr Length length(std::size_t low, std::size_t high) {
    return {low, high};
}

constexpr Range range(std::int64_t low, std::int64_t high) {
    return {low, high};
}

constexpr Text text(std::string_view words) {
    return {words};
}

}  // namespace rule

template <class... R>
constexpr Rules make_rules(R... parts) {
    Rules rules;
    (parts.apply(rules), ...);
    return rules;
}

/// The fallback when PZ_DESCRIBE gave no rules for the type.
constexpr Rules pz_rules(const void*, std::string_view) {
    return {};
}

}  // namespace pz::core

#define PZ_DESCRIBE_FIRST(name, ...) name
#define PZ_DESCRIBE_HEAD(member) PZ_DESCRIBE_FIRST member
#define PZ_DESCRIBE_SELF(member) member
#define PZ_DESCRIBE_NAME_OF(s, data, member) \
    BOOST_PP_IF(BOOST_PP_IS_BEGIN_PARENS(member), PZ_DESCRIBE_HEAD, PZ_DESCRIBE_SELF)(member)
#define PZ_DESCRIBE_RULE_IF(r, data, member) \
    BOOST_PP_IF(BOOST_PP_IS_BEGIN_PARENS(member), PZ_DESCRIBE_RULE_TUPLE, PZ_DESCRIBE_RULE_NONE)(member)
#define PZ_DESCRIBE_RULE_NONE(member)
#define PZ_DESCRIBE_RULE_TUPLE(member)                                                                           \
    BOOST_PP_IF(BOOST_PP_GREATER(BOOST_PP_TUPLE_SIZE(member), 1), PZ_DESCRIBE_RULE_SOME, PZ_DESCRIBE_RULE_NONE)( \
        member                                                                                                   \
    )
#define PZ_DESCRIBE_RULE_SOME(member)                                   \
    if (pz_member == PZ_DESCRIBE_STRINGIZE(PZ_DESCRIBE_HEAD(member))) { \
        return PZ_DESCRIBE_RULES member;                                \
    }
#define PZ_DESCRIBE_RULES(name, ...) ::pz::core::make_rules(__VA_ARGS__)
#define PZ_DESCRIBE_STRINGIZE(name) PZ_DESCRIBE_STRINGIZE_EXPANDED(name)
#define PZ_DESCRIBE_STRINGIZE_EXPANDED(name) #name

/// Describes a plain struct for JSON, rows, queries and OpenAPI. Members are names, or (name, rule...) with
/// the rules length(low, high), range(low, high) and text("…"):
///     PZ_DESCRIBE(ItemCreate, (title, length(1, 200)), description)
/// Place it in the namespace of the type, right behind it.
#define PZ_DESCRIBE(Type, ...)                                                                       \
    BOOST_DESCRIBE_STRUCT(                                                                           \
        Type,                                                                                        \
        (),                                                                                          \
        (BOOST_PP_SEQ_ENUM(                                                                          \
            BOOST_PP_SEQ_TRANSFORM(PZ_DESCRIBE_NAME_OF, _, BOOST_PP_VARIADIC_TO_SEQ(__VA_ARGS__))    \
        ))                                                                                           \
    )                                                                                                \
    constexpr ::pz::core::Rules pz_rules(const Type*, [[maybe_unused]] std::string_view pz_member) { \
        using ::pz::core::rule::length, ::pz::core::rule::range, ::pz::core::rule::text;             \
        BOOST_PP_SEQ_FOR_EACH(PZ_DESCRIBE_RULE_IF, _, BOOST_PP_VARIADIC_TO_SEQ(__VA_ARGS__))         \
        return {};                                                                                   \
    }
