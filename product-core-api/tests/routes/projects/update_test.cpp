#include "answers.hpp"

namespace pz::product {

namespace {

using testkit::world;

std::string path_of(std::string_view id) {
    return "/api/v1/projects/" + std::string{id};
}

Reply patch(
    const Account& account, std::string_view id, std::string_view etag, const boost::json::value& body
) {
    return world().as(account).with("If-Match", etag).patch(path_of(id), body);
}

TEST(UpdateProject, changes_what_is_given_and_raises_the_version) {
    const Reply created = new_project(acme_user, {{"description", "stays"}});
    const std::string name = unique_text("Changed");
    const Reply reply = patch(acme_user, created.id(), created.header("ETag"), {{"name", name}});
    ASSERT_EQ(reply.status(), 200) << reply.text();
    EXPECT_EQ(reply.header("ETag"), "\"2\"");
    EXPECT_EQ(reply.field("name"), name);
    EXPECT_EQ(reply.field("description"), "stays");
    EXPECT_TRUE(
        patch(acme_user, created.id(), "\"2\"", {{"description", nullptr}}).json().at("description").is_null()
    );
}

TEST(UpdateProject, needs_a_token) {
    EXPECT_TRUE(is_problem(
        world().anonymous().patch(path_of(unknown_id()), boost::json::object{}), 401, "not_authenticated"
    ));
}

TEST(UpdateProject, is_not_for_platform_staff) {
    const std::string id = new_project(acme_user).id();
    for (const Account& account : {platform_admin, support_agent}) {
        EXPECT_TRUE(is_problem(patch(account, id, "\"1\"", {{"name", "x"}}), 403, "forbidden"))
            << account.email;
    }
}

TEST(UpdateProject, needs_the_version_that_the_change_is_based_on) {
    const std::string id = new_project(acme_user).id();
    EXPECT_TRUE(
        is_problem(world().as(acme_user).patch(path_of(id), {{"name", "x"}}), 428, "precondition_required")
    );
    EXPECT_TRUE(is_problem(patch(acme_user, id, "\"2\"", {{"name", "x"}}), 412, "version_conflict"));
    EXPECT_TRUE(is_invalid(patch(acme_user, id, "1", {{"name", "x"}}), "header.If-Match"));
    for (const char* etag : {"W/\"1\"", "\"x\""}) {
        EXPECT_TRUE(is_problem(patch(acme_user, id, etag, {{"name", "x"}}), 412, "version_conflict")) << etag;
    }
}

TEST(UpdateProject, answers_409_for_a_name_that_the_tenant_has) {
    const std::string taken = new_project(acme_user).field("name");
    EXPECT_TRUE(
        is_problem(patch(acme_user, new_project(acme_user).id(), "\"1\"", {{"name", taken}}), 409, "conflict")
    );
}

TEST(UpdateProject, another_tenant_sees_404_with_the_bytes_of_an_unknown_id) {
    const Reply foreign = new_project(globex_user);
    const Reply reply = patch(acme_admin, foreign.id(), "\"1\"", {{"name", "taken"}});
    EXPECT_TRUE(is_problem(reply, 404, "not_found"));
    EXPECT_TRUE(are_indistinguishable(reply, patch(acme_admin, unknown_id(), "\"1\"", {{"name", "taken"}})));
    EXPECT_EQ(world().as(globex_user).get(path_of(foreign.id())).text(), foreign.text());
}

TEST(UpdateProject, checks_each_field_and_lets_nobody_set_what_the_service_sets) {
    const std::string id = new_project(acme_user).id();
    EXPECT_TRUE(is_invalid(patch(acme_user, id, "\"1\"", {{"name", ""}}), "body.name"));
    EXPECT_TRUE(is_invalid(patch(acme_user, id, "\"1\"", {{"name", nullptr}}), "body.name"));
    for (const char* member : {"tenant_id", "id", "role", "created_at", "version"}) {
        const Reply reply = patch(acme_user, id, "\"1\"", {{member, std::string{testkit::globex}}});
        EXPECT_TRUE(is_invalid(reply, std::string{"body."} + member)) << member;
    }
}

TEST(UpdateProject, takes_nothing_but_small_json) {
    const std::string path = path_of(new_project(acme_user).id());
    const auto send = [&](const char* type, const std::string& body) {
        Client client = world().as(acme_user).with("If-Match", "\"1\"").with("Content-Type", type);
        return client.send("PATCH", path, body);
    };
    EXPECT_TRUE(is_problem(send("application/json", "{"), 400, "malformed_json"));
    EXPECT_TRUE(is_problem(send("text/plain", "{}"), 415, "unsupported_media_type"));
    EXPECT_TRUE(is_problem(send("application/json", std::string(64 * 1024 + 1, ' ')), 413, "body_too_large"));
}

}  // namespace

}  // namespace pz::product
