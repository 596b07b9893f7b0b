// Idempotency-Key: what a client that sends a request twice gets, and what it leaves behind.

#include "answers.hpp"

#include <algorithm>
#include <barrier>
#include <future>

namespace pz::product {

namespace {

using boost::json::object;
using testkit::world;

constexpr const char* path = "/api/v1/items";

Reply create(const Account& account, const std::string& key, const object& body) {
    return world().as(account).with("Idempotency-Key", key).post(path, body);
}

std::string sql(std::string_view statement, const std::vector<std::optional<std::string>>& values) {
    return world().database().connect_as_superuser().value(std::string{statement}, values);
}

std::string count_titled(const std::string& title) {
    return sql("select count(*) from app.item where title = $1", {title});
}

std::string count_keys(const std::string& key) {
    return sql("select count(*) from platform.idempotency_key where key = $1", {key});
}

/// Makes the key's row older than what is remembered.
void expire(const std::string& key) {
    sql("update platform.idempotency_key set created_at = now() - interval '24 hours 1 second' where key = $1"
        " returning key",
        {key});
}

TEST(IdempotencyKey, answers_the_same_request_with_the_first_answer_byte_for_byte) {
    const std::string key = unknown_id();
    const object body{{"title", unique_text("once")}, {"description", "Ä \"quoted\"\n"}};
    const Reply first = create(acme_user, key, body);
    ASSERT_EQ(first.status(), 201) << first.text();
    EXPECT_EQ(first.header("Idempotency-Replayed"), "");
    for (int i = 0; i < 3; ++i) {
        const Reply again = create(acme_user, key, body);
        EXPECT_EQ(again.status(), 201);
        EXPECT_EQ(again.text(), first.text());
        EXPECT_EQ(again.header("Location"), first.header("Location"));
        EXPECT_EQ(again.header("ETag"), first.header("ETag"));
        EXPECT_EQ(again.header("Content-Type"), first.header("Content-Type"));
        EXPECT_EQ(again.header("Idempotency-Replayed"), "true");
        EXPECT_TRUE(has_standard_headers(again));
    }
    EXPECT_EQ(count_titled(first.field("title")), "1");
}

TEST(IdempotencyKey, answers_as_the_first_time_whatever_became_of_the_row) {
    const std::string key = unknown_id();
    const object body{{"title", unique_text("changed since")}};
    const Reply first = create(acme_user, key, body);
    world().as(acme_user).with("If-Match", "*").patch(first.header("Location"), {{"title", "another"}});
    EXPECT_EQ(create(acme_user, key, body).text(), first.text());
    EXPECT_EQ(world().as(acme_admin).del(first.header("Location")).status(), 204);
    EXPECT_EQ(create(acme_user, key, body).text(), first.text());
    EXPECT_EQ(count_titled(first.field("title")), "0");
}

TEST(IdempotencyKey, belongs_to_one_request) {
    const std::string key = unknown_id();
    const std::string title = unique_text("mine");
    ASSERT_EQ(create(acme_user, key, {{"title", title}}).status(), 201);
    const std::string other = unique_text("other");
    for (const Reply& reply :
         {create(acme_user, key, {{"title", other}}),
          world().as(acme_user).with("Idempotency-Key", key).post("/api/v1/projects", {{"name", other}}),
          world()
              .as(acme_user)
              .with("Idempotency-Key", key)
              .with("Content-Type", "application/json")
              .send("POST", path, "{\"title\": \"" + title + "\"}")}) {
        EXPECT_TRUE(is_problem(reply, 422, "idempotency_key_reused"));
        EXPECT_EQ(reply.json().at("errors").at(0).at("loc").as_string(), "header.Idempotency-Key");
    }
    EXPECT_EQ(count_titled(other), "0");
    EXPECT_EQ(sql("select count(*) from app.project where name = $1", {other}), "0");
    EXPECT_EQ(create(acme_user, key, {{"title", title}}).header("Idempotency-Replayed"), "true");
}

TEST(IdempotencyKey, is_each_persons_own) {
    const std::string key = unknown_id();
    const object body{{"title", unique_text("shared key")}};
    std::vector<std::string> ids;
    for (const Account& account : {acme_user, acme_admin, globex_user, globex_admin}) {
        const Reply reply = create(account, key, body);
        EXPECT_EQ(reply.status(), 201) << reply.text();
        EXPECT_EQ(reply.header("Idempotency-Replayed"), "") << account.email;
        EXPECT_EQ(reply.field("created_by"), account.person);
        ids.push_back(reply.id());
    }
    std::ranges::sort(ids);
    EXPECT_EQ(std::ranges::adjacent_find(ids), ids.end());
    EXPECT_EQ(count_keys(key), "4");
}

TEST(IdempotencyKey, lets_one_of_several_at_once_create) {
    for (int round = 0; round < 5; ++round) {
        const std::string key = unknown_id();
        const object body{{"title", unique_text("eight at once")}};
        const std::string token = world().token(acme_user);
        std::barrier together{8};
        std::vector<std::future<Reply>> attempts;
        for (int i = 0; i < 8; ++i) {
            attempts.push_back(std::async(std::launch::async, [&] {
                Client client = world().with_token(token).with("Idempotency-Key", key);
                together.arrive_and_wait();
                return client.post(path, body);
            }));
        }
        std::vector<Reply> replies;
        for (auto& attempt : attempts) {
            replies.push_back(attempt.get());
        }
        int created = 0;
        for (const Reply& reply : replies) {
            if (reply.status() == 409) {
                EXPECT_TRUE(is_problem(reply, 409, "idempotency_in_progress"));
                EXPECT_EQ(reply.header("Retry-After"), "1");
                continue;
            }
            EXPECT_EQ(reply.status(), 201) << reply.text();
            created += reply.header("Idempotency-Replayed").empty() ? 1 : 0;
        }
        EXPECT_EQ(created, 1);
        EXPECT_EQ(count_titled(std::string{body.at("title").as_string()}), "1");
        EXPECT_EQ(count_keys(key), "1");
    }
}

TEST(IdempotencyKey, is_refused_at_once_while_a_request_with_it_is_in_flight) {
    const std::string key = unknown_id();
    const object body{{"title", unique_text("in flight")}};
    {
        // Another request's claim, as platform.claim_idempotency_key() makes it.
        auto other = world().database().connect_as_superuser();
        other.execute_script("begin");
        other.value(
            "select pg_advisory_xact_lock(hashtextextended($1 || $2 || $3, 0))",
            {std::string{testkit::acme}, std::string{acme_user.person}, key}
        );
        const Reply reply = create(acme_user, key, body);
        EXPECT_TRUE(is_problem(reply, 409, "idempotency_in_progress"));
        EXPECT_EQ(reply.header("Retry-After"), "1");
        EXPECT_EQ(create(globex_user, key, body).status(), 201) << "another tenant's key is another key";
        other.execute_script("rollback");
    }
    EXPECT_EQ(create(acme_user, key, body).status(), 201);
}

TEST(IdempotencyKey, forgets_what_failed) {
    const std::string key = unknown_id();
    EXPECT_TRUE(is_invalid(create(acme_user, key, {{"title", ""}}), "body.title"));
    EXPECT_TRUE(
        is_invalid(create(acme_user, key, {{"title", "x"}, {"project_id", unknown_id()}}), "body.project_id")
    );
    EXPECT_EQ(count_keys(key), "0");
    EXPECT_EQ(create(acme_user, key, {{"title", unique_text("third time")}}).status(), 201);

    const std::string taken = new_project(acme_user).field("name");
    const std::string project_key = unknown_id();
    const auto create_project = [&](const std::string& name) {
        return world()
            .as(acme_user)
            .with("Idempotency-Key", project_key)
            .post("/api/v1/projects", {{"name", name}});
    };
    EXPECT_TRUE(is_problem(create_project(taken), 409, "conflict"));
    EXPECT_EQ(create_project(unique_text("free")).status(), 201);
}

TEST(IdempotencyKey, is_forgotten_after_24_hours) {
    const std::string key = unknown_id();
    const std::string title = unique_text("yesterday");
    ASSERT_EQ(create(acme_user, key, {{"title", title}}).status(), 201);
    expire(key);
    const Reply later = create(acme_user, key, {{"title", title + " and today"}});
    EXPECT_EQ(later.status(), 201) << later.text();
    EXPECT_EQ(later.header("Idempotency-Replayed"), "");
    EXPECT_EQ(create(acme_user, key, {{"title", title + " and today"}}).text(), later.text());
    EXPECT_EQ(count_keys(key), "1");
}

TEST(IdempotencyKey, sweeps_away_a_few_expired_rows_of_its_tenant_each_time) {
    const auto left_behind = [](const Account& account) {
        return std::stoi(
            sql("select count(*) from platform.idempotency_key where tenant_id = $1 and key like 'swept-%'",
                {std::string{account.tenant}})
        );
    };
    for (const Account& account : {globex_user, acme_user}) {
        sql("with gone as (insert into platform.idempotency_key"
            " (tenant_id, actor_id, key, fingerprint, status, body, created_at)"
            " select $1, $2, 'swept-' || n, decode(repeat('00', 32), 'hex'), 201, '{}', now() - interval '2 "
            "days'"
            " from generate_series(1, 20) n returning 1) select count(*) from gone",
            {std::string{account.tenant}, std::string{account.person}});
    }
    create(globex_user, unknown_id(), {{"title", "sweeps"}});
    EXPECT_EQ(left_behind(globex_user), 12);
    create(globex_user, unknown_id(), {{"title", "sweeps"}});
    create(globex_user, unknown_id(), {{"title", "sweeps"}});
    EXPECT_EQ(left_behind(globex_user), 0);
    EXPECT_EQ(left_behind(acme_user), 20) << "another tenant's rows are its own to sweep";
}

TEST(IdempotencyKey, has_1_to_64_visible_characters) {
    for (const std::string& key :
         {std::string{}, std::string(65, 'k'), std::string{"a b"}, std::string{"\xc3\xa9"}}) {
        EXPECT_TRUE(is_invalid(create(acme_user, key, {{"title", "x"}}), "header.Idempotency-Key")) << key;
    }
    EXPECT_TRUE(is_invalid(create(acme_user, "a b", {{"title", ""}}), "header.Idempotency-Key"));
    for (const std::string& key : {std::string(64, '!'), std::string{"~"}, std::string{"';drop"}}) {
        const object body{{"title", unique_text("odd key")}};
        EXPECT_EQ(create(acme_user, key, body).status(), 201) << key;
        EXPECT_EQ(create(acme_user, key, body).header("Idempotency-Replayed"), "true") << key;
        expire(key);
    }
}

TEST(IdempotencyKey, opens_nothing_that_is_closed_otherwise) {
    const std::string key = unknown_id();
    const object body{{"title", unique_text("closed")}};
    ASSERT_EQ(create(acme_user, key, body).status(), 201);
    EXPECT_TRUE(is_problem(
        world().anonymous().with("Idempotency-Key", key).post(path, body), 401, "not_authenticated"
    ));
    EXPECT_TRUE(is_problem(create(support_agent, key, body), 403, "forbidden"));
    const Reply tokens = world().sign_in(acme_user);
    Client session = world().with_token(tokens.field("access_token")).with("Idempotency-Key", key);
    EXPECT_EQ(session.post(path, body).header("Idempotency-Replayed"), "true")
        << "the person's, not the session's";
    const Reply goodbye = world()
                              .anonymous(Service::identity)
                              .post_form("/logout", {{"refresh_token", tokens.field("refresh_token")}});
    EXPECT_EQ(goodbye.status(), 204);
    EXPECT_TRUE(is_problem(session.post(path, body), 401, "session_ended"));
}

TEST(IdempotencyKey, means_nothing_to_other_methods) {
    const std::string key = unknown_id();
    const std::string id = new_item(acme_user).id();
    Client client = world().as(acme_user).with("Idempotency-Key", key).with("If-Match", "*");
    EXPECT_EQ(client.get(path).status(), 200);
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(client.patch(std::string{path} + '/' + id, {{"title", "x"}}).status(), 200);
    }
    EXPECT_EQ(world().as(acme_user).get(std::string{path} + '/' + id).json().at("version"), 3);
    EXPECT_EQ(count_keys(key), "0");
}

}  // namespace

}  // namespace pz::product
