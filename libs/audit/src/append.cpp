#include <pz/audit/append.hpp>

#include <pz/core/json.hpp>

#include <optional>
#include <string>

namespace pz::audit {

namespace {

std::optional<std::string> text(const std::optional<core::Uuid>& id) {
    return id ? std::optional{id->to_string()} : std::nullopt;
}

}  // namespace

std::int64_t append(pg::BlockingConnection& connection, const Event& event) {
    const OpenBody body = event.open_body();
    return std::stoll(connection.value(
        "select audit.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        {event.chain.to_string(),
         event.id.to_string(),
         core::to_string(event.time),
         event.action,
         std::string{core::enum_text(event.outcome)},
         text(event.actor.id),
         event.targets.empty() ? std::nullopt : std::optional{event.targets.front().id},
         text(event.impersonation ? std::optional{event.impersonation->session} : std::nullopt),
         body.before,
         body.after}
    ));
}

}  // namespace pz::audit
