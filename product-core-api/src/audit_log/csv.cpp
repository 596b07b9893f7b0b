#include "audit_log/csv.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>

namespace pz::product::audit_log {

namespace {

constexpr std::array<std::string_view, 11> formula_starts{
    "=", "+", "-", "@", "\t", "\r", "\n", "\uFF1D", "\uFF0B", "\uFF0D", "\uFF20"
};

class Row {
 public:
    explicit Row(std::string& out) : out_(out) {}

    Row& cell(std::string_view text) {
        out_ += is_first_ ? "" : ",";
        is_first_ = false;
        append_cell(out_, text);
        return *this;
    }

    Row& cell(const std::optional<std::string>& text) { return cell(std::string_view{text ? *text : ""}); }

    Row& cell(const std::optional<core::Uuid>& id) { return cell(id ? id->to_string() : std::string{}); }

    Row& cell(const std::string& text) { return cell(std::string_view{text}); }

    void end() { out_ += "\r\n"; }

 private:
    std::string& out_;
    bool is_first_ = true;
};

/// "item:0197…": several with a space between them.
std::string targets_of(const AuditEvent& event) {
    std::string text;
    for (const EventTarget& target : event.target) {
        text += text.empty() ? "" : " ";
        text += target.type + ':' + target.id;
    }
    return text;
}

std::string json_of(const boost::json::object& object) {
    return object.empty() ? std::string{} : boost::json::serialize(object);
}

}  // namespace

void append_cell(std::string& out, std::string_view text) {
    out += '"';
    if (std::ranges::any_of(formula_starts, [&](std::string_view start) {
            return text.starts_with(start);
        })) {
        out += '\'';
    }
    for (const char c : text) {
        out += c == '"' ? "\"\"" : std::string_view{&c, 1};
    }
    out += '"';
}

void append_csv_head(std::string& out) {
    Row row(out);
    for (const std::string_view name :
         {"seq",
          "time",
          "action",
          "outcome",
          "actor",
          "actor_type",
          "actor_role",
          "on_behalf_of",
          "impersonation",
          "target",
          "route",
          "status",
          "request_id",
          "facts",
          "before",
          "after",
          "hash"}) {
        row.cell(name);
    }
    row.end();
}

void append_csv_row(std::string& out, const AuditEvent& event) {
    Row row(out);
    row.cell(std::to_string(event.seq))
        .cell(core::to_string(event.time))
        .cell(event.action)
        .cell(core::enum_text(event.outcome))
        .cell(event.actor.id)
        .cell(core::enum_text(event.actor.type))
        .cell(event.actor.role)
        .cell(event.on_behalf_of)
        .cell(event.impersonation ? std::optional{event.impersonation->session} : std::nullopt)
        .cell(targets_of(event))
        .cell(event.route)
        .cell(event.status ? std::to_string(*event.status) : std::string{})
        .cell(event.request_id)
        .cell(json_of(event.facts))
        .cell(event.diff ? json_of(event.diff->before) : std::string{})
        .cell(event.diff ? json_of(event.diff->after) : std::string{})
        .cell(event.hash)
        .end();
}

}  // namespace pz::product::audit_log
