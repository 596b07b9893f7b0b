#include "answers.hpp"

#include <algorithm>
#include <future>

namespace pz::product {

namespace {

using testkit::world;

std::string path_of(std::string_view id) {
    return "/api/v1/items/" + std::string{id};
}

Reply patch(
    const Account& account, std::string_view id, std::string_view etag, const boost::json::value& body
) {
    return world().as(account).with("If-Match", etag).patch(path_of(id), body);
}

TEST(UpdateItem, changes_what_is_given_and_raises_the_version) {
    const std::string project = new_project(acme_user).id();
    const Reply created = new_item(acme_admin, {{"description", "stays"}});
    const Reply reply = patch(
        acme_user,
        created.id(),
        created.header("ETag"),
        {{"title", "changed"}, {"status", "done"}, {"project_id", project}}
    );
    ASSERT_EQ(reply.status(), 200) << reply.text();
    EXPECT_EQ(reply.header("ETag"), "\"2\"");
    EXPECT_EQ(reply.json().at("version"), 2);
    EXPECT_EQ(reply.field("title"), "changed");
    EXPECT_EQ(reply.field("status"), "done");
    EXPECT_EQ(reply.field("project_id"), project);
    EXPECT_EQ(reply.field("description"), "stays");
    EXPECT_EQ(reply.field("created_at"), created.field("created_at"));
    EXPECT_EQ(reply.field("created_by"), acme_admin.person);
    EXPECT_GT(reply.field("updated_at"), created.field("updated_at"));
    EXPECT_EQ(world().as(acme_user).get(path_of(created.id())).text(), reply.text());
}

TEST(UpdateItem, clears_what_is_null) {
    const std::string project = new_project(acme_user).id();
    const Reply created = new_item(acme_user, {{"description", "goes"}, {"project_id", project}});
    const Reply reply =
        patch(acme_user, created.id(), "\"1\"", {{"description", nullptr}, {"project_id", nullptr}});
    EXPECT_TRUE(reply.json().at("description").is_null()) << reply.text();
    EXPECT_TRUE(reply.json().at("project_id").is_null()) << reply.text();
}

TEST(UpdateItem, needs_a_token) {
    EXPECT_TRUE(is_problem(
        world().anonymous().patch(path_of(unknown_id()), boost::json::object{}), 401, "not_authenticated"
    ));
}

TEST(UpdateItem, is_not_for_platform_staff) {
    const std::string id = new_item(acme_user).id();
    for (const Account& account : {platform_admin, support_agent}) {
        EXPECT_TRUE(is_problem(patch(account, id, "\"1\"", {{"title", "x"}}), 403, "forbidden"))
            << account.email;
    }
}

TEST(UpdateItem, needs_the_version_that_the_change_is_based_on) {
    const std::string id = new_item(acme_user).id();
    EXPECT_TRUE(
        is_problem(world().as(acme_user).patch(path_of(id), {{"title", "x"}}), 428, "precondition_required")
    );
    for (const char* etag : {"1", "\"1", "\"1 \"", "\"1\" \"2\"", "*, \"1\""}) {
        EXPECT_TRUE(is_invalid(patch(acme_user, id, etag, {{"title", "x"}}), "header.If-Match")) << etag;
    }
}

TEST(UpdateItem, takes_if_match_as_rfc_9110_has_it) {
    const std::string id = new_item(acme_user).id();
    for (const char* etag :
         {"W/\"1\"", "\"\"", "\"0\"", "\"-1\"", "\"01\"", "\"x\"", "\"99999999999\"", "\"2\", \"3\""}) {
        EXPECT_TRUE(is_problem(patch(acme_user, id, etag, {{"title", "x"}}), 412, "version_conflict"))
            << etag;
        EXPECT_TRUE(is_problem(patch(acme_user, unknown_id(), etag, {{"title", "x"}}), 404, "not_found"));
    }
    EXPECT_EQ(patch(acme_user, id, "\"7\", \"1\"", {{"title", "x"}}).header("ETag"), "\"2\"");
    EXPECT_EQ(patch(acme_user, id, "*", {{"title", "y"}}).header("ETag"), "\"3\"");
    EXPECT_TRUE(is_problem(patch(acme_user, unknown_id(), "*", {{"title", "x"}}), 404, "not_found"));
}

TEST(UpdateItem, answers_412_when_somebody_was_faster) {
    const std::string id = new_item(acme_user).id();
    EXPECT_EQ(patch(acme_user, id, "\"1\"", {{"title", "first"}}).status(), 200);
    EXPECT_TRUE(is_problem(patch(acme_user, id, "\"1\"", {{"title", "second"}}), 412, "version_conflict"));
    EXPECT_TRUE(is_problem(patch(acme_user, id, "\"3\"", {{"title", "second"}}), 412, "version_conflict"));
    EXPECT_EQ(world().as(acme_user).get(path_of(id)).field("title"), "first");
}

TEST(UpdateItem, lets_one_of_several_at_once_win) {
    const std::string id = new_item(acme_user).id();
    const std::string token = world().token(acme_user);
    std::vector<std::future<int>> attempts;
    for (int i = 0; i < 8; ++i) {
        attempts.push_back(std::async(std::launch::async, [&id, &token, i] {
            return world()
                .with_token(token)
                .with("If-Match", "\"1\"")
                .patch(path_of(id), {{"title", "attempt " + std::to_string(i)}})
                .status();
        }));
    }
    std::vector<int> statuses;
    for (auto& attempt : attempts) {
        statuses.push_back(attempt.get());
    }
    EXPECT_EQ(std::ranges::count(statuses, 200), 1);
    EXPECT_EQ(std::ranges::count(statuses, 412), 7);
    EXPECT_EQ(world().as(acme_user).get(path_of(id)).json().at("version"), 2);
}

TEST(UpdateItem, another_tenant_sees_404_with_the_bytes_of_an_unknown_id) {
    const Reply foreign = new_item(globex_user);
    for (const char* etag : {"\"1\"", "\"7\""}) {
        const Reply reply = patch(acme_admin, foreign.id(), etag, {{"title", "taken"}});
        EXPECT_TRUE(is_problem(reply, 404, "not_found"));
        EXPECT_TRUE(are_indistinguishable(reply, patch(acme_admin, unknown_id(), etag, {{"title", "taken"}}))
        );
    }
    EXPECT_EQ(world().as(globex_user).get(path_of(foreign.id())).text(), foreign.text());
}

TEST(UpdateItem, refuses_another_tenants_project_like_an_unknown_one) {
    const std::string id = new_item(acme_user).id();
    const std::string foreign = new_project(globex_user).id();
    const Reply reply = patch(acme_user, id, "\"1\"", {{"project_id", foreign}});
    EXPECT_TRUE(is_invalid(reply, "body.project_id"));
    EXPECT_TRUE(are_indistinguishable(reply, patch(acme_user, id, "\"1\"", {{"project_id", unknown_id()}})));
    EXPECT_EQ(world().as(acme_user).get(path_of(id)).header("ETag"), "\"1\"");
}

TEST(UpdateItem, checks_each_field) {
    const std::string id = new_item(acme_user).id();
    EXPECT_TRUE(is_invalid(patch(acme_user, id, "\"1\"", {{"title", ""}}), "body.title"));
    EXPECT_TRUE(is_invalid(patch(acme_user, id, "\"1\"", {{"title", nullptr}}), "body.title"));
    EXPECT_TRUE(is_invalid(patch(acme_user, id, "\"1\"", {{"status", "lost"}}), "body.status"));
    EXPECT_TRUE(is_invalid(
        patch(acme_user, id, "\"1\"", {{"description", std::string(2'001, 'a')}}), "body.description"
    ));
    EXPECT_TRUE(is_invalid(patch(acme_user, "1", "\"1\"", {{"title", "x"}}), "path.id"));
}

TEST(UpdateItem, lets_nobody_set_what_the_service_sets) {
    const Reply created = new_item(acme_user);
    for (const char* member :
         {"tenant_id", "id", "role", "created_by", "created_at", "updated_at", "version"}) {
        const Reply reply = patch(acme_user, created.id(), "\"1\"", {{member, std::string{testkit::globex}}});
        EXPECT_TRUE(is_invalid(reply, std::string{"body."} + member)) << member;
    }
    EXPECT_EQ(world().as(acme_user).get(path_of(created.id())).text(), created.text());
}

TEST(UpdateItem, refuses_bodies_that_it_cannot_read) {
    const std::string id = new_item(acme_user).id();
    const auto send = [&](const char* type, std::string_view body) {
        return world()
            .as(acme_user)
            .with("If-Match", "\"1\"")
            .with("Content-Type", type)
            .send("PATCH", path_of(id), body);
    };
    EXPECT_TRUE(is_problem(send("application/json", "{"), 400, "malformed_json"));
    EXPECT_TRUE(is_problem(send("application/json", R"({"title":"x","title":"y"})"), 400, "malformed_json"));
    EXPECT_TRUE(is_problem(send("application/merge-patch+json", "{}"), 415, "unsupported_media_type"));
    EXPECT_TRUE(is_problem(send("application/json", std::string(64 * 1024 + 1, ' ')), 413, "body_too_large"));
}

}  // namespace

}  // namespace pz::product
