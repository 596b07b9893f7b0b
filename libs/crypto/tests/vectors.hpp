#pragma once

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>

/// Published test vectors, which are not part of this repository: PZ_TESTDATA says where they are.
namespace pz::crypto::vectors {

inline std::filesystem::path folder() {
    const char* given =
        std::getenv("PZ_TESTDATA");  // NOLINT(concurrency-mt-unsafe): before any thread starts
    return given != nullptr ? std::filesystem::path{given}
                            : std::filesystem::path{PZ_SOURCE_DIR} / ".." / "shared" / "testdata";
}

inline std::string read(const std::filesystem::path& file) {
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

inline boost::json::value read_json(const std::filesystem::path& file) {
    return boost::json::parse(read(file));
}

inline std::string from_hex(std::string_view hex) {
    std::string bytes;
    for (std::size_t at = 0; at + 1 < hex.size(); at += 2) {
        bytes += static_cast<char>(std::stoi(std::string{hex.substr(at, 2)}, nullptr, 16));
    }
    return bytes;
}

inline std::string text(const boost::json::value& value, std::string_view member) {
    return std::string{value.at(member).as_string()};
}

inline void report(std::string_view family, std::size_t entries) {
    std::cout << "[ VECTORS  ] " << family << ": " << entries << " entries\n";
}

}  // namespace pz::crypto::vectors

#define PZ_NEED_VECTORS(name)                                                             \
    if (!std::filesystem::exists(::pz::crypto::vectors::folder() / (name))) {             \
        GTEST_SKIP() << "no test vectors in " << ::pz::crypto::vectors::folder() / (name) \
                     << "; set PZ_TESTDATA";                                              \
    }                                                                                     \
    static_assert(true)
