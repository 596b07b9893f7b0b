#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace pz::command::prove {

/// A statement that a program may send, and the role that sends it.
struct NamedStatement {
    std::string role;
    std::string name;
    std::string sql;
};

/// What `<service> --print-statements` prints: {"role":…, "name":…, "sql":…}, one object a line. Throws
/// CommandError (usage) that names the source and the line.
[[nodiscard]] std::vector<NamedStatement> parse_statements(std::string_view text, const std::string& source);

/// Of the services beside this program; throws CommandError (usage) when one does not answer.
[[nodiscard]] std::vector<NamedStatement> statements_of_our_services();

}  // namespace pz::command::prove
