#pragma once

#include <pz/core/secret.hpp>
#include <pz/pg/blocking.hpp>

#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace pz::pg {

/// What belongs to no request, done again and again: on a thread of its own with a connection of its own,
/// which is opened anew after a failure. The first round comes after the first pause, because a process that
/// has just started has requests to answer. The last member of whoever owns it: its rounds use all the
/// others.
class BackgroundWork {
 public:
    struct Options {
        core::SecretString database;
        std::chrono::milliseconds every;  ///< the pause before each round
        /// Once more when it ends, unless the last round failed: for what should not be lost.
        bool once_more_at_the_end = false;
    };

    /// One round, on the thread. Stop is requested when the process wants to end, and for the round once
    /// more at the end. An exception closes the connection.
    using Round = std::move_only_function<void(BlockingConnection& connection, const std::stop_token& stop)>;
    /// On the thread, with what a round or the connecting threw.
    using OnFailure = std::move_only_function<void(const std::exception& error)>;

    BackgroundWork(Options options, Round round, OnFailure on_failure);
    BackgroundWork(const BackgroundWork&) = delete;
    BackgroundWork& operator=(const BackgroundWork&) = delete;
    /// Waits for the round that is under way.
    ~BackgroundWork();

 private:
    void run(const std::stop_token& stop);
    void wait(const std::stop_token& stop, std::chrono::milliseconds pause);

    const Options options_;
    Round round_;
    OnFailure on_failure_;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::jthread thread_;
};

}  // namespace pz::pg
