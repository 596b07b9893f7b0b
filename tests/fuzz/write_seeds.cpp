// write-fuzz-seeds TARGET DIRECTORY: one file for each seed, named by its number; says how many.
#include "seeds.hpp"

#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>

int main(int argument_count, char** arguments) {
    if (argument_count != 3) {
        std::cerr << "usage: write-fuzz-seeds TARGET DIRECTORY\n";
        return 2;
    }
    const std::string_view target{arguments[1]};
    const std::filesystem::path directory{arguments[2]};
    const std::filesystem::path vectors = pz::fuzz::vector_folder();
    std::filesystem::create_directories(directory);
    if (!pz::fuzz::has_vectors(target)) {
        std::cout << "no public vectors have this form\n";
        return 0;
    }
    if (!std::filesystem::is_directory(vectors)) {
        std::cout << "NO PUBLIC VECTORS: " << vectors.string()
                  << " is not there; PZ_TESTDATA names the folder\n";
        return 0;
    }
    try {
        std::size_t number = 0;
        for (const std::string& seed : pz::fuzz::seeds_for(target, vectors)) {
            std::ofstream{directory / std::to_string(number++), std::ios::binary} << seed;
        }
        std::cout << number << " seeds from " << vectors.string() << "\n";
    } catch (const std::exception& failure) {
        std::cerr << "write-fuzz-seeds: " << failure.what() << "\n";
        return 1;
    }
    return 0;
}
