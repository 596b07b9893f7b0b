#include <pz/audit/event.hpp>

#include "statements.hpp"

#include <pz/audit/canonical.hpp>
#include <pz/audit/chain.hpp>
#include <pz/core/json.hpp>

#include <array>
#include <utility>

namespace json = boost::json;

namespace pz::audit {

namespace {

constexpr std::array statements{append, append_if_changed, keep_personal};

/// Writes the members of one object; the caller names them in canonical order. The names are ours and plain.
class ObjectWriter {
 public:
    explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }

    void text(std::string_view name, std::string_view value) {
        if (!value.empty()) {
            append_canonical(place(name), value);
        }
    }

    void id(std::string_view name, const std::optional<core::Uuid>& value) {
        if (value) {
            place(name) += '"';
            value->append_to(out_);
            out_ += '"';
        }
    }

    void number(std::string_view name, const std::optional<std::int64_t>& value) {
        if (value) {
            append_canonical(place(name), *value);
        }
    }

    void object(std::string_view name, const json::object& value) {
        append_canonical(place(name), json::value(value));
    }

    /// Where the member's value goes.
    std::string& place(std::string_view name) {
        if (!std::exchange(first_, false)) {
            out_ += ',';
        }
        out_ += '"';
        out_ += name;
        out_ += "\":";
        return out_;
    }

    void close() { out_ += '}'; }

 private:
    std::string& out_;
    bool first_ = true;
};

void append_actor(std::string& out, const Actor& actor) {
    ObjectWriter writer(out);
    writer.id("id", actor.id);
    writer.text("role", actor.role);
    writer.id("tenant", actor.tenant);
    writer.text("type", core::enum_text(actor.type));
    writer.close();
}

void append_impersonation(std::string& out, const Impersonation& impersonation) {
    ObjectWriter writer(out);
    writer.text("mode", impersonation.mode);
    writer.text("reason", impersonation.reason);
    writer.id("sid", impersonation.session);
    writer.text("ticket", impersonation.ticket);
    writer.close();
}

/// The one object whose members are not all known here, so that it goes through the tree.
void append_origin(std::string& out, const Origin& origin) {
    if (!origin.more.empty()) {
        json::object object = origin.more;
        const auto add = [&](std::string_view name, const std::string& value) {
            if (!value.empty()) {
                object[name] = value;
            }
        };
        add("ip_c", origin.address_commitment);
        add("req", origin.request_id);
        add("route", origin.route);
        add("ua_c", origin.user_agent_commitment);
        if (origin.rows) {
            object["rows"] = *origin.rows;
        }
        if (origin.status) {
            object["status"] = *origin.status;
        }
        append_canonical(out, json::value(std::move(object)));
        return;
    }
    ObjectWriter writer(out);
    writer.text("ip_c", origin.address_commitment);
    writer.text("req", origin.request_id);
    writer.text("route", origin.route);
    writer.number("rows", origin.rows);
    writer.number("status", origin.status);
    writer.text("ua_c", origin.user_agent_commitment);
    writer.close();
}

void append_targets(std::string& out, const std::vector<Target>& targets) {
    out += '[';
    for (const Target& target : targets) {
        out += &target == targets.data() ? "" : ",";
        ObjectWriter writer(out);
        writer.text("id", target.id);
        writer.text("type", target.type);
        writer.close();
    }
    out += ']';
}

}  // namespace

std::string OpenBody::with(std::int64_t seq) const {
    std::string body = before;
    append_canonical(body, seq);
    return body += after;
}

OpenBody Event::open_body() const {
    OpenBody body;
    body.before.reserve(640);
    ObjectWriter writer(body.before);
    writer.text("action", action);
    append_actor(writer.place("actor"), actor);
    writer.text("chain", chain_name(chain));
    append_origin(writer.place("ctx"), origin);
    if (!before.empty() || !after.empty()) {
        ObjectWriter diff(writer.place("diff"));
        diff.object("after", after);
        diff.object("before", before);
        diff.close();
    }
    writer.id("id", id);
    if (impersonation) {
        append_impersonation(writer.place("imp"), *impersonation);
    }
    if (on_behalf_of) {
        ObjectWriter person(writer.place("on_behalf_of"));
        person.id("id", on_behalf_of);
        person.close();
    }
    writer.text("outcome", core::enum_text(outcome));
    writer.place("seq");
    body.after = ",\"target\":";
    append_targets(body.after, targets);
    body.after += ",\"ts\":\"";
    core::append_to(body.after, time);
    body.after += "\",\"v\":1}";
    return body;
}

pg::PreparedStatement append_statement(const Event& event, bool only_if_changed) {
    const OpenBody body = event.open_body();
    return {
        only_if_changed ? append_if_changed : append,
        pg::Parameters::of(
            event.chain,
            event.id,
            event.time,
            event.action,
            event.outcome,
            event.actor.id,
            event.targets.empty() ? std::nullopt : std::optional{event.targets.front().id},
            event.impersonation ? std::optional{event.impersonation->session} : std::nullopt,
            body.before,
            body.after
        )
    };
}

std::span<const pg::Query> queries() {
    return statements;
}

}  // namespace pz::audit
