#pragma once

#include <cstddef>
#include <string>
#include <utility>

namespace pz::core {

/// Overwrites memory in a way the optimiser may not remove.
void wipe(void* data, std::size_t size) noexcept;

/// Holds a value that no log line, error message or JSON document may show: it has no printer, no formatter
/// and no JSON mapping, and a string inside it is overwritten on destruction. The one way in is reveal(),
/// which is easy to grep for.
template <class T>
class Secret {
 public:
    Secret() = default;

    explicit Secret(T value) : value_(std::move(value)) {}

    Secret(const Secret&) = default;
    Secret(Secret&&) noexcept = default;
    Secret& operator=(const Secret&) = default;
    Secret& operator=(Secret&&) noexcept = default;

    ~Secret() {
        if constexpr (requires { value_.resize(value_.capacity()); }) {
            // The capacity, not the size: a moved-from short string still holds its characters.
            value_.resize(value_.capacity());
            wipe(value_.data(), value_.size() * sizeof(*value_.data()));
        }
    }

    [[nodiscard]] const T& reveal() const noexcept { return value_; }

 private:
    T value_{};
};

using SecretString = Secret<std::string>;

}  // namespace pz::core
