#include "ledger.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <ranges>
#include <thread>

namespace pz::isolation {

namespace {

/// Which tenant a row of the table belongs to, as SQL.
std::string tenant_column(std::string_view table) {
    if (table == "platform.tenant") {
        return "t.id";
    }
    return table == "identity.person"
               ? "(select m.tenant_id from identity.membership m where m.person_id = t.id limit 1)"
               : "t.tenant_id";
}

Finding changed(std::string what) {
    return {
        .what = "changed: " + std::move(what), .operation = {}, .request = {}, .answer = {}, .attempt = {}
    };
}

}  // namespace

Ledger::Ledger(testkit::TestDatabase& database, const Population& population)
    : superuser_(database.connect_as_superuser()), population_(population), before_(fingerprints()) {}

void Ledger::created(const std::string& id, int tenant) {
    const std::lock_guard lock{mutex_};
    created_.emplace(id, tenant);
}

void Ledger::deleted(const std::string& id) {
    const std::lock_guard lock{mutex_};
    deleted_.insert(id);
}

void Ledger::may_have_created(int tenant) {
    const std::lock_guard lock{mutex_};
    ++maybe_created_[tenant];
}

void Ledger::may_have_deleted(const std::string& id) {
    const std::lock_guard lock{mutex_};
    maybe_deleted_.insert(id);
}

std::map<std::string, std::string> Ledger::fingerprints() {
    std::vector<std::string> silent;
    for (const Tenant& tenant : population_.tenants()) {
        if (tenant.part == Part::silent) {
            silent.push_back(tenant.id);
        }
    }
    const std::string list = fmt::format("{{{}}}", fmt::join(silent, ","));
    std::map<std::string, std::string> out;
    for (const std::string& table : population_.tables()) {
        out[table] = superuser_.value(
            fmt::format(
                "select count(*) || ' rows, ' || coalesce(md5(string_agg(t::text, E'\\n' order by t::text "
                "collate \"C\")), '')"
                " from {} t where {} = any ($1::text::uuid[])",
                table,
                tenant_column(table)
            ),
            {list}
        );
    }
    return out;
}

std::vector<Finding> Ledger::check(std::uint64_t& rows, std::uint64_t& writes) {
    // A request whose client hung up may still be at work.
    constexpr auto limit = std::chrono::seconds{15};
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (
        superuser_.value(
            "select count(*) from pg_stat_activity where datname = current_database() and usename ~ '^pz_' "
            "and state <> 'idle'"
        ) != "0" &&
        std::chrono::steady_clock::now() < deadline
    ) {
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }

    std::vector<Finding> findings;
    for (const auto& [table, now] : fingerprints()) {
        if (now != before_.at(table)) {
            findings.push_back(changed(fmt::format(
                "{} of tenants that nobody speaks for: {} before, {} now", table, before_.at(table), now
            )));
        }
    }

    std::map<std::string, int> number_of;
    for (const Tenant& tenant : population_.tenants()) {
        number_of.emplace(tenant.id, tenant.number);
    }
    const std::lock_guard lock{mutex_};
    writes = created_.size() + deleted_.size();
    std::set<std::string> there;
    std::map<int, std::size_t> unexplained;
    for (const std::string& table : population_.tables()) {
        const auto found = superuser_.query(fmt::format(
            "select {}::text, to_jsonb(t) ->> 'id', to_jsonb(t)::text from {} t", tenant_column(table), table
        ));
        rows += found.rows.size();
        for (const auto& row : found.rows) {
            const auto number = row.at(0) ? number_of.find(*row.at(0)) : number_of.end();
            if (number == number_of.end()) {
                continue;
            }
            const int tenant = number->second;
            const std::string& content = row.at(2).value();
            for (const Canary& canary : population_.canaries_in(content)) {
                // What staff say of a tenant by the platform's own operations.
                const bool by_staff =
                    canary.tenant == platform && table == "platform.tenant" &&
                    population_.tenants().at(static_cast<std::size_t>(tenant)).part == Part::of_the_platform;
                if (canary.tenant != tenant && !by_staff) {
                    findings.push_back(changed(fmt::format(
                        "a row of tenant {} holds a text of tenant {}: {}: {}",
                        tenant,
                        canary.tenant,
                        table,
                        content
                    )));
                }
            }
            for (const std::string& id : uuids_in(content)) {
                const auto owner = population_.owner_of(id);
                if (owner && owner->tenant != tenant && owner->tenant != platform) {
                    findings.push_back(changed(fmt::format(
                        "a row of tenant {} refers to {} of tenant {}: {}: {}",
                        tenant,
                        id,
                        owner->tenant,
                        table,
                        content
                    )));
                }
            }
            if (const auto& id = row.at(1)) {
                there.insert(*id);
                if (const auto ours = created_.find(*id); ours != created_.end() && ours->second != tenant) {
                    findings.push_back(changed(
                        fmt::format("{} was made by tenant {} and is tenant {}'s", *id, ours->second, tenant)
                    ));
                }
                if (table.starts_with("app.") && !population_.owner_of(*id)) {
                    ++unexplained[tenant];
                }
                if (table.starts_with("app.") && deleted_.contains(*id)) {
                    findings.push_back(changed(fmt::format("{} was deleted, and is in {}", *id, table)));
                }
            }
        }
    }
    for (const auto& [id, tenant] : created_) {
        if (!there.contains(id) && !deleted_.contains(id) && !maybe_deleted_.contains(id)) {
            findings.push_back(
                changed(fmt::format("{}, which tenant {} was told of, is not there", id, tenant))
            );
        }
    }
    for (const auto& [tenant, count] : unexplained) {
        if (count > maybe_created_[tenant]) {
            findings.push_back(changed(fmt::format(
                "tenant {} has {} rows that nobody made, and {} writes without an answer",
                tenant,
                count,
                maybe_created_[tenant]
            )));
        }
    }
    return findings;
}

}  // namespace pz::isolation
