#include <pz/auth/claims.hpp>

#include <pz/core/json.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <limits>

namespace json = boost::json;

namespace pz::auth {

namespace {

constexpr std::size_t max_text_size = 256;
constexpr std::size_t max_list_size = 8;
// Seconds; far beyond any lifetime and far below what a Timestamp can hold.
constexpr std::int64_t latest_time = 253'402'300'799;  // 9999-12-31T23:59:59Z

/// Writes members in order; the names are ours, so they need no escaping.
class ObjectWriter {
 public:
    template <class T>
    ObjectWriter& add(std::string_view name, const T& value) {
        key(name);
        core::write_json(out_, value);
        return *this;
    }

    ObjectWriter& add_raw(std::string_view name, std::string_view text) {
        key(name);
        out_ += text;
        return *this;
    }

    ObjectWriter& add_time(std::string_view name, core::Timestamp time) {
        return add(name, core::unix_seconds(time));
    }

    [[nodiscard]] std::string finish() && { return std::move(out_ += '}'); }

 private:
    void key(std::string_view name) {
        if (out_.size() > 1) {
            out_ += ',';
        }
        out_ += '"';
        out_ += name;
        out_ += "\":";
    }

    std::string out_ = "{";
};

/// Reads claims and remembers the first complaint, so that the caller reads straight on.
class ClaimReader {
 public:
    explicit ClaimReader(const json::object& object) : object_(object) {}

    void refuse(std::string_view complaint) noexcept {
        if (complaint_.empty()) {
            complaint_ = complaint;
        }
    }

    [[nodiscard]] std::string_view complaint() const noexcept { return complaint_; }

    [[nodiscard]] const json::value* find(std::string_view name) const { return object_.if_contains(name); }

    std::string text(std::string_view name, std::string_view complaint) {
        const json::value* value = find(name);
        if (value == nullptr || !is_short_text(*value)) {
            refuse(complaint);
            return {};
        }
        return std::string{value->get_string()};
    }

    core::Uuid uuid(std::string_view name, std::string_view complaint) {
        const auto id = core::Uuid::parse(text(name, complaint));
        if (!id) {
            refuse(complaint);
        }
        return id.value_or(core::Uuid{});
    }

    /// An identifier of a thing that exists: never nil.
    core::Uuid identifier(std::string_view name, std::string_view complaint) {
        const core::Uuid id = uuid(name, complaint);
        if (id.is_nil()) {
            refuse(complaint);
        }
        return id;
    }

    std::int64_t integer(std::string_view name, std::int64_t high, std::string_view complaint) {
        const json::value* value = find(name);
        if (value == nullptr || !value->is_int64() || value->get_int64() < 0 || value->get_int64() > high) {
            refuse(complaint);
            return 0;
        }
        return value->get_int64();
    }

    core::Timestamp time(std::string_view name, std::string_view complaint) {
        return core::Timestamp{std::chrono::seconds{integer(name, latest_time, complaint)}};
    }

    std::int32_t epoch(std::string_view name, std::string_view complaint) {
        return static_cast<std::int32_t>(integer(name, std::numeric_limits<std::int32_t>::max(), complaint));
    }

    template <class Enum>
    Enum choice(std::string_view name, std::string_view complaint) {
        const auto value = core::enum_from_text<Enum>(text(name, complaint));
        if (!value) {
            refuse(complaint);
        }
        return value.value_or(Enum{});
    }

    std::vector<std::string> texts(std::string_view name, std::string_view complaint) {
        const json::value* value = find(name);
        std::vector<std::string> list;
        if (value == nullptr || !value->is_array() || value->get_array().size() > max_list_size) {
            refuse(complaint);
            return list;
        }
        for (const json::value& element : value->get_array()) {
            if (!is_short_text(element)) {
                refuse(complaint);
                return list;
            }
            list.emplace_back(element.get_string());
        }
        return list;
    }

 private:
    static bool is_short_text(const json::value& value) {
        return value.is_string() && !value.get_string().empty() && value.get_string().size() <= max_text_size;
    }

    const json::object& object_;
    std::string_view complaint_;
};

/// RFC 7519 lets a single audience stand without the array.
std::vector<std::string> read_audience(ClaimReader& claims) {
    const json::value* audience = claims.find("aud");
    if (audience != nullptr && audience->is_string()) {
        return {claims.text("aud", "aud is not usable")};
    }
    auto list = claims.texts("aud", "aud is not usable");
    if (list.empty()) {
        claims.refuse("aud is not usable");
    }
    return list;
}

std::optional<Actor> read_actor(ClaimReader& claims, const std::string& issuer) {
    const json::value* value = claims.find("act");
    if (value == nullptr) {
        return std::nullopt;
    }
    if (!value->is_object()) {
        claims.refuse("act is not an object");
        return std::nullopt;
    }
    ClaimReader members{value->get_object()};
    Actor actor;
    actor.id = members.identifier("sub", "act.sub is not usable");
    actor.role = members.choice<Role>("role", "act.role is not usable");
    if (members.text("iss", "act.iss is not usable") != issuer) {
        members.refuse("act.iss is not the issuer");
    }
    if (!is_platform_role(actor.role)) {
        members.refuse("act.role is not a platform role");
    }
    if (members.find("act") != nullptr) {
        members.refuse("act is nested");
    }
    claims.refuse(members.complaint());
    return actor;
}

std::optional<Impersonation> read_impersonation(ClaimReader& claims) {
    const json::value* value = claims.find("imp");
    if (value == nullptr) {
        return std::nullopt;
    }
    if (!value->is_object()) {
        claims.refuse("imp is not an object");
        return std::nullopt;
    }
    ClaimReader members{value->get_object()};
    Impersonation impersonation;
    impersonation.session = members.identifier("sid", "imp.sid is not usable");
    impersonation.mode = members.choice<ImpersonationMode>("mode", "imp.mode is not usable");
    const json::value* approved_by = members.find("approved_by");
    if (approved_by != nullptr && !approved_by->is_null()) {
        impersonation.approved_by = members.identifier("approved_by", "imp.approved_by is not usable");
    }
    claims.refuse(members.complaint());
    return impersonation;
}

void refuse_contradictions(ClaimReader& reader, const AccessClaims& claims) {
    if (reader.find("roles") != nullptr) {
        const auto roles = reader.texts("roles", "roles is not usable");
        if (roles.size() != 1 || roles.front() != core::enum_text(claims.role)) {
            reader.refuse("roles is not [role]");
        }
    }
    if (is_platform_role(claims.role) != (claims.tenant == core::public_tenant)) {
        reader.refuse("role does not belong to the tenant");
    }
    if (claims.actor.has_value() != claims.impersonation.has_value()) {
        reader.refuse("act and imp belong together");
    }
    if (claims.actor && is_platform_role(claims.role)) {
        reader.refuse("platform staff cannot be impersonated");
    }
}

}  // namespace

std::string to_payload(const AccessClaims& claims) {
    ObjectWriter payload;
    payload.add("iss", claims.issuer)
        .add("aud", claims.audience)
        .add("client_id", claims.client_id)
        .add("sub", claims.person)
        .add("jti", claims.token_id)
        .add_time("iat", claims.issued_at)
        .add_time("nbf", claims.not_before)
        .add_time("exp", claims.expires_at)
        .add_time("auth_time", claims.auth_time)
        .add("amr", claims.amr)
        .add("tenant_id", claims.tenant)
        .add("role", claims.role)
        .add("roles", std::vector{claims.role})
        .add("sid", claims.session)
        .add("tv", claims.tenant_epoch)
        .add("pv", claims.person_epoch)
        .add("scope", claims.scope);
    if (claims.impersonation) {
        ObjectWriter impersonation;
        impersonation.add("sid", claims.impersonation->session)
            .add("mode", claims.impersonation->mode)
            .add("approved_by", claims.impersonation->approved_by);
        payload.add_raw("imp", std::move(impersonation).finish());
    }
    if (claims.actor) {
        ObjectWriter actor;
        actor.add("iss", claims.issuer).add("sub", claims.actor->id).add("role", claims.actor->role);
        payload.add_raw("act", std::move(actor).finish());
    }
    return std::move(payload).finish();
}

std::expected<AccessClaims, std::string_view> parse_claims(std::string_view payload) {
    const auto document = core::parse_json(payload);
    if (!document || !document->is_object()) {
        return std::unexpected("payload is not a JSON object");
    }
    ClaimReader reader{document->get_object()};
    AccessClaims claims;
    claims.issuer = reader.text("iss", "iss is not usable");
    claims.audience = read_audience(reader);
    claims.client_id = reader.text("client_id", "client_id is not usable");
    claims.person = reader.identifier("sub", "sub is not usable");
    claims.token_id = reader.identifier("jti", "jti is not usable");
    claims.issued_at = reader.time("iat", "iat is not usable");
    claims.not_before = reader.time("nbf", "nbf is not usable");
    claims.expires_at = reader.time("exp", "exp is not usable");
    claims.auth_time = reader.time("auth_time", "auth_time is not usable");
    claims.amr = reader.texts("amr", "amr is not usable");
    claims.tenant = reader.uuid("tenant_id", "tenant_id is not usable");
    claims.role = reader.choice<Role>("role", "role is not usable");
    claims.session = reader.identifier("sid", "sid is not usable");
    claims.tenant_epoch = reader.epoch("tv", "tv is not usable");
    claims.person_epoch = reader.epoch("pv", "pv is not usable");
    if (const json::value* scope = reader.find("scope"); scope != nullptr) {
        claims.scope = reader.text("scope", "scope is not usable");
    }
    claims.actor = read_actor(reader, claims.issuer);
    claims.impersonation = read_impersonation(reader);
    refuse_contradictions(reader, claims);
    if (!reader.complaint().empty()) {
        return std::unexpected(reader.complaint());
    }
    return claims;
}

}  // namespace pz::auth
