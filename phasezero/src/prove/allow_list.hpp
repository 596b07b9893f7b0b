#pragma once

#include "article.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pz::command::prove {

/// A finding that somebody has looked at and lets stand.
struct AllowedEntry {
    std::string rule;
    std::string object;  ///< as the finding names it; * stands for any characters
    std::string reason;
    int line = 0;
    bool used = false;
};

/// The reviewed exceptions of one database, a text file:
///
///     # a comment
///     L21  pz_backup
///          pg_dump must see every row; nobody but the backup job has its password.
///
/// Rule and object on a line, and below them, indented, the reason, which is not optional.
class AllowList {
 public:
    AllowList() = default;
    /// Throws CommandError (usage) with one sentence that names the file and the line.
    AllowList(std::string_view text, std::string file);
    static AllowList read(const std::filesystem::path& file);

    /// Gives its reason to every finding that an entry covers.
    void apply(std::vector<Finding>& findings);
    /// An error for each entry of the rules that were run which has covered nothing: it would cover the next
    /// mistake.
    [[nodiscard]] std::vector<Finding> unused(const std::function<bool(std::string_view rule)>& was_run
    ) const;

    [[nodiscard]] const std::string& file() const noexcept { return file_; }

 private:
    std::vector<AllowedEntry> entries_;
    std::string file_;
};

/// The article of unused().
[[nodiscard]] const Article& unused_entry() noexcept;

/// Whether `text` is what `pattern` describes; * stands for any characters, also none.
[[nodiscard]] bool matches(std::string_view pattern, std::string_view text) noexcept;

}  // namespace pz::command::prove
