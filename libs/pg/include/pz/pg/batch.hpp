#pragma once

#include <pz/core/uuid.hpp>
#include <pz/pg/parameters.hpp>
#include <pz/pg/query.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace pz::pg {

/// A setting's name for SET LOCAL, known when the program is compiled.
class Setting {
 public:
    consteval explicit Setting(const char* name) : name_(name) {}

    [[nodiscard]] constexpr const char* name() const noexcept { return name_; }

 private:
    const char* name_;
};

/// SET LOCAL takes no parameter, so its text is written at run time: always from the 16 bytes of a Uuid.
struct SetLocal {
    Setting setting;
    core::Uuid value;
};

struct PreparedStatement {
    Query query;
    Parameters parameters;
};

using Statement = std::variant<PreparedStatement, SetLocal>;

/// How a batch leaves the transaction.
enum class Ending : std::uint8_t {
    stay_open,  ///< only on a Lease
    commit,
    rollback,
};

/// What one coroutine sends in one flush and waits for once:
///     [prepare what this connection does not know yet; Sync]  statements…; Sync  [COMMIT or ROLLBACK; Sync]
/// An error skips the statements up to the next Sync and no further, so a batch never touches its neighbours
/// on the same connection. It succeeds only if every statement did and the tag of COMMIT says COMMIT.
struct Batch {
    std::vector<Statement> statements;
    Ending ending = Ending::commit;
    /// Reads may use their rows as soon as these have arrived; a batch that writes must wait for the tag.
    bool answer_before_commit = false;
    /// When the waiting coroutine gets DeadlineExceeded. The connection drains the rest of the answer by
    /// itself.
    std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
    /// How many statements at the end are the caller's afterthought: the batch's result is that of the one in
    /// front of them. Their errors count like any other.
    std::size_t trailing = 0;
    /// On whose behalf, for PoolOptions::owner_depth: the tenant. Empty: not counted.
    std::optional<core::Uuid> owner{};
};

}  // namespace pz::pg
