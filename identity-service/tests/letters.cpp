#include "letters.hpp"

#include "answers.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

namespace pz::identity {

namespace {

using testkit::world;
using namespace std::chrono_literals;

constexpr auto limit = 30s;

TestLetter read(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    TestLetter letter{.message = {std::istreambuf_iterator<char>{file}, {}}, .link = {}, .token = {}};
    std::string& text = letter.message;
    for (std::size_t at = text.find("=\r\n"); at != std::string::npos; at = text.find("=\r\n")) {
        text.erase(at, 3);
    }
    const std::size_t start = text.find("\nhttp");
    if (start != std::string::npos) {
        letter.link = text.substr(start + 1, text.find("\r\n", start) - start - 1);
        const std::size_t hash = letter.link.find('#');
        letter.token = hash == std::string::npos ? "" : letter.link.substr(hash + 1);
    }
    return letter;
}

}  // namespace

std::vector<TestLetter> letters_to(std::string_view address) {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(world().mail_folder())) {
        if (entry.path().extension() == ".eml") {
            paths.push_back(entry.path());
        }
    }
    std::ranges::sort(paths);
    std::vector<TestLetter> letters;
    for (const auto& path : paths) {
        TestLetter letter = read(path);
        if (letter.message.contains("\r\nTo: <" + std::string{address} + ">\r\n")) {
            letters.push_back(std::move(letter));
        }
    }
    return letters;
}

TestLetter wait_for_letter(std::string_view address, std::size_t count) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (true) {
        std::vector<TestLetter> letters = letters_to(address);
        if (letters.size() >= count) {
            return letters.back();
        }
        if (std::chrono::steady_clock::now() > deadline) {
            throw testkit::ClientError{
                "no letter to " + std::string{address} + "\n" + world().identity().log()
            };
        }
        std::this_thread::sleep_for(20ms);
    }
}

void wait_until_mail_is_done() {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    auto identity = world().database().connect("pz_identity");
    while (identity.value("select exists (select from identity.mail where next_attempt_at is not null)") ==
           "t") {
        if (std::chrono::steady_clock::now() > deadline) {
            throw testkit::ClientError{"mail waits\n" + world().identity().log()};
        }
        std::this_thread::sleep_for(20ms);
    }
}

}  // namespace pz::identity
