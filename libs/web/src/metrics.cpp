#include <pz/web/metrics.hpp>

#include <pz/auth/token_verifier.hpp>
#include <pz/pg/pool.hpp>
#include <pz/web/router.hpp>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <sstream>

namespace pz::web {

namespace {

using Kind = Measurement::Kind;

void increment(std::atomic<std::uint64_t>& counter, std::uint64_t by) noexcept {
    // One writer: no read-modify-write instruction is needed.
    counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

/// Families by name, in the order in which they were first seen.
class Families {
 public:
    prometheus::MetricFamily& at(std::string_view name, std::string_view help, prometheus::MetricType type) {
        const auto [found, is_new] = index_.try_emplace(std::string{name}, families_.size());
        if (is_new) {
            families_.push_back({std::string{name}, std::string{help}, type, {}});
        }
        return families_[found->second];
    }

    /// Adds a measurement to the one with the same labels, if there is one.
    void add(const Measurement& measurement) {
        const auto type = measurement.kind == Kind::counter     ? prometheus::MetricType::Counter
                          : measurement.kind == Kind::histogram ? prometheus::MetricType::Histogram
                                                                : prometheus::MetricType::Gauge;
        std::vector<prometheus::ClientMetric>& metrics = at(measurement.name, measurement.help, type).metric;
        std::vector<prometheus::ClientMetric::Label> labels;
        for (const auto& [name, value] : measurement.labels) {
            labels.push_back({name, value});
        }
        auto found = std::ranges::find(metrics, labels, &prometheus::ClientMetric::label);
        if (found == metrics.end()) {
            found = metrics.emplace(metrics.end());
            found->label = std::move(labels);
        }
        if (measurement.kind == Kind::counter) {
            found->counter.value += measurement.value;
        } else if (measurement.kind == Kind::gauge) {
            found->gauge.value += measurement.value;
        } else {
            add_histogram(found->histogram, measurement.bounds, measurement.counts, measurement.value);
        }
    }

    static void add_histogram(
        prometheus::ClientMetric::Histogram& histogram,
        std::span<const double> bounds,
        std::span<const std::uint64_t> counts,
        double sum
    ) {
        histogram.bucket.resize(counts.size());
        std::uint64_t cumulative = 0;
        for (std::size_t i = 0; i < counts.size(); ++i) {
            cumulative += counts[i];
            histogram.bucket[i].cumulative_count += cumulative;
            histogram.bucket[i].upper_bound =
                i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity();
        }
        histogram.sample_count += cumulative;
        histogram.sample_sum += sum;
    }

    [[nodiscard]] const std::vector<prometheus::MetricFamily>& all() const noexcept { return families_; }

 private:
    std::map<std::string, std::size_t> index_;
    std::vector<prometheus::MetricFamily> families_;
};

constexpr std::array<double, ThreadMetrics::bounds.size()> bounds_in_seconds = [] {
    std::array<double, ThreadMetrics::bounds.size()> bounds{};
    std::ranges::transform(ThreadMetrics::bounds, bounds.begin(), [](std::uint64_t microseconds) {
        return static_cast<double>(microseconds) / 1e6;
    });
    return bounds;
}();

double seconds(timeval time) noexcept {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

/// Seconds since 1970; 0 if /proc is not there.
double process_start_time() {
    std::ifstream self("/proc/self/stat");
    const std::string stat{std::istreambuf_iterator<char>{self}, {}};
    const std::size_t name_end = stat.rfind(')');  // the name may hold anything
    if (name_end == std::string::npos) {
        return 0;
    }
    std::istringstream rest{stat.substr(name_end + 1)};
    std::string field;
    for (int i = 3; i <= 22; ++i) {  // proc(5): the 22nd is starttime, in ticks since the boot
        rest >> field;
    }
    const double ticks = std::strtod(field.c_str(), nullptr);
    std::ifstream kernel("/proc/stat");
    for (std::string line; std::getline(kernel, line);) {
        if (line.starts_with("btime ")) {
            return std::strtod(line.c_str() + 6, nullptr) +
                   ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
        }
    }
    return 0;
}

void measure_process(std::vector<Measurement>& out) {
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages >> pages;  // the second is the resident set
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    std::error_code ignored;
    const auto descriptors = std::distance(
        std::filesystem::directory_iterator("/proc/self/fd", ignored), std::filesystem::directory_iterator{}
    );
    static const double started = process_start_time();
    const auto add = [&](std::string_view name, std::string_view help, Kind kind, double value) {
        out.push_back({.name = name, .help = help, .kind = kind, .value = value});
    };
    add("process_resident_memory_bytes",
        "Resident memory size",
        Kind::gauge,
        static_cast<double>(pages) * static_cast<double>(::sysconf(_SC_PAGESIZE)));
    add("process_cpu_seconds_total",
        "User and system CPU time spent",
        Kind::counter,
        seconds(usage.ru_utime) + seconds(usage.ru_stime));
    add("process_open_fds", "Open file descriptors", Kind::gauge, static_cast<double>(descriptors));
    add("process_max_fds", "Most file descriptors", Kind::gauge, static_cast<double>(files.rlim_cur));
    add("process_start_time_seconds", "Start of the process, seconds since 1970", Kind::gauge, started);
}

}  // namespace

ThreadMetrics::ThreadMetrics(std::size_t routes) : routes_(routes + methods) {}

void ThreadMetrics::begin() noexcept {
    active_.store(active_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

void ThreadMetrics::end(
    const Route* route, http::Method method, unsigned status, std::chrono::steady_clock::duration took
) noexcept {
    active_.store(active_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
    const std::size_t index =
        route != nullptr ? route->index : routes_.size() - methods + static_cast<std::size_t>(method);
    Durations* durations = durations_of(routes_[index], status);
    if (durations == nullptr) {
        return;
    }
    const auto microseconds =
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(took).count());
    const auto bucket = std::ranges::lower_bound(bounds, microseconds) - bounds.begin();
    increment(durations->counts[static_cast<std::size_t>(bucket)], 1);
    increment(durations->microseconds, microseconds);
}

/// Null when there is no memory for another one.
ThreadMetrics::Durations* ThreadMetrics::durations_of(RouteCounts& counts, unsigned status) noexcept {
    const auto found = std::ranges::lower_bound(statuses, status);
    const bool known = found != statuses.end() && *found == status;
    const std::size_t index = known ? static_cast<std::size_t>(found - statuses.begin()) : statuses.size();
    Durations* durations = counts.by_status[index].load(std::memory_order_relaxed);
    if (durations == nullptr) {
        try {
            durations = &durations_.emplace_back();
        } catch (const std::bad_alloc&) {
            return nullptr;
        }
        counts.by_status[index].store(durations, std::memory_order_release);
    }
    return durations;
}

void ThreadMetrics::publish(std::vector<Measurement> measurements) {
    const std::lock_guard lock(mutex_);
    published_ = std::move(measurements);
}

ThreadMetrics& Metrics::add_thread() {
    const std::lock_guard lock(mutex_);
    return *threads_.emplace_back(std::make_unique<ThreadMetrics>(router_.routes().size()));
}

std::string Metrics::to_text(std::vector<Measurement> more) const {
    Families families;
    prometheus::MetricFamily& durations = families.at(
        "http_server_request_duration_seconds",
        "Time from the end of a request's head to its answer; without a route: nothing answers there",
        prometheus::MetricType::Histogram
    );
    const std::lock_guard lock(mutex_);
    const std::size_t known_routes = router_.routes().size();
    for (std::size_t index = 0; index < known_routes + ThreadMetrics::methods; ++index) {
        for (std::size_t at = 0; at <= ThreadMetrics::statuses.size(); ++at) {
            std::array<std::uint64_t, ThreadMetrics::bounds.size() + 1> counts{};
            std::uint64_t microseconds = 0;
            bool answered = false;
            for (const auto& thread : threads_) {
                const ThreadMetrics::Durations* own =
                    thread->routes_[index].by_status[at].load(std::memory_order_acquire);
                if (own == nullptr) {
                    continue;
                }
                answered = true;
                for (std::size_t i = 0; i < counts.size(); ++i) {
                    counts[i] += own->counts[i].load(std::memory_order_relaxed);
                }
                microseconds += own->microseconds.load(std::memory_order_relaxed);
            }
            if (!answered) {
                continue;
            }
            const Route* route = index < known_routes ? router_.routes()[index].get() : nullptr;
            const auto method =
                route != nullptr ? route->method : static_cast<http::Method>(index - known_routes);
            prometheus::ClientMetric& metric = durations.metric.emplace_back();
            metric.label.push_back({"http_request_method", std::string{http::method_text(method)}});
            if (route != nullptr) {
                metric.label.push_back({"http_route", route->pattern});
            }
            metric.label.push_back(
                {"http_response_status_code",
                 at < ThreadMetrics::statuses.size() ? std::to_string(ThreadMetrics::statuses[at]) : "other"}
            );
            Families::add_histogram(
                metric.histogram, bounds_in_seconds, counts, static_cast<double>(microseconds) / 1e6
            );
        }
    }
    std::int64_t active = 0;
    for (const auto& thread : threads_) {
        active += thread->active_.load(std::memory_order_relaxed);
        const std::lock_guard published(thread->mutex_);
        more.insert(more.end(), thread->published_.begin(), thread->published_.end());
    }
    more.push_back(
        {.name = "http_server_active_requests",
         .help = "Requests being answered now",
         .value = static_cast<double>(active)}
    );
    measure_process(more);
    for (const Measurement& measurement : more) {
        families.add(measurement);
    }
    std::ostringstream out;
    prometheus::TextSerializer{}.Serialize(out, families.all());
    return out.str();
}

void measure_pool(const pg::Pool& pool, std::vector<Measurement>& out) {
    const pg::PoolStats stats = pool.stats();
    const std::string& name = pool.options().name;
    const auto labels = [&] {
        return std::vector<std::pair<std::string, std::string>>{{"db_client_connection_pool_name", name}};
    };
    const auto connections = [&](const char* state, std::size_t count) {
        Measurement& measurement = out.emplace_back();
        // OpenTelemetry's db.client.connection.count: Prometheus keeps that ending for histograms.
        measurement.name = "db_client_connections";
        measurement.help = "Open database connections, by what they do";
        measurement.labels = labels();
        measurement.labels.emplace_back("db_client_connection_state", state);
        measurement.value = static_cast<double>(count);
    };
    const std::size_t used = std::min(stats.busy_connections, stats.open_connections);
    connections("used", used);
    connections("idle", stats.open_connections - used);
    const auto add = [&](std::string_view metric, std::string_view help, Kind kind, double value) {
        out.push_back({.name = metric, .help = help, .kind = kind, .labels = labels(), .value = value});
    };
    add("db_client_connection_pending_requests",
        "Requests that wait for a database connection now",
        Kind::gauge,
        static_cast<double>(stats.waiting));
    add("db_client_connection_timeouts_total",
        "Requests that got no connection: the queue was full, or the wait too long",
        Kind::counter,
        static_cast<double>(stats.queue_timeouts));
    add("db_client_connection_losses_total",
        "Connections that broke",
        Kind::counter,
        static_cast<double>(stats.connection_losses));
    add("db_client_operations_total",
        "Flushes sent to the database",
        Kind::counter,
        static_cast<double>(stats.batches));
    out.push_back(
        {.name = "db_client_connection_wait_time_seconds",
         .help = "Time until a request had a connection",
         .kind = Kind::histogram,
         .labels = labels(),
         .value = std::chrono::duration<double>(stats.waited).count(),
         .bounds = pg::PoolStats::wait_bounds,
         .counts = {stats.waits.begin(), stats.waits.end()}}
    );
}

void measure_verifier(const auth::TokenVerifier& verifier, std::vector<Measurement>& out) {
    const auth::TokenVerifier::Counters& counters = verifier.counters();
    const auto add = [&](const char* result, std::uint64_t count) {
        out.push_back(
            {.name = "phasezero_token_verifications_total",
             .help = "Access tokens: hit = remembered as verified, miss = verified in full, refused",
             .kind = Kind::counter,
             .labels = {{"result", result}},
             .value = static_cast<double>(count)}
        );
    };
    add("hit", counters.remembered);
    add("miss", counters.verified);
    add("refused", counters.refused);
}

}  // namespace pz::web
