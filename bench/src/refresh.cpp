#include "refresh.hpp"

#include "data_set.hpp"
#include "machine.hpp"
#include "meter.hpp"
#include "report.hpp"
#include "service.hpp"
#include "token_issuer.hpp"
#include "wrk.hpp"

#include <pz/core/secret.hpp>
#include <pz/pg/blocking.hpp>
#include <pz/testkit/client.hpp>
#include <pz/testkit/temporary_directory.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <fstream>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <vector>

namespace pz::bench {

namespace {

using std::chrono::seconds;

constexpr int sessions = 64;
constexpr int connections = 32;
constexpr std::string_view password = "a password of the bench";

/// A token's successor is in the answer, so each thread keeps those that it has. An answer that was on its
/// way at the end takes its token with it.
constexpr std::string_view script = R"lua(
local started = 0
function setup(thread)
  thread:set("number", started)
  started = started + 1
end

function init(arguments)
  tokens = {}
  local n = 0
  for line in io.lines(arguments[1]) do
    if n % tonumber(arguments[2]) == number then tokens[#tokens + 1] = line end
    n = n + 1
  end
end

function request()
  local token = table.remove(tokens, 1)
  return wrk.format("POST", "/token", { ["Host"] = "localhost", ["Content-Type"] = "application/x-www-form-urlencoded" },
    "grant_type=refresh_token&refresh_token=" .. token)
end

function response(status, headers, body)
  local token = body:match('"refresh_token":"([^"]+)"')
  if token then tokens[#tokens + 1] = token end
end
)lua";

/// Twenty-nine refreshes in five minutes are what a session may have at once; the bench's need more.
std::jthread lift_the_limit_of_sessions(core::SecretString database) {
    return std::jthread{[database = std::move(database)](const std::stop_token& stop) {
        pg::BlockingConnection connection{database};
        while (!stop.stop_requested()) {
            connection.execute_script(
                "update identity.session set refresh_busy_until = now() where refresh_busy_until > now() + "
                "interval "
                "'1 minute'"
            );
            std::this_thread::sleep_for(std::chrono::milliseconds{100});
        }
    }};
}

std::string sign_in(const std::string& origin, int person) {
    const testkit::Reply reply = testkit::Client{origin}.post_form(
        "/token",
        {{"grant_type", "password"}, {"username", DataSet::email(person)}, {"password", std::string{password}}
        }
    );
    if (reply.status() != 200) {
        throw std::runtime_error{fmt::format("a sign-in was answered {}: {}", reply.status(), reply.text())};
    }
    return std::string{boost::json::parse(reply.text()).at("refresh_token").as_string()};
}

}  // namespace

std::string refreshes(int rounds, seconds duration) {
    const testkit::TemporaryDirectory directory{"bench"};
    const DataSet data{
        directory.path() / "cluster",
        {.tenants = 1'000, .items_per_tenant = 10},
        {.durability = pg::Durability::durable, .tcp = false}
    };
    data.give_password(sessions, password);
    const TokenIssuer issuer;
    auto process = start_api(
        testkit::program("identity-service"),
        data,
        issuer,
        directory.path(),
        {"PZ_RATE_LIMIT_SIGN_IN=0", "PZ_DATABASE_IDENTITY=" + data.connection_string("pz_identity").reveal()}
    );
    process.wait_until_ready();
    const std::jthread lifting =
        lift_the_limit_of_sessions(data.connection_string(pg::LocalCluster::superuser));
    const std::filesystem::path tokens = directory.path() / "tokens";
    write_wrk_script(directory.path() / "refresh.lua", script);

    std::vector<double> rates;
    std::vector<double> p50;
    std::vector<double> p99;
    std::vector<double> service;
    std::vector<double> postgres;
    for (int round = 1; round <= rounds; ++round) {
        spdlog::info("round {}: {} sign-ins", round, sessions);
        std::ofstream file{tokens};
        for (int person = 1; person <= sessions; ++person) {
            file << sign_in(process.origin(), person) << '\n';
        }
        file.close();
        const auto service_before = processor_time(process.pid());
        const auto postgres_before = processor_time(data.postmaster());
        const Answers answers = run_wrk(
            {.script = directory.path() / "refresh.lua",
             .arguments = {tokens.string(), std::to_string(wrk_threads(connections))},
             .port = process.port(),
             .connections = connections,
             .duration = duration}
        );
        require_answers(answers, "identity-service, refresh", Refusals::fail_it);
        rates.push_back(answers.requests / answers.seconds);
        p50.push_back(answers.p50_ms);
        p99.push_back(answers.p99_ms);
        const auto per_request = [&](std::chrono::microseconds before, std::chrono::microseconds after) {
            return static_cast<double>((after - before).count()) / answers.requests;
        };
        service.push_back(per_request(service_before, processor_time(process.pid())));
        postgres.push_back(per_request(postgres_before, processor_time(data.postmaster())));
    }
    const Summary rate = summarize(rates);
    return fmt::format(
        "{} sessions take turns on {} connections, fsync on; {} rounds of {} s; median (lowest-highest); "
        "{}.\n\n"
        "| `POST /token`, refresh | |\n| --- | --- |\n"
        "| a second | {} ({}-{}) |\n| p50 / p99 | {:.1f} / {:.1f} ms |\n"
        "| CPU of identity-service, of PostgreSQL | {:.0f}, {:.0f} µs |\n",
        sessions,
        connections,
        rounds,
        duration.count(),
        describe_machine(),
        grouped(rate.median),
        grouped(rate.low),
        grouped(rate.high),
        summarize(p50).median,
        summarize(p99).median,
        summarize(service).median,
        summarize(postgres).median
    );
}

}  // namespace pz::bench
