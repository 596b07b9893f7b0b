#include "report.hpp"

#include "meter.hpp"

#include <fmt/format.h>

#include <cmath>
#include <thread>

namespace pz::bench {

namespace {

std::string rate(const Summary& s) {
    return fmt::format("{}/s ({}-{})", grouped(s.median), grouped(s.low), grouped(s.high));
}

std::string share(const Summary& s) {
    return fmt::format("**{:.2f}** ({:.2f}-{:.2f})", s.median, s.low, s.high);
}

std::string microseconds(const Summary& s) {
    return fmt::format("{:.0f} ({:.0f}-{:.0f})", s.median, s.low, s.high);
}

double megabytes(std::size_t bytes) {
    return static_cast<double>(bytes) / (1024 * 1024);
}

/// One line of a table: a title and a cell for each workload.
template <class Cell>
std::string row(const std::string& title, Cell cell) {
    std::string line = "| " + title;
    for (const Workload workload : workloads) {
        line += " | " + cell(workload);
    }
    return line + " |\n";
}

}  // namespace

std::string grouped(double value) {
    std::string digits = std::to_string(std::llround(value));
    for (auto position = static_cast<std::ptrdiff_t>(digits.size()) - 3; position > 0; position -= 3) {
        digits.insert(static_cast<std::size_t>(position), ",");
    }
    return digits;
}

std::string to_markdown(const Results& results) {
    const auto pgbench = [&](Workload workload, Transaction transaction) -> const std::vector<Measurement>& {
        return results.pgbench.at({workload, transaction});
    };
    const auto pgbench_row = [&](const char* title, Transaction transaction) {
        return row(title, [&](Workload workload) {
            return fmt::format(
                "{} with {} clients",
                rate(summary_of(pgbench(workload, transaction), &Measurement::per_second)),
                results.pgbench_clients.at({workload, transaction})
            );
        });
    };
    const auto pgbench_cost_row = [&](const char* title, Transaction transaction) {
        return row(title, [&](Workload workload) {
            return microseconds(summary_of(pgbench(workload, transaction), &Measurement::postgres_us));
        });
    };

    std::string text = fmt::format(
        "{} tenants with {} items each, all in memory; PostgreSQL {}; {} processors shared by PostgreSQL, "
        "the service and\n"
        "the load; {} rounds in which the contestants take turns for {} s each. Median (lowest-highest).\n\n",
        grouped(results.size.tenants),
        grouped(results.size.items_per_tenant),
        results.postgres_version,
        std::thread::hardware_concurrency(),
        results.rounds,
        results.duration.count()
    );
    text += "| | item by id | page of 20 |\n| --- | --- | --- |\n";
    text += pgbench_row("pgbench, the query alone", Transaction::bare);
    text += pgbench_row("pgbench, transaction under row security in one pipeline", Transaction::row_security);
    text += pgbench_row("the same with the liveness check", Transaction::row_security_and_liveness);
    text += row(fmt::format("product-core-api, {} connections", results.connections), [&](Workload workload) {
        return rate(summary_of(results.api.at(workload), &Measurement::per_second));
    });
    text += row("share of pgbench's transaction", [&](Workload workload) {
        return share(ratios(
            results.api.at(workload), pgbench(workload, Transaction::row_security), &Measurement::per_second
        ));
    });
    text += row("share of the same with the liveness check", [&](Workload workload) {
        return share(ratios(
            results.api.at(workload),
            pgbench(workload, Transaction::row_security_and_liveness),
            &Measurement::per_second
        ));
    });
    text += row("p50 / p99 at full load, ms", [&](Workload workload) {
        return fmt::format(
            "{:.2f} / {:.2f}",
            summary_of(results.api.at(workload), &Measurement::p50_ms).median,
            summary_of(results.api.at(workload), &Measurement::p99_ms).median
        );
    });
    text += row("p50 / p99 at about 60 % of that, ms", [&](Workload workload) {
        const Measurement& paced = results.paced.at(workload);
        return fmt::format("{:.2f} / {:.2f} at {}/s", paced.p50_ms, paced.p99_ms, grouped(paced.per_second));
    });
    text += row("processor time of the service, µs a request", [&](Workload workload) {
        return microseconds(summary_of(results.api.at(workload), &Measurement::server_us));
    });
    text += row("processor time of PostgreSQL, µs a request", [&](Workload workload) {
        return microseconds(summary_of(results.api.at(workload), &Measurement::postgres_us));
    });
    text += pgbench_cost_row("the same under pgbench: the query alone", Transaction::bare);
    text +=
        pgbench_cost_row("the same under pgbench: transaction under row security", Transaction::row_security);
    text += pgbench_cost_row(
        "the same under pgbench: with the liveness check", Transaction::row_security_and_liveness
    );

    const Summary first = summarize(results.first_answer_ms);
    text += "\n| product-core-api | |\n| --- | --- |\n";
    text += fmt::format(
        "| exec to the first 200, ms | {:.0f} ({:.0f}-{:.0f}) |\n", first.median, first.low, first.high
    );
    text += fmt::format(
        "| memory before the first request (proportional set) | {:.1f} MB |\n", megabytes(results.idle_memory)
    );
    text += fmt::format("| memory after the measurements | {:.1f} MB |\n", megabytes(results.loaded_memory));
    text += fmt::format(
        "| memory per idle connection, of {} | {:.1f} KB |\n",
        grouped(results.idle_connections),
        results.memory_per_connection / 1024
    );
    return text;
}

}  // namespace pz::bench
