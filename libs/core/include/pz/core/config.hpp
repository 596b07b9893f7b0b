#pragma once

#include <pz/core/secret.hpp>

#include <cstdint>
#include <map>
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

/// Configuration from the environment (12-factor). Every read names the variable, its default and what it is
/// for, so the table of settings in docs/configuration.md can be printed by the program itself.
class Config {
 public:
    /// One setting as it was read, for `--help-config`; the value of a secret is not kept.
    struct Setting {
        std::string name;
        std::string fallback;
        std::string purpose;
        bool required = false;
        bool secret = false;
    };

    /// Reads from the process environment.
    static Config from_environment();
    /// Knows no values and misses none: for listing what a program would read.
    static Config for_listing();

    /// Reads from the given map; for tests.
    explicit Config(std::map<std::string, std::string> values) : values_(std::move(values)) {}

    /// Each reader throws ConfigError when the value does not fit; an empty value counts as absent.
    std::string text(std::string_view name, std::string_view fallback, std::string_view purpose);
    std::string required_text(std::string_view name, std::string_view purpose);
    /// Takes NAME, or the content of the file that NAME_FILE names (trailing newline removed).
    SecretString required_secret(std::string_view name, std::string_view purpose);
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

    /// Throws ConfigError if a PZ_ variable is set that nobody read: a misspelt setting must not pass in
    /// silence.
    void refuse_unknown() const;

    [[nodiscard]] const std::vector<Setting>& settings() const noexcept { return settings_; }

 private:
    const std::string* find(std::string_view name) const;
    void note(
        std::string_view name, std::string_view fallback, std::string_view purpose, bool required, bool secret
    );

    std::map<std::string, std::string> values_;
    std::vector<Setting> settings_;
    bool listing_ = false;
};

}  // namespace pz::core
