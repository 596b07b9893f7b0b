#include "admin_list.hpp"

#include "data_set.hpp"
#include "meter.hpp"
#include "service.hpp"
#include "token_issuer.hpp"

#include <pz/core/json.hpp>
#include <pz/core/process.hpp>
#include <pz/pg/blocking.hpp>
#include <pz/testkit/client.hpp>
#include <pz/testkit/temporary_directory.hpp>

#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace pz::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* list_path = "/api/v1/admin/orgs?limit=50";
constexpr const char* orders[] = {"newest", "name", "state"};

/// Organizations, a week of usage for the newest thousand, and somebody of the platform who is signed in.
/// Returns the token.
std::string fill(const DataSet& data, const TokenIssuer& issuer, int organizations) {
    pg::BlockingConnection superuser{data.connection_string(pg::LocalCluster::superuser)};
    superuser.execute_script(fmt::format(
        R"sql(
        insert into platform.tenant (id, slug, name, state, plan, created_at)
          select ('0198' || lpad(to_hex(n), 28, '0'))::uuid, 'org-' || n,
                 (array['Acme', 'Globex', 'Initech', 'Umbrella', 'Stark', 'Wayne', 'Hooli', 'Soylent'])[1 + n % 8] || ' '
                   || substr(md5(n::text), 1, 12) || ' Works ' || n,
                 case when n % 1000 = 0 then 'suspended' when n % 50 = 0 then 'trial' else 'active' end,
                 (array['free', 'team', 'business', 'enterprise'])[1 + n % 4],
                 timestamptz '2026-01-01 00:00:00+00' + n * interval '1 minute'
            from generate_series(1, {0}) n;
        insert into platform.usage_hour
          select ('0198' || lpad(to_hex(n), 28, '0'))::uuid, date_trunc('hour', now()) - h * interval '1 h', 100, 1
            from generate_series({0} - 999, {0}) n cross join generate_series(0, 167) h;
        insert into platform.tenant (id, slug, name, plan)
          values ('00000000-0000-0000-0000-000000000000', 'platform', 'Platform', 'enterprise') on conflict do nothing)sql",
        organizations
    ));
    superuser.execute_script("vacuum analyze");
    const TokenIssuer::Holder staff{
        .tenant = core::public_tenant,
        .person = DataSet::person(9'001),
        .session = DataSet::session(9'001),
        .role = auth::Role::platform_admin
    };
    superuser.query(
        "insert into identity.person (id, email, name) values ($1, 'staff@bench.example', 'Staff')",
        {staff.person.to_string()}
    );
    superuser.query(
        "insert into identity.membership (tenant_id, person_id, role) values ($1, $2, 'platform_admin')",
        {staff.tenant.to_string(), staff.person.to_string()}
    );
    superuser.query(
        "insert into platform.live_session (tenant_id, id, person_id, person_epoch, tenant_epoch, "
        "signing_key, "
        "writable, expires_at) values ($1, $2, $3, 1, 1, $4, true, now() + interval '1 day')",
        {staff.tenant.to_string(), staff.session.to_string(), staff.person.to_string(), issuer.key_id()}
    );
    return issuer.issue_to(staff);
}

struct Kind {
    std::string name;
    std::string path;
    std::vector<double> milliseconds{};
    double postgres_ms = 0;
    std::size_t rows = 0;
};

testkit::Reply ask(testkit::Client& client, const std::string& path) {
    testkit::Reply reply = client.get(path);
    if (reply.status() != 200) {
        throw std::runtime_error{path + " answered " + reply.text()};
    }
    return reply;
}

/// The page behind so many others.
std::string deep_page(testkit::Client& client, const std::string& order, int pages) {
    std::string path = fmt::format("/api/v1/admin/orgs?limit=100&sort={}", order);
    const std::string first = path;
    for (int page = 0; page < pages; ++page) {
        path = first + "&cursor=" + ask(client, path).field("next_cursor");
    }
    // A cursor is good for its filters and order, whatever the limit.
    return list_path + path.substr(path.find("&sort="));
}

double percentile(std::vector<double> values, double share) {
    std::ranges::sort(values);
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

void measure(testkit::Client& client, const DataSet& data, std::vector<Kind>& kinds, int requests) {
    for (Kind& kind : kinds) {
        kind.rows = ask(client, kind.path).json().at("items").as_array().size();
    }
    constexpr int turns = 5;
    for (int turn = 0; turn < turns; ++turn) {
        for (Kind& kind : kinds) {
            const auto before = processor_time(data.postmaster());
            for (int i = 0; i < requests / turns; ++i) {
                const auto start = Clock::now();
                (void)ask(client, kind.path);
                kind.milliseconds.push_back(
                    std::chrono::duration<double, std::milli>{Clock::now() - start}.count()
                );
            }
            const std::chrono::duration<double, std::milli> spent =
                processor_time(data.postmaster()) - before;
            kind.postgres_ms += spent.count() / requests;
        }
    }
}

/// The lists' statements, by their names, as the program prints them.
std::vector<std::pair<std::string, std::string>> list_statements() {
    const core::ProcessResult printed = core::run_process(
        {.command = {this_build().string(), "--print-statements"}}, std::chrono::seconds{10}
    );
    std::vector<std::pair<std::string, std::string>> statements;
    std::istringstream lines{printed.output};
    for (std::string line; std::getline(lines, line);) {
        const auto statement = core::parse_json(line);
        if (statement && statement->at("name").as_string().starts_with("registry.list_by_")) {
            statements.emplace_back(statement->at("name").as_string(), statement->at("sql").as_string());
        }
    }
    return statements;
}

std::string plans(const DataSet& data) {
    pg::BlockingConnection admin{data.connection_string("pz_admin")};
    admin.execute_script(
        "begin; set local app.current_tenant = '00000000-0000-0000-0000-000000000000';"
        "set local plan_cache_mode = force_generic_plan"
    );
    std::string text;
    for (const auto& [name, sql] : list_statements()) {
        const std::string quoted = pg::quote_identifier(name);
        admin.execute_script("prepare " + quoted + " as " + sql);
        text += "-- " + name + "\n";
        for (const auto& row : admin
                                   .query(
                                       "explain (costs off) execute " + quoted +
                                       "(null, null, 51, null, null, 'acme', null, now(), null, null)"
                                   )
                                   .rows) {
            text += row.at(0).value() + "\n";
        }
    }
    return text;
}

}  // namespace

std::string admin_list(int organizations, int requests) {
    const testkit::TemporaryDirectory directory{"bench"};
    const DataSet data{directory.path() / "cluster", {.tenants = 1, .items_per_tenant = 1}};
    const TokenIssuer issuer;
    spdlog::info("making {} organizations", organizations);
    const std::string token = fill(data, issuer, organizations);
    auto process = start_api(this_build(), data, issuer, directory.path());
    process.wait_until_ready();
    testkit::Client client{fmt::format("http://127.0.0.1:{}", process.port())};
    client.with("Authorization", "Bearer " + token);

    std::vector<Kind> kinds;
    const auto add = [&](std::string name, const std::string& parameters) {
        kinds.push_back({.name = std::move(name), .path = list_path + parameters});
    };
    constexpr int pages_before = 500;
    for (const std::string order : orders) {
        add("first page, " + order, "&sort=" + order);
        const int pages = std::min(pages_before, organizations / 200);
        spdlog::info("walking {} pages by {}", pages, order);
        kinds.push_back(
            {.name = fmt::format("behind {} others, {}", pages * 100, order),
             .path = deep_page(client, order, pages)}
        );
        add("search with many hits, " + order, "&q=acme&sort=" + order);
        add("search that finds nothing, " + order, "&q=nowhere&sort=" + order);
    }
    add("one hit by slug", fmt::format("&q=org-{}", organizations / 2));
    add("one hit by id", fmt::format("&q=01980000-0000-0000-0000-{:012x}", organizations / 2));
    add("suspended ones of one plan", "&state=suspended&plan=free");
    measure(client, data, kinds, requests);

    std::string markdown = fmt::format(
        "{} organizations, pages of 50 over HTTP, {} requests of each kind in turns, one at a time; "
        "PostgreSQL {}.\n\n"
        "| `GET /api/v1/admin/orgs` | rows | p50 | p95 | PostgreSQL's processor time |\n"
        "| --- | --- | --- | --- | --- |\n",
        organizations,
        requests,
        data.server_version()
    );
    for (const Kind& kind : kinds) {
        markdown += fmt::format(
            "| {} | {} | {:.1f} ms | {:.1f} ms | {:.1f} ms |\n",
            kind.name,
            kind.rows,
            percentile(kind.milliseconds, 0.50),
            percentile(kind.milliseconds, 0.95),
            kind.postgres_ms
        );
    }
    return markdown + "\n```\n" + plans(data) + "```\n";
}

}  // namespace pz::bench
