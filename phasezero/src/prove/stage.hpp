#pragma once

#include "lens.hpp"
#include "statements.hpp"

#include <pz/pg/blocking.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pz::command::prove {

/// A role that policies hold, as the proofs act.
struct Actor {
    std::string name;
    std::string quoted;
};

/// A tenant table with one row of each of the two tenants.
struct StageTable {
    std::string oid;
    std::string name;     ///< qualified and quoted
    std::string tenant;   ///< its tenant column, quoted
    std::string columns;  ///< all that a statement may give a value to, quoted, comma separated
    std::string own_row;  ///< as JSON; empty when no row could be made
    std::string foreign_row;
    std::string why_empty{};  ///< the server's sentence, when no row could be made
};

/// What came of one statement. It is undone in every case.
struct Attempt {
    std::string sqlstate = "00000";
    std::string message{};
    std::string constraint{};
    std::string tag{};
    std::vector<pg::TextResult::Row> rows{};

    [[nodiscard]] bool succeeded() const noexcept { return sqlstate == "00000"; }

    /// Refused by a constraint: whatever stands before constraints (privileges, policies) has let it pass.
    [[nodiscard]] bool reached_constraints() const noexcept { return sqlstate.starts_with("23"); }

    /// The rows that an INSERT, UPDATE, DELETE or MERGE touched, by its tag; the single number of a count.
    [[nodiscard]] long affected() const;
    [[nodiscard]] long count() const;
};

/// Two tenants that exist in one transaction only, with a row in every tenant table, and the roles that try
/// to get from one to the other. The transaction is the caller's, who rolls it back.
///
/// Rows are made by trying: values that fit the types, and what CHECK constraints mention. Foreign keys and
/// triggers sleep meanwhile (session_replication_role), so that a row needs no others.
class Stage {
 public:
    /// `connection` is a superuser's, in a transaction. `connect` makes another session of the same kind.
    Stage(
        pg::BlockingConnection& connection,
        std::function<pg::BlockingConnection()> connect,
        Lens lens,
        std::vector<NamedStatement> statements
    );

    /// Why this role cannot stage proofs; nullopt when it can.
    static std::optional<std::string> find_obstacle(pg::BlockingConnection& connection);

    [[nodiscard]] const Lens& lens() const noexcept { return lens_; }

    [[nodiscard]] const std::vector<Actor>& actors() const noexcept { return actors_; }

    /// Only those that have rows; the others are in empty_tables().
    [[nodiscard]] const std::vector<StageTable>& tables() const noexcept { return tables_; }

    [[nodiscard]] const std::vector<StageTable>& empty_tables() const noexcept { return empty_tables_; }

    [[nodiscard]] const std::vector<NamedStatement>& statements() const noexcept { return statements_; }

    /// The tenant that actors are bound to, and the other one.
    [[nodiscard]] const std::string& own() const noexcept { return own_; }

    [[nodiscard]] const std::string& foreign() const noexcept { return foreign_; }

    enum class Binding : std::uint8_t { bound, unbound };

    /// Runs one statement as the actor. `before` is run in front of it and fails the attempt if it fails.
    Attempt attempt(
        const Actor& actor,
        Binding binding,
        const std::string& sql,
        const std::vector<std::optional<std::string>>& parameters = {},
        const std::string& before = {}
    );

    /// As attempt(), bound, after `prepare` has been run as the superuser. With `look`, its rows are the
    /// outcome's, as the superuser sees them afterwards: for what a statement does out of its actor's sight.
    Attempt attempt_between(
        const std::string& prepare, const Actor& actor, const std::string& sql, const std::string& look = {}
    );

    /// What "select count(*)" answered before this session was bound to any tenant: a state that does not
    /// come again.
    [[nodiscard]] const Attempt& first_answer(const Actor& actor, const StageTable& table) const;

    /// Whether the actor can read the table and sees its own tenant only.
    bool sees_only_its_own(const Actor& actor, const StageTable& table);
    /// Rows of other tenants that it sees, 1,000 at most.
    Attempt count_foreign_rows(const Actor& actor, const StageTable& table);

    /// As the superuser, inside the stage.
    pg::TextResult look(
        const std::string& sql, const std::vector<std::optional<std::string>>& parameters = {}
    );
    /// A rule-like query: common_tables in front, the lens as parameters.
    pg::TextResult look_through_lens(std::string_view sql);

    [[nodiscard]] pg::BlockingConnection connect() const { return connect_(); }

 private:
    void find_tables();
    void make_rows();

    pg::BlockingConnection& connection_;
    std::function<pg::BlockingConnection()> connect_;
    Lens lens_;
    std::vector<NamedStatement> statements_;
    std::string own_;
    std::string foreign_;
    std::vector<Actor> actors_;
    std::vector<StageTable> tables_;
    std::vector<StageTable> empty_tables_;
    std::map<std::pair<std::string, std::string>, Attempt> first_answers_;
};

}  // namespace pz::command::prove
