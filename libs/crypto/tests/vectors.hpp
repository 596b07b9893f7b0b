#pragma once

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
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

/// How many entries a family has, and how many of them we judge otherwise than it does, on purpose.
struct Count {
    std::size_t entries = 0;
    std::size_t argued = 0;

    bool operator==(const Count&) const = default;
};

/// The table of docs/security.md: an entry that gets lost, or is argued away, turns a test red.
inline const std::map<std::string_view, Count>& held_counts() {
    static const std::map<std::string_view, Count> table{
        {"argon2", {19, 0}},
        {"crs-payloads", {125, 0}},
        {"fernet generate", {1, 0}},
        {"fernet invalid", {8, 0}},
        {"fernet verify", {1, 0}},
        {"jose-cookbook", {12, 0}},
        {"jose-rfc", {40, 0}},
        // Duplicate members and NUL, which are refused (RFC 7493; PostgreSQL's text).
        {"json-parsing", {188, 3}},
        {"naughty-strings", {303, 0}},
        {"rfc-constants, HMAC", {1, 0}},
        {"rfc-constants, SHA-256", {2, 0}},
        // NUL, which no text of PostgreSQL's may hold.
        {"utf8", {140, 1}},
        {"wycheproof ecdsa_secp256r1_sha256_p1363_test.json", {262, 0}},
        {"wycheproof ed25519_test.json", {151, 0}},
        {"wycheproof hmac_sha256_test.json", {174, 0}},
        // Valid signatures of keys with an exponent of 3, which are refused as weak.
        {"wycheproof rsa_signature_2048_sha256_test.json", {259, 2}},
        // Of kinds that RFC 8725 lets us leave out; the keys without a public half are symmetric.
        {"wycheproof json_web_key_test.json", {19, 0}},
        // Valid, of algorithms that we refuse: HS256, ES384, ES512, PS256, …
        {"wycheproof json_web_signature_test.json", {240, 23}},
    };
    return table;
}

/// One line for the table in docs/security.md. A test that is green has passed whatever is not argued.
inline void report(std::string_view family, Count count) {
    std::cout << "[ VECTORS  ] " << family << ": " << count.entries << " entries, "
              << count.entries - count.argued << " passed, " << count.argued << " argued\n";
    const auto held = held_counts().find(family);
    ASSERT_NE(held, held_counts().end()) << family << " has no line in held_counts()";
    EXPECT_EQ(count.entries, held->second.entries) << family;
    EXPECT_EQ(count.argued, held->second.argued) << family;
}

}  // namespace pz::crypto::vectors

#define PZ_NEED_VECTORS(name)                                                             \
    if (!std::filesystem::exists(::pz::crypto::vectors::folder() / (name))) {             \
        GTEST_SKIP() << "no test vectors in " << ::pz::crypto::vectors::folder() / (name) \
                     << "; set PZ_TESTDATA";                                              \
    }                                                                                     \
    static_assert(true)
