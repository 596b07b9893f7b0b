#include <pz/crypto/password_hasher.hpp>

#include <pz/core/check.hpp>
#include <pz/core/error.hpp>
#include <pz/core/text.hpp>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <sodium.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

namespace asio = boost::asio;

namespace pz::crypto {

namespace {

constexpr std::size_t max_phc_size = 256;

/// PHC strings use the standard alphabet without padding.
std::optional<std::string> decode_phc_base64(std::string_view text) {
    if (text.find_first_of("-_") != std::string_view::npos) {
        return std::nullopt;
    }
    std::string urlsafe{text};
    std::ranges::replace(urlsafe, '+', '-');
    std::ranges::replace(urlsafe, '/', '_');
    return core::base64url_decode(urlsafe);
}

std::string encode_phc_base64(std::string_view bytes) {
    std::string text = core::base64url_encode(bytes);
    std::ranges::replace(text, '-', '+');
    std::ranges::replace(text, '_', '/');
    return text;
}

/// Takes the part up to the separator off the front; the whole rest when there is no separator.
std::string_view take_until(std::string_view& rest, char separator) {
    const std::size_t end = std::min(rest.find(separator), rest.size());
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return part;
}

/// "m=19456" with the name "m": decimal, no sign, no leading zero.
std::optional<std::uint32_t> read_parameter(std::string_view part, char name) {
    if (part.size() < 3 || part[0] != name || part[1] != '=' || part[2] == '0') {
        return std::nullopt;
    }
    std::uint32_t value = 0;
    const auto result = std::from_chars(part.data() + 2, part.data() + part.size(), value);
    if (result.ec == std::errc::result_out_of_range) {
        return UINT32_MAX;
    }
    if (result.ec != std::errc{} || result.ptr != part.data() + part.size()) {
        return std::nullopt;
    }
    return value;
}

std::string phc_text(const Argon2Cost& cost, std::string_view salt, std::string_view hash) {
    return "$argon2id$v=19$m=" + std::to_string(cost.memory_kib) + ",t=" + std::to_string(cost.iterations) +
           ",p=1$" + encode_phc_base64(salt) + '$' + encode_phc_base64(hash);
}

std::string random_string(std::size_t size) {
    std::string bytes(size, '\0');
    core::random_bytes(bytes.data(), bytes.size());
    return bytes;
}

std::uint64_t work_of(const Argon2Cost& cost) noexcept {
    return std::uint64_t{cost.memory_kib} * cost.iterations;
}

std::string hash_now(const Argon2Cost& cost, const core::SecretString& password) {
    std::string salt = random_string(crypto_pwhash_SALTBYTES);
    std::string hash(32, '\0');
    const int result = crypto_pwhash(
        reinterpret_cast<unsigned char*>(hash.data()),
        hash.size(),
        password.reveal().data(),
        password.reveal().size(),
        reinterpret_cast<const unsigned char*>(salt.data()),
        cost.iterations,
        std::size_t{cost.memory_kib} * 1024,
        crypto_pwhash_ALG_ARGON2ID13
    );
    if (result != 0) {
        throw core::unavailable("no memory for a password hash");
    }
    return phc_text(cost, salt, hash);
}

bool verify_now(const std::string& phc, const core::SecretString& password) {
    errno = 0;
    const int result =
        crypto_pwhash_str_verify(phc.c_str(), password.reveal().data(), password.reveal().size());
    if (result != 0 && errno == ENOMEM) {
        throw core::unavailable("no memory for a password hash");
    }
    return result == 0;
}

bool is_usable(const core::SecretString& password) noexcept {
    return !password.reveal().empty() && password.reveal().size() <= max_password_size;
}

}  // namespace

std::expected<PhcString, PhcError> parse_phc(std::string_view text) {
    if (text.size() > max_phc_size || !text.starts_with('$')) {
        return std::unexpected(PhcError::malformed);
    }
    std::string_view rest = text.substr(1);
    if (take_until(rest, '$') != "argon2id" || take_until(rest, '$') != "v=19") {
        return std::unexpected(PhcError::unsupported);
    }
    const auto memory = read_parameter(take_until(rest, ','), 'm');
    const auto iterations = read_parameter(take_until(rest, ','), 't');
    const auto lanes = read_parameter(take_until(rest, '$'), 'p');
    auto salt = decode_phc_base64(take_until(rest, '$'));
    auto hash = decode_phc_base64(rest);
    if (!memory || !iterations || !lanes || !salt || !hash || salt->size() < 8 || salt->size() > 48 ||
        hash->size() < 16 || hash->size() > 64) {
        return std::unexpected(PhcError::malformed);
    }
    if (*lanes != 1 || *memory < 8) {
        return std::unexpected(PhcError::unsupported);
    }
    if (*memory > max_argon2_memory_kib || *iterations > max_argon2_iterations) {
        return std::unexpected(PhcError::too_costly);
    }
    return PhcString{
        .cost = {.memory_kib = *memory, .iterations = *iterations},
        .salt = std::move(*salt),
        .hash = std::move(*hash),
    };
}

/// Threads that take tasks from two bounded queues.
class PasswordHasher::Pool {
 public:
    enum class Verdict : std::uint8_t { go_ahead, refused };
    using Task = std::move_only_function<void(Verdict)>;

    Pool(unsigned workers, std::size_t queue, std::chrono::milliseconds longest_wait)
        : queue_limit_(queue), longest_wait_(longest_wait) {
        for (unsigned i = 0; i < workers; ++i) {
            workers_.emplace_back([this](const std::stop_token& stop) { work(stop); });
        }
    }

    /// Runs the task on a worker, or at once as refused when its lane is full.
    void submit(PasswordLane lane, Task task) {
        {
            const std::lock_guard lock{mutex_};
            std::deque<Waiting>& tasks = queue_of(lane);
            if (tasks.size() < queue_limit_) {
                tasks.push_back({std::chrono::steady_clock::now(), std::move(task)});
                wake_.notify_one();
                return;
            }
            ++refused_;
        }
        task(Verdict::refused);
    }

    /// Counts the refusal if there is none.
    [[nodiscard]] bool has_place(PasswordLane lane) {
        const std::lock_guard lock{mutex_};
        const bool found = queue_of(lane).size() < queue_limit_;
        refused_ += found ? 0 : 1;
        return found;
    }

    [[nodiscard]] Queue queue() const {
        const std::lock_guard lock{mutex_};
        return {.waiting = known_.size() + strangers_.size(), .done = done_, .refused = refused_};
    }

 private:
    struct Waiting {
        std::chrono::steady_clock::time_point since;
        Task task;
    };

    std::deque<Waiting>& queue_of(PasswordLane lane) noexcept {
        return lane == PasswordLane::known ? known_ : strangers_;
    }

    void work(const std::stop_token& stop) {
        // As many hashes as cores would otherwise leave a core to nobody else while they run.
        constexpr int yielding = 10;
        ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), yielding);
        for (;;) {
            std::unique_lock lock{mutex_};
            if (!wake_.wait(lock, stop, [this] { return !known_.empty() || !strangers_.empty(); }) ||
                stop.stop_requested()) {
                return;
            }
            const PasswordLane lane = known_.empty() ? PasswordLane::strangers : PasswordLane::known;
            std::deque<Waiting>& tasks = queue_of(lane);
            Waiting next = std::move(tasks.front());
            tasks.pop_front();
            const bool in_time =
                lane == PasswordLane::known || std::chrono::steady_clock::now() - next.since <= longest_wait_;
            ++(in_time ? done_ : refused_);
            lock.unlock();
            next.task(in_time ? Verdict::go_ahead : Verdict::refused);
        }
    }

    const std::size_t queue_limit_;
    const std::chrono::milliseconds longest_wait_;
    mutable std::mutex mutex_;
    std::condition_variable_any wake_;
    std::deque<Waiting> known_;
    std::deque<Waiting> strangers_;
    std::uint64_t done_ = 0;
    std::uint64_t refused_ = 0;
    std::vector<std::jthread> workers_;  // last: they stop before the rest goes
};

namespace {

core::ApiError too_busy() {
    return core::unavailable("too many passwords to check");
}

/// Runs `work` on the pool and resumes on the awaiting coroutine's executor with its result or exception.
template <class Pool, class Work>
auto on_pool(Pool& pool, PasswordLane lane, Work work) {
    using Result = std::invoke_result_t<Work&>;
    return asio::async_initiate<const asio::use_awaitable_t<>, void(std::exception_ptr, Result)>(
        [&pool, lane](auto handler, Work job) {
            auto executor = asio::get_associated_executor(handler);
            pool.submit(
                lane,
                [handler = std::move(handler),
                 job = std::move(job),
                 executor,
                 keep_loop_running = asio::make_work_guard(executor)](Pool::Verdict verdict) mutable {
                    std::exception_ptr failure;
                    Result result{};
                    try {
                        if (verdict == Pool::Verdict::refused) {
                            throw too_busy();
                        }
                        result = job();
                    } catch (...) {
                        failure = std::current_exception();
                    }
                    asio::post(
                        executor,
                        [handler = std::move(handler),
                         failure = std::move(failure),
                         result = std::move(result)]() mutable {
                            std::move(handler)(std::move(failure), std::move(result));
                        }
                    );
                }
            );
        },
        asio::use_awaitable,
        std::move(work)
    );
}

}  // namespace

PasswordHasher::PasswordHasher(Options options) : cost_(options.cost) {
    PZ_CHECK(sodium_init() >= 0);
    PZ_CHECK(cost_.memory_kib <= max_argon2_memory_kib && cost_.iterations <= max_argon2_iterations);
    dummy_hash_ = phc_text(cost_, random_string(crypto_pwhash_SALTBYTES), random_string(32));
    const unsigned workers =
        options.workers != 0 ? options.workers : std::max(1U, std::thread::hardware_concurrency());
    pool_ = std::make_unique<Pool>(workers, options.queue, options.longest_wait);
}

PasswordHasher::~PasswordHasher() = default;

PasswordHasher::Queue PasswordHasher::queue() const {
    return pool_->queue();
}

void PasswordHasher::require_place(PasswordLane lane) {
    if (!pool_->has_place(lane)) {
        throw too_busy();
    }
}

asio::awaitable<std::string> PasswordHasher::hash(core::SecretString password, PasswordLane lane) {
    if (!is_usable(password)) {
        throw core::invalid("password", "must have 1 to 1024 bytes", "wrong_length");
    }
    std::string phc = co_await on_pool(*pool_, lane, [this, password = std::move(password)] {
        work_done_ += work_of(cost_);
        return hash_now(cost_, password);
    });
    co_return phc;
}

asio::awaitable<bool> PasswordHasher::verify(
    std::string phc, core::SecretString password, PasswordLane lane
) {
    // Whatever is wrong with the input, the same work is done, so that the time tells nothing.
    const auto stored = parse_phc(phc);
    const bool readable = stored.has_value();
    const bool usable = is_usable(password);
    const std::uint64_t work = work_of(readable ? stored->cost : cost_);
    if (!readable) {
        phc = dummy_hash_;
    }
    if (!usable) {
        password = core::SecretString{"no password has this form"};
    }
    const bool matches =
        co_await on_pool(*pool_, lane, [this, work, phc = std::move(phc), password = std::move(password)] {
            const bool right = verify_now(phc, password);
            work_done_ += work;
            return right;
        });
    co_return matches&& readable&& usable;
}

bool PasswordHasher::needs_rehash(std::string_view phc) const {
    const auto parsed = parse_phc(phc);
    return !parsed || parsed->cost != cost_;
}

}  // namespace pz::crypto
