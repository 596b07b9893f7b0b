#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pz::command::prove {

/// Where in the schema's SQL files something is made: a result of code scanning is shown at a line of a file.
class SourcePlaces {
 public:
    struct Place {
        std::string file;  ///< relative to the working directory, where it is below it
        int line = 1;
    };

    SourcePlaces() = default;
    /// Reads the .sql files of a folder and its folder migrations/, in the order of their names.
    explicit SourcePlaces(const std::filesystem::path& folder);

    /// The line that makes what a finding's object names first: "item_project_fkey on app.item",
    /// "pz_app: select on app.item", "pz_backup". Nullopt when no line makes any of these.
    [[nodiscard]] std::optional<Place> find(std::string_view object) const;

 private:
    struct Line {
        Place place;
        std::string text;
    };

    std::vector<Line> lines_;  ///< those with CREATE, ADD, CONSTRAINT or ROLE
};

/// As code scanning wants a file's name: relative to the directory that the command runs in, if it is below.
[[nodiscard]] std::string relative_name(const std::filesystem::path& file);

}  // namespace pz::command::prove
