#pragma once

#include "contestants.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace pz::bench {

/// Everything that one run of the harness found out.
struct Results {
    DataSet::Size size;
    std::string postgres_version;
    int rounds = 0;
    std::chrono::seconds duration{};  ///< of each measurement
    int connections = 0;              ///< of the API's clients

    using Key = std::pair<Workload, Transaction>;
    std::map<Key, int> pgbench_clients;               ///< the number of clients with which pgbench is fastest
    std::map<Key, std::vector<Measurement>> pgbench;  ///< one per round
    std::map<Workload, std::vector<Measurement>> api;  ///< one per round
    std::map<Workload, Measurement> paced;             ///< at 60 % of the API's own median

    std::vector<double> first_answer_ms;  ///< exec to the first 200
    std::size_t idle_memory = 0;          ///< bytes, before the first request
    std::size_t loaded_memory = 0;        ///< bytes, after the measurements
    int idle_connections = 0;
    double memory_per_connection = 0;  ///< bytes, of a connection that was used once and then waits
};

/// "12,345", as rates are read.
[[nodiscard]] std::string grouped(double value);

/// The tables of docs/performance.md.
[[nodiscard]] std::string to_markdown(const Results& results);

}  // namespace pz::bench
