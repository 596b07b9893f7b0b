#include "chaos.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace pz::isolation {

namespace {

using namespace std::chrono_literals;

constexpr auto pause = 250ms;
/// Longer than the services' lock_timeout, so that those who wait get an error and not the lock.
constexpr auto lock_held = 1'200ms;

/// A statement is over in less than a millisecond, so that most cancels find nothing to cancel.
constexpr int cancels = 40;

constexpr const char* ours =
    "where datname = current_database() and usename in ('pz_app', 'pz_support', 'pz_admin', 'pz_identity')";

}  // namespace

Chaos::Chaos(testkit::TestDatabase& database, std::vector<std::string> tables, std::uint64_t seed)
    : superuser_(database.connect_as_superuser()),
      locker_(database.connect_as_superuser()),
      tables_(std::move(tables)),
      random_(seed),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void Chaos::run(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any stopping;
    const auto wait = [&](std::chrono::milliseconds time) {
        std::unique_lock lock{mutex};
        stopping.wait_for(lock, stop, time, [] { return false; });
    };
    while (!stop.stop_requested()) {
        wait(pause);
        const std::size_t what = random_.below(20);
        if (what < 8) {
            const auto ended = superuser_.query(
                std::string{"select pg_terminate_backend(pid) from (select pid from pg_stat_activity "} +
                ours + " order by random() limit 1) victim"
            );
            done_.backends_ended += ended.rows.size();
        } else if (what < 18) {
            for (int i = 0; i < cancels; ++i) {
                const auto cancelled = superuser_.query(
                    std::string{"select pg_cancel_backend(pid) from pg_stat_activity "} + ours +
                    " and state = 'active'"
                );
                done_.statements_cancelled += cancelled.rows.size();
            }
        } else {
            locker_.execute_script(
                "begin; lock table " + random_.pick(tables_) + " in access exclusive mode"
            );
            wait(lock_held);
            locker_.execute_script("rollback");
            ++done_.tables_locked;
        }
    }
}

Disturbances Chaos::stop() {
    thread_.request_stop();
    thread_.join();
    return done_;
}

}  // namespace pz::isolation
