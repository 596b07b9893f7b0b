#pragma once

#include <pz/auth/principal.hpp>
#include <pz/core/json.hpp>
#include <pz/tenancy/database.hpp>
#include <pz/web/audit.hpp>
#include <pz/web/context.hpp>
#include <pz/web/fixed_string.hpp>
#include <pz/web/openapi.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// Typed extractors: a handler's parameter list says everything that it may touch. Each one runs in a fixed
/// phase, whatever its place in the list, so that an expensive or dangerous step never comes before a cheap
/// refusal: access (401, 403) → input (path, query, headers: 422) → body (413, 415, 400, 422) → database.
namespace pz::web {

enum class Phase : std::uint8_t { access, input, body, database };

/// Specialised for each extractor type:
///     static constexpr Phase phase;
///     static T extract(Context&);            throws ApiError, or records field errors
///     static void describe(Operation&);      its part of the OpenAPI operation
template <class T>
struct Extractor;

/// The signed-in person or agent, in one of the given roles; anyone else is refused with 403 before a byte of
/// the body is read or a connection is taken. Every route that is not Public has exactly one.
template <auth::Role... Allowed>
class Require {
 public:
    explicit Require(std::shared_ptr<const auth::Principal> principal) : principal_(std::move(principal)) {}

    const auth::Principal& operator*() const noexcept { return *principal_; }

    const auth::Principal* operator->() const noexcept { return principal_.get(); }

 private:
    std::shared_ptr<const auth::Principal> principal_;
};

/// Platform staff in one of the given roles, with their own token or with that of a support session of
/// theirs: the role is the agent's, and under impersonation it is the route that says what the token may do.
template <auth::Role... Allowed>
class RequireAgent {
 public:
    explicit RequireAgent(std::shared_ptr<const auth::Principal> principal)
        : principal_(std::move(principal)) {}

    [[nodiscard]] core::Uuid id() const noexcept {
        return principal_->actor ? principal_->actor->id : principal_->person;
    }

    [[nodiscard]] auth::Role role() const noexcept {
        return principal_->actor ? principal_->actor->role : principal_->role;
    }

    const auth::Principal& operator*() const noexcept { return *principal_; }

    const auth::Principal* operator->() const noexcept { return principal_.get(); }

 private:
    std::shared_ptr<const auth::Principal> principal_;
};

/// A person of a tenant, whatever the role.
using Member = Require<auth::Role::admin, auth::Role::standard>;
/// Anybody with a live token.
using CurrentUser =
    Require<auth::Role::admin, auth::Role::standard, auth::Role::platform_admin, auth::Role::support_agent>;

/// Marks a route that needs no token.
struct Public {};

/// A segment of the path: Path<"id", Uuid> for "/items/{id}".
template <FixedString Name, class T>
struct Path {
    T value{};

    const T& operator*() const noexcept { return value; }
};

/// The query string as a described struct; unknown and repeated names are errors, absent ones keep their
/// default. A member whose default breaks its own rules (an empty string with length(1, …)) is required. With
/// members `limit` and `cursor` it pages through a list: the handler finds in `cursor` the key that was
/// signed into it.
template <core::Described T>
struct Query {
    T value{};

    const T& operator*() const noexcept { return value; }

    const T* operator->() const noexcept { return &value; }
};

/// The body as a described struct: application/json, closed schema, at most `Limit` bytes.
template <core::Described T, std::size_t Limit = 64 * 1024>
struct Json {
    T value{};

    T& operator*() noexcept { return value; }

    T* operator->() noexcept { return &value; }
};

/// The row versions that a change may be based on: `If-Match: "3"`. Required (428), or optional as
/// std::optional<IfMatch>. A list means any of them, "*" whatever is there; a weak tag, or one that this API
/// never gave out, matches no row (RFC 9110 section 13.1.1), which is the handler's 412.
struct IfMatch {
    bool any = false;
    std::vector<std::int32_t> versions;

    /// For a statement's integer[] parameter: "{3,4}"; nullopt if any version will do.
    [[nodiscard]] std::optional<std::string> versions_text() const;
};

/// An identifier for the row that this request creates: a UUIDv7 by the service's clock.
struct NewId {
    core::Uuid value;

    const core::Uuid& operator*() const noexcept { return value; }
};

template <auth::Role... Allowed>
struct Extractor<Require<Allowed...>> {
    static constexpr Phase phase = Phase::access;

    static Require<Allowed...> extract(Context& context) {
        const auto& principal = context.principal();
        if (!((principal->role == Allowed) || ...)) {
            throw core::forbidden("your role does not allow this");
        }
        return Require<Allowed...>{principal};
    }

    static void describe(Operation& operation) {
        operation.requires_token = true;
        (operation.roles.emplace_back(core::enum_text(Allowed)), ...);
        operation.add_problem(401);
        operation.add_problem(403);
    }
};

template <auth::Role... Allowed>
struct Extractor<RequireAgent<Allowed...>> {
    static constexpr Phase phase = Phase::access;

    static RequireAgent<Allowed...> extract(Context& context) {
        RequireAgent<Allowed...> agent{context.principal()};
        if (!((agent.role() == Allowed) || ...)) {
            throw core::forbidden("your role does not allow this");
        }
        return agent;
    }

    static void describe(Operation& operation) { Extractor<Require<Allowed...>>::describe(operation); }
};

template <>
struct Extractor<Public> {
    static constexpr Phase phase = Phase::access;

    static Public extract(Context& context) {
        context.limit_by_address();
        return {};
    }

    static void describe(Operation&) {}
};

template <FixedString Name, class T>
struct Extractor<Path<Name, T>> {
    static constexpr Phase phase = Phase::input;

    static Path<Name, T> extract(Context& context) {
        Path<Name, T> path;
        const std::optional<std::string_view> text = context.path_parameter(Name.view());
        core::read_text(
            text.value_or(""), path.value, "path." + std::string{Name.view()}, context.field_errors
        );
        return path;
    }

    static void describe(Operation& operation) {
        operation.add_parameter(
            "path", Name.view(), /*required=*/true, schema_of<T, Direction::input>(operation.components)
        );
        operation.add_problem(404);
        operation.add_problem(422);
    }
};

namespace detail {

/// True if a member's default value would not pass as input.
template <class T>
[[nodiscard]] bool default_breaks_rules(const T& value, const core::Rules& rules) {
    std::vector<core::FieldError> errors;
    if constexpr (std::is_same_v<T, std::string>) {
        core::detail::check_length(value, rules, {}, errors);
    } else if constexpr (std::integral<T> && !std::is_same_v<T, bool>) {
        core::detail::check_range(value, rules, {}, errors);
    }
    return !errors.empty();
}

}  // namespace detail

/// Reads the query string of the request once into names and values; records an error for a broken escape.
std::vector<core::FormField> read_query(Context& context);

namespace detail {

/// A query that pages through a list.
template <class T>
concept PagedQuery = requires(T query) {
    { query.limit } -> std::same_as<std::int32_t&>;
    { query.cursor } -> std::same_as<std::optional<std::string>&>;
};

/// Replaces the cursor by the key that was signed into it, or records an error.
void open_cursor(Context& context, std::optional<std::string>& cursor);

/// The list that a query asks for: everything but the place in it, in the order of the declaration.
template <PagedQuery T>
[[nodiscard]] std::string list_of(std::string_view operation_id, const T& query) {
    std::string list{operation_id};
    boost::mp11::mp_for_each<core::MembersOf<T>>([&](auto d) {
        if (std::string_view{d.name} != "limit" && std::string_view{d.name} != "cursor") {
            ((list += ' ') += d.name) += '=';
            core::write_json(list, query.*d.pointer);
        }
    });
    return list;
}

}  // namespace detail

template <core::Described T>
struct Extractor<Query<T>> {
    static constexpr Phase phase = Phase::input;

    static Query<T> extract(Context& context) {
        Query<T> query;
        std::vector<core::FormField> fields = read_query(context);
        boost::mp11::mp_for_each<core::MembersOf<T>>([&](auto d) {
            bool seen = false;
            const core::Rules rules = pz_rules(static_cast<const T*>(nullptr), d.name);
            std::erase_if(fields, [&](const core::FormField& field) {
                if (field.name != d.name) {
                    return false;
                }
                const std::string loc = "query." + field.name;
                if (std::exchange(seen, true)) {
                    context.field_errors.push_back({loc, "appears twice", "repeated"});
                } else {
                    core::read_text(field.value, query.value.*d.pointer, loc, context.field_errors, rules);
                }
                return true;
            });
            if (!seen && detail::default_breaks_rules(query.value.*d.pointer, rules)) {
                context.field_errors.push_back({std::string{"query."} + d.name, "is required", "missing"});
            }
        });
        for (const core::FormField& field : fields) {
            context.field_errors.push_back({"query." + field.name, "unknown parameter", "unknown_field"});
        }
        if constexpr (detail::PagedQuery<T>) {
            context.list = detail::list_of(context.route_name(), query.value);
            detail::open_cursor(context, query.value.cursor);
        }
        return query;
    }

    static void describe(Operation& operation) {
        boost::mp11::mp_for_each<core::MembersOf<T>>([&](auto d) {
            using Value = std::remove_cvref_t<decltype(std::declval<T>().*d.pointer)>;
            const core::Rules rules = pz_rules(static_cast<const T*>(nullptr), d.name);
            boost::json::value schema;
            bool required = false;
            if constexpr (core::is_optional<Value>) {
                schema = schema_of<typename Value::value_type, Direction::input>(operation.components);
            } else {
                schema = schema_of<Value, Direction::input>(operation.components);
                required = detail::default_breaks_rules(T{}.*d.pointer, rules);
                if constexpr (core::DescribedEnum<Value>) {
                    schema.as_object()["default"] = core::enum_text(T{}.*d.pointer);
                } else if (!required) {
                    schema.as_object()["default"] = T{}.*d.pointer;
                }
            }
            apply_rules(
                schema.as_object(), {rules.min_length, rules.max_length, rules.minimum, rules.maximum, {}}
            );
            operation.add_parameter("query", d.name, required, std::move(schema), rules.description);
        });
        operation.add_problem(422);
    }
};

/// Parses the body that the dispatcher read; throws 415, 400 or records field errors.
boost::json::value read_json_body(Context& context);

template <core::Described T, std::size_t Limit>
struct Extractor<Json<T, Limit>> {
    static constexpr Phase phase = Phase::body;
    static constexpr std::size_t body_limit = Limit;

    static Json<T, Limit> extract(Context& context) {
        Json<T, Limit> json;
        core::read_json(read_json_body(context), json.value, "body", context.field_errors);
        return json;
    }

    static void describe(Operation& operation) {
        operation.add_request_body("application/json", schema_of<T, Direction::input>(operation.components));
        operation.add_problem(400);
        operation.add_problem(413);
        operation.add_problem(415);
        operation.add_problem(422);
    }
};

template <>
struct Extractor<IfMatch> {
    static constexpr Phase phase = Phase::input;
    static IfMatch extract(Context& context);
    static void describe(Operation& operation);
};

template <>
struct Extractor<std::optional<IfMatch>> {
    static constexpr Phase phase = Phase::input;
    static std::optional<IfMatch> extract(Context& context);
    static void describe(Operation& operation);
};

template <>
struct Extractor<NewId> {
    static constexpr Phase phase = Phase::input;
    static NewId extract(Context& context);

    static void describe(Operation&) {}
};

template <>
struct Extractor<AuditTrail> {
    static constexpr Phase phase = Phase::input;
    static AuditTrail extract(Context& context);

    static void describe(Operation&) {}
};

template <>
struct Extractor<tenancy::TenantDb> {
    static constexpr Phase phase = Phase::database;
    static tenancy::TenantDb extract(Context& context);
    static void describe(Operation& operation);
};

template <>
struct Extractor<tenancy::PeopleDb> {
    static constexpr Phase phase = Phase::database;
    static tenancy::PeopleDb extract(Context& context);
    static void describe(Operation& operation);
};

template <>
struct Extractor<tenancy::AdminDb> {
    static constexpr Phase phase = Phase::database;
    static tenancy::AdminDb extract(Context& context);
    static void describe(Operation& operation);
};

}  // namespace pz::web
