#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pz::isolation {

/// SplitMix64: the same numbers everywhere for the same seed, so that an attempt can be made again.
class Random {
 public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() noexcept {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
        z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31U);
    }

    std::size_t below(std::size_t count) noexcept { return static_cast<std::size_t>(next() % count); }

    bool chance(unsigned percent) noexcept { return below(100) < percent; }

    template <class List>
    auto& pick(List& list) noexcept {
        return list[below(list.size())];
    }

    std::string hex(std::size_t digits) {
        constexpr std::string_view alphabet = "0123456789abcdef";
        std::string out;
        for (std::size_t i = 0; i < digits; ++i) {
            out += alphabet[below(alphabet.size())];
        }
        return out;
    }

    /// A UUIDv7 in text form, of some moment in 2026.
    std::string uuid() {
        return "019b" + hex(4) + "-" + hex(4) + "-7" + hex(3) + "-8" + hex(3) + "-" + hex(12);
    }

 private:
    std::uint64_t state_;
};

}  // namespace pz::isolation
