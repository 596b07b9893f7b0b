#include "requests.hpp"

#include "reviewed.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <array>
#include <cctype>
#include <limits>
#include <optional>

namespace pz::isolation {

namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, std::size(all_kinds)> kind_names{
    "own",
    "path",
    "query",
    "cursor",
    "body",
    "mass assignment",
    "If-Match",
    "idempotency key",
    "X-Tenant-ID",
    "role",
    "token",
};

std::string percent_encoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.' || c == '~') {
            out += c;
        } else {
            out += fmt::format("%{:02X}", byte);
        }
    }
    return out;
}

std::int64_t integer(const json::object& schema, std::string_view name, std::int64_t otherwise) {
    const auto* found = schema.if_contains(name);
    return found != nullptr && found->is_int64() ? found->get_int64() : otherwise;
}

bool contains_any(std::string_view text, std::initializer_list<std::string_view> words) {
    return std::ranges::any_of(words, [&](std::string_view word) { return text.contains(word); });
}

class Maker {
 public:
    Maker(const Operation& operation, Kind kind, const Population& population, const Aim& aim, Random random)
        : operation_(operation),
          kind_(kind),
          population_(population),
          aim_(aim),
          random_(random),
          unknown_(aim.unknown_seed) {}

    Request make() {
        Request request{
            .service = operation_.service,
            .method = operation_.method,
            .target = path() + query(),
            .headers = {},
            .body = {},
        };
        add_headers(request);
        if (operation_.body) {
            json::value body = value(*operation_.body, "body");
            if (kind_ == Kind::mass && body.is_object()) {
                add_members(body.get_object());
            }
            const bool form = operation_.form && body.is_object();
            request.body = form ? form_of(body.get_object()) : json::serialize(body);
            request.headers.emplace_back(
                "Content-Type", form ? "application/x-www-form-urlencoded" : "application/json"
            );
        }
        return request;
    }

 private:
    /// What a place holds: foreign or unknown where this kind aims, own elsewhere.
    [[nodiscard]] Whose in(Kind place) const {
        const bool aimed = kind_ == place || (kind_ == Kind::if_match && place == Kind::path) ||
                           (kind_ == Kind::role && place != Kind::query);
        return aimed ? aim_.whose : Whose::own;
    }

    [[nodiscard]] const Tenant& tenant(Whose whose) const {
        return whose == Whose::foreign ? *aim_.foreign : *aim_.own;
    }

    /// A row's identifier; the same one of the tenant's rows whoever is asked.
    std::string id_of(Whose whose, std::optional<std::size_t> table) {
        const std::size_t choice = random_.next();
        std::string unknown = unknown_.uuid();
        if (whose == Whose::unknown) {
            return unknown;
        }
        const auto& rows = tenant(whose).rows;
        const auto found = table ? rows.find(*table) : rows.end();
        const Rows& chosen =
            found != rows.end()
                ? found->second
                : std::next(rows.begin(), static_cast<std::ptrdiff_t>(choice % rows.size()))->second;
        const bool destroys = operation_.method == "DELETE" && whose == Whose::own;
        const auto& ids = destroys && !chosen.expendable.empty() ? chosen.expendable : chosen.kept;
        return ids.empty() ? unknown : ids[(choice >> 8U) % ids.size()];
    }

    /// The table whose identifiers a name speaks of: "items", "api-keys", "project_id".
    [[nodiscard]] std::optional<std::size_t> table_named(std::string_view word) const {
        if (const auto* special = find_by(path_words, &PathWord::segment, word)) {
            return population_.table(special->table);
        }
        std::string singular{word};
        std::ranges::replace(singular, '-', '_');
        for (const std::string_view suffix : {"_id", "s"}) {
            if (singular.ends_with(suffix)) {
                singular.resize(singular.size() - suffix.size());
                break;
            }
        }
        const auto& tables = population_.tables();
        for (std::size_t i = 0; i < tables.size(); ++i) {
            if (std::string_view{tables[i]}.substr(tables[i].find('.') + 1) == singular) {
                return i;
            }
        }
        return std::nullopt;
    }

    std::string path() {
        std::string out;
        std::string_view rest = operation_.path;
        std::string_view word;
        while (!rest.empty()) {
            const std::size_t end = rest.find('/', 1);
            const std::string_view segment = rest.substr(1, end - 1);
            rest.remove_prefix(end == std::string_view::npos ? rest.size() : end);
            out += '/';
            if (segment.starts_with('{')) {
                const Whose whose = in(Kind::path);
                out += id_of(whose, table_named(word));
            } else {
                out += segment;
                word = segment;
            }
        }
        return out;
    }

    std::string query() {
        std::string out;
        for (const Parameter& parameter : operation_.parameters) {
            if (parameter.place != Place::query) {
                continue;
            }
            const bool wanted = (random_.chance(50) || aim_.everything) && !aim_.least;
            const bool aimed = kind_ == Kind::query && parameter.can_name_a_tenants_row();
            std::string text;
            if (parameter.name == "cursor") {
                if (kind_ != Kind::cursor && !aim_.everything) {
                    continue;
                }
                text = aim_.cursor;
            } else if (kind_ == Kind::cursor || (!parameter.required && !aimed && !wanted)) {
                continue;  // a cursor is good for one filter and one order, and it was made without
            } else if (text_of(without_null(parameter.schema), "format") == "uuid") {
                text = id_of(in(Kind::query), table_named(parameter.name));
            } else if (parameter.can_name_a_tenants_row()) {
                const Whose whose = in(Kind::query);
                text = whose == Whose::unknown ? "cnryzzzz" : Population::hint(tenant(whose).number);
            } else {
                const json::value made = value(parameter.schema, parameter.name);
                text = made.is_string() ? std::string{made.get_string()} : json::serialize(made);
            }
            out += (out.empty() ? '?' : '&') + percent_encoded(parameter.name) + '=' + percent_encoded(text);
        }
        return out;
    }

    void add_headers(Request& request) {
        if (operation_.parameter(Place::header, "If-Match") != nullptr) {
            constexpr std::array<std::string_view, 4> versions{"\"1\"", "\"1\"", "*", "\"1\", \"2\""};
            request.headers.emplace_back(
                "If-Match", aim_.everything ? versions.front() : random_.pick(versions)
            );
        }
        if (operation_.parameter(Place::header, "If-None-Match") != nullptr && random_.chance(20) &&
            !aim_.everything) {  // sqlmap leaves it out of what it sends
            request.headers.emplace_back("If-None-Match", "\"1\"");
        }
        if (operation_.parameter(Place::header, "X-Requested-With") != nullptr && random_.chance(50)) {
            request.headers.emplace_back("X-Requested-With", "phasezero-web");
        }
        if (kind_ == Kind::idempotency ||
            (aim_.everything && operation_.parameter(Place::header, "Idempotency-Key") != nullptr)) {
            request.headers.emplace_back("Idempotency-Key", "shared-" + random_.hex(16));
        }
        if (kind_ == Kind::tenant_header) {
            request.headers.emplace_back(
                "X-Tenant-ID", id_of(aim_.whose, population_.table("platform.tenant"))
            );
        }
    }

    void add_members(json::object& body) {
        for (const std::string_view name : {"tenant_id", "id", "created_by", "org_id"}) {
            if (!body.contains(name) && random_.chance(60)) {
                const std::string_view table = name == "created_by" ? "identity.person" : "platform.tenant";
                body[name] =
                    id_of(aim_.whose, name == "id" ? table_named(last_word()) : population_.table(table));
            }
        }
    }

    [[nodiscard]] std::string_view last_word() const {
        const std::string_view whole = operation_.path;
        const std::string_view words = whole.substr(0, whole.find("/{"));
        return words.substr(words.rfind('/') + 1);
    }

    json::value value(const json::object& nullable, std::string_view name) {
        const json::object& schema = without_null(nullable);
        if (const auto* choices = schema.if_contains("enum")) {
            return random_.pick(choices->as_array());
        }
        const std::string_view type = text_of(schema, "type");
        if (type == "object") {
            return object(schema);
        }
        if (type == "array") {
            json::array list;
            list.push_back(value(schema.at("items").as_object(), name));
            return list;
        }
        if (type == "boolean") {
            return random_.chance(50);
        }
        if (type == "integer" || type == "number") {
            const std::int64_t low = integer(schema, "minimum", 1);
            const std::int64_t high = std::min(integer(schema, "maximum", low + 100), low + 1'000);
            return low + static_cast<std::int64_t>(random_.below(static_cast<std::size_t>(high - low + 1)));
        }
        return text(schema, name);
    }

    json::object object(const json::object& schema) {
        json::object out;
        const auto* properties = schema.if_contains("properties");
        if (properties == nullptr) {
            return out;
        }
        const auto* required = schema.if_contains("required");
        for (const auto& property : properties->as_object()) {
            const bool needed = required != nullptr &&
                                std::ranges::any_of(required->as_array(), [&](const json::value& each) {
                                    return each.as_string() == property.key();
                                });
            const auto& inner = property.value().as_object();
            const bool aimed = kind_ == Kind::body && takes_a_uuid(inner);
            const bool wanted = random_.chance(60) || aim_.everything;
            if (needed || aimed || wanted) {
                out[property.key()] = value(inner, property.key());
            }
        }
        return out;
    }

    json::value text(const json::object& schema, std::string_view name) {
        const std::string_view format = text_of(schema, "format");
        if (format == "uuid") {
            return json::value(id_of(in(Kind::body), table_named(name)));
        }
        if (format == "date-time") {
            return "2026-06-01T00:00:00.000000Z";
        }
        const std::string unique = random_.hex(10);
        if (format == "password" || schema.contains("writeOnly")) {
            return json::value(said(Population::secret) + unique);
        }
        if (contains_any(name, {"email", "username"})) {
            return json::value(fmt::format("{}.{}@example.test", said(Population::spoken), unique));
        }
        if (name == "grant_type") {
            return "password";  // as far as a stranger gets at /token
        }
        // Credentials are not guessed here: each has its own tests, and wrong ones are throttled.
        if (contains_any(
                name, {"password", "token", "secret", "code", "otp", "assertion", "grant", "verifier"}
            )) {
            return json::value("made-up-" + unique);
        }
        const std::string words = said(Population::spoken) + " " + unique;
        const auto longest =
            static_cast<std::size_t>(integer(schema, "maxLength", std::numeric_limits<std::int32_t>::max()));
        return json::value(words.size() <= longest ? words : unique.substr(0, longest));
    }

    [[nodiscard]] std::string said(std::size_t table) const {
        return aim_.voice ? population_.canary(*aim_.voice, table) : "nobody";
    }

    static std::string form_of(const json::object& body) {
        std::string out;
        for (const auto& member : body) {
            const std::string text = member.value().is_string() ? std::string{member.value().get_string()}
                                                                : json::serialize(member.value());
            out += (out.empty() ? "" : "&") + percent_encoded(member.key()) + '=' + percent_encoded(text);
        }
        return out;
    }

    const Operation& operation_;
    Kind kind_;
    const Population& population_;
    const Aim& aim_;
    Random random_;
    Random unknown_;
};

}  // namespace

std::string_view name_of(Kind kind) {
    return kind_names[static_cast<std::size_t>(kind)];
}

bool fits(Kind kind, const Operation& operation, std::string_view role) {
    const bool allowed = operation.allows(role);
    switch (kind) {
        case Kind::own:
            return allowed;
        case Kind::path:
            return allowed && operation.has(Place::path);
        case Kind::query:
            return allowed && operation.has(Place::query);
        case Kind::cursor:
            return allowed && operation.parameter(Place::query, "cursor") != nullptr;
        case Kind::body:
            return allowed && operation.body && takes_a_uuid(*operation.body);
        case Kind::mass:
            return allowed && operation.body.has_value();
        case Kind::if_match:
            return allowed && operation.has(Place::path) &&
                   operation.parameter(Place::header, "If-Match") != nullptr;
        case Kind::idempotency:
            return allowed && operation.parameter(Place::header, "Idempotency-Key") != nullptr;
        case Kind::tenant_header:
            return allowed && operation.signed_in;
        case Kind::role:
            return !allowed;
        case Kind::token:
            return operation.signed_in && role != "anonymous";
    }
    return false;
}

std::string Request::bytes() const {
    std::string out = fmt::format("{} {} HTTP/1.1\r\nHost: 127.0.0.1\r\n", method, target);
    for (const auto& [name, value] : headers) {
        out += fmt::format("{}: {}\r\n", name, value);
    }
    if (!body.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
        out += fmt::format("Content-Length: {}\r\n", body.size());
    }
    return out + "\r\n" + body;
}

std::string Request::described() const {
    std::string out = fmt::format(
        "{} {} ({})",
        method,
        target,
        service == testkit::Service::api ? "product-core-api" : "identity-service"
    );
    for (const auto& [name, value] : headers) {
        if (name != "Authorization") {
            out += fmt::format(" | {}: {}", name, value);
        }
    }
    return body.empty() ? out : out + " | " + body;
}

Request make_request(
    const Operation& operation, Kind kind, const Population& population, const Aim& aim, Random random
) {
    return Maker{operation, kind, population, aim, random}.make();
}

}  // namespace pz::isolation
