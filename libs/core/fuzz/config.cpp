// A setting that is accepted lies within its bounds; one that is refused is named; a secret never shows, and
// loses only white space behind it.
#include <pz/core/config.hpp>

#include <pz/core/check.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace pz::core;

/// The complaint names the setting.
template <class Read>
void check_refusal(std::string_view name, Read read) {
    try {
        read();
    } catch (const ConfigError& error) {
        PZ_CHECK(std::string_view{error.what()}.contains(name));
    }
}

/// Where a secret's value would stand, there is only whether it is set.
bool says_no_secret(const std::optional<std::string>& current) {
    return !current || *current == "set" || *current == "set from file";
}

}  // namespace

/// The lines of the input are the values, the last one is part of a name; an environment holds no NUL.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest{reinterpret_cast<const char*>(data), size};
    rest = rest.substr(0, rest.find('\0'));
    const auto next = [&rest] {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        std::string line{rest.substr(0, end)};
        rest.remove_prefix(std::min(end + 1, rest.size()));
        return line;
    };
    std::map<std::string, std::string> values;
    for (const char* name : {"PZ_NUMBER", "PZ_FLAG", "PZ_CHOICE", "PZ_TEXT", "PZ_SECRET"}) {
        values[name] = next();
    }
    const std::string unknown = "PZ_" + next();
    values.emplace(unknown, "set");

    Config config{values};
    check_refusal("PZ_NUMBER", [&] {
        const std::int64_t number = config.integer("PZ_NUMBER", 5, -10, 70'000, "a number");
        PZ_CHECK(number >= -10 && number <= 70'000);
    });
    check_refusal("PZ_FLAG", [&] { static_cast<void>(config.flag("PZ_FLAG", true, "a flag")); });
    check_refusal("PZ_CHOICE", [&] {
        const std::vector<std::string> words{"one", "two"};
        const std::string word = config.choice("PZ_CHOICE", "one", words, "a choice");
        PZ_CHECK(word == words.front() || word == words.back());
    });
    const std::string text = config.text("PZ_TEXT", "fallback", "a text");
    PZ_CHECK(text == (values["PZ_TEXT"].empty() ? "fallback" : values["PZ_TEXT"]));
    check_refusal("PZ_SECRET", [&] {
        const std::string& given = values["PZ_SECRET"];
        const std::string secret{config.required_secret("PZ_SECRET", "a secret").reveal()};
        PZ_CHECK(!secret.empty() && given.starts_with(secret));
        PZ_CHECK(given.find_first_not_of(" \t\r\n", secret.size()) == std::string::npos);
        PZ_CHECK(!std::string_view{" \t\r\n"}.contains(secret.back()));
    });
    for (const auto& setting : config.settings()) {
        PZ_CHECK(setting.secret == (setting.name == "PZ_SECRET"));
        PZ_CHECK(!setting.secret || (setting.fallback.empty() && says_no_secret(setting.current)));
    }

    bool refused = false;
    check_refusal(unknown, [&] {
        refused = true;
        config.refuse_unknown();
        refused = false;
    });
    constexpr std::array<std::string_view, 7> known{
        "PZ_NUMBER", "PZ_FLAG", "PZ_CHOICE", "PZ_TEXT", "PZ_SECRET", "PZ_SECRET_FILE", "PZ_TESTDATA"
    };
    PZ_CHECK(refused == (std::ranges::find(known, unknown) == known.end()));
    return 0;
}
