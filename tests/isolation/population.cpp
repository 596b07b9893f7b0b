#include "population.hpp"

#include "reviewed.hpp"

#include <pz/testkit/accounts.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <mutex>
#include <ranges>
#include <stdexcept>

namespace pz::isolation {

namespace {

constexpr std::string_view mark = "cnry";
constexpr std::size_t tenant_digits = 4;
constexpr std::size_t table_digits = 2;
constexpr std::size_t proof_digits = 12;
constexpr std::size_t canary_size = mark.size() + tenant_digits + 1 + table_digits + proof_digits;
constexpr int platform_digits = 9999;

/// Of each of app's tables, in each tenant.
constexpr int kept_rows = 3;
constexpr int expendable_rows = 5;

std::optional<int> number_in(std::string_view text) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional{number} : std::nullopt;
}

constexpr std::size_t uuid_size = 36;

bool is_uuid(std::string_view text) {
    for (std::size_t i = 0; i < uuid_size; ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0) {
            return false;
        }
    }
    return true;
}

}  // namespace

std::vector<std::string> uuids_in(std::string_view text) {
    std::vector<std::string> found;
    for (std::size_t dash = text.find('-'); dash != std::string_view::npos; dash = text.find('-', dash + 1)) {
        constexpr std::size_t first_dash = 8;
        if (dash < first_dash || dash - first_dash + uuid_size > text.size()) {
            continue;
        }
        const std::string_view candidate = text.substr(dash - first_dash, uuid_size);
        if (is_uuid(candidate)) {
            std::string& id = found.emplace_back(candidate);
            std::ranges::transform(id, id.begin(), [](unsigned char c) { return std::tolower(c); });
            dash += uuid_size - first_dash - 1;
        }
    }
    return found;
}

Population::Population(testkit::TestDatabase& database, std::uint64_t seed, int tenants)
    : seed_(seed), random_(seed) {
    auto superuser = database.connect_as_superuser();
    find_tables(superuser);
    remember(testkit::platform_admin.person, {platform, *table("identity.person")});
    remember(testkit::support_agent.person, {platform, *table("identity.person")});
    constexpr int platforms_share = 2;
    for (int number = 0; number < tenants; ++number) {
        Part part = number % 2 == 0 ? Part::speaking : Part::silent;
        if (number >= tenants - platforms_share) {
            part = Part::of_the_platform;
        }
        tenants_.push_back({.number = number, .id = {}, .part = part, .people = {}, .rows = {}});
        tenants_.back().id = add_row(tenants_.back(), "platform.tenant", /*kept=*/true);
    }
    for (Tenant& tenant : tenants_) {
        seed_identity(superuser, tenant);
        seed_platform(superuser, tenant);
    }
    // A table behind those that it refers to.
    const auto business = superuser.query(R"sql(
        with recursive depth (oid, level) as (
          select oid, 0 from pg_class where relnamespace = 'app'::regnamespace and relkind in ('r', 'p')
          union all
          select k.conrelid, d.level + 1 from depth d join pg_constraint k on k.confrelid = d.oid and k.contype = 'f'
           where k.conrelid <> k.confrelid and d.level < 20)
        select oid::regclass::text from depth group by oid order by max(level), oid)sql");
    for (const auto& row : business.rows) {
        seed_business_table(superuser, row.at(0).value());
    }
    check_that_nothing_is_empty(superuser);
}

void Population::find_tables(pg::BlockingConnection& superuser) {
    const auto found = superuser.query(R"sql(
        select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where c.relkind in ('r', 'p') and not c.relispartition
           and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'public')
           and (c.oid::regclass::text in ('platform.tenant', 'identity.person')
                or exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id'))
         order by 1)sql");
    for (const auto& row : found.rows) {
        tables_.push_back(row.at(0).value());
    }
}

std::optional<std::size_t> Population::table(std::string_view name) const {
    const auto found = std::ranges::find(tables_, name);
    return found == tables_.end()
               ? std::nullopt
               : std::optional{static_cast<std::size_t>(std::ranges::distance(tables_.begin(), found))};
}

std::string Population::canary(int tenant, std::size_t table) const {
    const int number = tenant == platform ? platform_digits : tenant;
    Random proof{seed_ ^ (static_cast<std::uint64_t>(number) << 32U) ^ (table + 1)};
    return fmt::format("{}{:04}t{:02}{}", mark, number, table, proof.hex(proof_digits));
}

std::string Population::canary_of(const Tenant& tenant, std::string_view name) const {
    return canary(tenant.number, table(name).value());
}

std::string Population::hint(int tenant) {
    return fmt::format("{}{:04}", mark, tenant == platform ? platform_digits : tenant);
}

std::vector<Canary> Population::canaries_in(std::string_view text) const {
    std::vector<Canary> found;
    for (std::size_t at = text.find(mark); at != std::string_view::npos; at = text.find(mark, at + 1)) {
        if (text.size() - at < canary_size) {
            break;
        }
        const auto number = number_in(text.substr(at + mark.size(), tenant_digits));
        const auto table = number_in(text.substr(at + mark.size() + tenant_digits + 1, table_digits));
        if (!number || !table) {
            continue;
        }
        const Canary canary_found{
            *number == platform_digits ? platform : *number, static_cast<std::size_t>(*table)
        };
        // The last digits are what nobody can make up.
        if (text.substr(at, canary_size) == canary(canary_found.tenant, canary_found.table)) {
            found.push_back(canary_found);
        }
    }
    return found;
}

std::optional<Owner> Population::owner_of(std::string_view id) const {
    const std::shared_lock lock{owners_mutex_};
    const auto found = owners_.find(std::string{id});
    return found == owners_.end() ? std::nullopt : std::optional{found->second};
}

void Population::remember(std::string_view id, Owner owner) {
    const std::unique_lock lock{owners_mutex_};
    owners_.insert_or_assign(std::string{id}, owner);
}

std::string Population::new_id(const Tenant& tenant, std::size_t table) {
    std::string id = random_.uuid();
    remember(id, {tenant.number, table});
    return id;
}

std::string Population::add_row(Tenant& tenant, std::string_view name, bool kept) {
    const std::size_t index = table(name).value();
    std::string id = new_id(tenant, index);
    Rows& rows = tenant.rows[index];
    (kept ? rows.kept : rows.expendable).push_back(id);
    return id;
}

void Population::seed_identity(pg::BlockingConnection& superuser, Tenant& tenant) {
    const std::string name = canary_of(tenant, "platform.tenant");
    std::string sql = fmt::format(
        "insert into platform.tenant (id, slug, name, plan) values ('{0}', '{1}', '{1} Ltd', 'business');",
        tenant.id,
        name
    );
    // Two who sign in, and four who never do: their admin, their session and their account can be aimed at.
    constexpr std::string_view roles[] = {"admin", "standard", "admin", "standard", "standard", "standard"};
    for (const std::string_view role : roles) {
        const auto position = tenant.people.size();
        const std::string mail = canary_of(tenant, "identity.person");
        const std::string id = position < 2 ? new_id(tenant, table("identity.person").value())
                                            : add_row(tenant, "identity.person", position < 4);
        tenant.people.push_back({id, fmt::format("{}.{}@example.test", mail, position), std::string{role}});
        sql += fmt::format(
            "insert into identity.person (id, email, name, password_hash) select '{0}', '{1}', '{2} {3}', "
            "password_hash from identity.person where email = '{4}';"
            "insert into identity.membership (tenant_id, person_id, role) values ('{5}', '{0}', '{6}');",
            id,
            tenant.people.back().email,
            mail,
            position,
            testkit::acme_admin.email,
            tenant.id,
            role
        );
        const auto add_session = [&](const std::string& session) {
            sql += fmt::format(
                "insert into identity.session (id, person_id, tenant_id, refresh_nonce, rotated_at, "
                "created_at, "
                "auth_time, idle_expires_at, expires_at, user_agent) values ('{}', '{}', '{}', "
                "decode('{}', 'hex'), now(), now(), now(), now() + interval '7 days', now() + interval '30 "
                "days', "
                "'{}');",
                session,
                id,
                tenant.id,
                random_.hex(32),
                canary_of(tenant, "identity.session")
            );
        };
        add_session(add_row(tenant, "identity.session", position % 2 == 0));
    }
    const std::string& admin = tenant.people.front().id;
    for (int n = 0; n < kept_rows + 1; ++n) {
        sql += fmt::format(
            "insert into identity.invitation (tenant_id, id, email, role, invited_by, created_at, "
            "expires_at) "
            "values ('{}', '{}', '{}.{}@example.test', 'standard', '{}', now(), now() + interval '7 days');",
            tenant.id,
            add_row(tenant, "identity.invitation", n < 2),
            canary_of(tenant, "identity.invitation"),
            n,
            admin
        );
        const std::string key = add_row(tenant, "identity.api_key", n < 2);
        sql += fmt::format(
            "insert into identity.person (id, name, kind) values ('{0}', '{1}', 'machine');"
            "insert into identity.session (id, person_id, tenant_id, refresh_nonce, rotated_at, created_at, "
            "auth_time, idle_expires_at, expires_at, user_agent) values ('{0}', '{0}', '{2}', "
            "decode('{3}', 'hex'), now(), now(), now(), now() + interval '7 days', now() + interval '30 "
            "days', '{1}');"
            "insert into identity.api_key (id, tenant_id, name, role, secret_hash, created_by, created_at) "
            "values ('{0}', '{2}', '{1}', 'standard', decode('{4}', 'hex'), '{5}', now());",
            key,
            canary_of(tenant, "identity.api_key"),
            tenant.id,
            random_.hex(32),
            random_.hex(64),
            admin
        );
    }
    superuser.execute_script("begin;" + sql + "commit");
}

void Population::seed_platform(pg::BlockingConnection& superuser, Tenant& tenant) {
    std::string sql;
    for (const bool kept : {true, false}) {
        sql += fmt::format(
            "insert into platform.impersonation_session (tenant_id, id, agent_id, agent_role, state, reason, "
            "ticket, "
            "requested_at) values ('{}', '{}', '{}', 'support_agent', 'ended', '{}', '{}', "
            "now() - interval '8 days');",  // a week's letter about them is not due
            tenant.id,
            add_row(tenant, "platform.impersonation_session", kept),
            testkit::support_agent.person,
            canary_of(tenant, "platform.impersonation_session"),
            canary_of(tenant, "platform.impersonation_session")
        );
    }
    sql += fmt::format(
        "insert into platform.support_policy (tenant_id, policy, updated_at, updated_by) values ('{}', "
        "'notify', "
        "now(), '{}');",
        tenant.id,
        tenant.people.front().id
    );
    sql += fmt::format(
        "insert into platform.idempotency_key (tenant_id, actor_id, key, fingerprint, status, location, "
        "body) "
        "values ('{0}', '{1}', '{2}', decode('{3}', 'hex'), 201, '/{2}', '{{\"title\":\"{2}\"}}');",
        tenant.id,
        tenant.people.front().id,
        canary_of(tenant, "platform.idempotency_key"),
        random_.hex(64)
    );
    superuser.execute_script("begin;" + sql + "commit");
}

/// Rows in the likeness of the demo's fullest one: every text that is free becomes the tenant's canary, every
/// reference goes to a row of the same tenant.
void Population::seed_business_table(pg::BlockingConnection& superuser, const std::string& name) {
    const auto columns = superuser.query(
        R"sql(
        select quote_ident(a.attname), format_type(a.atttypid, null),
               exists (select from pg_constraint k where k.conrelid = a.attrelid and k.contype = 'c'
                        and a.attnum = any (k.conkey) and pg_get_constraintdef(k.oid) ~ 'ANY \(') as listed,
               (select k.confrelid::regclass::text from pg_constraint k where k.conrelid = a.attrelid and k.contype = 'f'
                  and a.attnum = any (k.conkey) and a.attname <> 'tenant_id' and k.confrelid <> 'platform.tenant'::regclass
                 limit 1) as refers_to
          from pg_attribute a
         where a.attrelid = $1::text::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
         order by a.attnum)sql",
        {name}
    );
    const std::string model = superuser.value(fmt::format(
        "select quote_literal(jsonb_strip_nulls(to_jsonb(t))::text) from {} t where tenant_id = '{}' order "
        "by "
        "(select count(*) from jsonb_object_keys(jsonb_strip_nulls(to_jsonb(t)))) desc, id limit 1",
        name,
        testkit::acme
    ));
    std::string list;
    for (const auto& column : columns.rows) {
        list += (list.empty() ? "" : ", ") + column.at(0).value();
    }
    std::string sql;
    for (Tenant& tenant : tenants_) {
        for (int n = 0; n < kept_rows + expendable_rows; ++n) {
            std::string changes =
                fmt::format("'tenant_id', '{}', 'id', '{}'", tenant.id, add_row(tenant, name, n < kept_rows));
            for (const auto& column : columns.rows) {
                const std::string& column_name = column.at(0).value();
                const auto& refers_to = column.at(3);
                if (column_name == "created_by") {
                    changes += fmt::format(", '{}', '{}'", column_name, tenant.people.front().id);
                } else if (refers_to) {
                    const auto& rows = tenant.rows.at(table(*refers_to).value()).kept;
                    changes += fmt::format(
                        ", '{}', '{}'", column_name, rows.at(static_cast<std::size_t>(n) % rows.size())
                    );
                } else if (column.at(1) == "text" && column.at(2) == "f") {
                    changes += fmt::format(
                        ", '{0}', case when m ? '{0}' then '{1} {2}' end",
                        column_name,
                        canary_of(tenant, name),
                        n
                    );
                }
            }
            sql += fmt::format(
                "insert into {0} ({1}) select {1} from (select {2}::jsonb as m) model, "
                "jsonb_populate_record(null::{0}, m || jsonb_build_object({3}));",
                name,
                list,
                model,
                changes
            );
        }
    }
    superuser.execute_script("begin;" + sql + "commit");
}

void Population::check_that_nothing_is_empty(pg::BlockingConnection& superuser) const {
    for (const std::string& name : tables_) {
        if (name == "platform.tenant" || name == "identity.person") {
            continue;
        }
        const auto* exception = find_by(unseeded_tables, &UnseededTable::table, name);
        const std::string count = superuser.value(
            "select count(distinct tenant_id) from " + name + " where tenant_id = any ($1::text::uuid[])",
            {fmt::format("{{{}}}", fmt::join(tenants_ | std::views::transform(&Tenant::id), ","))}
        );
        if (exception == nullptr && count != std::to_string(tenants_.size())) {
            throw std::runtime_error{
                name +
                " has no row of each tenant, so an attack on it would prove nothing: seed it in "
                "tests/isolation/population.cpp, or say in reviewed.hpp why not"
            };
        }
        if (exception != nullptr && count != "0") {
            throw std::runtime_error{
                name + " is seeded: take it off the list in tests/isolation/reviewed.hpp"
            };
        }
    }
}

}  // namespace pz::isolation
