#pragma once

#include "data_set.hpp"

#include <pz/core/secret.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace pz::bench {

/// What a request asks for.
enum class Workload : std::uint8_t { item_by_id, page_of_20 };

inline constexpr Workload workloads[] = {Workload::item_by_id, Workload::page_of_20};

/// What one contestant did in one measurement.
struct Measurement {
    double per_second = 0;
    double p50_ms = 0;  ///< 0 where the tool does not say
    double p99_ms = 0;
    double p999_ms = 0;
    double postgres_us = 0;  ///< PostgreSQL's processor time per request
    double server_us = 0;    ///< the service's own; 0 for pgbench
    double refused = 0;      ///< share of the requests that were answered with an error
};

/// How much of a request's work pgbench does: the query alone, as a role without policies; the whole
/// transaction under row level security; the same with the liveness check that every request of the product
/// makes.
enum class Transaction : std::uint8_t { bare, row_security, row_security_and_liveness };

/// pgbench, prepared statements, each transaction in one pipeline: the limit for one request per round trip.
class Pgbench {
 public:
    Pgbench(const DataSet& data, std::filesystem::path directory);

    /// Throws std::runtime_error with pgbench's words when it fails.
    [[nodiscard]] Measurement run(
        Workload workload, Transaction transaction, int clients, std::chrono::seconds duration
    ) const;

 private:
    [[nodiscard]] std::string script(Workload workload, Transaction transaction, int tenant) const;

    const DataSet& data_;
    std::filesystem::path directory_;
    std::string signing_key_;
};

/// libpq's variables ("PGHOST=…") instead of a connection string, which would show in `ps`.
[[nodiscard]] std::vector<std::string> libpq_environment(const core::SecretString& connection_string);

/// What a request that is refused does to a measurement.
enum class Refusals : std::uint8_t { fail_it, are_counted };

/// product-core-api, or a peer that answers the same, under wrk, with another tenant's token in each request.
class Api {
 public:
    Api(const DataSet& data, std::filesystem::path directory, std::uint16_t port, pid_t process);

    /// Used by every run from here on.
    void use_tokens(const std::vector<std::string>& tokens) const;
    /// As fast as `connections` keep-alive connections go, or paced to about `per_second` requests when that
    /// is not 0. Throws std::runtime_error when a request gets no answer, or is refused where that may not
    /// be.
    [[nodiscard]] Measurement run(
        Workload workload,
        int connections,
        std::chrono::seconds duration,
        double per_second = 0,
        Refusals refusals = Refusals::fail_it
    ) const;

 private:
    const DataSet& data_;
    std::filesystem::path directory_;
    std::uint16_t port_;
    pid_t process_;
};

}  // namespace pz::bench
