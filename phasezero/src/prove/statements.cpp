#include "statements.hpp"

#include "exit_code.hpp"
#include "services.hpp"

#include <pz/core/json.hpp>
#include <pz/core/process.hpp>

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace pz::command::prove {

namespace {

std::string member(const boost::json::object& object, std::string_view name) {
    const boost::json::value* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string{value->get_string()} : std::string{};
}

}  // namespace

std::vector<NamedStatement> parse_statements(std::string_view text, const std::string& source) {
    std::vector<NamedStatement> statements;
    for (int number = 1; !text.empty(); ++number) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (line.empty()) {
            continue;
        }
        const auto document = core::parse_json(line);
        NamedStatement statement;
        if (document && document->is_object()) {
            const boost::json::object& object = document->get_object();
            statement = {member(object, "role"), member(object, "name"), member(object, "sql")};
        }
        if (statement.role.empty() || statement.name.empty() || statement.sql.empty()) {
            throw CommandError(
                ExitCode::usage,
                fmt::format(
                    "{}:{}: a line of statements is {{\"role\":\"…\",\"name\":\"…\",\"sql\":\"…\"}}",
                    source,
                    number
                )
            );
        }
        statements.push_back(std::move(statement));
    }
    return statements;
}

std::vector<NamedStatement> statements_of_our_services() {
    std::vector<NamedStatement> all;
    for (const char* service : {"identity-service", "product-core-api"}) {
        const std::string program = (program_directory() / service).string();
        core::ProcessOptions options;
        options.command = {program, "--print-statements"};
        core::ProcessResult result;
        try {
            result = core::run_process(std::move(options), std::chrono::seconds{10});
        } catch (const std::exception& error) {
            throw CommandError(
                ExitCode::usage,
                fmt::format(
                    "{} did not start, so its statements are unknown ({}); see --statements",
                    program,
                    error.what()
                )
            );
        }
        if (result.exit_code != 0) {
            throw CommandError(ExitCode::usage, fmt::format("{} --print-statements failed", program));
        }
        std::ranges::move(parse_statements(result.output, service), std::back_inserter(all));
    }
    return all;
}

}  // namespace pz::command::prove
