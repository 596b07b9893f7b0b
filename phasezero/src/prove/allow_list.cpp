#include "allow_list.hpp"

#include "exit_code.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <utility>

namespace pz::command::prove {

namespace {

std::string_view trim(std::string_view text) {
    constexpr std::string_view blank = " \t\r";
    const std::size_t begin = text.find_first_not_of(blank);
    return begin == std::string_view::npos ? std::string_view{}
                                           : text.substr(begin, text.find_last_not_of(blank) - begin + 1);
}

[[noreturn]] void refuse(const std::string& file, int line, std::string_view why) {
    throw CommandError(ExitCode::usage, fmt::format("{}:{}: {}", file, line, why));
}

}  // namespace

AllowList::AllowList(std::string_view text, std::string file) : file_(std::move(file)) {
    const auto require_reason = [this] {
        if (!entries_.empty() && entries_.back().reason.empty()) {
            refuse(file_, entries_.back().line, "the entry has no reason; write it below, indented");
        }
    };
    for (int number = 1; !text.empty(); ++number) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        const std::string_view words = trim(line);
        if (words.empty() || words.starts_with('#')) {
            continue;
        }
        if (line.front() == ' ' || line.front() == '\t') {
            if (entries_.empty()) {
                refuse(file_, number, "a reason stands below the entry that it is for");
            }
            std::string& reason = entries_.back().reason;
            reason += reason.empty() ? "" : " ";
            reason += words;
            continue;
        }
        require_reason();
        const std::size_t gap = words.find_first_of(" \t");
        if (gap == std::string_view::npos) {
            refuse(file_, number, "an entry is a rule and an object");
        }
        entries_.push_back(
            {.rule = std::string{words.substr(0, gap)},
             .object = std::string{trim(words.substr(gap))},
             .reason = {},
             .line = number}
        );
    }
    require_reason();
}

AllowList AllowList::read(const std::filesystem::path& file) {
    std::ifstream stream{file, std::ios::binary};
    if (!stream) {
        throw CommandError(ExitCode::usage, "the allow-list " + file.string() + " cannot be read");
    }
    return {std::string{std::istreambuf_iterator<char>{stream}, {}}, file.string()};
}

void AllowList::apply(std::vector<Finding>& findings) {
    for (Finding& finding : findings) {
        for (AllowedEntry& entry : entries_) {
            if (entry.rule == finding.article->id && matches(entry.object, finding.object)) {
                finding.reason = entry.reason;
                entry.used = true;
            }
        }
    }
}

std::vector<Finding> AllowList::unused(const std::function<bool(std::string_view rule)>& was_run) const {
    std::vector<Finding> findings;
    for (const AllowedEntry& entry : entries_) {
        if (!entry.used && was_run(entry.rule)) {
            findings.push_back(
                {.article = &unused_entry(),
                 .object = fmt::format("{} {}", entry.rule, entry.object),
                 .message = fmt::format("line {} of {} covers no finding", entry.line, file_),
                 .fix = "remove the entry: it would cover the next mistake in silence"}
            );
        }
    }
    return findings;
}

const Article& unused_entry() noexcept {
    static constexpr Article article{
        .id = "A01",
        .severity = Severity::error,
        .title = "an entry of the allow-list that covers nothing",
        .explanation =
            "What it let stand is gone, or it is misspelt. Left where it is it would cover the next mistake "
            "of "
            "that kind, for a reason that was given for another one. Remove it.",
    };
    return article;
}

bool matches(std::string_view pattern, std::string_view text) noexcept {
    std::size_t in_pattern = 0;
    std::size_t in_text = 0;
    std::size_t star = std::string_view::npos;
    std::size_t resume = 0;
    while (in_text < text.size()) {
        if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
            star = in_pattern++;
            resume = in_text;
        } else if (in_pattern < pattern.size() && pattern[in_pattern] == text[in_text]) {
            ++in_pattern;
            ++in_text;
        } else if (star != std::string_view::npos) {
            in_pattern = star + 1;
            in_text = ++resume;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', in_pattern) == std::string_view::npos;
}

}  // namespace pz::command::prove
