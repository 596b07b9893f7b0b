// How many items an organization may have. A world of its own: the limits of the seeded organizations move.

#include "answers.hpp"

#include <pz/testkit/patience.hpp>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace pz::product {

namespace {

using boost::json::object;
using testkit::patiently;

class ItemLimit : public testing::Test {
 protected:
    static void SetUpTestSuite() {
        testkit::test_cluster();  // ends after the world
        world_ = std::make_unique<World>();
    }

    static void TearDownTestSuite() { world_.reset(); }

    static World& world() { return *world_; }

    static std::int64_t items() {
        return std::stoll(world().database().connect_as_superuser().value(
            "select count(*) from app.item where tenant_id = $1", {std::string{testkit::globex}}
        ));
    }

    /// What staff do when they change the plan's number for one organization.
    static void allow(std::int64_t count) {
        const std::string path = "/api/v1/admin/orgs/" + std::string{testkit::globex};
        const Reply changed = patiently([&] {
            return world().as(platform_admin).with("If-Match", "*").patch(path, {{"item_limit", count}});
        });
        ASSERT_EQ(changed.status(), 200) << changed.text();
    }

    static Reply try_to_create(object values = {}) {
        values["title"] = unique_text("Limited");
        return world().as(globex_user).post("/api/v1/items", std::move(values));
    }

    static Reply create(const object& values = {}) {
        return patiently([&] { return try_to_create(values); });
    }

    static testing::AssertionResult is_refused(const Reply& reply, std::int64_t limit) {
        testing::AssertionResult problem = is_problem(reply, 409, "limit_reached");
        if (!problem) {
            return problem;
        }
        const object expected{{"name", "items"}, {"value", limit}};
        return reply.json().at("limit") == expected ? testing::AssertionSuccess()
                                                    : testing::AssertionFailure() << reply.text();
    }

 private:
    static inline std::unique_ptr<World> world_;
};

TEST_F(ItemLimit, refuses_the_first_item_beyond_it_and_says_which_limit) {
    const std::int64_t there = items();
    allow(there + 2);
    EXPECT_EQ(create().status(), 201);
    EXPECT_EQ(create().status(), 201);
    EXPECT_TRUE(is_refused(create(), there + 2));
    EXPECT_TRUE(is_refused(create(), there + 2));
    EXPECT_EQ(items(), there + 2);
    EXPECT_EQ(world().as(acme_user).post("/api/v1/items", {{"title", "ours"}}).status(), 201)
        << "another organization's limit is its own";
}

TEST_F(ItemLimit, helps_at_once_when_it_is_raised_and_takes_nothing_away_when_it_is_lowered) {
    const std::int64_t there = items();
    allow(there);
    EXPECT_TRUE(is_refused(create(), there));
    allow(there + 1);
    const Reply made = create();
    EXPECT_EQ(made.status(), 201);
    allow(1);
    EXPECT_TRUE(is_refused(create(), 1));
    EXPECT_EQ(items(), there + 1) << "what is there stays";
    const std::string path = made.header("Location");
    EXPECT_EQ(world().as(globex_admin).get(path).status(), 200);
    EXPECT_EQ(
        world()
            .as(globex_admin)
            .with("If-Match", "*")
            .patch(path, {{"title", unique_text("Changed")}})
            .status(),
        200
    );
    allow(0);
    EXPECT_TRUE(is_refused(create(), 0));
}

TEST_F(ItemLimit, that_is_lowered_holds_although_there_was_room_under_the_one_before) {
    allow(items() + 50);
    EXPECT_EQ(create().status(), 201) << "there are 49 left";
    const std::int64_t there = items();
    allow(there);
    EXPECT_TRUE(is_refused(create(), there));
    EXPECT_EQ(items(), there);
}

TEST_F(ItemLimit, lets_an_item_in_for_each_that_goes) {
    const Reply project =
        world().as(globex_admin).post("/api/v1/projects", {{"name", unique_text("Limited")}});
    ASSERT_EQ(project.status(), 201);
    allow(items() + 3);
    const Reply alone = create();
    EXPECT_EQ(create({{"project_id", project.id()}}).status(), 201);
    EXPECT_EQ(create({{"project_id", project.id()}}).status(), 201);
    const std::int64_t limit = items();
    EXPECT_TRUE(is_refused(create(), limit));
    Client admin = world().as(globex_admin);
    EXPECT_EQ(admin.del(alone.header("Location")).status(), 204);
    EXPECT_EQ(create().status(), 201);
    EXPECT_TRUE(is_refused(create(), limit));
    EXPECT_EQ(admin.del("/api/v1/projects/" + project.id()).status(), 204);
    EXPECT_EQ(create().status(), 201) << "those of a project go with it";
    EXPECT_EQ(create().status(), 201);
    EXPECT_TRUE(is_refused(create(), limit));
}

TEST_F(ItemLimit, is_not_used_up_by_an_item_that_was_not_made) {
    const std::int64_t there = items();
    allow(there + 1);
    EXPECT_EQ(create({{"project_id", unknown_id()}}).status(), 422);
    EXPECT_EQ(create().status(), 201);
    EXPECT_TRUE(is_refused(create(), there + 1));
}

TEST_F(ItemLimit, is_exact_when_many_create_at_once) {
    constexpr int room = 10;
    const std::int64_t there = items();
    allow(there + room);
    std::atomic<int> made = 0;
    std::atomic<int> refused = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&] {
                while (true) {
                    const int status = create().status();
                    if (status == 201) {
                        ++made;
                    } else if (status == 409) {
                        ++refused;
                        return;
                    } else if (status != 503) {  // a machine that has no time: again
                        ADD_FAILURE() << "answered " << status;
                        return;
                    }
                }
            });
        }
    }
    EXPECT_EQ(made, room);
    EXPECT_EQ(refused, 8);
    EXPECT_EQ(items(), there + room);
}

TEST_F(ItemLimit, makes_nobody_wait_for_another_organization) {
    allow(items() + 10);
    ASSERT_EQ(create().status(), 201);
    pg::BlockingConnection lock = world().database().connect_as_superuser();
    lock.execute_script(
        "begin; select 1 from platform.item_room where tenant_id = '" + std::string{testkit::globex} +
        "' for update"
    );
    EXPECT_EQ(try_to_create().status(), 503) << "those of one organization wait for each other";
    EXPECT_EQ(world().as(acme_user).post("/api/v1/items", {{"title", "at once"}}).status(), 201);
    lock.execute_script("rollback");
    EXPECT_EQ(create().status(), 201);
}

TEST_F(ItemLimit, is_none_where_the_plan_has_none) {
    Client staff = world().as(platform_admin);
    const std::string path = "/api/v1/admin/orgs/" + std::string{testkit::globex};
    ASSERT_EQ(
        staff.with("If-Match", "*").patch(path, {{"item_limit", nullptr}, {"plan", "enterprise"}}).status(),
        200
    );
    EXPECT_EQ(create().status(), 201);
}

}  // namespace

}  // namespace pz::product
