#include "resource_contract.hpp"

#include <algorithm>
#include <ostream>

namespace pz::product {

namespace {

using boost::json::object;
using testkit::world;

std::vector<Resource>& resources() {
    static std::vector<Resource> all;
    return all;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Resource& resource) {
    return out << resource.path;
}

bool declare_resource(Resource resource) {
    resources().push_back(std::move(resource));
    return true;
}

const std::vector<Resource>& declared_resources() {
    return resources();
}

namespace {

constexpr const Account* staff[] = {&platform_admin, &support_agent};
constexpr const char* set_by_the_service[] = {
    "tenant_id", "id", "role", "created_at", "updated_at", "version"
};

class ResourceContract : public testing::TestWithParam<Resource> {
 protected:
    [[nodiscard]] const Resource& resource() const { return GetParam(); }

    [[nodiscard]] Reply create(const Account& owner) const {
        Reply reply = world().as(owner).post(resource().path, resource().sample());
        EXPECT_EQ(reply.status(), 201) << reply.text();
        return reply;
    }

    [[nodiscard]] Reply get(const Account& account, std::string_view id) const {
        return world().as(account).get(resource().path_of(id));
    }

    [[nodiscard]] Reply patch(
        const Account& account, std::string_view id, std::string_view etag, const object& body
    ) const {
        return world().as(account).with("If-Match", etag).patch(resource().path_of(id), body);
    }

    [[nodiscard]] Reply remove(const Account& account, std::string_view id) const {
        return world().as(account).del(resource().path_of(id));
    }

    [[nodiscard]] std::string count_rows(std::string_view tenant) const {
        return world().database().connect_as_superuser().value(
            "select count(*) from " + resource().table + " where tenant_id = $1", {std::string{tenant}}
        );
    }
};

// --- What is created, read, changed and deleted

TEST_P(ResourceContract, creates_what_was_sent_with_location_and_etag) {
    for (const Account& account : {acme_admin, acme_user}) {
        const object sent = resource().sample();
        const Reply reply = world().as(account).post(resource().path, sent);
        ASSERT_EQ(reply.status(), 201) << reply.text();
        EXPECT_EQ(reply.header("Location"), resource().path_of(reply.id()));
        EXPECT_EQ(reply.header("ETag"), "\"1\"");
        const object row = reply.json().as_object();
        for (const auto& member : sent) {
            EXPECT_EQ(row.at(member.key()), member.value()) << member.key();
        }
        const Reply read = world().as(account).get(reply.header("Location"));
        EXPECT_EQ(read.text(), reply.text());
        EXPECT_EQ(read.header("ETag"), "\"1\"");
    }
}

TEST_P(ResourceContract, takes_null_for_what_is_optional_and_needs_the_rest) {
    for (const auto& member : resource().sample()) {
        const std::string name{member.key()};
        object values = resource().sample();
        values.erase(name);
        const Reply reply = world().as(acme_user).post(resource().path, values);
        if (std::ranges::find(resource().optional, name) == resource().optional.end()) {
            EXPECT_TRUE(is_invalid(reply, "body." + name));
        } else {
            ASSERT_EQ(reply.status(), 201) << reply.text();
            EXPECT_TRUE(reply.json().at(name).is_null());
        }
    }
}

TEST_P(ResourceContract, changes_what_is_given_and_raises_the_version) {
    for (const auto& member : resource().change()) {
        const Reply created = create(acme_user);
        const Reply reply = patch(acme_user, created.id(), "\"1\"", {{member.key(), member.value()}});
        ASSERT_EQ(reply.status(), 200) << reply.text();
        EXPECT_EQ(reply.header("ETag"), "\"2\"");
        object expected = created.json().as_object();
        const object row = reply.json().as_object();
        EXPECT_NE(expected.at(member.key()), member.value())
            << "the change of " << member.key() << " is none";
        expected[member.key()] = member.value();
        expected["version"] = 2;
        expected["updated_at"] = row.at("updated_at");
        EXPECT_EQ(row, expected);
        EXPECT_EQ(get(acme_user, created.id()).text(), reply.text());
    }
}

TEST_P(ResourceContract, clears_what_is_optional) {
    for (const std::string& name : resource().optional) {
        const Reply reply = patch(acme_user, create(acme_user).id(), "\"1\"", {{name, nullptr}});
        ASSERT_EQ(reply.status(), 200) << reply.text();
        EXPECT_TRUE(reply.json().at(name).is_null());
    }
}

TEST_P(ResourceContract, deletes_a_row_once) {
    const std::string id = create(acme_user).id();
    EXPECT_EQ(remove(acme_admin, id).status(), 204);
    EXPECT_TRUE(is_problem(get(acme_user, id), 404, "not_found"));
    EXPECT_TRUE(is_problem(remove(acme_admin, id), 404, "not_found"));
}

// --- Who may

TEST_P(ResourceContract, needs_a_token) {
    const std::string one = resource().path_of(unknown_id());
    Client nobody = world().anonymous();
    EXPECT_TRUE(is_problem(nobody.get(resource().path), 401, "not_authenticated"));
    EXPECT_TRUE(is_problem(nobody.post(resource().path, resource().sample()), 401, "not_authenticated"));
    EXPECT_TRUE(is_problem(nobody.get(one), 401, "not_authenticated"));
    EXPECT_TRUE(is_problem(nobody.patch(one, resource().change()), 401, "not_authenticated"));
    EXPECT_TRUE(is_problem(nobody.del(one), 401, "not_authenticated"));
}

TEST_P(ResourceContract, is_not_for_platform_staff) {
    const std::string id = create(acme_user).id();
    for (const Account* account : staff) {
        Client client = world().as(*account);
        EXPECT_TRUE(is_problem(client.get(resource().path), 403, "forbidden")) << account->email;
        EXPECT_TRUE(is_problem(client.post(resource().path, resource().sample()), 403, "forbidden"));
        EXPECT_TRUE(is_problem(get(*account, id), 403, "forbidden"));
        EXPECT_TRUE(is_problem(patch(*account, id, "\"1\"", resource().change()), 403, "forbidden"));
        EXPECT_TRUE(is_problem(remove(*account, id), 403, "forbidden"));
    }
}

TEST_P(ResourceContract, is_deleted_by_admins_only) {
    const std::string id = create(acme_user).id();
    EXPECT_TRUE(is_problem(remove(acme_user, id), 403, "forbidden"));
    EXPECT_EQ(get(acme_user, id).status(), 200);
}

// --- What another tenant sees

TEST_P(ResourceContract, of_another_tenant_answers_404_with_the_bytes_of_an_unknown_id) {
    const Reply foreign = create(globex_user);
    const std::string unknown = unknown_id();
    const auto compare = [](const Reply& reply, const Reply& of_unknown) {
        EXPECT_TRUE(is_problem(reply, 404, "not_found"));
        EXPECT_TRUE(are_indistinguishable(reply, of_unknown));
    };
    compare(get(acme_admin, foreign.id()), get(acme_admin, unknown));
    compare(
        patch(acme_admin, foreign.id(), "\"1\"", resource().change()),
        patch(acme_admin, unknown, "\"1\"", resource().change())
    );
    compare(remove(acme_admin, foreign.id()), remove(acme_admin, unknown));
    EXPECT_EQ(get(globex_user, foreign.id()).text(), foreign.text());
}

TEST_P(ResourceContract, of_another_tenant_is_in_no_list_even_with_that_tenants_cursor) {
    const std::string foreign = create(globex_user).id();
    (void)create(globex_user);
    (void)create(acme_user);
    for (const auto& row : all_pages(world().as(acme_user), resource().path + "?limit=100")) {
        EXPECT_NE(row.at("id").as_string(), foreign);
    }
    const std::string cursor =
        world().as(globex_admin).get(resource().path + "?limit=1").field("next_cursor");
    EXPECT_TRUE(is_invalid(world().as(acme_user).get(resource().path + "?cursor=" + cursor), "query.cursor"));
}

// --- Pages

TEST_P(ResourceContract, lists_every_row_once_and_newest_first) {
    for (int i = 0; i < 3; ++i) {
        (void)create(acme_user);
    }
    const Reply newest = create(acme_user);
    const auto rows = all_pages(world().as(acme_user), resource().path + "?limit=2");
    EXPECT_EQ(rows.front(), newest.json().as_object());
    EXPECT_TRUE(std::ranges::is_sorted(rows, std::ranges::greater{}, [](const object& row) {
        return std::pair{
            std::string{row.at("created_at").as_string()}, std::string{row.at("id").as_string()}
        };
    }));
    EXPECT_EQ(std::to_string(rows.size()), count_rows(testkit::acme));
}

TEST_P(ResourceContract, checks_the_parameters_of_a_list) {
    Client client = world().as(acme_user);
    for (const char* limit : {"0", "101", "x"}) {
        EXPECT_TRUE(is_invalid(client.get(resource().path + "?limit=" + limit), "query.limit")) << limit;
    }
    EXPECT_TRUE(is_invalid(client.get(resource().path + "?cursor=x"), "query.cursor"));
    EXPECT_TRUE(is_invalid(
        client.get(resource().path + "?tenant_id=" + std::string{testkit::globex}), "query.tenant_id"
    ));
}

// --- Bad input

TEST_P(ResourceContract, refuses_what_a_field_cannot_be) {
    const std::string id = create(acme_user).id();
    for (const auto& [name, values] : resource().refused) {
        for (const auto& value : values) {
            object body = resource().sample();
            body[name] = value;
            EXPECT_TRUE(is_invalid(world().as(acme_user).post(resource().path, body), "body." + name))
                << value;
            EXPECT_TRUE(is_invalid(patch(acme_user, id, "\"1\"", {{name, value}}), "body." + name)) << value;
        }
    }
}

TEST_P(ResourceContract, lets_nobody_set_what_the_service_sets) {
    const std::string id = create(acme_user).id();
    for (const char* name : set_by_the_service) {
        object body = resource().sample();
        body[name] = std::string{testkit::globex};
        const std::string place = std::string{"body."} + name;
        EXPECT_TRUE(is_invalid(world().as(acme_user).post(resource().path, body), place));
        EXPECT_TRUE(is_invalid(patch(acme_user, id, "\"1\"", {{name, body[name]}}), place));
    }
}

TEST_P(ResourceContract, takes_nothing_but_small_json) {
    const std::string one = resource().path_of(create(acme_user).id());
    for (const auto& [method, target] : {std::pair{"POST", resource().path}, std::pair{"PATCH", one}}) {
        const auto send = [&](const char* type, std::string_view body) {
            Client client = world().as(acme_user).with("If-Match", "\"1\"").with("Content-Type", type);
            return client.send(method, target, body);
        };
        const std::string large(64 * 1024 + 1, ' ');
        EXPECT_TRUE(is_problem(send("application/json", "{"), 400, "malformed_json"));
        EXPECT_TRUE(is_problem(send("application/json", R"({"a":1,"a":2})"), 400, "malformed_json"));
        EXPECT_TRUE(is_problem(send("text/plain", "{}"), 415, "unsupported_media_type"));
        EXPECT_TRUE(is_problem(send("application/json", large), 413, "body_too_large"));
    }
}

TEST_P(ResourceContract, refuses_what_is_not_an_id) {
    EXPECT_TRUE(is_invalid(get(acme_user, "1"), "path.id"));
    EXPECT_TRUE(is_invalid(patch(acme_user, "1", "\"1\"", resource().change()), "path.id"));
    EXPECT_TRUE(is_invalid(remove(acme_admin, "all"), "path.id"));
}

// --- Versions, and requests that come twice

TEST_P(ResourceContract, answers_304_to_whoever_has_this_version) {
    const std::string one = resource().path_of(create(acme_user).id());
    const Reply reply = world().as(acme_user).with("If-None-Match", "\"1\"").get(one);
    EXPECT_EQ(reply.status(), 304);
    EXPECT_TRUE(reply.text().empty());
    EXPECT_EQ(world().as(acme_user).with("If-None-Match", "\"2\"").get(one).status(), 200);
}

TEST_P(ResourceContract, is_changed_only_from_the_version_that_the_change_is_based_on) {
    const std::string id = create(acme_user).id();
    EXPECT_TRUE(is_problem(
        world().as(acme_user).patch(resource().path_of(id), resource().change()), 428, "precondition_required"
    ));
    EXPECT_TRUE(is_problem(patch(acme_user, id, "\"2\"", resource().change()), 412, "version_conflict"));
    EXPECT_TRUE(is_invalid(patch(acme_user, id, "x", resource().change()), "header.If-Match"));
    EXPECT_EQ(get(acme_user, id).header("ETag"), "\"1\"");
}

TEST_P(ResourceContract, is_deleted_only_from_the_version_that_is_given) {
    const std::string id = create(acme_user).id();
    const auto remove_from = [&](const char* etag) {
        return world().as(acme_admin).with("If-Match", etag).del(resource().path_of(id));
    };
    EXPECT_TRUE(is_problem(remove_from("\"2\""), 412, "version_conflict"));
    EXPECT_TRUE(is_invalid(remove_from("x"), "header.If-Match"));
    EXPECT_EQ(remove_from("\"1\"").status(), 204);
}

TEST_P(ResourceContract, is_created_once_however_often_a_request_with_a_key_comes) {
    const std::string key = unknown_id();
    const object body = resource().sample();
    const auto send = [&](const object& values) {
        return world().as(acme_user).with("Idempotency-Key", key).post(resource().path, values);
    };
    const Reply first = send(body);
    ASSERT_EQ(first.status(), 201) << first.text();
    const Reply again = send(body);
    EXPECT_EQ(again.status(), 201);
    EXPECT_EQ(again.text(), first.text());
    EXPECT_EQ(again.header("Location"), first.header("Location"));
    EXPECT_EQ(send(resource().change()).status(), 422);
}

INSTANTIATE_TEST_SUITE_P(
    Of,
    ResourceContract,
    testing::ValuesIn(declared_resources()),
    [](const testing::TestParamInfo<Resource>& info) {
        return info.param.table.substr(info.param.table.find('.') + 1);
    }
);

}  // namespace

}  // namespace pz::product
