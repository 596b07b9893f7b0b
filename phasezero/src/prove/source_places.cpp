#include "prove/source_places.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>

namespace pz::command::prove {

namespace fs = std::filesystem;

namespace {

bool is_of_a_name(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '"' || c == '$';
}

/// "pz_app: select on app.item" has pz_app, select, on and app.item; the qualified ones come first, because
/// they say most.
std::vector<std::string> names_in(std::string_view object) {
    std::vector<std::string> names;
    std::vector<std::string> bare;
    for (std::size_t at = 0; at < object.size();) {
        const auto end = std::ranges::find_if_not(object.substr(at), is_of_a_name);
        const auto size = static_cast<std::size_t>(end - object.substr(at).begin());
        const std::string_view name = object.substr(at, size);
        if (size > 2) {
            (name.find('.') == std::string_view::npos ? bare : names).emplace_back(name);
        }
        at += size + 1;
    }
    std::ranges::move(bare, std::back_inserter(names));
    return names;
}

bool has_word(std::string_view text, std::string_view word) {
    for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
        const bool begins = at == 0 || !is_of_a_name(text[at - 1]);
        const std::size_t end = at + word.size();
        if (begins && (end == text.size() || !is_of_a_name(text[end]))) {
            return true;
        }
    }
    return false;
}

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) {
        return static_cast<char>(std::tolower(c));
    });
    return text;
}

}  // namespace

std::string relative_name(const fs::path& file) {
    std::error_code ignored;
    const fs::path relative = file.empty() ? fs::path{} : fs::relative(file, ignored);
    return relative.empty() || relative.native().starts_with("..") ? file.string() : relative.string();
}

SourcePlaces::SourcePlaces(const fs::path& folder) {
    std::vector<fs::path> files;
    for (const fs::path& place : {folder, folder / "migrations"}) {
        std::error_code ignored;
        for (const auto& entry : fs::directory_iterator{place, ignored}) {
            if (entry.path().extension() == ".sql") {
                files.push_back(entry.path());
            }
        }
    }
    std::ranges::sort(files);
    for (const fs::path& path : files) {
        std::ifstream file{path};
        int number = 0;
        for (std::string text; std::getline(file, text);) {
            ++number;
            text = lower(std::move(text));
            if (has_word(text, "create") || has_word(text, "add") || has_word(text, "constraint") ||
                has_word(text, "role")) {
                lines_.push_back({.place = {.file = relative_name(path), .line = number}, .text = text});
            }
        }
    }
}

std::optional<SourcePlaces::Place> SourcePlaces::find(std::string_view object) const {
    for (const std::string& name : names_in(lower(std::string{object}))) {
        const auto made = std::ranges::find_if(lines_, [&](const Line& line) {
            // A policy, an index or a trigger is made "on" its table: that is not where the table is made.
            const std::size_t on = line.text.find(" on ");
            return has_word(std::string_view{line.text}.substr(0, on), name);
        });
        if (made != lines_.end()) {
            return made->place;
        }
    }
    return std::nullopt;
}

}  // namespace pz::command::prove
