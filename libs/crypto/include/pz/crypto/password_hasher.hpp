#pragma once

#include <pz/core/secret.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/describe/enum.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

/// Passwords as Argon2id (RFC 9106, version 0x13) PHC strings, computed on threads of their own.
namespace pz::crypto {

struct Argon2Cost {
    std::uint32_t memory_kib = 19'456;  ///< OWASP's first choice for one lane
    std::uint32_t iterations = 2;

    friend bool operator==(const Argon2Cost&, const Argon2Cost&) = default;
};

/// Hostile stored parameters are refused before any memory is taken for them.
inline constexpr std::uint32_t max_argon2_memory_kib = 64 * 1024;
inline constexpr std::uint32_t max_argon2_iterations = 10;
inline constexpr std::size_t max_password_size = 1024;

enum class PhcError : std::uint8_t { malformed, unsupported, too_costly };
BOOST_DESCRIBE_ENUM(PhcError, malformed, unsupported, too_costly)

/// What "$argon2id$v=19$m=…,t=…,p=1$salt$hash" says; salt of 8 to 48 bytes, hash of 16 to 64.
struct PhcString {
    Argon2Cost cost;
    std::string salt;
    std::string hash;
};

/// Strict: this order, no leading zeros, canonical unpadded base64, p = 1, costs within the limits above.
[[nodiscard]] std::expected<PhcString, PhcError> parse_phc(std::string_view text);

/// Who waits for a password hash. A flood of strangers fills the places of strangers: those that proved
/// before who they are (a browser that is known to the account, somebody who is signed in) have places of
/// their own, are served first, and are not sent away for having waited.
enum class PasswordLane : std::uint8_t { strangers, known };

/// Hashes and verifies passwords on a bounded pool, so that a flood of logins costs waiting, not memory or
/// event loops. Its threads yield to everybody else's (nice 10). Each call resumes on the executor of its
/// caller. Must be destroyed before the io_contexts of its callers, when they no longer run: waiting calls
/// are then abandoned.
class PasswordHasher {
 public:
    struct Options {
        unsigned workers = 0;                           ///< 0: one per core
        std::size_t queue = 64;                         ///< places to wait in, of each lane
        std::chrono::milliseconds longest_wait{2'000};  ///< of strangers, before the work begins
        Argon2Cost cost{};
    };

    PasswordHasher() : PasswordHasher(Options{}) {}

    explicit PasswordHasher(Options options);
    ~PasswordHasher();
    PasswordHasher(const PasswordHasher&) = delete;
    PasswordHasher& operator=(const PasswordHasher&) = delete;

    /// Throws ApiError 503 with Retry-After if verify() would refuse this lane now: for who has work to do
    /// before the password that is in vain when there is no place, which a flood would make it do.
    void require_place(PasswordLane lane);

    /// A PHC string with a fresh salt. Throws ApiError 422 for an empty or over-long password and ApiError
    /// 503 with Retry-After when the queue is full or the wait was too long.
    [[nodiscard]] boost::asio::awaitable<std::string> hash(
        core::SecretString password, PasswordLane lane = PasswordLane::known
    );

    /// False for a wrong, empty or over-long password and for a stored string that cannot be read; the work
    /// is the same in each case. Throws ApiError 503 as above.
    [[nodiscard]] boost::asio::awaitable<bool> verify(
        std::string phc, core::SecretString password, PasswordLane lane = PasswordLane::strangers
    );

    /// A PHC string of today's cost that no password fits: what to verify against when there is no such
    /// account.
    [[nodiscard]] const std::string& dummy_hash() const noexcept { return dummy_hash_; }

    /// How many calls wait for a worker now, and how many were refused because too many did.
    struct Queue {
        std::size_t waiting = 0;
        std::uint64_t done = 0;     ///< since the start, as the next
        std::uint64_t refused = 0;  ///< the queue was full, or the wait too long
    };

    [[nodiscard]] Queue queue() const;

    /// KiB of memory filled by Argon2 since the start (memory × iterations of every hash): what sign-ins
    /// cost, in a unit that does not depend on the machine.
    [[nodiscard]] std::uint64_t work_done() const noexcept { return work_done_.load(); }

    /// True if the stored string was made with another cost than today's.
    [[nodiscard]] bool needs_rehash(std::string_view phc) const;

 private:
    class Pool;

    Argon2Cost cost_;
    std::string dummy_hash_;
    std::atomic<std::uint64_t> work_done_{0};
    std::unique_ptr<Pool> pool_;
};

}  // namespace pz::crypto
