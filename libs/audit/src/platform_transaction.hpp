#pragma once

#include <pz/pg/blocking.hpp>

namespace pz::audit {

/// One process at a time signs, checkpoints and retirements alike. Any number that nobody else locks.
inline constexpr const char* try_to_sign = "select pg_try_advisory_xact_lock(7235419283401176)";

/// A transaction as the platform, rolled back unless committed.
class PlatformTransaction {
 public:
    explicit PlatformTransaction(pg::BlockingConnection& connection) : connection_(connection) {
        connection_.execute_script(
            "begin; set local app.current_tenant = '00000000-0000-0000-0000-000000000000'"
        );
    }

    PlatformTransaction(const PlatformTransaction&) = delete;
    PlatformTransaction& operator=(const PlatformTransaction&) = delete;

    ~PlatformTransaction() {
        if (is_open_) {
            try {
                connection_.execute_script("rollback");
            } catch (const pg::BlockingError&) {  // NOLINT(bugprone-empty-catch): the server rolls back
            }
        }
    }

    void commit() {
        connection_.execute_script("commit");
        is_open_ = false;
    }

 private:
    pg::BlockingConnection& connection_;
    bool is_open_ = true;
};

}  // namespace pz::audit
