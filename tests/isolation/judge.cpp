#include "judge.hpp"

#include "reviewed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>
#include <vector>

namespace pz::isolation {

namespace {

/// What differs from one answer to the next by its nature.
constexpr std::array<std::string_view, 8> varying_headers{
    "Date",
    "X-Request-Id",
    "Server-Timing",
    "traceparent",
    "RateLimit",
    "RateLimit-Policy",
    "Content-Length",
    "Set-Cookie"
};

std::string without_request_id(std::string text) {
    constexpr std::string_view member = "\"request_id\":\"";
    const std::size_t begin = text.find(member);
    if (begin != std::string::npos) {
        const std::size_t value = begin + member.size();
        text.erase(value, text.find('"', value) - value);
    }
    return text;
}

testkit::Reply::Headers lasting(const testkit::Reply::Headers& headers) {
    testkit::Reply::Headers out;
    std::ranges::copy_if(headers, std::back_inserter(out), [](const auto& header) {
        return std::ranges::find(varying_headers, std::string_view{header.first}) == varying_headers.end();
    });
    return out;
}

}  // namespace

std::string whole_text(const testkit::Reply& reply) {
    std::string out = fmt::format("{}\n", reply.status());
    for (const auto& [name, value] : reply.headers()) {
        out += fmt::format("{}: {}\n", name, value);
    }
    return out + "\n" + reply.text();
}

bool Judge::may_see(const Operation& operation, std::string_view role, std::size_t table) {
    // What people said may stand in any column of what may be shown: a tenant's admin gives it its name.
    const bool said = table >= population_.tables().size();
    for (std::size_t i = 0; i < std::size(permissions); ++i) {
        if (permissions[i].operation == operation.name && permissions[i].role == role &&
            (said || permissions[i].table == population_.tables()[table])) {
            const std::lock_guard lock{used_mutex_};
            used_.insert(i);
            return true;
        }
    }
    return false;
}

bool Judge::reaches_across(const Operation& operation, std::string_view role) {
    return operation.across_tenants() || std::ranges::any_of(permissions, [&](const Permission& permission) {
               return permission.operation == operation.name && permission.role == role;
           });
}

void Judge::note_write(const Operation& operation, std::string_view role) {
    for (std::size_t i = 0; i < std::size(permissions); ++i) {
        if (permissions[i].operation == operation.name && permissions[i].role == role) {
            const std::lock_guard lock{used_mutex_};
            used_.insert(i);
        }
    }
}

std::optional<std::string> Judge::leak_in(
    std::string_view answer, const Operation& operation, std::string_view role, int tenant
) {
    for (const Canary& canary : population_.canaries_in(answer)) {
        if (canary.table == Population::secret) {
            return fmt::format("leak: a secret of tenant {} that is never returned", canary.tenant);
        }
        if (canary.tenant != tenant && !may_see(operation, role, canary.table)) {
            return fmt::format(
                "leak: {} of tenant {}",
                canary.table < population_.tables().size() ? population_.tables()[canary.table] : "a text",
                canary.tenant
            );
        }
    }
    for (const std::string& id : uuids_in(answer)) {
        const auto owner = population_.owner_of(id);
        if (owner && owner->tenant != tenant && owner->tenant != platform &&
            !may_see(operation, role, owner->table)) {
            return fmt::format(
                "leak: the identifier {} in {} of tenant {}",
                id,
                owner->table < population_.tables().size() ? population_.tables()[owner->table] : "a table",
                owner->tenant
            );
        }
    }
    return std::nullopt;
}

std::optional<std::string> Judge::difference(const testkit::Reply& foreign, const testkit::Reply& unknown) {
    if (foreign.status() != unknown.status()) {
        return fmt::format("oracle: {} for another's row, {} for none", foreign.status(), unknown.status());
    }
    if (without_request_id(foreign.text()) != without_request_id(unknown.text())) {
        return "oracle: another's row and none have different bodies: " + unknown.text();
    }
    if (lasting(foreign.headers()) != lasting(unknown.headers())) {
        return "oracle: another's row and none have different headers: " + whole_text(unknown);
    }
    return std::nullopt;
}

std::set<std::string> Judge::unused_permissions() const {
    std::set<std::string> unused;
    for (std::size_t i = 0; i < std::size(permissions); ++i) {
        const Permission& entry = permissions[i];
        if (!used_.contains(i) && entry.need == Need::always) {
            unused.insert(fmt::format("{} for {} to reach {}", entry.operation, entry.role, entry.table));
        }
    }
    return unused;
}

}  // namespace pz::isolation
