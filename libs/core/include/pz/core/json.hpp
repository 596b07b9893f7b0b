#pragma once

#include <pz/core/clock.hpp>
#include <pz/core/describe.hpp>
#include <pz/core/error.hpp>
#include <pz/core/secret.hpp>
#include <pz/core/text.hpp>
#include <pz/core/uuid.hpp>

#include <boost/json/value.hpp>
#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <expected>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// JSON (RFC 8259) to and from described types. Reading goes through a bounded, strict tree; writing goes
/// straight into a string, because answers are the hot side.
namespace pz::core {

/// Why a document was refused, in words fit for a client.
struct JsonError {
    std::string message;
};

/// Parses a whole document: depth at most 32, at most 256 members per object, duplicate members, NUL
/// characters and malformed UTF-8 refused, integers within 53 bits (I-JSON, RFC 7493).
[[nodiscard]] std::expected<boost::json::value, JsonError> parse_json(std::string_view text);

/// A member of an update that may be left out: absent means "leave as it is". For a nullable value use
/// Change<std::optional<T>>, where null means "clear it".
template <class T>
struct Change {
    bool present = false;
    T value{};
};

namespace detail {

template <class T>
struct IsOptional : std::false_type {};

template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <class T>
struct IsVector : std::false_type {};

template <class T>
struct IsVector<std::vector<T>> : std::true_type {};

template <class T>
struct IsChange : std::false_type {};

template <class T>
struct IsChange<Change<T>> : std::true_type {};

void write_string(std::string& out, std::string_view text);
void write_integer(std::string& out, std::int64_t value);
void write_tree(std::string& out, const boost::json::value& value);
void write_tree(std::string& out, const boost::json::object& value);

[[nodiscard]] const boost::json::value* find_member(const boost::json::object& object, std::string_view name);
/// Appends one error per member of the object that is not in the list: closed schemas.
void report_unknown_members(
    const boost::json::object& object,
    const std::string_view* names,
    std::size_t count,
    const std::string& loc,
    std::vector<FieldError>& errors
);
bool read_string(
    const boost::json::value& value,
    std::string& out,
    const Rules& rules,
    const std::string& loc,
    std::vector<FieldError>& errors
);
bool read_integer(
    const boost::json::value& value,
    std::int64_t& out,
    const Rules& rules,
    const std::string& loc,
    std::vector<FieldError>& errors
);
/// Also used for query and path values: one rule, one message.
bool check_length(
    std::string_view text, const Rules& rules, const std::string& loc, std::vector<FieldError>& errors
);
bool check_range(
    std::int64_t value, const Rules& rules, const std::string& loc, std::vector<FieldError>& errors
);

}  // namespace detail

template <class T>
inline constexpr bool is_optional = detail::IsOptional<T>::value;
template <class T>
inline constexpr bool is_vector = detail::IsVector<T>::value;
template <class T>
inline constexpr bool is_change = detail::IsChange<T>::value;
template <class T>
concept Described = std::is_class_v<T> && boost::describe::has_describe_members<T>::value;
template <class T>
concept DescribedEnum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;

/// All public members of a described struct, base classes included.
template <class T>
using MembersOf =
    boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;

/// The enumerator's name, or an empty view for a value outside the enumeration.
template <DescribedEnum E>
[[nodiscard]] constexpr std::string_view enum_text(E value) {
    std::string_view name;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto d) {
        if (d.value == value) {
            name = d.name;
        }
    });
    return name;
}

template <DescribedEnum E>
[[nodiscard]] constexpr std::optional<E> enum_from_text(std::string_view text) {
    std::optional<E> found;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto d) {
        if (text == d.name) {
            found = d.value;
        }
    });
    return found;
}

namespace detail {

/// As out.append(), for a text whose size the compiler knows: it then copies with a few moves and calls
/// nothing, which for the names of members is most of the work.
template <std::size_t Size>
void append_constant(std::string& out, const std::array<char, Size>& text) {
    const std::size_t end = out.size();
    // The size that is handed in is not returned: with libstdc++ 12 it may be more than was asked for.
    out.resize_and_overwrite(end + Size, [&](char* begin, std::size_t) {
        std::memcpy(begin + end, text.data(), Size);
        return end + Size;
    });
}

/// Types that are always a string in which nothing has to be escaped.
template <class T>
inline constexpr bool is_plain_text =
    std::is_same_v<T, Uuid> || std::is_same_v<T, Timestamp> || DescribedEnum<T>;

/// What stands in front of a member's value: `{"id":` or `,"id":`, with the quote that such a text begins
/// with.
template <class Member, char Separator, bool Quoted>
inline constexpr auto member_prefix = [] {
    constexpr std::string_view name = Member::name;
    std::array<char, name.size() + (Quoted ? 5 : 4)> text{};
    text.back() = '"';
    text[0] = Separator;
    text[1] = '"';
    std::ranges::copy(name, text.begin() + 2);
    text[name.size() + 2] = '"';
    text[name.size() + 3] = ':';
    return text;
}();

template <class T>
void write_plain_text(std::string& out, const T& value) {
    if constexpr (std::is_same_v<T, Uuid>) {
        value.append_to(out);
    } else if constexpr (std::is_same_v<T, Timestamp>) {
        append_to(out, value);
    } else {
        out += enum_text(value);
    }
}

}  // namespace detail

template <class T>
void write_json(std::string& out, const T& value) {
    if constexpr (std::is_same_v<T, bool>) {
        out += value ? "true" : "false";
    } else if constexpr (std::integral<T>) {
        detail::write_integer(out, static_cast<std::int64_t>(value));
    } else if constexpr (std::convertible_to<const T&, std::string_view>) {
        detail::write_string(out, std::string_view{value});
    } else if constexpr (detail::is_plain_text<T>) {
        out += '"';
        detail::write_plain_text(out, value);
        out += '"';
    } else if constexpr (std::is_same_v<T, boost::json::value> || std::is_same_v<T, boost::json::object>) {
        detail::write_tree(out, value);
    } else if constexpr (is_optional<T>) {
        if (value) {
            write_json(out, *value);
        } else {
            detail::append_constant(out, std::array{'n', 'u', 'l', 'l'});
        }
    } else if constexpr (is_vector<T>) {
        out += '[';
        bool first = true;
        for (const auto& element : value) {
            if (!std::exchange(first, false)) {
                out += ',';
            }
            write_json(out, element);
        }
        out += ']';
    } else {
        static_assert(Described<T>, "write_json: the type needs PZ_DESCRIBE");
        using Members = MembersOf<T>;
        if constexpr (boost::mp11::mp_empty<Members>::value) {
            out += '{';
        } else {
            boost::mp11::mp_for_each<Members>([&](auto d) {
                using Member = decltype(d);
                using Value = std::remove_cvref_t<decltype(value.*d.pointer)>;
                constexpr bool is_first = std::is_same_v<Member, boost::mp11::mp_front<Members>>;
                constexpr char separator = is_first ? '{' : ',';
                constexpr bool quoted = detail::is_plain_text<Value>;
                detail::append_constant(out, detail::member_prefix<Member, separator, quoted>);
                if constexpr (quoted) {
                    detail::write_plain_text(out, value.*d.pointer);
                    out += '"';
                } else {
                    write_json(out, value.*d.pointer);
                }
            });
        }
        out += '}';
    }
}

template <class T>
[[nodiscard]] std::string to_json(const T& value) {
    std::string out;
    write_json(out, value);
    return out;
}

/// Reads a value into `out`; on failure appends to `errors` and returns false. `loc` is the path so far
/// ("body"). Members that the type does not know are errors. A member may be left out if it is optional, a
/// Change, or has a default value.
template <class T>
bool read_json(
    const boost::json::value& value,
    T& out,
    const std::string& loc,
    std::vector<FieldError>& errors,
    const Rules& rules = {}
) {
    if constexpr (is_change<T>) {
        out.present = true;
        return read_json(value, out.value, loc, errors, rules);
    } else if constexpr (is_optional<T>) {
        if (value.is_null()) {
            out.reset();
            return true;
        }
        return read_json(value, out.emplace(), loc, errors, rules);
    } else if constexpr (std::is_same_v<T, bool>) {
        if (!value.is_bool()) {
            errors.push_back({loc, "must be true or false", "wrong_type"});
            return false;
        }
        out = value.get_bool();
        return true;
    } else if constexpr (std::integral<T>) {
        std::int64_t number = 0;
        Rules bounded = rules;
        bounded.minimum = bounded.minimum.value_or(static_cast<std::int64_t>(std::numeric_limits<T>::min()));
        if constexpr (sizeof(T) < sizeof(std::int64_t)) {
            bounded.maximum =
                bounded.maximum.value_or(static_cast<std::int64_t>(std::numeric_limits<T>::max()));
        }
        if (!detail::read_integer(value, number, bounded, loc, errors)) {
            return false;
        }
        out = static_cast<T>(number);
        return true;
    } else if constexpr (std::is_same_v<T, std::string>) {
        return detail::read_string(value, out, rules, loc, errors);
    } else if constexpr (std::is_same_v<T, SecretString>) {
        // A secret may come in; there is no write_json for it.
        std::string text;
        const bool good = detail::read_string(value, text, rules, loc, errors);
        out = SecretString{std::move(text)};
        return good;
    } else if constexpr (std::is_same_v<T, Uuid> || std::is_same_v<T, Timestamp> || DescribedEnum<T>) {
        std::string text;
        if (!detail::read_string(value, text, {}, loc, errors)) {
            return false;
        }
        return read_text(text, out, loc, errors);
    } else if constexpr (std::is_same_v<T, boost::json::value>) {
        out = value;
        return true;
    } else if constexpr (is_vector<T>) {
        if (!value.is_array()) {
            errors.push_back({loc, "must be an array", "wrong_type"});
            return false;
        }
        bool good = true;
        std::size_t index = 0;
        for (const auto& element : value.get_array()) {
            good &= read_json(element, out.emplace_back(), loc + "." + std::to_string(index++), errors);
        }
        return good;
    } else {
        static_assert(Described<T>, "read_json: the type needs PZ_DESCRIBE");
        return read_object(value, out, loc, errors);
    }
}

/// Reads a scalar from text, as it stands in a path, a query or a JSON string.
template <class T>
bool read_text(
    std::string_view text,
    T& out,
    const std::string& loc,
    std::vector<FieldError>& errors,
    const Rules& rules = {}
) {
    if constexpr (is_optional<T>) {
        return read_text(text, out.emplace(), loc, errors, rules);
    } else if constexpr (std::is_same_v<T, std::string>) {
        out = text;
        return detail::check_length(text, rules, loc, errors);
    } else if constexpr (std::is_same_v<T, bool>) {
        if (text != "true" && text != "false") {
            errors.push_back({loc, "must be true or false", "wrong_type"});
            return false;
        }
        out = text == "true";
        return true;
    } else if constexpr (std::integral<T>) {
        std::int64_t number = 0;
        const bool digits =
            !text.empty() && text.size() <= 15 &&
            text.find_first_not_of("0123456789", text.front() == '-' ? 1 : 0) == std::string_view::npos &&
            text != "-";
        if (!digits) {
            errors.push_back({loc, "must be an integer", "wrong_type"});
            return false;
        }
        number = std::stoll(std::string{text});
        Rules bounded = rules;
        bounded.minimum = bounded.minimum.value_or(static_cast<std::int64_t>(std::numeric_limits<T>::min()));
        if constexpr (sizeof(T) < sizeof(std::int64_t)) {
            bounded.maximum =
                bounded.maximum.value_or(static_cast<std::int64_t>(std::numeric_limits<T>::max()));
        }
        if (!detail::check_range(number, bounded, loc, errors)) {
            return false;
        }
        out = static_cast<T>(number);
        return true;
    } else if constexpr (std::is_same_v<T, Uuid>) {
        if (const auto id = Uuid::parse(text)) {
            out = *id;
            return true;
        }
        errors.push_back({loc, "must be a UUID", "wrong_format"});
        return false;
    } else if constexpr (std::is_same_v<T, Timestamp>) {
        if (const auto time = parse_timestamp(text)) {
            out = *time;
            return true;
        }
        errors.push_back({loc, "must be an RFC 3339 date-time", "wrong_format"});
        return false;
    } else {
        static_assert(DescribedEnum<T>, "read_text: not a scalar");
        if (const auto found = enum_from_text<T>(text)) {
            out = *found;
            return true;
        }
        std::string words = "must be one of:";
        boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto d) {
            (words += ' ') += d.name;
        });
        errors.push_back({loc, words, "not_in_list"});
        return false;
    }
}

/// True if a member of type M may be absent from an input document.
template <class M>
inline constexpr bool may_be_absent = is_optional<M> || is_change<M>;

template <Described T>
bool read_object(
    const boost::json::value& value, T& out, const std::string& loc, std::vector<FieldError>& errors
) {
    if (!value.is_object()) {
        errors.push_back({loc, "must be an object", "wrong_type"});
        return false;
    }
    const auto& object = value.get_object();
    const std::size_t before = errors.size();
    std::vector<std::string_view> names;
    boost::mp11::mp_for_each<MembersOf<T>>([&](auto d) {
        using Member = std::remove_reference_t<decltype(out.*d.pointer)>;
        names.push_back(d.name);
        const std::string where = loc + "." + d.name;
        const boost::json::value* found = detail::find_member(object, d.name);
        if (found != nullptr) {
            read_json(
                *found, out.*d.pointer, where, errors, pz_rules(static_cast<const T*>(nullptr), d.name)
            );
        } else if constexpr (!may_be_absent<Member>) {
            errors.push_back({where, "is required", "missing"});
        }
    });
    detail::report_unknown_members(object, names.data(), names.size(), loc, errors);
    return errors.size() == before;
}

}  // namespace pz::core
