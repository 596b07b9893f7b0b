#pragma once

#include <pz/core/describe.hpp>
#include <pz/core/secret.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace pz::core {

/// A missing or wrong configuration value. what() is one sentence that names the variable; a program prints
/// it and stops.
class ConfigError : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

/// One setting as a program reads it: a row of the table that `--help-config` prints.
struct Setting {
    std::string name;
    std::string fallback;  ///< what holds when it is not set
    std::string values;    ///< what it may be: "0 to 65535", "true or false", "demo, test, production"
    std::string purpose;
    bool required = false;
    bool secret = false;  ///< may stand in a file that NAME_FILE names
    /// What it is now; of a secret only "set" or "set from file". Null: not set.
    std::optional<std::string> current{};
};
PZ_DESCRIBE(Setting, name, fallback, values, purpose, required, secret, current)

/// Configuration from the environment (12-factor). Every read names the variable, its default and what it is
/// for, so the table of settings in docs/configuration.md can be printed by the program itself.
class Config {
 public:
    /// Reads from the process environment.
    static Config from_environment();
    /// Reads every setting as if it were not set, and misses none: for listing what a program would read. The
    /// environment is looked at only to say what is set now.
    static Config for_listing();

    /// Reads from the given map; for tests.
    explicit Config(std::map<std::string, std::string> values) : values_(std::move(values)) {}

    /// Each reader throws ConfigError when the value does not fit; an empty value counts as absent.
    std::string text(std::string_view name, std::string_view fallback, std::string_view purpose);
    std::string required_text(std::string_view name, std::string_view purpose);
    /// Takes NAME, or the content of the file that NAME_FILE names (trailing newline removed).
    SecretString required_secret(std::string_view name, std::string_view purpose);
    /// The same, where it may be absent.
    std::optional<SecretString> secret(std::string_view name, std::string_view purpose);
    std::int64_t integer(
        std::string_view name,
        std::int64_t fallback,
        std::int64_t low,
        std::int64_t high,
        std::string_view purpose
    );
    /// true, false, 1, 0, yes, no, on, off; anything else throws.
    bool flag(std::string_view name, bool fallback, std::string_view purpose);
    /// One of the given words.
    std::string choice(
        std::string_view name,
        std::string_view fallback,
        const std::vector<std::string>& words,
        std::string_view purpose
    );

    /// What the table says instead of the last setting's default, where that depends on the machine or on
    /// another setting.
    void describe_default(std::string_view text);

    /// Counts a setting as known that another program reads.
    void know(const Setting& setting) { settings_.push_back(setting); }

    /// The name of a PZ_ variable that is set and that nobody read; nullopt if there is none.
    [[nodiscard]] std::optional<std::string> find_unknown() const;
    /// Throws ConfigError if a PZ_ variable is set that nobody read: a misspelt setting must not pass in
    /// silence. It names the setting that was probably meant.
    void refuse_unknown() const;

    [[nodiscard]] const std::vector<Setting>& settings() const noexcept { return settings_; }

 private:
    const std::string* find(std::string_view name) const;
    /// The value of NAME, or of the file that NAME_FILE names.
    std::optional<SecretString> find_secret(std::string_view name) const;
    [[nodiscard]] std::vector<std::string> known_names() const;
    Setting& note(
        std::string_view name, std::string_view fallback, std::string_view values, std::string_view purpose
    );

    std::map<std::string, std::string> values_;
    std::vector<Setting> settings_;
    bool listing_ = false;
};

}  // namespace pz::core
