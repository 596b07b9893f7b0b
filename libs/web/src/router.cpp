#include <pz/web/router.hpp>

#include <pz/core/check.hpp>
#include <pz/core/error.hpp>
#include <pz/web/policies.hpp>

#include <boost/json/array.hpp>

namespace json = boost::json;

namespace pz::web {

namespace {

std::string_view impersonation_text(Impersonation rule) {
    switch (rule) {
        case Impersonation::read_only:
            return "ro";
        case Impersonation::read_write:
            return "rw";
        case Impersonation::deny:
            return "deny";
    }
    return "deny";
}

/// Cuts the first segment off "/a/b": returns "a" and leaves "/b".
std::string_view take_segment(std::string_view& path) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, end);
    path.remove_prefix(end);
    return segment;
}

}  // namespace

namespace detail {

std::string last_path_value(const Context& context) {
    const std::size_t count = count_parameters(context.route->pattern);
    return count == 0 ? std::string{} : std::string{context.path_values.at(count - 1)};
}

}  // namespace detail

Route& Router::insert(Route route) {
    Node* node = &root_;
    std::string_view rest = route.pattern;
    PZ_CHECK(rest.starts_with('/'));
    while (!rest.empty()) {
        const std::string_view segment = take_segment(rest);
        if (segment.starts_with('{')) {
            if (!node->wildcard) {
                node->wildcard = std::make_unique<Node>();
            }
            node = node->wildcard.get();
            continue;
        }
        const auto found = std::ranges::find(node->literals, segment, &Node::segment);
        if (found != node->literals.end()) {
            node = found->get();
        } else {
            node = node->literals.emplace_back(std::make_unique<Node>()).get();
            node->segment = segment;
        }
    }
    for (const Route* other : node->routes) {
        PZ_CHECK(other->method != route.method);  // the same route twice
    }
    route.index = routes_.size();
    route.limited = !is_probe(route.pattern);
    Route& kept = *routes_.emplace_back(std::make_unique<Route>(std::move(route)));
    node->routes.push_back(&kept);
    return kept;
}

const Route* Router::match(http::Method method, std::string_view path, Context& context, std::string& allowed)
    const {
    const Node* node = &root_;
    std::size_t values = 0;
    std::string_view rest = path;
    while (!rest.empty()) {
        const std::string_view segment = take_segment(rest);
        const auto found = std::ranges::find(node->literals, segment, &Node::segment);
        if (found != node->literals.end()) {
            node = found->get();
        } else if (node->wildcard && !segment.empty() && values < context.path_values.size()) {
            context.path_values[values++] = segment;
            node = node->wildcard.get();
        } else {
            return nullptr;
        }
    }
    const http::Method wanted = method == http::Method::head ? http::Method::get : method;
    for (const Route* route : node->routes) {
        if (route->method == wanted) {
            return route;
        }
        allowed += (allowed.empty() ? "" : ", ") + std::string{http::method_text(route->method)};
        if (route->method == http::Method::get) {
            allowed += ", HEAD";
        }
    }
    return nullptr;
}

json::object Router::openapi(const ApiInfo& info) const {
    Components components;
    json::object paths;
    json::array tags;
    for (const auto& route : routes_) {
        if (!route->documented) {
            continue;
        }
        Operation operation(components);
        operation.impersonation = impersonation_text(route->impersonation);
        route->describe(operation);
        if (route->method == http::Method::get) {
            operation.add_not_modified();
        }
        for (const unsigned status : route->also) {
            operation.add_problem(status);
        }
        if (route->limited) {
            operation.add_rate_limit();
        }
        operation.add_problem(500);
        std::string method{http::method_text(route->method)};
        std::ranges::transform(method, method.begin(), [](char c) { return static_cast<char>(c | 0x20); });
        json::value& path = paths[route->pattern];
        if (path.is_null()) {
            path = json::object{};
        }
        path.as_object()[method] = operation.to_json(route->operation_id, route->summary, route->feature);
        if (const json::object tag{{"name", route->feature}};
            std::ranges::find(tags, json::value(tag)) == tags.end()) {
            tags.push_back(tag);
        }
    }
    json::object shared = components.to_json();
    shared["securitySchemes"] = json::object{
        {"bearer",
         json::object{
             {"type", "http"},
             {"scheme", "bearer"},
             {"bearerFormat", "JWT"},
             {"description", "The access_token of identity-service's POST /token"}
         }}
    };
    return json::object{
        {"openapi", "3.1.0"},
        {"info",
         json::object{{"title", info.title}, {"version", info.version}, {"description", info.description}}},
        {"servers", json::array{json::object{{"url", "/"}, {"description", "Where this document comes from"}}}
        },
        {"tags", std::move(tags)},
        {"paths", std::move(paths)},
        {"components", std::move(shared)},
    };
}

}  // namespace pz::web
