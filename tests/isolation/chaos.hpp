#pragma once

#include "attack.hpp"

#include <pz/testkit/database.hpp>

#include <thread>

namespace pz::isolation {

/// Ends backends of the services, cancels their statements, lets their writes take longer than a statement
/// may and locks their tables for longer than they wait, until it is destroyed.
class Chaos {
 public:
    Chaos(testkit::TestDatabase& database, std::vector<std::string> tables, std::uint64_t seed);

    /// Waits for its end.
    Disturbances stop();

 private:
    void run(const std::stop_token& stop);
    void prepare_slowness();
    std::uint64_t timed_out();

    pg::BlockingConnection superuser_;
    pg::BlockingConnection locker_;
    std::vector<std::string> tables_;
    Random random_;
    Disturbances done_;
    std::jthread thread_;
};

}  // namespace pz::isolation
