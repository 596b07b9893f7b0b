#pragma once

#include "attack.hpp"

#include <pz/testkit/database.hpp>

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace pz::isolation {

/// What the services have acknowledged, and whether the database agrees. Its rows are read as the superuser,
/// so nothing hides from it.
class Ledger {
 public:
    Ledger(testkit::TestDatabase& database, const Population& population);

    void created(const std::string& id, int tenant);
    void deleted(const std::string& id);
    /// A write whose answer nobody saw: it may have happened.
    void may_have_created(int tenant);
    void may_have_deleted(const std::string& id);

    /// Compares; for after the last request. The number of rows it looked at and of writes it knew.
    std::vector<Finding> check(std::uint64_t& rows, std::uint64_t& writes);

 private:
    /// One figure for everything that the silent tenants have in a table.
    [[nodiscard]] std::map<std::string, std::string> fingerprints();

    pg::BlockingConnection superuser_;
    const Population& population_;
    std::map<std::string, std::string> before_;
    std::mutex mutex_;
    std::map<std::string, int> created_;
    std::set<std::string> deleted_;
    std::set<std::string> maybe_deleted_;
    std::map<int, std::size_t> maybe_created_;
};

}  // namespace pz::isolation
