#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace pz::pg {

/// One SQL statement, known when the program is compiled. There is no way to make one at run time, so no
/// value a client sent can become SQL. The name is the prepared statement's name on the server and the label
/// of its metrics:
///     constexpr pg::Query list_items{"items.list", R"sql(SELECT … WHERE tenant_id = $1 …)sql"};
class Query {
 public:
    consteval Query(const char* name, const char* sql) : name_(name), sql_(sql) {
        const std::string_view text{name};
        if (text.empty() || text.size() > 63) {
            throw "a statement's name has 1 to 63 characters: PostgreSQL compares no more";
        }
        for (const char c : text) {
            if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '.') {
                throw "a statement's name consists of a-z, 0-9, '_' and '.'";
            }
        }
    }

    /// Both end with a NUL and live as long as the program.
    [[nodiscard]] constexpr const char* name() const noexcept { return name_; }

    [[nodiscard]] constexpr const char* sql() const noexcept { return sql_; }

 private:
    const char* name_;
    const char* sql_;
};

/// Every statement of a program, collected by explicit calls: each feature exports `std::span<const Query>
/// queries()`. With Pool::prepare() a test, or a program at start, has the server check each of them against
/// the real schema.
class StatementRegistry {
 public:
    /// Two statements with one name and different texts are a bug of ours: ends the process.
    void add(std::span<const Query> queries);

    [[nodiscard]] const std::vector<Query>& statements() const noexcept { return statements_; }

 private:
    std::vector<Query> statements_;
};

}  // namespace pz::pg
