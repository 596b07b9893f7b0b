#include <pz/core/config.hpp>

#include <pz/core/spelling.hpp>

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

namespace pz::core {

Config Config::from_environment() {
    std::map<std::string, std::string> values;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text{*entry};
        const std::size_t equals = text.find('=');
        if (equals != std::string_view::npos) {
            values.emplace(text.substr(0, equals), text.substr(equals + 1));
        }
    }
    return Config{std::move(values)};
}

Config Config::for_listing() {
    Config config = from_environment();
    config.listing_ = true;
    return config;
}

const std::string* Config::find(std::string_view name) const {
    const auto found = values_.find(std::string{name});
    return listing_ || found == values_.end() || found->second.empty() ? nullptr : &found->second;
}

Setting& Config::note(
    std::string_view name, std::string_view fallback, std::string_view values, std::string_view purpose
) {
    Setting& setting = settings_.emplace_back();
    setting.name = name;
    setting.fallback = fallback;
    setting.values = values;
    setting.purpose = purpose;
    if (const auto found = values_.find(setting.name); found != values_.end() && !found->second.empty()) {
        setting.current = found->second;
    }
    return setting;
}

void Config::describe_default(std::string_view text) {
    settings_.back().fallback = text;
}

std::string Config::text(std::string_view name, std::string_view fallback, std::string_view purpose) {
    note(name, fallback, "text", purpose);
    const std::string* value = find(name);
    return value != nullptr ? *value : std::string{fallback};
}

std::string Config::required_text(std::string_view name, std::string_view purpose) {
    note(name, "", "text", purpose).required = true;
    if (const std::string* value = find(name)) {
        return *value;
    }
    if (listing_) {
        return {};
    }
    throw ConfigError(std::string{name} + " is not set: " + std::string{purpose});
}

std::optional<SecretString> Config::find_secret(std::string_view name) const {
    // Editors and `echo` put a line feed behind a secret; no secret of ours ends in white space.
    const auto without_end = [](std::string text) {
        text.erase(text.find_last_not_of(" \t\r\n") + 1);
        return text;
    };
    if (const std::string* value = find(name)) {
        std::string secret = without_end(*value);
        if (secret.empty()) {
            throw ConfigError(std::string{name} + " is nothing but white space");
        }
        return SecretString{std::move(secret)};
    }
    const std::string file_variable = std::string{name} + "_FILE";
    const std::string* path = find(file_variable);
    if (path == nullptr) {
        return std::nullopt;
    }
    std::ifstream file(*path);
    std::stringstream content;
    content << file.rdbuf();
    std::string value = without_end(content.str());
    if (!file || value.empty()) {
        throw ConfigError(file_variable + " names the file " + *path + ", which is empty or cannot be read");
    }
    return SecretString{std::move(value)};
}

std::optional<SecretString> Config::secret(std::string_view name, std::string_view purpose) {
    Setting& setting = note(name, "", "secret", purpose);
    setting.secret = true;
    if (setting.current) {
        setting.current = "set";
    } else if (const auto file = values_.find(setting.name + "_FILE");
               file != values_.end() && !file->second.empty()) {
        setting.current = "set from file";
    }
    return find_secret(name);
}

SecretString Config::required_secret(std::string_view name, std::string_view purpose) {
    std::optional<SecretString> value = secret(name, purpose);
    settings_.back().required = true;
    if (!value && !listing_) {
        throw ConfigError(
            std::string{name} + " is not set (nor " + std::string{name} + "_FILE): " + std::string{purpose}
        );
    }
    return std::move(value).value_or(SecretString{});
}

std::int64_t Config::integer(
    std::string_view name,
    std::int64_t fallback,
    std::int64_t low,
    std::int64_t high,
    std::string_view purpose
) {
    note(name, std::to_string(fallback), std::to_string(low) + " to " + std::to_string(high), purpose);
    const std::string* value = find(name);
    if (value == nullptr) {
        return fallback;
    }
    std::int64_t number = 0;
    const auto [end, failure] = std::from_chars(value->data(), value->data() + value->size(), number);
    if (failure != std::errc{} || end != value->data() + value->size() || number < low || number > high) {
        throw ConfigError(
            std::string{name} + " must be a whole number from " + std::to_string(low) + " to " +
            std::to_string(high) + ", but is \"" + *value + "\""
        );
    }
    return number;
}

bool Config::flag(std::string_view name, bool fallback, std::string_view purpose) {
    note(name, fallback ? "true" : "false", "true or false", purpose);
    const std::string* value = find(name);
    if (value == nullptr) {
        return fallback;
    }
    for (const std::string_view word : {"true", "1", "yes", "on"}) {
        if (*value == word) {
            return true;
        }
    }
    for (const std::string_view word : {"false", "0", "no", "off"}) {
        if (*value == word) {
            return false;
        }
    }
    throw ConfigError(std::string{name} + " must be true or false, but is \"" + *value + "\"");
}

std::string Config::choice(
    std::string_view name,
    std::string_view fallback,
    const std::vector<std::string>& words,
    std::string_view purpose
) {
    std::string list;
    for (const std::string& word : words) {
        list += (list.empty() ? "" : ", ") + word;
    }
    note(name, fallback, list, purpose);
    const std::string* value = find(name);
    if (value == nullptr) {
        return std::string{fallback};
    }
    if (std::ranges::find(words, *value) != words.end()) {
        return *value;
    }
    throw ConfigError(std::string{name} + " must be one of " + list + ", but is \"" + *value + "\"");
}

std::vector<std::string> Config::known_names() const {
    std::vector<std::string> known{"PZ_TESTDATA"};
    for (const Setting& setting : settings_) {
        known.push_back(setting.name);
        if (setting.secret) {
            known.push_back(setting.name + "_FILE");
        }
    }
    return known;
}

std::optional<std::string> Config::find_unknown() const {
    const std::vector<std::string> known = known_names();
    for (const auto& [name, value] : values_) {
        if (name.starts_with("PZ_") && std::ranges::find(known, name) == known.end()) {
            return name;
        }
    }
    return std::nullopt;
}

void Config::refuse_unknown() const {
    const std::optional<std::string> unknown = find_unknown();
    if (!unknown) {
        return;
    }
    const std::string near = nearest_word(*unknown, known_names());
    throw ConfigError(
        *unknown + " is set, but there is no such setting; " +
        (near.empty() ? "" : "did you mean " + near + "? ") +
        "phasezero config and --help-config list them all"
    );
}

}  // namespace pz::core
