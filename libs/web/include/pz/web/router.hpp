#pragma once

#include <pz/http/exchange.hpp>
#include <pz/web/audit.hpp>
#include <pz/web/context.hpp>
#include <pz/web/event_writer.hpp>
#include <pz/web/extract.hpp>
#include <pz/web/idempotency.hpp>
#include <pz/web/openapi.hpp>
#include <pz/web/respond.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

/// Routes. Heavy: include it in a feature's routes.cpp and in the service's routes.cpp, nowhere else.
namespace pz::web {

template <FixedString First, FixedString... Further>
struct Streamed;  // stream.hpp

/// What an impersonated request may do with a route: use it in any mode, use it only in mode rw, or not at
/// all. There is no default: a route without an impersonation rule does not compile.
enum class Impersonation : std::uint8_t { read_only, read_write, deny };

/// One entry of the table of contents.
struct Route {
    http::Method method{};
    std::string pattern;
    std::string_view operation_id;
    std::string_view feature;
    std::string summary;
    Impersonation impersonation{};
    /// The actions that it leaves in the audit log; none for a route that is not audited.
    std::vector<std::string_view> audited{};
    std::string_view unaudited_because{};
    boost::asio::awaitable<void> (*run)(Context* context) = nullptr;
    void (*describe)(Operation& operation) = nullptr;
    std::size_t index = 0;         ///< position in Router::routes(), for metrics
    bool documented = true;        ///< false for the documentation's own pages
    bool limited = true;           ///< false for probes, which have no rate limit
    std::vector<unsigned> also;    ///< further problems that the handler answers with
    bool audits_attempts = false;  ///< every 4xx to somebody known is an event, not only a refusal

    /// Documents a problem that no parameter and no response type speaks of:
    ///     router.patch<…>("Change a project").also_answers(409);
    Route& also_answers(unsigned status) {
        also.push_back(status);
        return *this;
    }

    /// An attempt that came to nothing is an event, too, whatever the reason.
    Route& auditing_attempts() {
        audits_attempts = true;
        return *this;
    }
};

namespace detail {

template <class T>
struct HandlerTraits {
    static constexpr bool is_handler = false;
};

template <class Result, class... Parameters>
struct HandlerTraits<boost::asio::awaitable<Result> (*)(Parameters...)> {
    static constexpr bool is_handler = true;
    using Response = Result;
    using Arguments = std::tuple<Parameters...>;
    using Slots = std::tuple<std::optional<std::remove_cvref_t<Parameters>>...>;
    static constexpr bool by_value = !(std::is_reference_v<Parameters> || ...);
};

template <class T>
inline constexpr bool is_access = false;
template <auth::Role... Allowed>
inline constexpr bool is_access<Require<Allowed...>> = true;
template <auth::Role... Allowed>
inline constexpr bool is_access<RequireAgent<Allowed...>> = true;
template <>
inline constexpr bool is_access<Public> = true;

template <class T>
inline constexpr bool is_require = is_access<T> && !std::is_same_v<T, Public>;

template <class T>
concept Extractable = requires(Context& context) {
    { Extractor<T>::phase } -> std::convertible_to<Phase>;
    Extractor<T>::extract(context);
};

template <class T>
inline constexpr bool is_body = Extractor<T>::phase == Phase::body;
template <class T>
inline constexpr bool is_database = Extractor<T>::phase == Phase::database;
template <class T>
inline constexpr bool is_if_match = std::is_same_v<T, IfMatch>;

template <class T>
inline constexpr bool is_path = false;
template <FixedString Name, class T>
inline constexpr bool is_path<Path<Name, T>> = true;

/// Whether the parameter lets somebody in who is no platform staff.
template <class T>
inline constexpr bool admits_tenants = false;
template <auth::Role... Allowed>
inline constexpr bool admits_tenants<Require<Allowed...>> = !(auth::is_platform_role(Allowed) && ...);

template <class T>
inline constexpr bool is_audited = false;
template <FixedString Action>
inline constexpr bool is_audited<Audits<Action>> = true;
template <FixedString... Actions>
inline constexpr bool is_audited<Records<Actions...>> = true;

template <class T>
inline constexpr bool is_unaudited = false;
template <FixedString Reason>
inline constexpr bool is_unaudited<Unaudited<Reason>> = true;

template <class Audit>
std::vector<std::string_view> audited_actions(Audit) {
    return {};
}

// The literals are template arguments, so the views live as long as the program.
template <FixedString Action>
std::vector<std::string_view> audited_actions(Audits<Action>) {
    return {fixed_text<Action>};
}

template <FixedString... Actions>
std::vector<std::string_view> audited_actions(Records<Actions...>) {
    return {fixed_text<Actions>...};
}

template <class Audit>
std::string_view unaudited_reason(Audit) {
    return {};
}

template <FixedString Reason>
std::string_view unaudited_reason(Unaudited<Reason>) {
    return fixed_text<Reason>;
}

/// The status of an answer that is no problem; the types of respond.hpp alone say it beforehand.
template <class T>
inline constexpr std::optional<unsigned> success_status = std::nullopt;
template <core::Described T>
inline constexpr std::optional<unsigned> success_status<T> = 200;
template <class T>
inline constexpr std::optional<unsigned> success_status<std::optional<T>> = 200;
template <class T>
inline constexpr std::optional<unsigned> success_status<Updated<T>> = 200;
template <class T>
inline constexpr std::optional<unsigned> success_status<Page<T>> = 200;
template <class T>
inline constexpr std::optional<unsigned> success_status<Created<T>> = 201;
template <class T>
inline constexpr std::optional<unsigned> success_status<CreatedAt<T>> = 201;
template <class T>
inline constexpr std::optional<unsigned> success_status<Removed<T>> = 204;
template <>
inline constexpr std::optional<unsigned> success_status<NoContent> = 204;
template <FixedString... MediaTypes>
inline constexpr std::optional<unsigned> success_status<Streamed<MediaTypes...>> = 200;

template <class T>
concept Answerable =
    requires(T answer, Context& context) { Responder<T>::render(std::move(answer), context); };

template <FixedString Pattern, class T>
inline constexpr bool is_in_pattern = true;
template <FixedString Pattern, FixedString Name, class T>
inline constexpr bool is_in_pattern<Pattern, Path<Name, T>> =
    pattern_has_parameter(Pattern.view(), Name.view());

template <http::Method Method, class Audit, class... Parameters>
consteval void check_audit(std::tuple<Parameters...>*) {
    constexpr bool declared = is_audited<Audit> || is_unaudited<Audit>;
    static_assert(
        declared || Method == http::Method::get,
        "a route that changes something says what it leaves in the audit log: Audits<\"item.created\">, "
        "Records<…>, or Unaudited<\"for this reason\">"
    );
    static_assert(
        declared || !(std::is_same_v<Parameters, tenancy::AdminDb> || ...),
        "AdminDb sees every tenant, so each use is in the audit log: Audits<\"org.listed\"> also for a GET"
    );
}

/// The mistakes that would open a hole or never work, each refused with a sentence (tests/compile_test.cpp).
template <http::Method Method, FixedString Pattern, class... Parameters>
consteval void check_handler(std::tuple<Parameters...>*) {
    static_assert(
        (Extractable<std::remove_cvref_t<Parameters>> && ...),
        "each parameter of a handler has an Extractor: a type of extract.hpp or one of the service's own"
    );
    static_assert(
        (is_access<Parameters> + ... + 0) == 1,
        "a route says who may call it: exactly one Require<…>, Member, CurrentUser or Public among the "
        "parameters"
    );
    static_assert((is_body<Parameters> + ... + 0) <= 1, "a request has one body: at most one body extractor");
    static_assert(
        (is_database<Parameters> + ... + 0) <= 1, "a request has one transaction: at most one database"
    );
    static_assert(
        (is_database<Parameters> + ... + 0) == 0 || (is_require<Parameters> + ... + 0) == 1,
        "TenantDb, PeopleDb and AdminDb need a Require<…> beside them: nobody reaches the database without a "
        "role"
    );
    static_assert(
        !(std::is_same_v<Parameters, tenancy::AdminDb> || ...) || !(admits_tenants<Parameters> || ...),
        "AdminDb sees every tenant: beside it stands a Require<…> of platform roles and no other"
    );
    static_assert(
        (is_in_pattern<Pattern, Parameters> && ...), "Path<\"name\", T> is not in the route's pattern"
    );
    static_assert(
        (is_path<Parameters> + ... + 0) == count_parameters(Pattern.view()),
        "each {parameter} of the pattern is read by one Path"
    );
    static_assert(
        count_parameters(Pattern.view()) <= std::tuple_size_v<decltype(Context::path_values)>,
        "a pattern has at most four parameters"
    );
    static_assert(
        Method != http::Method::get || (is_body<Parameters> + ... + 0) == 0,
        "a GET has no body: what it asks for stands in path and query"
    );
    static_assert(
        Method != http::Method::patch || (is_if_match<Parameters> + ... + 0) == 1,
        "a PATCH says which version it changes: IfMatch among the parameters"
    );
}

template <Phase P, class... Parameters>
void extract_phase(Context& context, std::tuple<std::optional<Parameters>...>& slots) {
    const auto fill = [&]<class T>(std::optional<T>& slot) {
        if constexpr (Extractor<T>::phase == P) {
            slot.emplace(Extractor<T>::extract(context));
        }
    };
    std::apply([&](auto&... slot) { (fill(slot), ...); }, slots);
    if (!context.field_errors.empty()) {
        throw core::invalid(std::move(context.field_errors));
    }
}

template <class... Parameters>
consteval std::size_t body_limit_of(std::tuple<Parameters...>*) {
    std::size_t limit = 0;
    const auto look = [&]<class T>(T*) {
        if constexpr (is_body<T>) {
            limit = Extractor<T>::body_limit;
        }
    };
    (look(static_cast<Parameters*>(nullptr)), ...);
    return limit;
}

/// The value of the path's last parameter, or "".
[[nodiscard]] std::string last_path_value(const Context& context);

/// What the request will leave in the log, if its transaction gets there.
template <class Audit, class Response, class... Parameters>
void expect_event(Context& context, const std::tuple<std::optional<Parameters>...>& slots) {
    const auto expect = [&]<FixedString Action>(Audits<Action>*) {
        std::string target = last_path_value(context);
        const auto look = [&]<class T>(const std::optional<T>& slot) {
            if constexpr (std::is_same_v<T, NewId>) {
                target = slot->value.to_string();
            }
        };
        std::apply([&](const auto&... slot) { (look(slot), ...); }, slots);
        const bool reads = context.route->method == http::Method::get;
        context.audit.expect(fixed_text<Action>, std::move(target), success_status<Response>, reads);
    };
    if constexpr (requires { expect(static_cast<Audit*>(nullptr)); }) {
        expect(static_cast<Audit*>(nullptr));
    }
    if (const auth::Principal* principal = context.known_principal(); principal && principal->impersonation) {
        context.audit.expect_impersonated(last_path_value(context));
    }
}

/// Reads the body into the context; throws 413 and 408.
boost::asio::awaitable<void> read_body(Context* context, std::size_t limit);
/// Commits the transaction if one was opened and is still open.
boost::asio::awaitable<void> commit(Context* context);

template <class T>
inline constexpr bool is_created = false;
template <class T>
inline constexpr bool is_created<Created<T>> = true;

/// Whether the route takes an Idempotency-Key: it creates something in a tenant's transaction.
template <class Traits>
inline constexpr bool is_keyed =
    is_created<typename Traits::Response> &&
    boost::mp11::mp_contains<typename Traits::Arguments, tenancy::TenantDb>::value;

/// Calls the handler and renders what it returns. Context and slots outlive the coroutine.
template <auto Handler>
boost::asio::awaitable<void> answer(
    Context* context, typename HandlerTraits<decltype(Handler)>::Slots* slots
) {
    auto response = co_await std::apply([](auto&... slot) { return Handler(std::move(*slot)...); }, *slots);
    Responder<typename HandlerTraits<decltype(Handler)>::Response>::render(std::move(response), *context);
}

/// The phases of one route, in their fixed order. The context outlives the coroutine: the dispatcher awaits
/// it.
template <auto Handler, class Audit>
boost::asio::awaitable<void> run_route(Context* context) {
    using Traits = HandlerTraits<decltype(Handler)>;
    typename Traits::Slots slots;
    constexpr bool is_public = boost::mp11::mp_contains<typename Traits::Arguments, Public>::value;
    if constexpr (!is_public) {
        if (context->principal()->impersonation) {
            co_await admit_impersonated(context);
        }
    }
    extract_phase<Phase::access>(*context, slots);
    if constexpr (is_keyed<Traits>) {
        read_idempotency_key(*context);
    }
    extract_phase<Phase::input>(*context, slots);
    constexpr std::size_t body_limit = body_limit_of(static_cast<typename Traits::Arguments*>(nullptr));
    if constexpr (body_limit > 0) {
        co_await read_body(context, body_limit);
        extract_phase<Phase::body>(*context, slots);
    }
    expect_event<Audit, typename Traits::Response>(*context, slots);
    extract_phase<Phase::database>(*context, slots);
    if constexpr (!is_public) {
        if (context->principal()->impersonation) {
            co_await recall_impersonation(context);
        }
    }
    if constexpr (is_keyed<Traits>) {
        if (context->idempotency_key) {
            co_await answer_once(context, answer<Handler>(context, &slots));
            context->audit.confirm();
            co_return;
        }
    }
    auto response = co_await std::apply([](auto&... slot) { return Handler(std::move(*slot)...); }, slots);
    Responder<typename Traits::Response>::render(std::move(response), *context);
    co_await commit(context);
    context->audit.confirm();
    co_await record_elsewhere(context);
}

template <class... Parameters>
void describe_parameters(Operation& operation, std::tuple<Parameters...>*) {
    (Extractor<Parameters>::describe(operation), ...);
}

template <auto Handler>
void describe_route(Operation& operation) {
    using Traits = HandlerTraits<decltype(Handler)>;
    Responder<typename Traits::Response>::describe(operation);
    describe_parameters(operation, static_cast<typename Traits::Arguments*>(nullptr));
    if constexpr (is_keyed<Traits>) {
        describe_idempotency_key(operation);
    }
}

}  // namespace detail

/// Name, version and description for the head of the OpenAPI document.
struct ApiInfo {
    std::string title;
    std::string version;
    std::string description;
};

/// A service's routes. Filled once at start, then shared read-only by all threads.
class Router {
 public:
    /// r.get<"/api/v1/items/{id}", get_item, Impersonation::read_only>("Get an item");
    /// r.del<"/api/v1/items/{id}", delete_item, Impersonation::deny, Audits<"item.deleted">>("Delete an
    /// item");
    template <FixedString Pattern, auto Handler, Impersonation Rule, class Audit = Undeclared>
    Route& get(std::string_view summary) {
        return add<http::Method::get, Pattern, Handler, Rule, Audit>(summary);
    }

    template <FixedString Pattern, auto Handler, Impersonation Rule, class Audit = Undeclared>
    Route& post(std::string_view summary) {
        return add<http::Method::post, Pattern, Handler, Rule, Audit>(summary);
    }

    template <FixedString Pattern, auto Handler, Impersonation Rule, class Audit = Undeclared>
    Route& put(std::string_view summary) {
        return add<http::Method::put, Pattern, Handler, Rule, Audit>(summary);
    }

    template <FixedString Pattern, auto Handler, Impersonation Rule, class Audit = Undeclared>
    Route& patch(std::string_view summary) {
        return add<http::Method::patch, Pattern, Handler, Rule, Audit>(summary);
    }

    template <FixedString Pattern, auto Handler, Impersonation Rule, class Audit = Undeclared>
    Route& del(std::string_view summary) {
        return add<http::Method::del, Pattern, Handler, Rule, Audit>(summary);
    }

    /// A route that serves the documentation itself and does not appear in it.
    template <FixedString Pattern, auto Handler>
    void get_undocumented() {
        add<http::Method::get, Pattern, Handler, Impersonation::deny, Undeclared>({}, /*documented=*/false);
    }

    /// Finds the route and fills the context's path values. Null if the path is unknown; if only the method
    /// is, `allowed` lists the methods that the path has.
    const Route* match(http::Method method, std::string_view path, Context& context, std::string& allowed)
        const;

    [[nodiscard]] const std::vector<std::unique_ptr<Route>>& routes() const noexcept { return routes_; }

    /// The whole document; deterministic, so that the committed file can be compared with it byte for byte.
    [[nodiscard]] boost::json::object openapi(const ApiInfo& info) const;

 private:
    template <http::Method Method, FixedString Pattern, auto Handler, Impersonation Rule, class Audit>
    Route& add(std::string_view summary, bool documented = true) {
        using Traits = detail::HandlerTraits<decltype(Handler)>;
        static_assert(Traits::is_handler, "a handler is a function that returns awaitable<Response>");
        if constexpr (Traits::is_handler) {
            static_assert(
                Traits::by_value, "handler parameters are taken by value: the coroutine outlives the call"
            );
            static_assert(
                detail::Answerable<typename Traits::Response>,
                "a handler returns a described struct (PZ_DESCRIBE) or a type with a Responder"
            );
            detail::check_handler<Method, Pattern>(static_cast<typename Traits::Arguments*>(nullptr));
            detail::check_audit<Method, Audit>(static_cast<typename Traits::Arguments*>(nullptr));
            return insert(Route{
                .method = Method,
                .pattern = std::string{Pattern.view()},
                .operation_id = function_name<Handler>,
                .feature = feature_name<Handler>,
                .summary = std::string{summary},
                .impersonation = Rule,
                .audited = detail::audited_actions(Audit{}),
                .unaudited_because = detail::unaudited_reason(Audit{}),
                .run = &detail::run_route<Handler, Audit>,
                .describe = &detail::describe_route<Handler>,
                .documented = documented,
                .also = {},
            });
        }
    }

    Route& insert(Route route);

    /// One path segment: literal children by text, at most one parameter child.
    struct Node {
        std::string segment;
        std::vector<std::unique_ptr<Node>> literals;
        std::unique_ptr<Node> wildcard;
        std::vector<const Route*> routes;
    };

    std::vector<std::unique_ptr<Route>> routes_;
    Node root_;
};

}  // namespace pz::web
