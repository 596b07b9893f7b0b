#include <pz/web/tracer.hpp>

#include <pz/core/check.hpp>
#include <pz/core/json.hpp>
#include <pz/core/text.hpp>
#include <pz/web/log.hpp>

#include <curl/curl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <stop_token>
#include <thread>

namespace pz::web {

namespace {

using std::chrono::steady_clock;

struct CurlDeleter {
    void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }

    void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};

using CurlHandle = std::unique_ptr<CURL, CurlDeleter>;
using CurlHeaders = std::unique_ptr<curl_slist, CurlDeleter>;

template <class Value>
void set_option(CURL* handle, CURLoption option, Value value) {
    PZ_CHECK(curl_easy_setopt(handle, option, value) == CURLE_OK);
}

void add_header(CurlHeaders& headers, const std::string& line) {
    curl_slist* longer = curl_slist_append(headers.get(), line.c_str());
    PZ_CHECK(longer != nullptr);
    headers.release();
    headers.reset(longer);
}

/// "name=value,name=value" with percent-encoded values (the W3C Baggage form without properties).
CurlHeaders parse_headers(const core::SecretString& text) {
    CurlHeaders headers;
    std::string_view rest = text.reveal();
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(','), rest.size());
        const std::string_view pair = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        const std::size_t equals = pair.find('=');
        const auto value = equals == std::string_view::npos
                               ? std::nullopt
                               : core::percent_decode(pair.substr(equals + 1), core::PercentDialect::uri);
        const bool is_clean = value && value->find_first_of("\r\n") == std::string::npos;
        if (!is_clean || equals == 0) {
            throw std::invalid_argument("the headers must be name=value, comma separated");
        }
        add_header(headers, std::string{pair.substr(0, equals)} + ": " + *value);
    }
    return headers;
}

std::int64_t unix_nanoseconds(std::chrono::system_clock::time_point time) noexcept {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

void append_attribute(std::string& out, std::string_view name, const Span::Value& value) {
    fmt::format_to(std::back_inserter(out), R"({{"key":"{}","value":)", name);
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        fmt::format_to(std::back_inserter(out), R"({{"intValue":"{}"}})", *number);
    } else {
        out += R"({"stringValue":)";
        core::write_json(out, printable(std::get<std::string>(value)));
        out += '}';
    }
    out += '}';
}

void append_span(std::string& out, const Span& span) {
    fmt::format_to(
        std::back_inserter(out),
        R"({{"traceId":"{}","spanId":"{}")",
        to_hex(span.trace_id),
        to_hex(span.span_id)
    );
    if (span.parent_id) {
        fmt::format_to(std::back_inserter(out), R"(,"parentSpanId":"{}")", to_hex(*span.parent_id));
    }
    out += R"(,"name":)";
    core::write_json(out, span.name);
    fmt::format_to(
        std::back_inserter(out),
        R"(,"kind":{},"startTimeUnixNano":"{}","endTimeUnixNano":"{}","attributes":[)",
        static_cast<int>(span.kind),
        unix_nanoseconds(span.began),
        unix_nanoseconds(span.ended)
    );
    bool first = true;
    for (const auto& [name, value] : span.attributes) {
        out += std::exchange(first, false) ? "" : ",";
        append_attribute(out, name, value);
    }
    out += ']';
    if (span.failed) {
        out += R"(,"status":{"code":2})";
    }
    out += '}';
}

/// An ExportTraceServiceRequest in OTLP's JSON encoding.
std::string render(const std::vector<Span>& spans, const Tracer::Options& options) {
    std::string out = R"({"resourceSpans":[{"resource":{"attributes":[)";
    append_attribute(out, "service.name", options.service_name);
    out += ',';
    append_attribute(out, "service.version", options.service_version);
    out += R"(]},"scopeSpans":[{"scope":{"name":"pz.web"},"spans":[)";
    bool first = true;
    for (const Span& span : spans) {
        out += std::exchange(first, false) ? "" : ",";
        append_span(out, span);
    }
    out += "]}]}]}";
    return out;
}

std::size_t ignore_body(char*, std::size_t, std::size_t size, void*) noexcept {
    return size;
}

}  // namespace

/// The bounded queue, and the thread that empties it into the collector.
class Tracer::Exporter {
 public:
    explicit Exporter(Options options) : options_(std::move(options)), url_(options_.endpoint) {
        if (!url_.starts_with("http://") && !url_.starts_with("https://")) {
            throw std::invalid_argument("the endpoint must begin with http:// or https://");
        }
        while (url_.ends_with('/')) {
            url_.pop_back();
        }
        url_ += "/v1/traces";
        headers_ = parse_headers(options_.headers);
        add_header(headers_, "Content-Type: application/json");
        add_header(headers_, "Expect:");  // no waiting for 100 Continue
        PZ_CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
        curl_.reset(curl_easy_init());
        PZ_CHECK(curl_ != nullptr);
        thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    }

    ~Exporter() {
        thread_.request_stop();
        thread_.join();
        curl_.reset();
        curl_global_cleanup();
    }

    Exporter(const Exporter&) = delete;
    Exporter& operator=(const Exporter&) = delete;

    void add(std::vector<Span> spans) {
        const std::lock_guard lock{mutex_};
        if (queue_.size() + spans.size() > options_.queue) {
            dropped_ += spans.size();
            return;
        }
        std::ranges::move(spans, std::back_inserter(queue_));
        wake_.notify_one();
    }

    [[nodiscard]] Counters counters() const noexcept {
        return {.exported = exported_.load(), .dropped = dropped_.load()};
    }

    void count_loss(std::size_t spans) noexcept { dropped_ += spans; }

 private:
    void run(const std::stop_token& stop) {
        std::optional<steady_clock::time_point> farewell_ends;
        while (true) {
            std::vector<Span> batch = take(stop);
            if (stop.stop_requested() && !farewell_ends) {
                farewell_ends = steady_clock::now() + options_.farewell;
            }
            if (batch.empty()) {
                return;
            }
            if (farewell_ends && steady_clock::now() >= *farewell_ends) {
                dropped_ += batch.size();
                continue;
            }
            stop_ = &stop;
            send(batch);
        }
    }

    /// A full batch, or what gathered within the time; at the end whatever is left.
    std::vector<Span> take(const std::stop_token& stop) {
        std::unique_lock lock{mutex_};
        wake_.wait(lock, stop, [this] { return !queue_.empty(); });
        wake_.wait_for(lock, stop, options_.gather, [this] { return queue_.size() >= options_.batch; });
        const std::size_t count = std::min(queue_.size(), options_.batch);
        const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(count);
        std::vector<Span> batch{std::move_iterator{queue_.begin()}, std::move_iterator{end}};
        queue_.erase(queue_.begin(), end);
        return batch;
    }

    void send(const std::vector<Span>& batch) {
        const std::string body = render(batch, options_);
        CURL* curl = curl_.get();
        curl_easy_reset(curl);
        set_option(curl, CURLOPT_URL, url_.c_str());
        set_option(curl, CURLOPT_PROTOCOLS_STR, "http,https");
        set_option(curl, CURLOPT_FOLLOWLOCATION, 0L);
        // The configured address and nothing else, whatever the environment says.
        set_option(curl, CURLOPT_PROXY, "");
        set_option(curl, CURLOPT_NOSIGNAL, 1L);
        set_option(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.timeout.count()));
        set_option(curl, CURLOPT_HTTPHEADER, headers_.get());
        set_option(curl, CURLOPT_POSTFIELDS, body.data());
        set_option(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
        set_option(curl, CURLOPT_WRITEFUNCTION, &ignore_body);
        set_option(curl, CURLOPT_NOPROGRESS, 0L);
        set_option(curl, CURLOPT_XFERINFOFUNCTION, &is_over);
        set_option(curl, CURLOPT_XFERINFODATA, this);
        stopped_at_.reset();
        const CURLcode result = curl_easy_perform(curl);
        long status = 0;
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
        if (result == CURLE_OK && status >= 200 && status < 300) {
            exported_ += batch.size();
            failing_ = false;
            return;
        }
        dropped_ += batch.size();
        if (!std::exchange(failing_, true)) {  // once for each time the collector goes away
            spdlog::warn(
                "traces are dropped: {} answers {}",
                url_,
                result == CURLE_OK ? std::to_string(status) : curl_easy_strerror(result)
            );
        }
    }

    /// libcurl asks now and then: at the end of the process a transfer has the farewell's time left.
    static int is_over(void* context, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept {
        auto& self = *static_cast<Exporter*>(context);
        if (!self.stop_->stop_requested()) {
            return 0;
        }
        const auto now = steady_clock::now();
        if (!self.stopped_at_) {
            self.stopped_at_ = now;
        }
        return now - *self.stopped_at_ >= self.options_.farewell ? 1 : 0;
    }

    const Options options_;
    std::string url_;
    CurlHeaders headers_;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::deque<Span> queue_;
    std::atomic<std::uint64_t> exported_{0};
    std::atomic<std::uint64_t> dropped_{0};
    // The thread's own:
    CurlHandle curl_;
    const std::stop_token* stop_ = nullptr;
    std::optional<steady_clock::time_point> stopped_at_;
    bool failing_ = false;
    std::jthread thread_;
};

Tracer::Tracer(Options options)
    : sample_ratio_(options.sample_ratio), exporter_(std::make_unique<Exporter>(std::move(options))) {}

Tracer::~Tracer() = default;

bool Tracer::samples(const TraceContext::TraceId& id) const noexcept {
    // As OpenTelemetry's TraceIdRatioBased does it: the id itself decides, so that every service agrees.
    std::uint64_t low = 0;
    for (std::size_t i = 8; i < id.size(); ++i) {
        low = low << 8U | id[i];
    }
    return static_cast<double>(low >> 11U) < sample_ratio_ * static_cast<double>(std::uint64_t{1} << 53U);
}

void Tracer::submit(std::vector<Span> spans) noexcept {
    const std::size_t count = spans.size();
    try {
        exporter_->add(std::move(spans));
    } catch (const std::exception&) {
        exporter_->count_loss(count);
    }
}

Tracer::Counters Tracer::counters() const noexcept {
    return exporter_->counters();
}

}  // namespace pz::web
