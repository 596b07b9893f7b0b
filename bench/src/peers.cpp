#include "peers.hpp"

#include "contestants.hpp"
#include "machine.hpp"
#include "meter.hpp"
#include "report.hpp"
#include "service.hpp"
#include "token_issuer.hpp"

#include <pz/core/clock.hpp>
#include <pz/core/process.hpp>
#include <pz/pg/migrator.hpp>
#include <pz/testkit/client.hpp>
#include <pz/testkit/temporary_directory.hpp>
#include <pz/testkit/world.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace pz::bench {

namespace {

namespace json = boost::json;

constexpr std::array shares{0.3, 0.6, 0.9};  ///< of each contestant's own maximum

/// One that answers requests.
struct Contestant {
    std::string name;
    testkit::ServiceProcess process;
    Api api;
    double first_answer_ms = 0;
    std::size_t idle_memory = 0;
    std::size_t loaded_memory = 0;
    std::map<Workload, std::vector<Measurement>> rounds{};
    std::map<Workload, std::array<Measurement, shares.size()>> paced{};
};

struct Peer {
    std::string name;
    std::string folder;  ///< of bench/peers
    int workers = 1;
};

const std::vector<Peer>& peers() {
    static const std::vector<Peer> all{
        {"FastAPI, 1 worker", "fastapi", 1},
        {"FastAPI, 2 workers", "fastapi", 2},
        {"Fastify, 1 process", "fastify", 1},
        {"Fastify, 2 processes", "fastify", 2},
    };
    return all;
}

std::filesystem::path program_of(const std::string& folder) {
    return pg::find_database_folder().parent_path() / "bench" / "peers" / folder / "serve";
}

/// "FastAPI 0.92.0, …", as the peer itself says.
std::string versions_of(const std::string& folder) {
    std::string text =
        core::run_process({.command = {program_of(folder).string(), "versions"}}, std::chrono::seconds{20})
            .output;
    std::erase(text, '\n');
    return text;
}

testkit::ServiceProcess start_peer(
    const Peer& peer, const DataSet& data, const TokenIssuer& issuer, const std::filesystem::path& directory
) {
    std::vector<std::string> environment = libpq_environment(data.connection_string("pz_app"));
    environment.insert(
        environment.end(),
        {"WORKERS=" + std::to_string(peer.workers),
         "ISSUER=" + issuer.issuer(),
         std::string{"AUDIENCE="} + TokenIssuer::audience,
         "JWKS_URL=" + issuer.jwks_url(),
         // No planning after the first execution, as our own connections have it.
         "PGOPTIONS=-c plan_cache_mode=force_generic_plan -c jit=off"}
    );
    return testkit::ServiceProcess{{
        .program = program_of(peer.folder),
        .log_file = directory / (peer.folder + std::to_string(peer.workers) + ".log"),
        .environment = std::move(environment),
        .port = testkit::ReservedPort{},
    }};
}

/// The same for every way to write the same: times as microseconds, a page's cursor as whether there is one.
json::value normalized(const json::value& value) {
    if (const json::object* object = value.if_object()) {
        json::object result;
        for (const auto& [name, member] : *object) {
            result[name] = name == "next_cursor" ? json::value(member.is_string()) : normalized(member);
        }
        return result;
    }
    if (const json::array* array = value.if_array()) {
        json::array result;
        for (const json::value& element : *array) {
            result.push_back(normalized(element));
        }
        return result;
    }
    if (const json::string* text = value.if_string()) {
        if (const auto time = core::parse_timestamp(*text)) {
            return time->time_since_epoch().count();
        }
    }
    return value;
}

std::string answer_of(
    const testkit::ServiceProcess& process, const std::string& token, const std::string& path
) {
    constexpr auto patience = std::chrono::seconds{10};  // each thread connects to the database on its own
    const auto begin = std::chrono::steady_clock::now();
    auto client = testkit::Client{process.origin()}.with("Authorization", "Bearer " + token);
    testkit::Reply reply = client.get(path);
    while (reply.status() == 503 && std::chrono::steady_clock::now() - begin < patience) {
        reply = client.get(path);
    }
    if (reply.status() != 200) {
        throw std::runtime_error{
            fmt::format("{} answers {} to {}: {}", process.name(), reply.status(), path, reply.text())
        };
    }
    return json::serialize(normalized(json::parse(reply.text())));
}

/// Compares what the contestants answer to a few tenants, each about its own rows.
void require_the_same_answers(
    const std::vector<std::unique_ptr<Contestant>>& contestants, const std::vector<std::string>& tokens
) {
    for (int tenant = 1; tenant <= std::min<int>(5, static_cast<int>(tokens.size())); ++tenant) {
        const std::string& token = tokens[static_cast<std::size_t>(tenant) - 1];
        for (const std::string& path :
             {"/api/v1/items/" + DataSet::item(tenant, tenant).to_string(),
              std::string{"/api/v1/items?limit=20"}}) {
            const std::string ours = answer_of(contestants.front()->process, token, path);
            for (const auto& contestant : contestants) {
                const std::string theirs = answer_of(contestant->process, token, path);
                if (theirs != ours) {
                    throw std::runtime_error{
                        contestant->name + " answers differently to " + path + ":\n" + theirs + "\nours:\n" +
                        ours
                    };
                }
            }
        }
    }
}

double milliseconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double, std::milli>{std::chrono::steady_clock::now() - start}.count();
}

std::string with_spread(const Summary& s, int digits) {
    return fmt::format("{:.{}f} ({:.{}f}-{:.{}f})", s.median, digits, s.low, digits, s.high, digits);
}

double megabytes(std::size_t bytes) {
    return static_cast<double>(bytes) / (1024 * 1024);
}

/// Two bars for each contestant, by id and page, on a logarithmic scale, as an SVG that reads in light and
/// dark.
std::string plot(const std::vector<std::pair<std::string, std::array<double, 2>>>& bars) {
    constexpr int left = 190;
    constexpr int width = 720;
    constexpr int bar = 14;
    constexpr int row = 44;
    double highest = 10;
    double lowest = 1e9;
    for (const auto& [name, rates] : bars) {
        highest = std::max({highest, rates[0], rates[1]});
        lowest = std::min({lowest, rates[0], rates[1]});
    }
    const double from = std::floor(std::log10(lowest));
    const double scale = (width - left - 90) / (std::log10(highest) - from);
    const int height = static_cast<int>(bars.size()) * row + 50;
    std::string svg = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" font-family=\"sans-serif\" "
        "font-size=\"13\">\n"
        "<title>Requests per second, logarithmic: item by id and page of 20</title>\n"
        "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
        "<rect x=\"{}\" y=\"12\" width=\"12\" height=\"12\" fill=\"#2563eb\"/><text x=\"{}\" y=\"23\">item "
        "by id</text>\n"
        "<rect x=\"{}\" y=\"12\" width=\"12\" height=\"12\" fill=\"#d97706\"/><text x=\"{}\" y=\"23\">page "
        "of 20, requests per "
        "second (logarithmic)</text>\n",
        width,
        height,
        left,
        left + 18,
        left + 110,
        left + 128
    );
    int y = 40;
    for (const auto& [name, rates] : bars) {
        svg += fmt::format(
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\n", left - 8, y + bar + 5, name
        );
        for (std::size_t i = 0; i < rates.size(); ++i) {
            const double length = (std::log10(rates[i]) - from) * scale;
            svg += fmt::format(
                "<rect x=\"{}\" y=\"{}\" width=\"{:.0f}\" height=\"{}\" fill=\"{}\"/><text x=\"{:.0f}\" "
                "y=\"{}\">{}</text>\n",
                left,
                y + static_cast<int>(i) * (bar + 2),
                length,
                bar,
                i == 0 ? "#2563eb" : "#d97706",
                left + length + 6,
                y + static_cast<int>(i) * (bar + 2) + bar - 3,
                grouped(rates[i])
            );
        }
        y += row;
    }
    return svg + "</svg>\n";
}

}  // namespace

std::string beside_peers(const PeersSettings& settings) {
    const testkit::TemporaryDirectory directory{"bench"};
    spdlog::info(
        "filling {} tenants with {} items each", settings.size.tenants, settings.size.items_per_tenant
    );
    const DataSet data{directory.path() / "cluster", settings.size};
    const TokenIssuer issuer;
    const Pgbench pgbench{data, directory.path()};

    std::vector<std::unique_ptr<Contestant>> contestants;
    const auto add = [&](std::string name, auto start) {
        const auto begin = std::chrono::steady_clock::now();
        testkit::ServiceProcess process = start();
        process.wait_until_ready();
        const double first_answer = milliseconds_since(begin);
        const Api api{data, directory.path(), process.port(), process.pid(), name};
        contestants.push_back(std::make_unique<Contestant>(
            Contestant{.name = std::move(name), .process = std::move(process), .api = api}
        ));
        contestants.back()->first_answer_ms = first_answer;
        contestants.back()->idle_memory = proportional_set_size(contestants.back()->process.pid());
    };
    add("product-core-api", [&] { return start_api(this_build(), data, issuer, directory.path()); });
    for (const Peer& peer : peers()) {
        add(peer.name, [&] { return start_peer(peer, data, issuer, directory.path()); });
    }
    require_the_same_answers(contestants, issuer.issue(settings.size.tenants));
    spdlog::info("all {} answer the same", contestants.size());

    constexpr int pgbench_clients = 4;  // its best on two to four cores; `bench` alone looks for it
    std::map<Workload, std::vector<Measurement>> limit;
    for (int round = 1; round <= settings.rounds; ++round) {
        // All of them meet tokens that they have not seen before.
        contestants.front()->api.use_tokens(issuer.issue(settings.size.tenants));
        for (const Workload workload : workloads) {
            limit[workload].push_back(pgbench.run(
                workload, Transaction::row_security_and_liveness, pgbench_clients, settings.duration
            ));
            for (const auto& contestant : contestants) {
                contestant->api.warm_up(workload, settings.connections);
                contestant->rounds[workload].push_back(
                    contestant->api.run(workload, settings.connections, settings.duration)
                );
                spdlog::info(
                    "round {}, workload {}: {} {:.0f}/s",
                    round,
                    int(workload),
                    contestant->name,
                    contestant->rounds[workload].back().per_second
                );
            }
        }
    }
    contestants.front()->api.use_tokens(issuer.issue(settings.size.tenants));
    for (const auto& contestant : contestants) {
        for (const Workload workload : workloads) {
            const double most = summary_of(contestant->rounds[workload], &Measurement::per_second).median;
            for (std::size_t i = 0; i < shares.size(); ++i) {
                contestant->paced[workload][i] =
                    contestant->api.run(workload, settings.connections, settings.duration, shares[i] * most);
            }
        }
        contestant->loaded_memory = proportional_set_size(contestant->process.pid());
    }

    const Contestant& ours = *contestants.front();
    const Contestant& yardstick = *contestants.at(1);
    std::string text = fmt::format(
        "{} tenants with {} items each; {} keep-alive connections, {} tokens; {} rounds of {} s, in turns; "
        "median "
        "(lowest-highest).\nPostgreSQL {}; {}; {}.\n{}.\n\n",
        settings.size.tenants,
        settings.size.items_per_tenant,
        settings.connections,
        settings.size.tenants,
        settings.rounds,
        settings.duration.count(),
        data.server_version(),
        versions_of("fastapi"),
        versions_of("fastify"),
        describe_machine()
    );
    text +=
        "| requests per second, × FastAPI with one worker | item by id | page of 20 |\n| --- | --- | --- |\n";
    const auto rate_row = [&](const std::string& name, std::map<Workload, std::vector<Measurement>>& rounds) {
        text += "| " + name;
        for (const Workload workload : workloads) {
            text += fmt::format(
                " | {}/s, **{}×**",
                grouped(summary_of(rounds[workload], &Measurement::per_second).median),
                with_spread(
                    ratios(rounds[workload], yardstick.rounds.at(workload), &Measurement::per_second), 1
                )
            );
        }
        text += " |\n";
    };
    rate_row("pgbench, the same transaction in one pipeline: the limit", limit);
    for (const auto& contestant : contestants) {
        rate_row(contestant->name, contestant->rounds);
    }
    text += "| ours as a share of pgbench's";
    for (const Workload workload : workloads) {
        text += " | " +
                with_spread(ratios(ours.rounds.at(workload), limit[workload], &Measurement::per_second), 2);
    }
    for (const auto& contestant : contestants) {
        if (contestant.get() != &ours) {
            text += " |\n| ours, times " + contestant->name;
            for (const Workload workload : workloads) {
                text += fmt::format(
                    " | **{}**",
                    with_spread(
                        ratios(
                            ours.rounds.at(workload), contestant->rounds[workload], &Measurement::per_second
                        ),
                        1
                    )
                );
            }
        }
    }
    text +=
        " |\n\n| processor seconds for 1,000 requests: service, PostgreSQL | item by id | page of 20 |\n| "
        "--- | --- | --- |\n";
    const auto cost_row = [&](const std::string& name, std::map<Workload, std::vector<Measurement>>& rounds) {
        text += "| " + name;
        for (const Workload workload : workloads) {
            text += fmt::format(
                " | {:.3f}, {:.3f}",
                summary_of(rounds[workload], &Measurement::server_us).median / 1000,
                summary_of(rounds[workload], &Measurement::postgres_us).median / 1000
            );
        }
        text += " |\n";
    };
    cost_row("pgbench (its own is not counted)", limit);
    for (const auto& contestant : contestants) {
        cost_row(contestant->name, contestant->rounds);
    }
    text +=
        "\n| p50 / p99 / p99.9, ms, at a share of its own maximum | 30 % | 60 % | 90 % |\n| --- | --- | --- "
        "| --- |\n";
    for (const Workload workload : workloads) {
        for (const auto& contestant : contestants) {
            text += fmt::format(
                "| {}, {}", contestant->name, workload == Workload::item_by_id ? "item by id" : "page of 20"
            );
            for (const Measurement& paced : contestant->paced[workload]) {
                text += fmt::format(
                    " | {:.1f} / {:.1f} / {:.1f} at {}/s",
                    paced.p50_ms,
                    paced.p99_ms,
                    paced.p999_ms,
                    grouped(paced.per_second)
                );
            }
            text += " |\n";
        }
    }
    text += "\n| | memory idle / after the run, MB | start to ready, ms |\n| --- | --- | --- |\n";
    for (const auto& contestant : contestants) {
        text += fmt::format(
            "| {} | {:.0f} / {:.0f} | {:.0f} |\n",
            contestant->name,
            megabytes(contestant->idle_memory),
            megabytes(contestant->loaded_memory),
            contestant->first_answer_ms
        );
    }
    if (!settings.plot.empty()) {
        std::vector<std::pair<std::string, std::array<double, 2>>> bars;
        const auto add_bar = [&](const std::string& name,
                                 std::map<Workload, std::vector<Measurement>>& rounds) {
            bars.push_back(
                {name,
                 {summary_of(rounds[Workload::item_by_id], &Measurement::per_second).median,
                  summary_of(rounds[Workload::page_of_20], &Measurement::per_second).median}}
            );
        };
        add_bar("pgbench: the limit", limit);
        for (const auto& contestant : contestants) {
            add_bar(contestant->name, contestant->rounds);
        }
        std::ofstream file{settings.plot};
        file << plot(bars);
        if (!file.flush()) {
            throw std::runtime_error{"cannot write " + settings.plot.string()};
        }
    }
    return text;
}

}  // namespace pz::bench
