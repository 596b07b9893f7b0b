#include "template.hpp"

#include "exit_code.hpp"

#include <fmt/format.h>

namespace pz::command {

std::string fill_template(std::string_view text, const std::map<std::string, std::string>& values) {
    std::string out;
    while (!text.empty()) {
        const std::size_t begin = text.find('@');
        out += text.substr(0, begin);
        if (begin == std::string_view::npos) {
            break;
        }
        text.remove_prefix(begin + 1);
        const std::size_t end = text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
        if (end == 0 || end == std::string_view::npos || text[end] != '@') {
            out += '@';  // nginx has names of its own that begin so: @unavailable
            continue;
        }
        const auto value = values.find(std::string{text.substr(0, end)});
        if (value == values.end()) {
            throw CommandError(
                ExitCode::failure, fmt::format("the template asks for @{}@", text.substr(0, end))
            );
        }
        out += value->second;
        text.remove_prefix(end + 1);
    }
    return out;
}

}  // namespace pz::command
