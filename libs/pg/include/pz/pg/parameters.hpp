#pragma once

#include <pz/core/clock.hpp>
#include <pz/core/json.hpp>
#include <pz/core/uuid.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace pz::pg {

/// The values for $1, $2, … of one statement, encoded and copied when they are added, so nothing here can
/// dangle.
///
/// Uuid, bool, Timestamp, double and bytes travel in binary and name their type to the server. Text and
/// integers travel as text and take the type that the server infers: an int32_t fits int2, int4 and int8
/// alike.
class Parameters {
 public:
    static constexpr std::size_t limit = 32;

    struct Value {
        std::uint32_t offset = 0;
        std::int32_t size = 0;   ///< null_size for NULL
        std::uint32_t type = 0;  ///< PostgreSQL's type OID, 0 to let the server infer it
        bool binary = false;
    };

    static constexpr std::int32_t null_size = -1;

    Parameters() = default;

    template <class... Args>
    [[nodiscard]] static Parameters of(const Args&... args) {
        static_assert(sizeof...(Args) <= limit);
        Parameters parameters;
        parameters.values_.reserve(sizeof...(Args));
        // Most are identifiers; a longer text makes room for itself.
        parameters.bytes_.reserve(sizeof...(Args) * (sizeof(core::Uuid) + 1));
        (parameters.add(args), ...);
        return parameters;
    }

    void add(std::nullptr_t);
    void add(const core::Uuid& value);
    void add(bool value);
    void add(core::Timestamp value);
    void add(double value);
    /// PostgreSQL text cannot hold a NUL character: throws Error 22021, as the server would.
    void add(std::string_view value);
    /// bytea
    void add(const std::vector<std::uint8_t>& value);

    void add(const std::string& value) { add(std::string_view{value}); }

    void add(const char* value) { add(std::string_view{value}); }

    template <std::signed_integral T>
    void add(T value) {
        add_integer(static_cast<std::int64_t>(value));
    }

    template <core::DescribedEnum E>
    void add(E value) {
        add(core::enum_text(value));
    }

    template <class T>
    void add(const std::optional<T>& value) {
        if (value) {
            add(*value);
        } else {
            add(nullptr);
        }
    }

    [[nodiscard]] const std::vector<Value>& values() const noexcept { return values_; }

    /// The bytes of a value that is not NULL; behind them stands a NUL.
    [[nodiscard]] const char* data(const Value& value) const noexcept { return bytes_.data() + value.offset; }

 private:
    void add_integer(std::int64_t value);
    void add_bytes(std::string_view bytes, std::uint32_t type, bool binary);

    std::vector<Value> values_;
    std::string bytes_;
};

}  // namespace pz::pg
