// Answers in pieces as a client sees them, without a database.
#include "example_api.hpp"

#include <gtest/gtest.h>

namespace pz::web {

namespace {

using example::Server;
using testkit::Reply;

TEST(Streamed, arrives_whole_with_the_headers_of_every_answer) {
    const Server server;
    const Reply reply = server.client().get("/export?pieces=1000");
    EXPECT_EQ(reply.status(), 200);
    EXPECT_TRUE(reply.text().starts_with("note 1\nnote 2\n"));
    EXPECT_TRUE(reply.text().ends_with("\nnote 1000\n"));
    EXPECT_EQ(reply.header("Transfer-Encoding"), "chunked");
    EXPECT_EQ(reply.header("Content-Type"), "text/plain; charset=utf-8");
    EXPECT_EQ(reply.header("Content-Disposition"), "attachment; filename=\"notes.txt\"");
    EXPECT_EQ(reply.header("Cache-Control"), "no-store");
    EXPECT_EQ(reply.header("X-Content-Type-Options"), "nosniff");
    EXPECT_FALSE(reply.header("X-Request-Id").empty());
}

TEST(Streamed, is_an_ordinary_answer_when_one_piece_is_all) {
    const Server server;
    const Reply reply = server.client().get("/export?pieces=1");
    EXPECT_EQ(reply.text(), "note 1\n");
    EXPECT_EQ(reply.header("Content-Length"), "7");
}

TEST(Streamed, has_an_answer_of_its_own_for_what_fails_before_the_first_piece) {
    const Server server;
    const Reply broken = server.client().get("/export?broken_at=1");
    EXPECT_EQ(broken.status(), 500);
    EXPECT_EQ(broken.field("code"), "internal_error");
    EXPECT_EQ(broken.header("Content-Disposition"), "");
    EXPECT_EQ(server.client().get("/export?pieces=0").status(), 422);
}

TEST(Streamed, never_looks_whole_when_a_later_piece_fails) {
    const Server server;
    EXPECT_THROW((void)server.client().get("/export?broken_at=2"), testkit::ClientError);
    testkit::RawConnection raw = server.raw();
    raw.send("GET /export?broken_at=3 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const std::string bytes = raw.receive_until_closed();
    EXPECT_NE(bytes.find("note 2"), std::string::npos) << "what was there was sent";
    EXPECT_EQ(bytes.find("\r\n0\r\n"), std::string::npos) << "and no last chunk";
    EXPECT_EQ(bytes.find("canary"), std::string::npos);
}

TEST(Streamed, answers_head_without_making_more_than_the_first_piece) {
    const Server server;
    const Reply head = server.client().send("HEAD", "/export?broken_at=2");
    EXPECT_EQ(head.status(), 200);
    EXPECT_TRUE(head.text().empty());
    EXPECT_EQ(head.header("Content-Length"), "") << "nobody knows it yet";
}

}  // namespace

}  // namespace pz::web
