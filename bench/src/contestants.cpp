#include "contestants.hpp"

#include "meter.hpp"

#include <pz/core/process.hpp>
#include <pz/pg/cluster.hpp>
#include <pz/tenancy/database.hpp>

#include <fmt/format.h>
#include <libpq-fe.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <regex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace pz::bench {

namespace {

/// SET LOCAL takes no parameter, so each of pgbench's scripts has its tenant written into it, and prepared
/// statements of its own. Few, so that preparing them takes no share of the measurement; the rows that
/// pgbench reads stay closer to the processor than the API's, which serves all tenants.
constexpr int pgbench_tenants = 16;

/// Different requests that wrk sends for each token.
constexpr int items_per_token = 8;

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

std::string run_tool(core::ProcessOptions options, std::chrono::seconds duration) {
    const std::string name = options.command.front();
    const auto result = core::run_process(std::move(options), duration + std::chrono::seconds{30});
    if (result.exit_code != 0) {
        throw std::runtime_error{
            name + " ended with code " + std::to_string(result.exit_code) + ": " + result.output
        };
    }
    return result.output;
}

/// The number that the expression's first group matches.
double number(const std::string& output, const char* expression) {
    std::smatch match;
    if (!std::regex_search(output, match, std::regex{expression})) {
        throw std::runtime_error{std::string{"expected "} + expression + " in: " + output};
    }
    return std::stod(match[1]);
}

double per_request(std::chrono::microseconds before, std::chrono::microseconds after, double requests) {
    return static_cast<double>((after - before).count()) / requests;
}

std::string query(Workload workload, int tenant) {
    constexpr const char* columns =
        "SELECT id, project_id, title, description, status, created_by, created_at, updated_at, version FROM "
        "app.item";
    const std::string tenant_id = DataSet::tenant(tenant).to_string();
    if (workload == Workload::item_by_id) {
        return fmt::format(
            "{} WHERE tenant_id = '{}' AND id = {};\n",
            columns,
            tenant_id,
            DataSet::item_sql(tenant, ":number")
        );
    }
    // The product reads one row more than it shows, to know whether there is another page.
    return fmt::format(
        "{} WHERE tenant_id = '{}' ORDER BY created_at DESC, id DESC LIMIT 21;\n", columns, tenant_id
    );
}

/// The statement that the service sends, with its parameters as literals: the contestants must ask the same.
std::string liveness_statement(int tenant, const std::string& signing_key) {
    const auto found = std::ranges::find_if(tenancy::queries(), [](const pg::Query& query) {
        return std::string_view{query.name()} == "tenancy.require_live";
    });
    if (found == tenancy::queries().end()) {
        throw std::logic_error{"libs/tenancy has no statement tenancy.require_live"};
    }
    std::string sql = found->sql();
    std::ranges::replace(
        sql, '\n', ' '
    );  // a script's command ends at the semicolon, but one line reads better
    const std::vector<std::string> values{
        "'" + DataSet::person(tenant).to_string() + "'",
        "1",
        "1",
        "'" + DataSet::session(tenant).to_string() + "'",
        "false",
        "'" + signing_key + "'",
        "'" + DataSet::tenant(tenant).to_string() + "'"
    };
    for (std::size_t number = 1; number <= values.size(); ++number) {
        const std::string parameter = "$" + std::to_string(number);
        for (std::size_t at = sql.find(parameter); at != std::string::npos; at = sql.find(parameter, at)) {
            sql.replace(at, parameter.size(), values[number - 1]);
        }
    }
    return sql + ";\n";
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

Pgbench::Pgbench(const DataSet& data, std::filesystem::path directory)
    : data_(data), directory_(std::move(directory)), signing_key_(data.signing_key()) {
    for (const Workload workload : workloads) {
        for (const Transaction transaction :
             {Transaction::bare, Transaction::row_security, Transaction::row_security_and_liveness}) {
            const auto folder = directory_ / fmt::format("{}-{}", int(workload), int(transaction));
            std::filesystem::create_directories(folder);
            for (int tenant = 1; tenant <= std::min(pgbench_tenants, data_.size().tenants); ++tenant) {
                write_file(folder / std::to_string(tenant), script(workload, transaction, tenant));
            }
        }
    }
}

std::string Pgbench::script(Workload workload, Transaction transaction, int tenant) const {
    const std::string choice = fmt::format(
        "\\set number random(100000000001, {})\n", 100'000'000'000 + data_.size().items_per_tenant
    );
    if (transaction == Transaction::bare) {
        return choice + query(workload, tenant);
    }
    const std::string liveness = liveness_statement(tenant, signing_key_);
    return fmt::format(
        "{}\\startpipeline\nBEGIN READ ONLY;\nSET LOCAL app.current_tenant = "
        "'{}';\n{}{}COMMIT;\n\\endpipeline\n",
        choice,
        DataSet::tenant(tenant).to_string(),
        transaction == Transaction::row_security_and_liveness ? liveness : "",
        query(workload, tenant)
    );
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
    const auto folder = directory_ / fmt::format("{}-{}", int(workload), int(transaction));
    for (const auto& file : std::filesystem::directory_iterator{folder}) {
        options.command.push_back("--file=" + file.path().string());
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

Api::Api(const DataSet& data, std::filesystem::path directory, std::uint16_t port, pid_t process)
    : data_(data), directory_(std::move(directory)), port_(port), process_(process) {}

void Api::use_tokens(const std::vector<std::string>& tokens) const {
    std::string by_id;
    std::string pages;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        const int tenant = static_cast<int>(i) + 1;
        for (int k = 0; k < items_per_token; ++k) {
            // Spread over the tenant's items, another set for each tenant.
            const int item = (k * data_.size().items_per_tenant / items_per_token + tenant) %
                                 data_.size().items_per_tenant +
                             1;
            by_id += fmt::format("/api/v1/items/{} {}\n", DataSet::item(tenant, item).to_string(), tokens[i]);
        }
        pages += fmt::format("/api/v1/items?limit=20 {}\n", tokens[i]);
    }
    write_file(directory_ / fmt::format("requests-{}", int(Workload::item_by_id)), by_id);
    write_file(directory_ / fmt::format("requests-{}", int(Workload::page_of_20)), pages);
    write_file(directory_ / "load.lua", R"lua(
-- argument 1: a file of "path token" lines; argument 2: mean pause of a connection between requests, in milliseconds
local requests = {}
local pause = 0
local started = 0

function setup(thread)
  thread:set("number", started)
  started = started + 1
end

function init(arguments)
  for line in io.lines(arguments[1]) do
    local path, token = line:match("^(%S+) (%S+)$")
    requests[#requests + 1] = wrk.format("GET", path, { ["Host"] = "localhost", ["Authorization"] = "Bearer " .. token })
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

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("requests=%d seconds=%.6f p50_us=%d p99_us=%d p999_us=%d refused=%d errors=%d\n", summary.requests,
    summary.duration / 1e6, latency:percentile(50), latency:percentile(99), latency:percentile(99.9), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
)lua");
}

Measurement Api::run(
    Workload workload, int connections, std::chrono::seconds duration, double per_second, Refusals refusals
) const {
    const double pause_ms = per_second == 0 ? 0 : 1000.0 * connections / per_second;
    core::ProcessOptions options;
    options.command = {
        "wrk",
        "--threads",
        std::to_string(std::min<int>(connections, static_cast<int>(std::thread::hardware_concurrency()))),
        "--connections",
        std::to_string(connections),
        "--duration",
        std::to_string(duration.count()) + "s",
        "--script",
        (directory_ / "load.lua").string(),
        fmt::format("http://127.0.0.1:{}", port_),
        "--",
        (directory_ / fmt::format("requests-{}", int(workload))).string(),
        fmt::format("{:.3f}", pause_ms),
    };
    const auto postgres_before = processor_time(data_.postmaster());
    const auto server_before = processor_time(process_);
    const std::string output = run_tool(std::move(options), duration);
    const auto server_after = processor_time(process_);
    const auto postgres_after = processor_time(data_.postmaster());
    const double requests = number(output, R"(requests=(\d+))");
    const double refused = number(output, R"( refused=(\d+))");
    if (requests == 0 || number(output, R"( errors=(\d+))") != 0 ||
        (refused > 0 && refusals == Refusals::fail_it)) {
        throw std::runtime_error{"requests failed: " + output};
    }
    return {
        .per_second = requests / number(output, R"(seconds=([0-9.]+))"),
        .p50_ms = number(output, R"(p50_us=(\d+))") / 1000,
        .p99_ms = number(output, R"(p99_us=(\d+))") / 1000,
        .p999_ms = number(output, R"(p999_us=(\d+))") / 1000,
        .postgres_us = per_request(postgres_before, postgres_after, requests),
        .server_us = per_request(server_before, server_after, requests),
        .refused = refused / requests,
    };
}

}  // namespace pz::bench
