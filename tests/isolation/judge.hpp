#pragma once

#include "operations.hpp"
#include "population.hpp"
#include "requests.hpp"

#include <pz/testkit/client.hpp>

#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace pz::isolation {

/// Reads answers: whose rows are in them, and whether two of them can be told apart.
class Judge {
 public:
    explicit Judge(const Population& population) : population_(population) {}

    /// What of the answer is not the caller's to see; nullopt when nothing is.
    std::optional<std::string> leak_in(
        std::string_view answer, const Operation& operation, std::string_view role, int tenant
    );

    /// How an answer about another tenant's row differs from one about a row that nobody has.
    static std::optional<std::string> difference(
        const testkit::Reply& foreign, const testkit::Reply& unknown
    );

    /// Whether reviewed.hpp, or the operation itself, lets this role reach beyond its tenant.
    static bool reaches_across(const Operation& operation, std::string_view role);
    /// It wrote, as it was let.
    void note_write(const Operation& operation, std::string_view role);

    /// Entries of reviewed.hpp that no answer has needed.
    [[nodiscard]] std::set<std::string> unused_permissions() const;

 private:
    bool may_see(const Operation& operation, std::string_view role, std::size_t table);

    const Population& population_;
    std::mutex used_mutex_;
    std::set<std::size_t> used_;
};

/// Headers and body, as they are looked through.
[[nodiscard]] std::string whole_text(const testkit::Reply& reply);

}  // namespace pz::isolation
