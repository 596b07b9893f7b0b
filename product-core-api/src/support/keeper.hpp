#pragma once

#include "support/types.hpp"

#include <pz/core/clock.hpp>
#include <pz/core/secret.hpp>
#include <pz/pg/background_work.hpp>
#include <pz/pg/query.hpp>
#include <pz/web/measurement.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace pz::product::support {

/// What nobody's request does: writes down sessions that are over by time, puts every end that no request
/// made into both chains, has the weekly letters written, and counts what should not go unseen. On a thread
/// of its own with a connection of its own. Any number of processes may do it at the same time. That a
/// session is over does not depend on it: each request is asked by itself.
class Keeper {
 public:
    struct Options {
        core::SecretString database;  ///< of pz_admin
        const core::Clock* clock = nullptr;
        Rules rules;
        std::chrono::milliseconds look_every{2'000};
        std::chrono::milliseconds digest_every{3'600'000};
    };

    explicit Keeper(Options options);
    Keeper(const Keeper&) = delete;
    Keeper& operator=(const Keeper&) = delete;
    ~Keeper() = default;

    void measure(std::vector<web::Measurement>& out) const;

 private:
    void work(pg::BlockingConnection& connection);
    void write_down(pg::BlockingConnection& connection) const;
    void look(pg::BlockingConnection& connection);

    Options options_;
    mutable std::mutex mutex_;
    std::map<std::string, std::int64_t, std::less<>> signals_;  ///< sessions of the last day, by kind
    std::int64_t open_sessions_ = 0;
    std::chrono::steady_clock::time_point next_digest_{};
    pg::BackgroundWork work_;  ///< the last member: it uses all the others
};

/// The statements that the keeper sends, as pz_admin.
[[nodiscard]] std::span<const pg::Query> keeper_queries();

}  // namespace pz::product::support
