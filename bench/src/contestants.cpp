#include "contestants.hpp"

#include "item_event.hpp"

#include <pz/audit/event.hpp>
#include <pz/core/clock.hpp>
#include <pz/core/process.hpp>
#include <pz/pg/cluster.hpp>
#include <pz/tenancy/database.hpp>

#include <fmt/format.h>
#include <libpq-fe.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace pz::bench {

namespace {

/// Different requests that wrk sends for each token.
constexpr int items_per_token = 8;

/// Of the mixed requests, for each one that writes.
constexpr int reads_per_write = 9;

constexpr const char* columns =
    "id, project_id, title, description, status, created_by, created_at, updated_at, version";

/// SQL for an identifier that rises with time, as the services' do.
constexpr const char* rising_identifier =
    "(lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0') || "
    "right(replace(gen_random_uuid()::text, '-', ''), 20))::uuid";

void write_file(const std::filesystem::path& path, std::string_view text) {
    std::ofstream file{path, std::ios::binary};
    file << text;
    if (!file.flush()) {
        throw std::runtime_error{"cannot write " + path.string()};
    }
    std::filesystem::permissions(
        path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write
    );
}

double per_request(std::chrono::microseconds before, std::chrono::microseconds after, double requests) {
    return static_cast<double>((after - before).count()) / requests;
}

std::string query(Workload workload, int tenant) {
    const std::string tenant_id = DataSet::tenant(tenant).to_string();
    if (workload == Workload::item_by_id) {
        return fmt::format(
            "SELECT {} FROM app.item WHERE tenant_id = '{}' AND id = {};\n",
            columns,
            tenant_id,
            DataSet::item_sql(tenant, ":number")
        );
    }
    // The product reads one row more than it shows, to know whether there is another page.
    return fmt::format(
        "SELECT {} FROM app.item WHERE tenant_id = '{}' ORDER BY created_at DESC, id DESC LIMIT 21;\n",
        columns,
        tenant_id
    );
}

/// The statement of that name as a service sends it, with its parameters as literals: the contestants must
/// ask the same.
std::string statement(
    std::span<const pg::Query> queries, std::string_view name, const std::vector<std::string>& values
) {
    const auto found = std::ranges::find(queries, name, &pg::Query::name);
    if (found == queries.end()) {
        throw std::logic_error{"there is no statement " + std::string{name}};
    }
    std::string sql = found->sql();
    std::ranges::replace(
        sql, '\n', ' '
    );  // a script's command ends at the semicolon, but one line reads better
    for (std::size_t number = values.size(); number > 0; --number) {  // $10 before $1
        const std::string parameter = "$" + std::to_string(number);
        for (std::size_t at = sql.find(parameter); at != std::string::npos; at = sql.find(parameter, at)) {
            sql.replace(at, parameter.size(), values[number - 1]);
        }
    }
    return sql + ";\n";
}

std::string literal(std::string_view text) {
    return fmt::format("'{}'", text);  // nothing here has a quote in it
}

std::string liveness_statement(int tenant, bool writes, const std::string& signing_key) {
    return statement(
        tenancy::queries(),
        "tenancy.require_live",
        {literal(DataSet::person(tenant).to_string()),
         "1",
         "1",
         literal(DataSet::session(tenant).to_string()),
         writes ? "true" : "false",
         literal(signing_key),
         literal(DataSet::tenant(tenant).to_string())}
    );
}

/// The two statements of a creation.
std::string creation(int tenant) {
    const std::string tenant_id = DataSet::tenant(tenant).to_string();
    return fmt::format(
        "SELECT platform.take_item_room('{0}');\n"
        "INSERT INTO app.item (tenant_id, id, title, description, project_id, created_by) VALUES ('{0}', "
        "{1}, "
        "'Inspect the safety fence', 'Twice a year, by two people.', NULL, '{2}') RETURNING {3};\n",
        tenant_id,
        rising_identifier,
        DataSet::person(tenant).to_string(),
        columns
    );
}

/// The statement that leaves the event, as the product's last one. The event's text is the same each time.
std::string event_statement(int tenant) {
    const core::SystemClock clock;
    const audit::Event event =
        item_created(clock, DataSet::tenant(tenant), DataSet::person(tenant), core::Uuid::v7(clock));
    const audit::OpenBody body = event.open_body();
    return statement(
        audit::queries(),
        "audit.append_if_changed",
        {literal(event.chain.to_string()),
         rising_identifier,
         "clock_timestamp()",
         literal(event.action),
         "'success'",
         literal(DataSet::person(tenant).to_string()),
         literal(event.targets.front().id),
         "NULL",
         literal(body.before),
         literal(body.after)}
    );
}

}  // namespace

std::vector<std::string> libpq_environment(const core::SecretString& connection_string) {
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options{
        PQconninfoParse(connection_string.reveal().c_str(), nullptr), &PQconninfoFree
    };
    std::vector<std::string> environment;
    for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->val != nullptr && option->envvar != nullptr) {
            environment.push_back(std::string{option->envvar} + "=" + option->val);
        }
    }
    return environment;
}

std::string_view name_of(Workload workload) {
    switch (workload) {
        case Workload::item_by_id:
            return "item by id";
        case Workload::page_of_20:
            return "page of 20";
        case Workload::creation:
            return "create with audit";
        case Workload::mixed:
            return "mixed 90/10";
    }
    return "";
}

Summary summary_of(const std::vector<Measurement>& rounds, double Measurement::* figure) {
    std::vector<double> values;
    values.reserve(rounds.size());
    for (const Measurement& round : rounds) {
        values.push_back(round.*figure);
    }
    return summarize(std::move(values));
}

Summary ratios(
    const std::vector<Measurement>& these, const std::vector<Measurement>& those, double Measurement::* figure
) {
    std::vector<double> values;
    values.reserve(these.size());
    for (std::size_t i = 0; i < these.size(); ++i) {
        values.push_back(these[i].*figure / (those[i].*figure));
    }
    return summarize(std::move(values));
}

Pgbench::Pgbench(const DataSet& data, std::filesystem::path directory)
    : data_(data), directory_(std::move(directory)), signing_key_(data.signing_key()) {
    for (const Workload workload : {Workload::item_by_id, Workload::page_of_20, Workload::creation}) {
        for (const Transaction transaction :
             {Transaction::bare, Transaction::row_security, Transaction::row_security_and_liveness}) {
            std::filesystem::create_directories(folder(workload, transaction));
            for (int tenant = 1; tenant <= std::min(tenants, data_.size().tenants); ++tenant) {
                write_file(
                    folder(workload, transaction) / std::to_string(tenant),
                    script(workload, transaction, tenant)
                );
            }
        }
    }
}

std::filesystem::path Pgbench::folder(Workload workload, Transaction transaction) const {
    return directory_ / fmt::format("{}-{}", int(workload), int(transaction));
}

std::string Pgbench::work(Workload workload, Transaction transaction, int tenant) const {
    const bool as_the_product = transaction == Transaction::row_security_and_liveness;
    const bool writes = workload == Workload::creation;
    std::string statements = as_the_product ? liveness_statement(tenant, writes, signing_key_) : "";
    statements += writes ? creation(tenant) : query(workload, tenant);
    return statements + (as_the_product && writes ? event_statement(tenant) : "");
}

std::string Pgbench::script(Workload workload, Transaction transaction, int tenant) const {
    const std::string choice = fmt::format(
        "\\set number random(100000000001, {})\n", 100'000'000'000 + data_.size().items_per_tenant
    );
    if (transaction == Transaction::bare) {
        return choice + query(workload, tenant);
    }
    return fmt::format(
        "{}\\startpipeline\n{};\nSET LOCAL app.current_tenant = '{}';\n{}COMMIT;\n\\endpipeline\n",
        choice,
        workload == Workload::creation ? "BEGIN" : "BEGIN READ ONLY",
        DataSet::tenant(tenant).to_string(),
        work(workload, transaction, tenant)
    );
}

int Pgbench::fastest_clients(
    Workload workload,
    Transaction transaction,
    const std::vector<int>& candidates,
    std::chrono::seconds duration
) const {
    std::map<double, int> by_rate;
    for (const int clients : candidates) {
        by_rate[run(workload, transaction, clients, duration).per_second] = clients;
    }
    return by_rate.rbegin()->second;
}

Measurement Pgbench::run(
    Workload workload, Transaction transaction, int clients, std::chrono::seconds duration
) const {
    core::ProcessOptions options;
    options.command = {
        (pg::find_postgres_programs() / "pgbench").string(),
        "--no-vacuum",
        "--protocol=prepared",
        "--client=" + std::to_string(clients),
        "--jobs=" +
            std::to_string(std::min<int>(clients, static_cast<int>(std::thread::hardware_concurrency()))),
        "--time=" + std::to_string(duration.count()),
    };
    const auto add_scripts = [&](Workload of, int weight) {
        for (const auto& file : std::filesystem::directory_iterator{folder(of, transaction)}) {
            options.command.push_back(fmt::format("--file={}@{}", file.path().string(), weight));
        }
    };
    if (workload == Workload::mixed) {
        add_scripts(Workload::item_by_id, reads_per_write);
        add_scripts(Workload::creation, 1);
    } else {
        add_scripts(workload, 1);
    }
    options.environment =
        libpq_environment(data_.connection_string(transaction == Transaction::bare ? "pz_backup" : "pz_app"));
    for (char** entry = environ; *entry != nullptr; ++entry) {
        options.environment->emplace_back(*entry);
    }
    // No planning after the first execution, as the product's own connections do it.
    options.environment->push_back("PGOPTIONS=-c plan_cache_mode=force_generic_plan -c jit=off");

    const auto before = processor_time(data_.postmaster());
    const std::string output = run_tool(std::move(options), duration);
    const auto after = processor_time(data_.postmaster());
    const double transactions = number(output, R"(actually processed: (\d+))");
    if (number(output, R"(failed transactions: (\d+))") != 0) {
        throw std::runtime_error{"pgbench had failed transactions: " + output};
    }
    return {
        .per_second = number(output, R"(tps = ([0-9.]+))"),
        .postgres_us = per_request(before, after, transactions),
    };
}

Api::Api(
    const DataSet& data, std::filesystem::path directory, std::uint16_t port, pid_t process, std::string name
)
    : data_(data), directory_(std::move(directory)), port_(port), process_(process), name_(std::move(name)) {}

void Api::use_tokens(const std::vector<std::string>& tokens, int stride) const {
    std::string by_id;
    std::string pages;
    std::string creations;
    std::string mixed;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        const int tenant = static_cast<int>(i) * stride + 1;
        const auto read = [&](int k) {
            // Spread over the tenant's items, another set for each tenant.
            const int item = (k * data_.size().items_per_tenant / items_per_token + tenant) %
                                 data_.size().items_per_tenant +
                             1;
            return fmt::format(
                "GET /api/v1/items/{} {}\n", DataSet::item(tenant, item).to_string(), tokens[i]
            );
        };
        const std::string create = fmt::format("POST /api/v1/items {}\n", tokens[i]);
        for (int k = 0; k < items_per_token; ++k) {
            by_id += read(k);
        }
        for (int k = 0; k < reads_per_write; ++k) {
            mixed += read(k);
        }
        mixed += create;
        creations += create;
        pages += fmt::format("GET /api/v1/items?limit=20 {}\n", tokens[i]);
    }
    const auto write_requests = [&](Workload workload, std::string_view text) {
        write_file(directory_ / fmt::format("requests-{}", int(workload)), text);
    };
    write_requests(Workload::item_by_id, by_id);
    write_requests(Workload::page_of_20, pages);
    write_requests(Workload::creation, creations);
    write_requests(Workload::mixed, mixed);
    write_wrk_script(directory_ / "load.lua", R"lua(
-- argument 1: a file of "method path token" lines; argument 2: mean pause of a connection between requests, in milliseconds
local requests = {}
local pause = 0
local started = 0

function setup(thread)
  thread:set("number", started)
  started = started + 1
end

function init(arguments)
  for line in io.lines(arguments[1]) do
    local method, path, token = line:match("^(%S+) (%S+) (%S+)$")
    local headers = { ["Host"] = "localhost", ["Authorization"] = "Bearer " .. token }
    local body
    if method == "POST" then
      headers["Content-Type"] = "application/json"
      body = '{"title":"Inspect the safety fence","description":"Twice a year, by two people."}'
    end
    requests[#requests + 1] = wrk.format(method, path, headers, body)
  end
  pause = tonumber(arguments[2])
  math.randomseed(42 + number)
  if pause > 0 then
    function delay() return math.floor(math.random() * 2 * pause + 0.5) end
  end
end

function request()
  return requests[math.random(#requests)]
end
)lua");
}

Answers Api::load(Workload workload, int connections, std::chrono::seconds duration, double per_second)
    const {
    const double pause_ms = per_second == 0 ? 0 : 1000.0 * connections / per_second;
    return run_wrk(
        {.script = directory_ / "load.lua",
         .arguments =
             {(directory_ / fmt::format("requests-{}", int(workload))).string(),
              fmt::format("{:.3f}", pause_ms)},
         .port = port_,
         .connections = connections,
         .duration = duration}
    );
}

std::string Api::with_what(Workload workload, int connections) const {
    return fmt::format("{}, \"{}\" over {} connections", name_, name_of(workload), connections);
}

void Api::warm_up(Workload workload, int connections) const {
    constexpr int patience = 10;
    Answers answers;
    for (int attempt = 0; attempt < patience && answers.requests == 0; ++attempt) {
        answers = load(workload, connections, std::chrono::seconds{1}, 0);
    }
    require_answers(answers, with_what(workload, connections), Refusals::are_counted);
}

Measurement Api::run(
    Workload workload, int connections, std::chrono::seconds duration, double per_second, Refusals refusals
) const {
    const auto postgres_before = processor_time(data_.postmaster());
    const auto server_before = processor_time(process_);
    const Answers answers = load(workload, connections, duration, per_second);
    const auto server_after = processor_time(process_);
    const auto postgres_after = processor_time(data_.postmaster());
    require_answers(answers, with_what(workload, connections), refusals);
    return {
        .per_second = answers.requests / answers.seconds,
        .p50_ms = answers.p50_ms,
        .p99_ms = answers.p99_ms,
        .p999_ms = answers.p999_ms,
        .postgres_us = per_request(postgres_before, postgres_after, answers.requests),
        .server_us = per_request(server_before, server_after, answers.requests),
        .refused = answers.refused / answers.requests,
    };
}

}  // namespace pz::bench
