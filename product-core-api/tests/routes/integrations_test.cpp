// Integrations differ from other resources in what only admins may do, and in a secret that goes in and never
// comes out.

#include "answers.hpp"

#include <pz/crypto/digest.hpp>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <optional>

namespace pz::product {

namespace {

using boost::json::object;
using testkit::world;

constexpr const char* path = "/api/v1/integrations";

object sample(std::optional<std::string> secret = std::nullopt) {
    object body{{"name", unique_text("Integration")}, {"kind", "api_key"}};
    if (secret) {
        body["secret"] = *secret;
    }
    return body;
}

Reply create(const Account& owner, const object& body) {
    Reply reply = world().as(owner).post(path, body);
    EXPECT_EQ(reply.status(), 201) << reply.text();
    return reply;
}

Reply replace(const Account& account, const std::string& one, std::string_view etag, const object& body) {
    return world()
        .as(account)
        .with("If-Match", etag)
        .with("Content-Type", "application/json")
        .send("PUT", one, boost::json::serialize(body));
}

std::string stored(std::string_view id) {
    return world().database().connect_as_superuser().value(
        "select coalesce(secret_encrypted, 'none') from app.integration where id = $1", {std::string{id}}
    );
}

bool has_secret(const Reply& reply) {
    return !reply.json().at("secret_set_at").is_null();
}

const std::vector<std::string> visible_members{
    "id", "name", "kind", "secret_set_at", "created_at", "updated_at", "version"
};

TEST(CreateIntegration, stores_the_secret_encrypted_and_shows_when_it_was_set) {
    const std::string secret = unique_text("canary");
    const Reply reply = create(acme_admin, sample(secret));
    EXPECT_EQ(members_of(reply.json()), visible_members);
    EXPECT_TRUE(has_secret(reply));
    EXPECT_EQ(reply.header("Location"), std::string{path} + '/' + reply.id());
    EXPECT_EQ(reply.header("ETag"), "\"1\"");
    EXPECT_TRUE(stored(reply.id()).starts_with("gAAAAA"))
        << "Fernet's version and the first bytes of its time";
    EXPECT_EQ(world().as(acme_user).get(reply.header("Location")).text(), reply.text());
}

TEST(CreateIntegration, takes_one_whose_secret_is_set_later) {
    const Reply created = create(acme_admin, sample());
    EXPECT_FALSE(has_secret(created));
    EXPECT_EQ(stored(created.id()), "none");
    const Reply set = replace(acme_admin, created.header("Location"), "\"1\"", sample("later"));
    ASSERT_EQ(set.status(), 200) << set.text();
    EXPECT_TRUE(has_secret(set));
    EXPECT_EQ(set.header("ETag"), "\"2\"");
}

TEST(CreateIntegration, answers_409_for_a_name_that_the_tenant_has_and_201_for_another_tenants) {
    const object body = sample("secret");
    (void)create(acme_admin, body);
    EXPECT_TRUE(is_problem(world().as(acme_admin).post(path, body), 409, "conflict"));
    (void)create(globex_admin, body);
}

TEST(ReplaceIntegration, keeps_replaces_or_removes_the_secret) {
    const Reply created = create(acme_admin, sample("first"));
    const std::string one = created.header("Location");
    const std::string first = stored(created.id());

    const Reply renamed =
        replace(acme_admin, one, "\"1\"", {{"name", unique_text("Renamed")}, {"kind", "webhook"}});
    ASSERT_EQ(renamed.status(), 200) << renamed.text();
    EXPECT_EQ(renamed.field("kind"), "webhook");
    EXPECT_EQ(renamed.field("secret_set_at"), created.field("secret_set_at"));
    EXPECT_EQ(stored(created.id()), first);

    const Reply replaced = replace(acme_admin, one, "\"2\"", sample("second"));
    ASSERT_EQ(replaced.status(), 200) << replaced.text();
    EXPECT_GT(replaced.field("secret_set_at"), created.field("secret_set_at"));
    EXPECT_NE(stored(created.id()), first);

    object removal = sample();
    removal["secret"] = nullptr;
    const Reply removed = replace(acme_admin, one, "\"3\"", removal);
    ASSERT_EQ(removed.status(), 200) << removed.text();
    EXPECT_FALSE(has_secret(removed));
    EXPECT_EQ(stored(created.id()), "none");
}

TEST(ReplaceIntegration, needs_everything_that_can_be_read_and_the_version_it_is_based_on) {
    const std::string one = create(acme_admin, sample("secret")).header("Location");
    EXPECT_TRUE(is_invalid(replace(acme_admin, one, "\"1\"", {{"name", "Alone"}}), "body.kind"));
    EXPECT_TRUE(is_invalid(replace(acme_admin, one, "\"1\"", {{"kind", "webhook"}}), "body.name"));
    EXPECT_TRUE(is_problem(replace(acme_admin, one, "\"2\"", sample()), 412, "version_conflict"));
    const Reply unversioned =
        world().as(acme_admin).with("Content-Type", "application/json").send("PUT", one, serialize(sample()));
    EXPECT_TRUE(is_problem(unversioned, 428, "precondition_required"));
    EXPECT_EQ(world().as(acme_user).get(one).header("ETag"), "\"1\"");
}

TEST(DeleteIntegration, removes_the_row_with_its_secret) {
    const Reply created = create(acme_admin, sample("secret"));
    EXPECT_TRUE(is_problem(world().as(acme_user).del(created.header("Location")), 403, "forbidden"));
    EXPECT_EQ(world().as(acme_admin).del(created.header("Location")).status(), 204);
    EXPECT_TRUE(is_problem(world().as(acme_user).get(created.header("Location")), 404, "not_found"));
    EXPECT_EQ(
        world().database().connect_as_superuser().value(
            "select count(*) from app.integration where id = $1", {created.id()}
        ),
        "0"
    );
}

TEST(Integrations, are_listed_to_everybody_in_the_tenant_without_secrets) {
    const std::string id = create(acme_admin, sample("secret")).id();
    const auto rows = all_pages(world().as(acme_user), std::string{path} + "?limit=2");
    EXPECT_EQ(rows.front().at("id").as_string(), id);
    for (const auto& row : rows) {
        EXPECT_EQ(members_of(row), visible_members);
    }
    for (const auto& row : all_pages(world().as(globex_admin), std::string{path} + "?limit=100")) {
        EXPECT_NE(row.at("id").as_string(), id);
    }
}

TEST(Integrations, of_another_tenant_look_like_unknown_ones) {
    const std::string foreign = create(globex_admin, sample("secret")).header("Location");
    const std::string unknown = std::string{path} + '/' + unknown_id();
    const auto compare = [](const Reply& reply, const Reply& of_unknown) {
        EXPECT_TRUE(is_problem(reply, 404, "not_found"));
        EXPECT_TRUE(are_indistinguishable(reply, of_unknown));
    };
    const object body = sample("secret");
    compare(world().as(acme_admin).get(foreign), world().as(acme_admin).get(unknown));
    compare(replace(acme_admin, foreign, "\"1\"", body), replace(acme_admin, unknown, "\"1\"", body));
    compare(world().as(acme_admin).del(foreign), world().as(acme_admin).del(unknown));
}

TEST(Integrations, refuse_what_a_field_cannot_be_and_repeat_no_secret_in_the_refusal) {
    const std::string one = create(acme_admin, sample("secret")).header("Location");
    const std::string long_secret = "canary" + std::string(4'091, 'x');
    const std::vector<std::pair<const char*, boost::json::array>> refused{
        {"name", {nullptr, "", std::string(121, 'a'), 7}},
        {"kind", {nullptr, "smoke signal", 7}},
        {"secret", {"", long_secret, 7, object{{"canary", "canary"}}}},
    };
    for (const auto& [name, values] : refused) {
        for (const auto& value : values) {
            object body = sample("secret");
            body[name] = value;
            for (const Reply& reply :
                 {world().as(acme_admin).post(path, body), replace(acme_admin, one, "\"1\"", body)}) {
                EXPECT_TRUE(is_invalid(reply, std::string{"body."} + name)) << value;
                EXPECT_EQ(reply.text().find("canary"), std::string::npos);
            }
        }
    }
}

TEST(Integrations, take_secrets_of_4096_characters_of_any_script) {
    std::string secret;
    for (int i = 0; i < 4'096; ++i) {
        secret += "\xf0\x9f\x94\x91";
    }
    const Reply reply = create(acme_admin, sample(secret));
    EXPECT_TRUE(has_secret(reply));
}

/// T42, T50: the canary goes through every route that takes it, is refused, repeated and replaced, and is
/// then looked for everywhere.
TEST(IntegrationSecret, is_in_no_answer_no_log_and_nowhere_in_the_database) {
    const std::string canary = "canary-" + unknown_id();
    std::string answers;
    const auto keep = [&](const Reply& reply) {
        for (const auto& [name, value] : reply.headers()) {
            answers += name + ": " + value + '\n';
        }
        answers += reply.text() + '\n';
        return reply;
    };
    const object body = sample(canary);
    const std::string key = unknown_id();
    const auto post = [&] { return world().as(acme_admin).with("Idempotency-Key", key).post(path, body); };
    const Reply created = keep(post());
    ASSERT_EQ(created.status(), 201) << created.text();
    EXPECT_EQ(keep(post()).header("Idempotency-Replayed"), "true");
    const std::string one = created.header("Location");
    (void)keep(world().as(acme_admin).post(path, body));  // 409
    (void)keep(world().as(acme_user).post(path, body));   // 403
    (void)keep(replace(acme_admin, one, "\"9\"", body));  // 412
    (void)keep(replace(acme_admin, one, "\"1\"", body));
    (void)keep(replace(acme_user, one, "\"2\"", body));
    object wrong = body;
    wrong["unknown"] = canary;
    (void)keep(world().as(acme_admin).post(path, wrong));  // 422
    (void)keep(world()
                   .as(acme_admin)
                   .with("Content-Type", "application/json")
                   .send("POST", path, "{\"secret\":\"" + canary));
    (void)keep(world().as(acme_admin).get(one));
    (void)keep(world().as(acme_admin).get(std::string{path} + "?limit=100"));
    EXPECT_EQ(answers.find(canary), std::string::npos);

    auto superuser = world().database().connect_as_superuser();
    for (const auto& table :
         superuser
             .query("select oid::regclass::text from pg_class where relkind = 'r' and relnamespace in"
                    " ('platform'::regnamespace, 'identity'::regnamespace, 'app'::regnamespace)")
             .rows) {
        EXPECT_EQ(
            superuser.value(
                "select count(*) from " + table.at(0).value() + " t where position($1 in t::text) > 0",
                {canary}
            ),
            "0"
        ) << table.at(0).value();
    }
    // What Idempotency-Key remembers of the request must not let anybody try out secrets either.
    const std::string request = std::string{"POST"} + '\0' + path + '\0' + boost::json::serialize(body);
    std::string digest = "\\x";
    for (const std::uint8_t byte : crypto::sha256(request)) {
        constexpr std::string_view digits = "0123456789abcdef";
        (digest += digits[byte >> 4]) += digits[byte & 0xF];
    }
    EXPECT_EQ(
        superuser.value(
            "select fingerprint <> $2::bytea from platform.idempotency_key where key = $1", {key, digest}
        ),
        "t"
    );

    const std::string log = world().api().wait_for_log(created.header("X-Request-Id"));
    EXPECT_EQ(log.find(canary), std::string::npos);
}

TEST(IntegrationSecret, is_write_only_in_the_document) {
    const auto document = world().anonymous().get("/openapi.json").json();
    const auto& schemas = document.at("components").at("schemas");
    for (const char* input : {"IntegrationCreate", "IntegrationReplace"}) {
        EXPECT_EQ(schemas.at(input).at("properties").at("secret").at("writeOnly"), true) << input;
    }
    EXPECT_FALSE(schemas.at("Integration").at("properties").as_object().contains("secret"));
    const auto& paths = document.at("paths");
    for (const auto& [route, method] :
         {std::pair{path, "post"}, std::pair{"/api/v1/integrations/{id}", "put"}}) {
        EXPECT_EQ(paths.at(route).at(method).at("x-impersonation").as_string(), "deny") << method;
    }
}

}  // namespace

}  // namespace pz::product
