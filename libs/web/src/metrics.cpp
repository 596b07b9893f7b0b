#include <pz/web/metrics.hpp>

#include <pz/web/router.hpp>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <sstream>

namespace pz::web {

namespace {

void increment(std::atomic<std::uint64_t>& counter, std::uint64_t by) noexcept {
    // One writer: no read-modify-write instruction is needed.
    counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

}  // namespace

void ThreadMetrics::record(
    std::size_t route, unsigned status, std::chrono::steady_clock::duration took
) noexcept {
    RouteCounts& counts = routes_[route < routes_.size() - 1 ? route : routes_.size() - 1];
    const auto microseconds =
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(took).count());
    std::size_t bucket = 0;
    while (bucket < bounds.size() && microseconds > bounds[bucket]) {
        ++bucket;
    }
    increment(counts.by_status_class[status / 100 < 6 ? status / 100 : 0], 1);
    increment(counts.by_duration[bucket], 1);
    increment(counts.total_microseconds, microseconds);
}

ThreadMetrics& Metrics::add_thread() {
    const std::lock_guard lock(mutex_);
    return *threads_.emplace_back(std::make_unique<ThreadMetrics>(router_.routes().size()));
}

std::string Metrics::to_text() const {
    prometheus::MetricFamily requests{
        "http_server_requests_total",
        "Requests answered, by route and class of status",
        prometheus::MetricType::Counter,
        {}
    };
    prometheus::MetricFamily durations{
        "http_server_request_duration_seconds",
        "Time from the end of the request's head to its answer, by route",
        prometheus::MetricType::Histogram,
        {}
    };
    const std::lock_guard lock(mutex_);
    for (std::size_t index = 0; index <= router_.routes().size(); ++index) {
        const bool known = index < router_.routes().size();
        const std::string route = known ? std::string{router_.routes()[index]->operation_id} : "none";
        std::array<std::uint64_t, 6> by_class{};
        std::array<std::uint64_t, ThreadMetrics::bounds.size() + 1> by_duration{};
        std::uint64_t microseconds = 0;
        for (const auto& thread : threads_) {
            const ThreadMetrics::RouteCounts& counts = thread->routes_[index];
            for (std::size_t i = 0; i < by_class.size(); ++i) {
                by_class[i] += counts.by_status_class[i].load(std::memory_order_relaxed);
            }
            for (std::size_t i = 0; i < by_duration.size(); ++i) {
                by_duration[i] += counts.by_duration[i].load(std::memory_order_relaxed);
            }
            microseconds += counts.total_microseconds.load(std::memory_order_relaxed);
        }
        for (std::size_t i = 1; i < by_class.size(); ++i) {
            if (by_class[i] > 0) {
                prometheus::ClientMetric metric;
                metric.label = {{"route", route}, {"status", std::to_string(i) + "xx"}};
                metric.counter.value = static_cast<double>(by_class[i]);
                requests.metric.push_back(std::move(metric));
            }
        }
        prometheus::ClientMetric histogram;
        histogram.label = {{"route", route}};
        std::uint64_t cumulative = 0;
        for (std::size_t i = 0; i < by_duration.size(); ++i) {
            cumulative += by_duration[i];
            const double bound = i < ThreadMetrics::bounds.size()
                                     ? static_cast<double>(ThreadMetrics::bounds[i]) / 1e6
                                     : std::numeric_limits<double>::infinity();
            histogram.histogram.bucket.push_back({cumulative, bound});
        }
        if (cumulative > 0) {
            histogram.histogram.sample_count = cumulative;
            histogram.histogram.sample_sum = static_cast<double>(microseconds) / 1e6;
            durations.metric.push_back(std::move(histogram));
        }
    }
    std::ostringstream out;
    prometheus::TextSerializer{}.Serialize(out, {requests, durations});
    return out.str();
}

}  // namespace pz::web
