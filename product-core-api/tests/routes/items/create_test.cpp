#include "answers.hpp"

#include <boost/json/serialize.hpp>

namespace pz::product {

namespace {

using testkit::world;

constexpr const char* path = "/api/v1/items";

Reply send_as(const char* content_type, std::string_view body) {
    return world().as(acme_user).with("Content-Type", content_type).send("POST", path, body);
}

Reply send_json(std::string_view body) {
    return send_as("application/json", body);
}

/// {"title":"x"} with white space up to a size.
std::string padded_to(std::size_t size) {
    std::string body = R"({"title":"x"})";
    return body + std::string(size - body.size(), ' ');
}

TEST(CreateItem, answers_201_with_location_and_etag) {
    for (const Account& account : {acme_admin, acme_user}) {
        const std::string title = unique_text("New");
        const Reply reply = world().as(account).post(path, {{"title", title}, {"description", "why"}});
        ASSERT_EQ(reply.status(), 201) << reply.text();
        EXPECT_EQ(reply.header("Location"), std::string{path} + '/' + reply.id());
        EXPECT_EQ(reply.header("ETag"), "\"1\"");
        EXPECT_EQ(reply.field("title"), title);
        EXPECT_EQ(reply.field("description"), "why");
        EXPECT_EQ(reply.field("status"), "open");
        EXPECT_EQ(reply.field("created_by"), account.person);
        EXPECT_EQ(reply.json().at("version"), 1);
        EXPECT_TRUE(reply.json().at("project_id").is_null());
        EXPECT_EQ(world().as(account).get(reply.header("Location")).text(), reply.text());
        EXPECT_EQ(
            world().database().connect_as_superuser().value(
                "select tenant_id from app.item where id = $1", {reply.id()}
            ),
            testkit::acme
        );
    }
}

TEST(CreateItem, needs_a_token) {
    EXPECT_TRUE(is_problem(world().anonymous().post(path, {{"title", "x"}}), 401, "not_authenticated"));
}

TEST(CreateItem, is_not_for_platform_staff) {
    for (const Account& account : {platform_admin, support_agent}) {
        EXPECT_TRUE(is_problem(world().as(account).post(path, {{"title", "x"}}), 403, "forbidden"))
            << account.email;
    }
}

TEST(CreateItem, refuses_before_it_looks_at_the_body) {
    EXPECT_TRUE(is_problem(world().anonymous().post(path, {{"tenant_id", "x"}}), 401, "not_authenticated"));
    EXPECT_TRUE(is_problem(world().as(support_agent).post(path, {{"tenant_id", "x"}}), 403, "forbidden"));
}

TEST(CreateItem, checks_each_field) {
    Client client = world().as(acme_user);
    EXPECT_TRUE(is_invalid(client.post(path, boost::json::object{}), "body.title"));
    EXPECT_TRUE(is_invalid(client.post(path, {{"title", ""}}), "body.title"));
    EXPECT_TRUE(is_invalid(client.post(path, {{"title", nullptr}}), "body.title"));
    EXPECT_TRUE(is_invalid(client.post(path, {{"title", 1}}), "body.title"));
    EXPECT_TRUE(is_invalid(client.post(path, {{"title", std::string(201, 'a')}}), "body.title"));
    EXPECT_TRUE(is_invalid(
        client.post(path, {{"title", "x"}, {"description", std::string(2'001, 'a')}}), "body.description"
    ));
    EXPECT_TRUE(is_invalid(client.post(path, {{"title", "x"}, {"description", true}}), "body.description"));
    EXPECT_TRUE(is_invalid(client.post(path, {{"title", "x"}, {"project_id", "1"}}), "body.project_id"));
    EXPECT_TRUE(is_invalid(send_json("[]"), "body"));
    EXPECT_TRUE(is_invalid(send_json("\"title\""), "body"));
    EXPECT_TRUE(is_invalid(send_json("null"), "body"));
}

TEST(CreateItem, counts_characters_and_not_bytes) {
    std::string title;
    for (int i = 0; i < 200; ++i) {
        title += "\xf0\x9f\xa4\x96";
    }
    EXPECT_EQ(world().as(acme_user).post(path, {{"title", title}}).field("title"), title);
    EXPECT_TRUE(is_invalid(world().as(acme_user).post(path, {{"title", title + "a"}}), "body.title"));
}

TEST(CreateItem, names_every_wrong_field_at_once) {
    const Reply reply =
        world().as(acme_user).post(path, {{"title", ""}, {"project_id", "1"}, {"descriptio", "x"}});
    for (const char* loc : {"body.title", "body.project_id", "body.descriptio"}) {
        EXPECT_TRUE(is_invalid(reply, loc));
    }
}

TEST(CreateItem, lets_nobody_set_what_the_service_sets) {
    const std::string title = unique_text("Assigned");
    for (const char* member :
         {"tenant_id", "id", "role", "created_by", "created_at", "version", "status", "__proto__"}) {
        const Reply reply =
            world().as(acme_user).post(path, {{"title", title}, {member, std::string{testkit::globex}}});
        EXPECT_TRUE(is_invalid(reply, std::string{"body."} + member)) << member;
    }
    EXPECT_EQ(
        world().database().connect_as_superuser().value(
            "select count(*) from app.item where title = $1", {title}
        ),
        "0"
    );
}

TEST(CreateItem, refuses_another_tenants_project_like_an_unknown_one) {
    const std::string foreign = new_project(globex_user).id();
    const Reply reply = world().as(acme_user).post(path, {{"title", "x"}, {"project_id", foreign}});
    EXPECT_TRUE(is_invalid(reply, "body.project_id"));
    EXPECT_TRUE(are_indistinguishable(
        reply, world().as(acme_user).post(path, {{"title", "x"}, {"project_id", unknown_id()}})
    ));
}

TEST(CreateItem, refuses_what_is_not_json) {
    for (const std::string& body :
         {std::string{},
          std::string{"{"},
          std::string{"{\"title\":\"x\"} x"},
          std::string{"{'title':'x'}"},
          std::string{"{\"title\":\"x\",}"},
          std::string{"{\"title\":\"x\"/**/}"},
          std::string{"\xef\xbb\xbf{\"title\":\"x\"}"},
          std::string{"{\"title\":\"\xff\"}"},
          std::string{"{\"title\":\"\xed\xa0\x80\"}"},
          std::string{R"({"title":"\u0000"})"},
          std::string{R"({"title":"\ud800"})"},
          "{\"title\":\"x\",\"description\":" + std::string(40, '[') + std::string(40, ']') + '}',
          std::string{"title=x"}}) {
        EXPECT_TRUE(is_problem(send_json(body), 400, "malformed_json")) << body;
    }
}

TEST(CreateItem, refuses_a_member_that_appears_twice) {
    EXPECT_TRUE(is_problem(send_json(R"({"title":"x","title":"y"})"), 400, "malformed_json"));
    EXPECT_TRUE(is_problem(send_json(R"({"title":"x","\u0074itle":"y"})"), 400, "malformed_json"));
}

TEST(CreateItem, takes_json_in_utf8_and_nothing_else) {
    constexpr const char* body = R"({"title":"x"})";
    for (const char* type : {"application/json; charset=utf-8", "Application/JSON;charset=UTF-8"}) {
        EXPECT_EQ(send_as(type, body).status(), 201) << type;
    }
    for (const char* type :
         {"text/plain",
          "application/x-www-form-urlencoded",
          "application/json; charset=utf-16",
          "application/jsonp",
          "application/problem+json",
          "multipart/form-data; boundary=x"}) {
        EXPECT_TRUE(is_problem(send_as(type, body), 415, "unsupported_media_type")) << type;
    }
    EXPECT_TRUE(is_problem(world().as(acme_user).send("POST", path, body), 415, "unsupported_media_type"));
    EXPECT_TRUE(is_problem(
        world()
            .as(acme_user)
            .with("Content-Type", "application/json")
            .with("Content-Encoding", "gzip")
            .send("POST", path, body),
        415,
        "unsupported_media_type"
    ));
}

TEST(CreateItem, takes_64_kilobytes_and_not_a_byte_more) {
    constexpr std::size_t limit = 64 * 1024;
    EXPECT_EQ(send_json(padded_to(limit)).status(), 201);
    EXPECT_TRUE(is_problem(send_json(padded_to(limit + 1)), 413, "body_too_large"));
    EXPECT_TRUE(is_problem(
        world()
            .as(acme_user)
            .with("Content-Type", "application/json")
            .with("Transfer-Encoding", "chunked")
            .send("POST", path, padded_to(limit + 1)),
        413,
        "body_too_large"
    ));
}

TEST(CreateItem, refuses_a_large_body_before_it_arrives) {
    auto connection = world().raw();
    connection.send(
        "POST /api/v1/items HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " +
        world().token(acme_user) + "\r\nContent-Type: application/json\r\nContent-Length: 1000000000\r\n\r\n"
    );
    EXPECT_TRUE(is_problem(connection.receive(), 413, "body_too_large"));
}

TEST(CreateItem, refuses_another_tenants_header) {
    const auto post = [](std::string_view tenant) {
        return world().as(acme_user).with("X-Tenant-ID", tenant).post(path, {{"title", "x"}});
    };
    EXPECT_EQ(post(testkit::acme).status(), 201);
    for (const std::string_view tenant : {testkit::globex, testkit::numbersence, std::string_view{"acme"}}) {
        EXPECT_TRUE(is_problem(post(tenant), 403, "tenant_mismatch")) << tenant;
    }
}

}  // namespace

}  // namespace pz::product
