#include "chaos.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>

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
      random_(seed) {
    prepare_slowness();
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

/// Whoever writes a tenant's table while disturbance.slow has a row waits until its statement_timeout.
void Chaos::prepare_slowness() {
    superuser_.execute_script(R"sql(
        create schema disturbance;
        create table disturbance.slow ();
        create sequence disturbance.timed_out;
        create function disturbance.wait() returns trigger
          language plpgsql security definer set search_path = pg_catalog
        as $$
        begin
          if exists (select from disturbance.slow) then
            perform pg_sleep(60);
          end if;
          return null;
        exception when query_canceled then
          if sqlerrm like '%statement timeout' then
            perform nextval('disturbance.timed_out');
          end if;
          raise;
        end
        $$)sql");
    for (const std::string& table : tables_) {
        superuser_.execute_script(
            "create trigger disturbance before insert or update or delete on " + table +
            " for each statement execute function disturbance.wait()"
        );
    }
}

std::uint64_t Chaos::timed_out() {
    return std::stoull(
        superuser_.value("select case when is_called then last_value else 0 end from disturbance.timed_out")
    );
}

void Chaos::run(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any stopping;
    const auto wait = [&](std::chrono::milliseconds time) {
        std::unique_lock lock{mutex};
        stopping.wait_for(lock, stop, time, [] { return false; });
    };
    const auto slow_down = [&] {
        const std::uint64_t before = timed_out();
        superuser_.execute_script("insert into disturbance.slow default values");
        while (!stop.stop_requested() && timed_out() == before) {
            wait(pause);
        }
        superuser_.execute_script("delete from disturbance.slow");
    };
    slow_down();
    while (!stop.stop_requested()) {
        wait(pause);
        const std::size_t what = random_.below(50);
        if (what < 20) {
            const auto ended = superuser_.query(
                std::string{"select pg_terminate_backend(pid) from (select pid from pg_stat_activity "} +
                ours + " order by random() limit 1) victim"
            );
            done_.backends_ended += ended.rows.size();
        } else if (what < 44) {
            for (int i = 0; i < cancels; ++i) {
                const auto cancelled = superuser_.query(
                    std::string{"select pg_cancel_backend(pid) from pg_stat_activity "} + ours +
                    " and state = 'active'"
                );
                done_.statements_cancelled += cancelled.rows.size();
            }
        } else if (what < 45) {
            slow_down();
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
    done_.statements_timed_out = timed_out();
    return done_;
}

}  // namespace pz::isolation
