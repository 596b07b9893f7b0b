#include <pz/core/config.hpp>

#include <unistd.h>

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
    Config config{std::map<std::string, std::string>{}};
    config.listing_ = true;
    return config;
}

const std::string* Config::find(std::string_view name) const {
    const auto found = values_.find(std::string{name});
    return found == values_.end() || found->second.empty() ? nullptr : &found->second;
}

void Config::note(
    std::string_view name, std::string_view fallback, std::string_view purpose, bool required, bool secret
) {
    settings_.push_back({std::string{name}, std::string{fallback}, std::string{purpose}, required, secret});
}

std::string Config::text(std::string_view name, std::string_view fallback, std::string_view purpose) {
    note(name, fallback, purpose, /*required=*/false, /*secret=*/false);
    const std::string* value = find(name);
    return value != nullptr ? *value : std::string{fallback};
}

std::string Config::required_text(std::string_view name, std::string_view purpose) {
    note(name, "", purpose, /*required=*/true, /*secret=*/false);
    if (const std::string* value = find(name)) {
        return *value;
    }
    if (listing_) {
        return {};
    }
    throw ConfigError(std::string{name} + " is not set: " + std::string{purpose});
}

SecretString Config::required_secret(std::string_view name, std::string_view purpose) {
    note(name, "", purpose, /*required=*/true, /*secret=*/true);
    if (const std::string* value = find(name)) {
        return SecretString{*value};
    }
    if (listing_) {
        return {};
    }
    const std::string file_variable = std::string{name} + "_FILE";
    if (const std::string* path = find(file_variable)) {
        std::ifstream file(*path);
        std::stringstream content;
        content << file.rdbuf();
        std::string value = content.str();
        while (!value.empty() && (value.back() == '\n' || value.back() == '\r')) {
            value.pop_back();
        }
        if (!file || value.empty()) {
            throw ConfigError(
                file_variable + " names the file " + *path + ", which is empty or cannot be read"
            );
        }
        return SecretString{std::move(value)};
    }
    throw ConfigError(std::string{name} + " is not set (nor " + file_variable + "): " + std::string{purpose});
}

std::int64_t Config::integer(
    std::string_view name,
    std::int64_t fallback,
    std::int64_t low,
    std::int64_t high,
    std::string_view purpose
) {
    note(name, std::to_string(fallback), purpose, /*required=*/false, /*secret=*/false);
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
    note(name, fallback ? "true" : "false", purpose, /*required=*/false, /*secret=*/false);
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
    note(name, fallback, purpose, /*required=*/false, /*secret=*/false);
    const std::string* value = find(name);
    if (value == nullptr) {
        return std::string{fallback};
    }
    std::string list;
    for (const std::string& word : words) {
        if (*value == word) {
            return word;
        }
        list += (list.empty() ? "" : ", ") + word;
    }
    throw ConfigError(std::string{name} + " must be one of " + list + ", but is \"" + *value + "\"");
}

void Config::refuse_unknown() const {
    for (const auto& [name, value] : values_) {
        if (!name.starts_with("PZ_")) {
            continue;
        }
        bool known = name == "PZ_TESTDATA";
        for (const Setting& setting : settings_) {
            known = known || setting.name == name || (setting.secret && setting.name + "_FILE" == name);
        }
        if (!known) {
            throw ConfigError(name + " is set, but there is no such setting; see --help-config for the list");
        }
    }
}

}  // namespace pz::core
