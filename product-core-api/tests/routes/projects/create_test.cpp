#include "answers.hpp"

namespace pz::product {

namespace {

using testkit::world;

constexpr const char* path = "/api/v1/projects";

TEST(CreateProject, answers_201_with_location_and_etag) {
    for (const Account& account : {acme_admin, acme_user}) {
        const std::string name = unique_text("New");
        const Reply reply = world().as(account).post(path, {{"name", name}});
        ASSERT_EQ(reply.status(), 201) << reply.text();
        EXPECT_EQ(reply.header("Location"), std::string{path} + '/' + reply.id());
        EXPECT_EQ(reply.header("ETag"), "\"1\"");
        EXPECT_EQ(reply.field("name"), name);
        EXPECT_TRUE(reply.json().at("description").is_null());
        EXPECT_EQ(world().as(account).get(reply.header("Location")).text(), reply.text());
    }
}

TEST(CreateProject, needs_a_token) {
    EXPECT_TRUE(is_problem(world().anonymous().post(path, {{"name", "x"}}), 401, "not_authenticated"));
}

TEST(CreateProject, is_not_for_platform_staff) {
    for (const Account& account : {platform_admin, support_agent}) {
        EXPECT_TRUE(is_problem(world().as(account).post(path, {{"name", "x"}}), 403, "forbidden"))
            << account.email;
    }
}

TEST(CreateProject, answers_409_for_a_name_that_the_tenant_has) {
    const std::string name = new_project(acme_user).field("name");
    EXPECT_TRUE(is_problem(world().as(acme_admin).post(path, {{"name", name}}), 409, "conflict"));
}

TEST(CreateProject, does_not_tell_that_another_tenant_has_the_name) {
    const std::string name = new_project(globex_user).field("name");
    EXPECT_EQ(world().as(acme_user).post(path, {{"name", name}}).status(), 201);
}

TEST(CreateProject, checks_each_field) {
    Client client = world().as(acme_user);
    EXPECT_TRUE(is_invalid(client.post(path, boost::json::object{}), "body.name"));
    EXPECT_TRUE(is_invalid(client.post(path, {{"name", ""}}), "body.name"));
    EXPECT_TRUE(is_invalid(client.post(path, {{"name", std::string(121, 'a')}}), "body.name"));
    EXPECT_TRUE(is_invalid(
        client.post(path, {{"name", "x"}, {"description", std::string(2'001, 'a')}}), "body.description"
    ));
}

TEST(CreateProject, lets_nobody_set_what_the_service_sets) {
    for (const char* member : {"tenant_id", "id", "role", "created_at", "version"}) {
        const Reply reply = world().as(acme_user).post(
            path, {{"name", unique_text("x")}, {member, std::string{testkit::globex}}}
        );
        EXPECT_TRUE(is_invalid(reply, std::string{"body."} + member)) << member;
    }
}

TEST(CreateProject, refuses_bodies_that_it_cannot_read) {
    const auto send = [](const char* type, std::string_view body) {
        return world().as(acme_user).with("Content-Type", type).send("POST", path, body);
    };
    EXPECT_TRUE(is_problem(send("application/json", "{"), 400, "malformed_json"));
    EXPECT_TRUE(is_problem(send("application/json", R"({"name":"x","name":"y"})"), 400, "malformed_json"));
    EXPECT_TRUE(is_problem(send("text/plain", "{}"), 415, "unsupported_media_type"));
    EXPECT_TRUE(is_problem(send("application/json", std::string(64 * 1024 + 1, ' ')), 413, "body_too_large"));
}

}  // namespace

}  // namespace pz::product
