// A decoded component is UTF-8 without NUL, never longer than it was sent, and encodes back to itself; a
// scalar that is read prints as text that reads the same.
#include <pz/core/check.hpp>
#include <pz/core/json.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace pz::core;

void check_component(std::string_view text, PercentDialect dialect) {
    const auto decoded = percent_decode(text, dialect);
    if (!decoded) {
        return;
    }
    PZ_CHECK(decoded->size() <= text.size() && is_utf8(*decoded) && !decoded->contains('\0'));
    std::string encoded;
    for (const char c : *decoded) {
        constexpr std::string_view hex = "0123456789ABCDEF";
        const auto byte = static_cast<unsigned char>(c);
        encoded += {'%', hex[byte >> 4], hex[byte & 0xF]};
    }
    PZ_CHECK(percent_decode(encoded, dialect) == decoded);
}

std::string print(std::int32_t value) {
    return std::to_string(value);
}

std::string print(std::int64_t value) {
    return std::to_string(value);
}

std::string print(bool value) {
    return value ? "true" : "false";
}

std::string print(const Uuid& value) {
    return value.to_string();
}

std::string print(Timestamp value) {
    return to_string(value);
}

template <class T>
void check_scalar(std::string_view text) {
    T value{};
    std::vector<FieldError> errors;
    PZ_CHECK(read_text(text, value, "query.value", errors) == errors.empty());
    if (errors.empty()) {
        T again{};
        PZ_CHECK(read_text(print(value), again, "query.value", errors));
        PZ_CHECK(value == again);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    check_component(text, PercentDialect::uri);
    check_component(text, PercentDialect::form);
    check_scalar<std::int32_t>(text);
    check_scalar<std::int64_t>(text);
    check_scalar<bool>(text);
    check_scalar<Uuid>(text);
    check_scalar<Timestamp>(text);
    return 0;
}
