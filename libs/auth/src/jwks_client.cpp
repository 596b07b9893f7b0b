#include <pz/auth/jwks_client.hpp>

#include <pz/core/check.hpp>
#include <pz/core/json.hpp>

#include <curl/curl.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <expected>
#include <mutex>
#include <random>
#include <stdexcept>
#include <stop_token>
#include <string_view>
#include <thread>
#include <unordered_map>

namespace pz::auth {

namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::size_t max_answer_size = std::size_t{64} * 1024;
constexpr std::size_t max_noted_kids = 256;

struct CurlDeleter {
    void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }

    void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};

/// What the callbacks of one transfer see.
struct Transfer {
    const std::stop_token& stop;
    std::string body;
};

std::size_t take_body(char* data, std::size_t, std::size_t size, void* context) noexcept {
    std::string& body = static_cast<Transfer*>(context)->body;
    if (size > max_answer_size - body.size()) {
        return 0;  // libcurl gives the transfer up
    }
    body.append(data, size);
    return size;
}

int is_stopped(void* context, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept {
    return static_cast<Transfer*>(context)->stop.stop_requested() ? 1 : 0;
}

template <class Value>
void set_option(CURL* handle, CURLoption option, Value value) {
    PZ_CHECK(curl_easy_setopt(handle, option, value) == CURLE_OK);
}

/// The body of a 200 answer, or why there is none.
std::expected<std::string, std::string> download(
    const JwksClient::Options& options, const std::stop_token& stop
) {
    const std::unique_ptr<CURL, CurlDeleter> handle{curl_easy_init()};
    PZ_CHECK(handle != nullptr);
    Transfer transfer{.stop = stop, .body = {}};
    CURL* curl = handle.get();
    set_option(curl, CURLOPT_URL, options.url.c_str());
    set_option(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    set_option(curl, CURLOPT_FOLLOWLOCATION, 0L);
    set_option(
        curl, CURLOPT_PROXY, ""
    );  // the configured address and nothing else, whatever the environment says
    set_option(curl, CURLOPT_NOSIGNAL, 1L);
    set_option(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
    set_option(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(options.total_timeout.count()));
    set_option(curl, CURLOPT_WRITEFUNCTION, &take_body);
    set_option(curl, CURLOPT_WRITEDATA, &transfer);
    set_option(curl, CURLOPT_NOPROGRESS, 0L);
    set_option(curl, CURLOPT_XFERINFOFUNCTION, &is_stopped);
    set_option(curl, CURLOPT_XFERINFODATA, &transfer);
    std::unique_ptr<curl_slist, CurlDeleter> headers;
    if (options.traceparent) {
        headers.reset(curl_slist_append(nullptr, ("traceparent: " + options.traceparent()).c_str()));
        set_option(curl, CURLOPT_HTTPHEADER, headers.get());
    }
    const CURLcode result = curl_easy_perform(curl);
    if (result != CURLE_OK) {
        return std::unexpected(curl_easy_strerror(result));
    }
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) {
        return std::unexpected("status " + std::to_string(status));
    }
    return std::move(transfer.body);
}

}  // namespace

/// The thread that fetches, and what it shares with the threads that ask.
class JwksClient::Worker {
 public:
    explicit Worker(Options options) : options_(std::move(options)), random_(std::random_device{}()) {
        curl_global_init(CURL_GLOBAL_DEFAULT);
        thread_ = std::jthread{[this](const std::stop_token& stop) { run(stop); }};
    }

    ~Worker() {
        thread_.request_stop();
        thread_.join();
        curl_global_cleanup();
    }

    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    void wait_for_first_attempt(std::chrono::milliseconds limit) const {
        std::unique_lock lock{mutex_};
        first_attempt_.wait_for(lock, limit, [this] { return attempted_; });
    }

    [[nodiscard]] bool ready() const noexcept { return ready_.load(); }

    [[nodiscard]] std::uint64_t generation() const noexcept { return generation_.load(); }

    [[nodiscard]] std::optional<std::chrono::steady_clock::duration> age() const noexcept {
        if (!ready_.load()) {
            return std::nullopt;
        }
        return std::chrono::steady_clock::now() - last_good_at_.load();
    }

    [[nodiscard]] std::shared_ptr<const crypto::KeySet> snapshot() const {
        const std::lock_guard lock{mutex_};
        return keys_;
    }

    [[nodiscard]] Counters counters() const {
        const std::lock_guard lock{mutex_};
        return counters_;
    }

    void report_unknown_key(std::string_view kid) {
        const auto now = std::chrono::steady_clock::now();
        const std::lock_guard lock{mutex_};
        ++counters_.unknown_keys;
        if (refresh_wanted_) {
            return;  // the fetch to come answers for all of them
        }
        const auto noted = noted_kids_.find(std::string{kid});
        if (noted != noted_kids_.end() && now - noted->second < options_.negative_cache) {
            return;
        }
        if (noted_kids_.size() >= max_noted_kids) {
            std::erase_if(noted_kids_, [&](const auto& entry) {
                return now - entry.second >= options_.negative_cache;
            });
        }
        // A full table means an attack; the cooldown alone then bounds the fetches.
        if (noted_kids_.size() < max_noted_kids) {
            noted_kids_.insert_or_assign(std::string{kid}, now);
        }
        refresh_wanted_ = true;
        wake_.notify_one();
    }

 private:
    void run(const std::stop_token& stop) {
        std::chrono::milliseconds retry = options_.first_retry;
        while (!stop.stop_requested()) {
            const SteadyTime started = std::chrono::steady_clock::now();
            bool unknown_kid = false;
            {
                const std::lock_guard lock{mutex_};
                unknown_kid = std::exchange(refresh_wanted_, false);
                ++counters_.fetches;
            }
            const std::uint64_t generation_before = generation();
            const std::string failure = fetch(stop);
            // Strangers' kids never bring a new set. One that did was the issuer's, and an emergency may
            // bring the next a moment later.
            if (unknown_kid) {
                cooldown_ends_ = generation() == generation_before ? started + options_.cooldown : started;
            }
            {
                const std::lock_guard lock{mutex_};
                attempted_ = true;
            }
            first_attempt_.notify_all();
            std::chrono::milliseconds pause = options_.poll_every;
            if (failure.empty()) {
                retry = options_.first_retry;
                pause = std::chrono::milliseconds{
                    std::uniform_int_distribution{pause.count() * 9 / 10, pause.count() * 11 / 10}(random_)
                };
            } else if (!stop.stop_requested()) {
                pause = std::min(std::exchange(retry, std::min(retry * 2, options_.longest_retry)), pause);
                note_failure(failure, pause);
            }
            wait(stop, std::chrono::steady_clock::now() + pause);
        }
    }

    /// Empty if a good set arrived, else the reason.
    std::string fetch(const std::stop_token& stop) {
        auto body = download(options_, stop);
        if (!body) {
            return std::move(body.error());
        }
        // The same bytes again: verifiers keep what they remember.
        if (*body == last_good_body_) {
            last_good_at_ = std::chrono::steady_clock::now();
            return {};
        }
        auto keys = crypto::KeySet::parse(*body);
        if (!keys) {
            return "not a usable key set: " + std::string{core::enum_text(keys.error())};
        }
        spdlog::info("took a key set of {} keys from {}", keys->keys().size(), options_.url);
        last_good_at_ = std::chrono::steady_clock::now();
        publish(std::make_shared<const crypto::KeySet>(std::move(*keys)));
        last_good_body_ = std::move(*body);
        return {};
    }

    void publish(std::shared_ptr<const crypto::KeySet> keys) {
        const std::lock_guard lock{mutex_};
        ready_ = keys != nullptr;
        keys_ = std::move(keys);
        ++generation_;
    }

    void note_failure(const std::string& failure, std::chrono::milliseconds pause) {
        spdlog::warn(
            "could not fetch keys from {}: {}; next try in {} ms", options_.url, failure, pause.count()
        );
        const std::lock_guard lock{mutex_};
        ++counters_.failures;
    }

    /// Until the pause is over, or a refresh is wanted and the cooldown is over, or the end. Drops the set
    /// when it got too old meanwhile.
    void wait(const std::stop_token& stop, SteadyTime next_fetch) {
        while (!stop.stop_requested()) {
            const SteadyTime too_old_at = last_good_at_.load() + options_.keep_last_good;
            const SteadyTime now = std::chrono::steady_clock::now();
            if (ready() && now >= too_old_at) {
                spdlog::error(
                    "the last good key set is too old; refusing tokens until {} answers", options_.url
                );
                publish(nullptr);
                last_good_body_.clear();
            }
            std::unique_lock lock{mutex_};
            const SteadyTime due = refresh_wanted_ ? std::min(next_fetch, cooldown_ends_) : next_fetch;
            if (now >= due) {
                return;
            }
            const bool wanted = refresh_wanted_;
            wake_.wait_until(lock, stop, keys_ ? std::min(due, too_old_at) : due, [&] {
                return refresh_wanted_ != wanted;
            });
        }
    }

    const Options options_;
    std::minstd_rand random_;  // the worker's own, like the next two
    std::string last_good_body_;
    SteadyTime cooldown_ends_{};
    std::atomic<SteadyTime> last_good_at_{};
    mutable std::mutex mutex_;
    std::condition_variable_any wake_;
    std::shared_ptr<const crypto::KeySet> keys_;
    std::unordered_map<std::string, SteadyTime> noted_kids_;
    mutable std::condition_variable first_attempt_;
    bool attempted_ = false;
    bool refresh_wanted_ = false;
    Counters counters_;
    std::atomic<bool> ready_{false};
    std::atomic<std::uint64_t> generation_{0};
    std::jthread thread_;
};

JwksClient::JwksClient(Options options) {
    if (!options.url.starts_with("http://") && !options.url.starts_with("https://")) {
        throw std::invalid_argument("the address of the key set must begin with http:// or https://");
    }
    worker_ = std::make_unique<Worker>(std::move(options));
}

JwksClient::~JwksClient() = default;

void JwksClient::wait_for_first_attempt(std::chrono::milliseconds limit) const {
    worker_->wait_for_first_attempt(limit);
}

bool JwksClient::ready() const noexcept {
    return worker_->ready();
}

JwksClient::Counters JwksClient::counters() const {
    return worker_->counters();
}

std::optional<std::chrono::steady_clock::duration> JwksClient::age() const noexcept {
    return worker_->age();
}

std::uint64_t JwksClient::generation() const noexcept {
    return worker_->generation();
}

std::shared_ptr<const crypto::KeySet> JwksClient::snapshot() const {
    return worker_->snapshot();
}

void JwksClient::report_unknown_key(std::string_view kid) {
    worker_->report_unknown_key(kid);
}

}  // namespace pz::auth
