#pragma once

#include "data_set.hpp"
#include "meter.hpp"
#include "wrk.hpp"

#include <pz/core/secret.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace pz::bench {

/// What a request asks for. A creation leaves an event in the audit log; of the mixed requests nine in ten
/// read an item and one creates one.
enum class Workload : std::uint8_t { item_by_id, page_of_20, creation, mixed };

inline constexpr Workload workloads[] = {Workload::item_by_id, Workload::page_of_20};
inline constexpr Workload writing_workloads[] = {Workload::creation, Workload::mixed};

/// "item by id"
[[nodiscard]] std::string_view name_of(Workload workload);

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

/// Of one figure in some rounds.
[[nodiscard]] Summary summary_of(const std::vector<Measurement>& rounds, double Measurement::* figure);
/// Of one contestant's figure over the other's in the same round.
[[nodiscard]] Summary ratios(
    const std::vector<Measurement>& these, const std::vector<Measurement>& those, double Measurement::* figure
);

/// How much of a request's work pgbench does: the query alone, as a role without policies; the whole
/// transaction under row level security; the same with the liveness check that every request of the product
/// makes and, where it creates, with the event. There is no bare creation.
enum class Transaction : std::uint8_t { bare, row_security, row_security_and_liveness };

/// pgbench, prepared statements, each transaction in one pipeline: the limit for one request per round trip.
class Pgbench {
 public:
    /// SET LOCAL takes no parameter, so each of pgbench's scripts has its tenant written into it, and
    /// prepared statements of its own. Few, so that preparing them takes no share of the measurement; the
    /// rows that pgbench reads stay closer to the processor than the API's, which serves all tenants.
    static constexpr int tenants = 16;

    Pgbench(const DataSet& data, std::filesystem::path directory);

    /// Throws std::runtime_error with pgbench's words when it fails.
    [[nodiscard]] Measurement run(
        Workload workload, Transaction transaction, int clients, std::chrono::seconds duration
    ) const;

    /// The one of these numbers of clients with which it is fastest, each tried for so long.
    [[nodiscard]] int fastest_clients(
        Workload workload,
        Transaction transaction,
        const std::vector<int>& candidates,
        std::chrono::seconds duration
    ) const;

 private:
    [[nodiscard]] std::filesystem::path folder(Workload workload, Transaction transaction) const;
    /// What the transaction does between its own statements.
    [[nodiscard]] std::string work(Workload workload, Transaction transaction, int tenant) const;
    [[nodiscard]] std::string script(Workload workload, Transaction transaction, int tenant) const;

    const DataSet& data_;
    std::filesystem::path directory_;
    std::string signing_key_;
};

/// libpq's variables ("PGHOST=…") instead of a connection string, which would show in `ps`.
[[nodiscard]] std::vector<std::string> libpq_environment(const core::SecretString& connection_string);

/// product-core-api, or a peer that answers the same, under wrk, with another tenant's token in each request.
class Api {
 public:
    /// `name` is for messages.
    Api(const DataSet& data,
        std::filesystem::path directory,
        std::uint16_t port,
        pid_t process,
        std::string name = "product-core-api");

    /// Used by every run from here on: the first is tenant 1's, the next that of the tenant `stride` further.
    void use_tokens(const std::vector<std::string>& tokens, int stride = 1) const;
    /// Until it has answered for a second: the first requests open database connections and meet tokens for
    /// the first time, which a slow contestant on a busy machine needs longer for. Throws std::runtime_error
    /// when there is no answer within ten seconds.
    void warm_up(Workload workload, int connections) const;
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
    [[nodiscard]] Answers load(
        Workload workload, int connections, std::chrono::seconds duration, double per_second
    ) const;
    [[nodiscard]] std::string with_what(Workload workload, int connections) const;

    const DataSet& data_;
    std::filesystem::path directory_;
    std::uint16_t port_;
    pid_t process_;
    std::string name_;
};

}  // namespace pz::bench
