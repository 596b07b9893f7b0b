#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <string_view>

/// Where a fuzzer starts: the public test vectors, in the form that each target reads. They are not part of
/// this repository; PZ_TESTDATA names the folder.
namespace pz::fuzz {

/// PZ_TESTDATA, or the folder beside the checkout.
[[nodiscard]] std::filesystem::path vector_folder();

/// True if there are vectors for such input at all; not every target reads a public format.
[[nodiscard]] bool has_vectors(std::string_view target);

/// Each entry once. Throws if a file is not there or not what it should be.
[[nodiscard]] std::set<std::string> seeds_for(
    std::string_view target, const std::filesystem::path& vector_folder
);

}  // namespace pz::fuzz
