// A fuzz target as a unit test: every input that once mattered, and the public vectors, without the fuzzer.
// Linked with one target at a time; fuzz_target and fuzz_corpus say which.
#include "seeds.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern const char* const fuzz_target;
extern const char* const fuzz_corpus;

namespace {

/// Broken invariants end the process, so the name comes first.
void run(const std::string& name, const std::string& input) {
    std::cout << "input " << name << "\n" << std::flush;
    EXPECT_EQ(LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size()), 0);
}

class CommittedInputs : public testing::Test {
    void TestBody() override {
        std::size_t count = 0;
        for (const auto& entry : std::filesystem::directory_iterator{fuzz_corpus}) {
            std::ifstream in{entry.path(), std::ios::binary};
            run(entry.path().string(), {std::istreambuf_iterator<char>{in}, {}});
            ++count;
        }
        EXPECT_GT(count, 0) << fuzz_corpus << " is empty";
    }
};

class PublicVectors : public testing::Test {
    void TestBody() override {
        const std::filesystem::path folder = pz::fuzz::vector_folder();
        if (!std::filesystem::is_directory(folder)) {
            GTEST_SKIP() << "no test vectors in " << folder << "; set PZ_TESTDATA";
        }
        std::size_t number = 0;
        for (const std::string& seed : pz::fuzz::seeds_for(fuzz_target, folder)) {
            run("seed " + std::to_string(number++), seed);
        }
        EXPECT_GT(number, 0);
    }
};

}  // namespace

int main(int argument_count, char** arguments) {
    testing::InitGoogleTest(&argument_count, arguments);
    const std::string suite = std::string{"Fuzz_"} + fuzz_target;
    testing::RegisterTest(
        suite.c_str(),
        "committed_inputs_keep_the_invariants",
        nullptr,
        nullptr,
        __FILE__,
        __LINE__,
        [] -> testing::Test* { return new CommittedInputs; }  // GoogleTest owns it
    );
    if (pz::fuzz::has_vectors(fuzz_target)) {
        testing::RegisterTest(
            suite.c_str(),
            "public_vectors_keep_the_invariants",
            nullptr,
            nullptr,
            __FILE__,
            __LINE__,
            [] -> testing::Test* { return new PublicVectors; }
        );
    }
    return RUN_ALL_TESTS();
}
