#include <pz/pg/background_work.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace pz::pg {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds pause_after_a_failure = 5s;

}  // namespace

BackgroundWork::BackgroundWork(Options options, Round round, OnFailure on_failure)
    : options_(std::move(options)),
      round_(std::move(round)),
      on_failure_(std::move(on_failure)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

BackgroundWork::~BackgroundWork() {
    thread_.request_stop();
    thread_.join();
}

void BackgroundWork::run(const std::stop_token& stop) {
    std::optional<BlockingConnection> connection;
    bool failed = false;
    wait(stop, options_.every);
    while (true) {
        const bool ends = stop.stop_requested();
        if (ends && (failed || !options_.once_more_at_the_end)) {
            return;
        }
        std::chrono::milliseconds pause = options_.every;
        try {
            if (!connection) {
                connection.emplace(options_.database);
            }
            round_(*connection, stop);
            failed = false;
        } catch (const std::exception& error) {
            failed = true;
            connection.reset();
            on_failure_(error);
            pause = std::max(pause, pause_after_a_failure);
        }
        if (ends) {
            return;
        }
        wait(stop, pause);
    }
}

void BackgroundWork::wait(const std::stop_token& stop, std::chrono::milliseconds pause) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, pause, [] { return false; });
}

}  // namespace pz::pg
