#include "mailbox.hpp"

#include "scratch.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pz::command {
namespace {

TEST(Mailbox, shows_a_letter_as_its_reader_sees_it) {
    const LocalLetter letter = read_letter(
        "Date: Mon, 23 Nov 2026 02:00:58 +0000\r\n"
        "From: Phase Zero <no-reply@localhost>\r\n"
        "To: <new@acme.example>\r\n"
        "Subject: =?UTF-8?B?SW52aXRhdGlvbiB0byBHw7xudGhlcg==?=\r\n"
        " =?UTF-8?B?cyBPcmdhbml6YXRpb24=?=\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n"
        "\r\n"
        "Gr=C3=BC=C3=9Fe, a line that is so long that it has to go on in the next l=\r\n"
        "ine.\r\n"
        "\r\n"
        "http://localhost:3000/invitation#AbC-_0=3D\r\n"
        "\r\n"
        "Bye.\r\n"
    );
    EXPECT_EQ(letter.to, "<new@acme.example>");
    EXPECT_EQ(letter.subject, "Invitation to Günthers Organization");
    EXPECT_EQ(letter.date, "Mon, 23 Nov 2026 02:00:58 +0000");
    EXPECT_EQ(letter.link, "http://localhost:3000/invitation#AbC-_0=");
    EXPECT_EQ(
        letter.text,
        "Grüße, a line that is so long that it has to go on in the next line.\n\n"
        "http://localhost:3000/invitation#AbC-_0=\n\nBye.\n"
    );
}

TEST(Mailbox, survives_files_that_are_no_letters) {
    for (const char* text :
         {"", "=", "\r\n\r\n", "Subject: =?UTF-8?B?", "Subject: =?UTF-8?B?!?=\r\n\r\n=Z=", "\r\n\r\n="}) {
        EXPECT_EQ(read_letter(text).link, "") << text;
    }
}

TEST(Mailbox, lists_the_newest_first_and_letters_only) {
    const Scratch scratch;
    for (const char* name : {"0197a.eml", "0197c.eml", "0197b.eml", "0197d.eml.new", "notes.txt"}) {
        write_file(scratch.path() / name, "");
    }
    const auto letters = list_letters(scratch.path());
    ASSERT_EQ(letters.size(), 3U);
    EXPECT_EQ(letters.front().filename(), "0197c.eml");
    EXPECT_EQ(letters.back().filename(), "0197a.eml");
    EXPECT_TRUE(list_letters(scratch.path() / "none").empty());
}

}  // namespace
}  // namespace pz::command
