// Our Fernet against Python's cryptography, as Debian packages it: what one side encrypts the other decrypts,
// rings turn alike, and both agree on when a token is too old.

#include <pz/crypto/fernet.hpp>

#include <pz/core/process.hpp>
#include <pz/core/text.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace pz::tests {

namespace {

using namespace std::chrono_literals;
using boost::json::array;
using boost::json::object;
using core::SecretString;
using crypto::FernetRing;

/// Debian's own interpreter: others on the PATH do not see Debian's packages.
constexpr const char* python = "/usr/bin/python3";
constexpr core::Timestamp noon{std::chrono::sys_days{std::chrono::January / 15 / 2026} + 12h};

std::string base64(std::string_view bytes) {
    std::string text = core::base64url_encode(bytes);
    for (char& c : text) {
        c = c == '-' ? '+' : c == '_' ? '/' : c;
    }
    text.resize((text.size() + 3) / 4 * 4, '=');
    return text;
}

FernetRing ring_of(const std::vector<std::string>& keys) {
    std::string text;
    for (const std::string& key : keys) {
        (text += text.empty() ? "" : ",") += key;
    }
    auto ring = FernetRing::parse(SecretString{text});
    if (!ring) {
        throw std::invalid_argument("not a ring: " + text);
    }
    return std::move(ring).value();
}

array keys_of(const std::vector<std::string>& keys) {
    array list;
    for (const std::string& key : keys) {
        list.emplace_back(key);
    }
    return list;
}

/// Runs the script once over all requests.
array ask_python(const array& requests) {
    const int input = ::memfd_create("requests", MFD_CLOEXEC);
    const std::string text = boost::json::serialize(requests);
    if (input < 0 || ::write(input, text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        ::lseek(input, 0, SEEK_SET) != 0) {
        throw std::runtime_error("the requests cannot be handed over");
    }
    const core::ProcessResult result = core::run_process(
        {.command = {python, PZ_SOURCE_DIR "/tests/interop/fernet.py"}, .input = input}, 2min
    );
    ::close(input);
    if (result.exit_code != 0) {
        throw std::runtime_error(result.output);
    }
    return boost::json::parse(result.output).as_array();
}

void report(std::string_view what, std::size_t count) {
    std::cout << "[ INTEROP  ] Python's cryptography, Fernet: " << what << ": " << count << '\n';
}

const std::vector<std::string>& plaintexts() {
    static const std::vector<std::string> all = [] {
        std::vector<std::string> texts{
            std::string("\0\xff\x80", 3), "gr\xc3\xbc\xc3\x9f dich", std::string(65'536, 'x')
        };
        for (std::size_t size = 0; size <= 33; ++size) {
            texts.emplace_back(size, static_cast<char>('a' + size % 26));
        }
        return texts;
    }();
    return all;
}

class FernetInterop : public testing::Test {
 protected:
    void SetUp() override {
        const core::ProcessResult result =
            core::run_process({.command = {python, "-c", "import cryptography.fernet"}}, 1min);
        if (result.exit_code == 0) {
            return;
        }
        constexpr const char* missing =
            "python3-cryptography is missing: apt-get install python3-cryptography";
        // NOLINTNEXTLINE(concurrency-mt-unsafe): before any thread starts
        ASSERT_EQ(std::getenv("REQUIRE_FOREIGN_PROGRAMS"), nullptr) << missing;
        GTEST_SKIP() << "*** SKIPPED: " << missing << " ***";
    }

    std::string old_key = FernetRing::generate_key().reveal();
    std::string new_key = FernetRing::generate_key().reveal();
};

TEST_F(FernetInterop, ours_is_decrypted_by_python) {
    const FernetRing ring = ring_of({new_key});
    array requests;
    for (const std::string& plaintext : plaintexts()) {
        requests.push_back(object{
            {"do", "decrypt"},
            {"keys", keys_of({new_key})},
            {"token", ring.encrypt(SecretString{plaintext}, noon)}
        });
    }
    const array answers = ask_python(requests);
    ASSERT_EQ(answers.size(), plaintexts().size());
    for (std::size_t i = 0; i < answers.size(); ++i) {
        EXPECT_EQ(answers[i].as_string(), base64(plaintexts()[i])) << plaintexts()[i].size();
    }
    report("ours read by Python", answers.size());
}

TEST_F(FernetInterop, pythons_is_decrypted_by_us_under_a_key_of_its_own) {
    const std::string key{ask_python({object{{"do", "generate_key"}}}).at(0).as_string()};
    array requests;
    for (const std::string& plaintext : plaintexts()) {
        requests.push_back(object{
            {"do", "encrypt"},
            {"keys", keys_of({key})},
            {"plaintext", base64(plaintext)},
            {"now", core::unix_seconds(noon)}
        });
    }
    const array answers = ask_python(requests);
    const FernetRing ring = ring_of({key});
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const auto plaintext = ring.decrypt(std::string{answers[i].as_string()}, noon, 0s);
        ASSERT_TRUE(plaintext.has_value()) << plaintexts()[i].size();
        EXPECT_EQ(plaintext->reveal(), plaintexts()[i]);
    }
    report("Python's read by us", answers.size());
}

TEST_F(FernetInterop, has_the_same_bytes_on_both_sides) {
    array requests;
    std::vector<std::string> ours;
    for (const std::string& plaintext : plaintexts()) {
        std::array<std::uint8_t, 16> iv{};
        core::random_bytes(iv.data(), iv.size());
        ours.push_back(ring_of({new_key}).encrypt_with_iv(SecretString{plaintext}, noon, iv));
        requests.push_back(object{
            {"do", "encrypt_with_iv"},
            {"keys", keys_of({new_key})},
            {"plaintext", base64(plaintext)},
            {"now", core::unix_seconds(noon)},
            {"iv", base64({reinterpret_cast<const char*>(iv.data()), iv.size()})}
        });
    }
    const array answers = ask_python(requests);
    for (std::size_t i = 0; i < answers.size(); ++i) {
        EXPECT_EQ(answers[i].as_string(), ours[i]) << plaintexts()[i].size();
    }
    report("the same bytes", answers.size());
}

TEST_F(FernetInterop, turns_rings_alike) {
    const std::string token = ring_of({old_key}).encrypt(SecretString{"value"}, noon);
    const FernetRing both = ring_of({new_key, old_key});
    const std::string renewed = both.encrypt(SecretString{"value"}, noon);
    const array requests{
        object{{"do", "decrypt"}, {"keys", keys_of({new_key, old_key})}, {"token", token}},
        object{{"do", "decrypt"}, {"keys", keys_of({new_key})}, {"token", token}},
        object{{"do", "decrypt"}, {"keys", keys_of({new_key})}, {"token", renewed}},
        object{
            {"do", "encrypt"},
            {"keys", keys_of({new_key, old_key})},
            {"plaintext", base64("value")},
            {"now", core::unix_seconds(noon)}
        },
        object{{"do", "rotate"}, {"keys", keys_of({new_key, old_key})}, {"token", token}},
    };
    const array answers = ask_python(requests);
    EXPECT_EQ(answers.at(0).as_string(), base64("value")) << "an old token, both keys";
    EXPECT_TRUE(answers.at(1).is_null()) << "an old token, the new key alone";
    EXPECT_EQ(answers.at(2).as_string(), base64("value")) << "ours of both keys is the first key's";
    const std::string of_python{answers.at(3).as_string()};
    EXPECT_EQ(ring_of({new_key}).decrypt(of_python, noon)->reveal(), "value");
    EXPECT_FALSE(both.needs_reencryption(of_python));
    const std::string rotated{answers.at(4).at("token").as_string()};
    EXPECT_TRUE(both.needs_reencryption(token));
    EXPECT_FALSE(both.needs_reencryption(rotated));
    EXPECT_EQ(ring_of({new_key}).decrypt(rotated, noon)->reveal(), "value");
    EXPECT_EQ(answers.at(4).at("keeps_time"), true);
    EXPECT_TRUE(ring_of({new_key}).decrypt(rotated, noon + 60s, 60s).has_value())
        << "rotating makes it no younger";
    EXPECT_FALSE(ring_of({new_key}).decrypt(rotated, noon + 61s, 60s).has_value());
    report("steps of a turning ring", requests.size());
}

TEST_F(FernetInterop, agrees_on_the_second_at_which_a_token_is_too_old_or_too_new) {
    const std::string token = ring_of({new_key}).encrypt(SecretString{"value"}, noon);

    struct Case {
        std::chrono::seconds age;
        std::chrono::seconds time_to_live;
    };

    std::vector<Case> cases;
    array requests;
    for (const auto time_to_live : {0s, 1s, 60s, 3600s}) {
        for (const auto age : {-3600s, -61s, -60s, -59s, -1s, 0s, 1s, 59s, 60s, 61s, 3599s, 3600s, 3601s}) {
            cases.push_back({age, time_to_live});
            requests.push_back(object{
                {"do", "decrypt"},
                {"keys", keys_of({new_key})},
                {"token", token},
                {"ttl", time_to_live.count()},
                {"now", core::unix_seconds(noon + age)}
            });
        }
    }
    const array answers = ask_python(requests);
    for (std::size_t i = 0; i < cases.size(); ++i) {
        EXPECT_EQ(
            ring_of({new_key}).decrypt(token, noon + cases[i].age, cases[i].time_to_live).has_value(),
            !answers[i].is_null()
        ) << cases[i].age.count()
          << " s old, lives " << cases[i].time_to_live.count() << " s";
    }
    report("verdicts about age", cases.size());
}

TEST_F(FernetInterop, refuses_any_changed_bit_on_both_sides) {
    const FernetRing ring = ring_of({new_key});
    const std::string token = ring.encrypt(SecretString{"value"}, noon);
    const std::string bytes = core::base64url_decode(token.substr(0, token.find('='))).value();
    array requests;
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        std::string changed = bytes;
        changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
        std::string text = core::base64url_encode(changed);
        text.resize((text.size() + 3) / 4 * 4, '=');
        EXPECT_FALSE(ring.decrypt(text, noon).has_value()) << bit;
        requests.push_back(object{{"do", "decrypt"}, {"keys", keys_of({new_key})}, {"token", text}});
    }
    for (const auto& answer : ask_python(requests)) {
        EXPECT_TRUE(answer.is_null());
    }
    report("altered tokens refused by both", requests.size());
}

}  // namespace

}  // namespace pz::tests
