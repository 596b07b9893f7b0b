// What a letter is on the wire, read by a parser that is not ours.

#include "mail/letters.hpp"
#include "mail/message.hpp"

#include <pz/core/process.hpp>
#include <pz/testkit/temporary_directory.hpp>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace pz::identity::mail {

namespace {

using namespace std::chrono_literals;

constexpr core::Timestamp noon{1'795'435'258s};
const Mailbox sender{"Phase Zero", "no-reply@phasezero.example"};

std::string written(const Letter& letter, const Mailbox& from = sender) {
    return compose(letter, from, core::Uuid::parse("0197c0de-0000-7000-9000-000000000001").value(), noon);
}

/// What Python's email package reads in the letters.
boost::json::array read_by_python(const std::vector<std::string>& letters) {
    const testkit::TemporaryDirectory directory{"letters"};
    core::ProcessOptions options;
    options.command = {
        "/usr/bin/python3", std::string{PZ_SOURCE_DIR} + "/identity-service/tests/smtp/letter.py"
    };
    for (const std::string& letter : letters) {
        const auto path = directory.path() / std::to_string(options.command.size());
        std::ofstream{path, std::ios::binary} << letter;
        options.command.push_back(path);
    }
    const core::ProcessResult result = core::run_process(std::move(options), 60s);
    if (result.exit_code != 0) {
        throw std::runtime_error{"letter.py: " + result.output};
    }
    return boost::json::parse(result.output).as_array();
}

bool has_python() {
    return std::ifstream{"/usr/bin/python3"}.good();
}

TEST(SupportDigest, tells_an_admin_who_was_in_for_what_and_where_to_read_more) {
    const SupportStory read{
        .organization = "Acme\r\nBcc: x@y.example",
        .agent = "Sam Support",
        .mode = "ro",
        .reason = "Item list is empty for them",
        .ticket = "4711",
        .minutes = "30",
        .requests = "12",
        .requested_at = "2026-11-20 09:00 UTC",
    };
    SupportStory wrote = read;
    wrote.mode = "rw";
    wrote.requests = "1";
    wrote.reason = "first line\nsecond line";
    const Letter letter =
        support_digest_letter("admin@acme.example", {read, wrote}, "https://console.example");
    EXPECT_EQ(letter.to, "admin@acme.example");
    EXPECT_TRUE(letter.subject.starts_with("Support in Acme")) << letter.subject;
    EXPECT_TRUE(letter.subject.ends_with(": the last seven days")) << letter.subject;
    EXPECT_EQ(letter.subject.find_first_of("\r\n"), std::string::npos);
    EXPECT_NE(letter.text.find("in the last seven days: 2\n"), std::string::npos) << letter.text;
    EXPECT_NE(
        letter.text.find(
            "\n  2026-11-20 09:00 UTC  Sam Support, read, 12 requests: Item list is empty for them\n"
        ),
        std::string::npos
    ) << letter.text;
    EXPECT_NE(letter.text.find("Sam Support, read and wrote, 1 requests: first line"), std::string::npos);
    EXPECT_EQ(letter.text.find("\nsecond line"), std::string::npos) << "a reason makes no line of its own";
    EXPECT_TRUE(letter.text.ends_with("\n\nhttps://console.example/settings/support\n")) << letter.text;
}

TEST(Addresses, are_what_needs_no_escaping) {
    const std::string longest = std::string(64, 'a') + "@" + std::string(63, 'b') + "." +
                                std::string(63, 'c') + "." + std::string(61, 'd');
    for (const std::string good :
         {"a@b", "first.last+tag@acme.example", "x_%'!#$&*-/=?^`{|}~@sub.acme.example", "1@127.example"}) {
        EXPECT_TRUE(is_address(good)) << good;
    }
    EXPECT_TRUE(is_address(longest));
    EXPECT_FALSE(is_address(longest + "d"));
    for (const std::string bad :
         {"",
          "@",
          "a",
          "a@",
          "@b",
          "a b@c",
          "a@b c",
          ".a@b",
          "a.@b",
          "a..b@c",
          "a@-b",
          "a@b-",
          "a@b..c",
          "a@.b",
          "a@b.",
          "a\r\nBcc: x@y@b",
          "a@b\r\nBcc: x@y",
          "a@b\n",
          "a@b\r",
          "\"a b\"@c",
          "\"a\"@b",
          "<a@b>",
          "a@b>",
          "a,b@c",
          "a@b,c@d",
          "a;b@c",
          "a:b@c",
          "a(b)@c",
          "a@[127.0.0.1]",
          "ä@b",
          "a@bü",
          "a\\@b",
          "a\t@b"}) {
        EXPECT_FALSE(is_address(bad)) << bad;
    }
    EXPECT_FALSE(is_address(std::string{"a\0@b", 4}));
    EXPECT_FALSE(is_address(std::string(65, 'a') + "@b"));
    EXPECT_FALSE(is_address("a@" + std::string(64, 'b')));
}

TEST(Addresses, of_senders_may_have_a_name) {
    EXPECT_EQ(Mailbox::parse("a@b").value().address, "a@b");
    const Mailbox named = Mailbox::parse("Phase Zero <no-reply@localhost>").value();
    EXPECT_EQ(named.name, "Phase Zero");
    EXPECT_EQ(named.address, "no-reply@localhost");
    for (const char* bad :
         {"", "a", "Name <a>", "Name <a@b", "Name <a@b> x", "Na\nme <a@b>", "<a@b>, <c@d>"}) {
        EXPECT_FALSE(Mailbox::parse(bad)) << bad;
    }
}

TEST(OneLine, keeps_a_name_on_its_line_and_in_its_direction) {
    EXPECT_EQ(one_line("Acme\r\nBcc: x@y"), "Acme Bcc: x@y");
    EXPECT_EQ(one_line("a\u2028b\u2029c\u0085d\u000Be"), "a b c d e");
    EXPECT_EQ(one_line("\u202Egro.live\u202C"), "gro.live ");
    EXPECT_EQ(one_line("Grüße 世界 😀"), "Grüße 世界 😀");
    EXPECT_EQ(one_line("abcdef", 3), "abc…");
    EXPECT_EQ(one_line(""), "");
}

TEST(Letter, refuses_a_recipient_that_is_none) {
    EXPECT_THROW(
        static_cast<void>(written({.to = "a@b\r\nBcc: c@d", .subject = "s", .text = "t"})),
        std::invalid_argument
    );
}

TEST(Letter, holds_what_was_put_in_whatever_that_is) {
    if (!has_python()) {
        ASSERT_EQ(
            std::getenv("REQUIRE_FOREIGN_PROGRAMS"), nullptr
        );  // NOLINT(concurrency-mt-unsafe): as below
        GTEST_SKIP() << "no /usr/bin/python3";
    }
    const std::vector<std::string> texts = {
        "plain\n",
        "Grüße 世界 😀\n",
        ".\n..\n.a\n",
        "trailing \nspaces\t\n= =3D =\n",
        std::string(500, 'x') + "\n" + std::string(300, '=') + "\n",
        "From here\n>From there\n\n\nend\n",
    };
    const std::vector<Mailbox> senders = {sender, {"", "a@b"}, {"Müller, \"Q\" <x>", "a@b"}, {"A=?B", "a@b"}};
    std::vector<std::string> letters;
    for (const std::string& text : texts) {
        for (const Mailbox& from : senders) {
            letters.push_back(written(
                {.to = "new@acme.example", .subject = "S: " + text.substr(0, 100), .text = text}, from
            ));
        }
    }
    const boost::json::array read = read_by_python(letters);
    ASSERT_EQ(read.size(), letters.size());
    for (std::size_t i = 0; i < read.size(); ++i) {
        const std::string& text = texts[i / senders.size()];
        const Mailbox& from = senders[i % senders.size()];
        EXPECT_EQ(read[i].at("text").as_string(), text + "\n") << letters[i];
        EXPECT_EQ(read[i].at("subject").as_string(), one_line("S: " + text.substr(0, 100), 150))
            << letters[i];
        EXPECT_EQ(read[i].at("from").at(0).at(0).as_string(), from.name) << letters[i];
        EXPECT_EQ(read[i].at("from").at(0).at(1).as_string(), from.address);
        EXPECT_TRUE(read[i].at("defects").as_array().empty()) << letters[i];
        EXPECT_LE(read[i].at("longest_line").as_int64(), 90);
        EXPECT_TRUE(read[i].at("is_ascii").as_bool());
    }
}

TEST(Letter, gains_no_header_and_no_recipient_from_a_name_that_somebody_chose) {
    const char* folder =
        std::getenv("PZ_TESTDATA");  // NOLINT(concurrency-mt-unsafe): before any thread starts
    const std::string data = folder != nullptr ? folder : std::string{PZ_SOURCE_DIR} + "/../shared/testdata";
    std::ifstream file{data + "/naughty-strings/blns.json", std::ios::binary};
    if (!file || !has_python()) {
        GTEST_SKIP() << "needs " << data << "/naughty-strings (PZ_TESTDATA) and /usr/bin/python3";
    }
    std::vector<std::string> names = {
        "Acme\r\nBcc: victim@globex.example",
        "Acme\nContent-Type: text/html\n\n<b>hi</b>",
        "Acme\r\n\r\n.\r\nMAIL FROM:<x@y>",
        "=?UTF-8?B?QmNjOiB4QHk=?=",
        "\"Acme\" <x@y>",
        std::string(200, 'W'),
        "\u2028Bcc: x@y",
    };
    const auto naughty = boost::json::parse(std::string{std::istreambuf_iterator<char>{file}, {}});
    for (const auto& string : naughty.as_array()) {
        names.emplace_back(string.as_string());
    }
    std::vector<std::string> letters;
    letters.reserve(names.size());
    for (const std::string& name : names) {
        letters.push_back(written(invitation_letter(
            "new@acme.example", name, auth::Role::standard, "http://localhost:3000", "TOKEN"
        )));
    }
    const boost::json::array read = read_by_python(letters);
    ASSERT_EQ(read.size(), names.size());
    const boost::json::array headers{
        "Date",
        "From",
        "To",
        "Subject",
        "Message-ID",
        "Auto-Submitted",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding"
    };
    for (std::size_t i = 0; i < read.size(); ++i) {
        EXPECT_EQ(read[i].at("headers").as_array(), headers) << letters[i];
        EXPECT_EQ(read[i].at("to").as_array(), (boost::json::array{"new@acme.example"})) << letters[i];
        const std::string text{read[i].at("text").as_string()};
        EXPECT_NE(text.find("\nhttp://localhost:3000/invitation#TOKEN\n"), std::string::npos) << letters[i];
        EXPECT_TRUE(text.starts_with("You are invited to join \"" + one_line(names[i]) + "\" on Phase Zero"))
            << text;
    }
    std::printf("[ VECTORS  ] naughty-strings as names in letters: %zu\n", names.size());
}

}  // namespace

}  // namespace pz::identity::mail
