#pragma once

#include "allow_list.hpp"
#include "lens.hpp"
#include "statements.hpp"

#include <pz/core/secret.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pz::command::prove {

/// D10: the prover is proven. The schema of a database is copied, without its rows, into a database of its
/// own on the same server; every known fault (faults.hpp) is planted there, one at a time, and has to be
/// found by the rule or proof that is made for it. The copy is dropped in every case, and what a killed run
/// left behind with it.
class MutationTest {
 public:
    /// `connection_string`: a superuser's. Throws CommandError (usage) when the copy cannot be made.
    MutationTest(
        core::SecretString connection_string,
        Lens lens,
        std::vector<NamedStatement> statements,
        AllowList allow_list
    );
    MutationTest(const MutationTest&) = delete;
    MutationTest& operator=(const MutationTest&) = delete;
    ~MutationTest();

    /// A finding for each fault that was not found, or could not be planted; `only`: those made for one rule
    /// or proof.
    [[nodiscard]] std::vector<Finding> run(std::string_view only = {});

    [[nodiscard]] std::size_t planted() const noexcept { return planted_; }

    static const Article article;

 private:
    [[nodiscard]] std::vector<Finding> findings_of(
        pg::BlockingConnection& connection, std::string_view id, const std::vector<NamedStatement>& statements
    ) const;
    void drop_leftovers();
    void copy_schema();

    core::SecretString original_;
    Lens lens_;
    std::vector<NamedStatement> statements_;
    AllowList allow_list_;
    pg::BlockingConnection server_;
    std::string name_;
    core::SecretString copy_;
    std::size_t planted_ = 0;
};

}  // namespace pz::command::prove
