// What is counted for an organization, and who sees it. Counts are written every second here, and never
// waited for by a request: the tests wait for what was written.

#include "answers.hpp"

#include <boost/json/array.hpp>

#include <chrono>
#include <memory>
#include <thread>

namespace pz::product {

namespace {

constexpr const char* path = "/api/v1/org/usage";

class Usage : public testing::Test {
 protected:
    static void SetUpTestSuite() {
        testkit::test_cluster();  // ends after the world
        world_ = std::make_unique<World>(testkit::WorldOptions{
            .api_environment = {"PZ_USAGE_WRITE_SECONDS=1", "PZ_USAGE_MEASURE_SECONDS=1"}
        });
    }

    static void TearDownTestSuite() { world_.reset(); }

    static World& world() { return *world_; }

    static std::int64_t number(const char* expression, std::string_view tenant) {
        return std::stoll(world().database().connect_as_superuser().value(
            std::string{"select "} + expression + " from platform.usage_hour where tenant_id = $1",
            {std::string{tenant}}
        ));
    }

    /// Waits until the table says at least so much; the value it then has.
    static std::int64_t wait_for(const char* expression, std::string_view tenant, std::int64_t wanted) {
        const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{30};
        while (number(expression, tenant) < wanted && std::chrono::steady_clock::now() < limit) {
            std::this_thread::sleep_for(std::chrono::milliseconds{50});
        }
        return number(expression, tenant);
    }

 private:
    static inline std::unique_ptr<World> world_;
};

constexpr const char* requests = "coalesce(sum(requests), 0)";
constexpr const char* errors = "coalesce(sum(errors), 0)";

TEST_F(Usage, counts_each_answered_request_of_a_tenant_once_and_its_errors) {
    Client globex = world().as(globex_user);
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(globex.get("/api/v1/items").status(), 200);
    }
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(globex.get("/api/v1/items/" + unknown_id()).status(), 404);
    }
    EXPECT_EQ(wait_for(requests, testkit::globex, 7), 7);
    EXPECT_EQ(number(errors, testkit::globex), 2);
}

TEST_F(Usage, tells_a_member_what_there_is_and_what_there_may_be) {
    Client acme = world().as(acme_user);
    ASSERT_EQ(acme.get("/api/v1/org").status(), 200);
    (void)wait_for(requests, testkit::acme, 1);
    const Reply reply = acme.get(path);
    ASSERT_EQ(reply.status(), 200) << reply.text();
    const auto usage = reply.json();
    EXPECT_EQ(
        std::to_string(usage.at("items").as_int64()),
        world().database().connect_as_superuser().value(
            "select count(*) from app.item where tenant_id = $1", {std::string{testkit::acme}}
        )
    );
    EXPECT_EQ(usage.at("members"), 2);
    EXPECT_GE(usage.at("requests_24h").as_int64(), 1);
    EXPECT_EQ(usage.at("limits").at("items"), 1'000'000) << "business";
    EXPECT_EQ(usage.at("days").as_array().size(), 1U);
}

TEST_F(Usage, is_measured_for_every_table_of_a_tenant) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    Client client = world().as(acme_admin);
    while (client.get(path).json().at("measured_at").is_null() && std::chrono::steady_clock::now() < limit) {
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
    EXPECT_GT(client.get(path).json().at("storage_bytes").as_int64(), 0);
    auto superuser = world().database().connect_as_superuser();
    EXPECT_EQ(
        superuser.value(
            "select row_count from platform.usage_size where table_name = 'app.item' and tenant_id = $1",
            {std::string{testkit::globex}}
        ),
        superuser.value("select count(*) from app.item where tenant_id = $1", {std::string{testkit::globex}})
    );
    const auto detail =
        world().as(platform_admin).get("/api/v1/admin/orgs/" + std::string{testkit::acme}).json();
    EXPECT_GT(detail.at("usage").at("rows").as_int64(), 0);
    const auto stats = world().as(platform_admin).get("/api/v1/admin/stats").json();
    EXPECT_EQ(stats.at("largest").at(0).at("slug"), "acme");
}

/// The sum of one line of a plot.
std::int64_t sum_of(const boost::json::value& plot, std::string_view line) {
    std::int64_t sum = 0;
    for (const auto& point : plot.at("points").as_array()) {
        sum += point.at(line).as_int64();
    }
    return sum;
}

TEST_F(Usage, over_time_is_plotted_for_staff_without_gaps) {
    auto superuser = world().database().connect_as_superuser();
    const Reply made = world()
                           .as(platform_admin)
                           .post(
                               "/api/v1/admin/orgs",
                               {{"slug", "plotted"},
                                {"name", "Plotted"},
                                {"plan", "free"},
                                {"state", "active"},
                                {"admin_email", "a@plotted.example"}}
                           );
    ASSERT_EQ(made.status(), 201) << made.text();
    const std::string org = made.id();
    superuser.query(
        "insert into platform.usage_hour (tenant_id, hour, requests, errors) "
        "select $1, date_trunc('hour', now()) - h * interval '1 hour', 10, 1 from unnest(array[0, 1, 30, "
        "100, 800, 3000]) h",
        {org}
    );
    // One was open for a week and ended 40 days ago, one began 3 hours ago and is open; a machine's counts
    // nothing.
    superuser.query(
        "insert into identity.session (id, person_id, tenant_id, refresh_nonce, rotated_at, created_at, "
        "auth_time, "
        "amr, idle_expires_at, expires_at) "
        "select gen_random_uuid(), (select id from identity.person limit 1), $1, decode(md5('x'), 'hex'), "
        "now(), now() - b, "
        "now(), a, now() - b + l, now() - b + l "
        "from (values (interval '47 days', interval '7 days', 'pwd'), (interval '3 hours', interval '10 "
        "hours', 'pwd'), "
        "(interval '3 hours', interval '10 hours', 'key')) v (b, l, a)",
        {org}
    );
    const auto plot = [&](std::string_view period) {
        const Reply reply = world()
                                .as(platform_admin)
                                .get("/api/v1/admin/orgs/" + org + "/usage?period=" + std::string{period});
        EXPECT_EQ(reply.status(), 200) << reply.text();
        return reply.json();
    };

    struct Expected {
        const char* period;
        std::size_t points;
        std::int64_t step;
        std::int64_t requests;
        std::int64_t sign_ins;
    };

    for (const auto& [period, points, step, wanted, sign_ins] :
         {Expected{"day", 24, 3'600, 20, 1},
          Expected{"week", 28, 21'600, 40, 1},
          Expected{"month", 30, 86'400, 40, 1},
          Expected{"quarter", 90, 86'400, 50, 2}}) {
        const auto found = plot(period);
        EXPECT_EQ(found.at("points").as_array().size(), points) << period;
        EXPECT_EQ(found.at("step_seconds"), step) << period;
        EXPECT_EQ(sum_of(found, "requests"), wanted) << period;
        EXPECT_EQ(sum_of(found, "errors"), wanted / 10) << period;
        EXPECT_EQ(sum_of(found, "sign_ins"), sign_ins) << period;
        EXPECT_EQ(found.at("points").as_array().back().at("sessions"), 1) << period;
    }
    EXPECT_GE(sum_of(plot("day"), "sessions"), 4) << "in the hour that it began in, and in each after it";
    EXPECT_LE(sum_of(plot("day"), "sessions"), 5) << "the hour may change while this runs";
    EXPECT_GE(sum_of(plot("quarter"), "sessions"), 8 + 1) << "a week's session touches eight days";
    EXPECT_LE(sum_of(plot("quarter"), "sessions"), 8 + 2);
    const std::string usage = "/api/v1/admin/orgs/" + org + "/usage";
    EXPECT_EQ(world().as(platform_admin).get(usage).json().at("period"), "month") << "unless told otherwise";
    EXPECT_EQ(world().as(platform_admin).get(usage + "?period=year").status(), 422);
    EXPECT_EQ(world().as(platform_admin).get("/api/v1/admin/orgs/" + unknown_id() + "/usage").status(), 404);

    const auto listed =
        world().as(platform_admin).get("/api/v1/admin/orgs?q=plotted").json().at("items").at(0);
    EXPECT_EQ(listed.at("requests_7d"), 40);
    EXPECT_EQ(listed.at("requests_by_day").as_array().size(), 7U);
    EXPECT_EQ(listed.at("requests_by_day").at(6), 20) << "the last 24 hours";
    EXPECT_EQ(listed.at("requests_by_day").at(5), 10);
}

TEST_F(Usage, of_the_platform_is_told_in_numbers) {
    const auto stats = world().as(platform_admin).get("/api/v1/admin/stats").json();
    std::int64_t organizations = 0;
    for (const auto& state : stats.at("states").as_array()) {
        organizations += state.at("count").as_int64();
    }
    EXPECT_GE(organizations, 4);
    EXPECT_EQ(stats.at("growth").as_array().size(), 1U);
}

TEST_F(Usage, does_not_count_what_the_rate_limit_refuses) {
    World world{{.api_environment = {"PZ_USAGE_WRITE_SECONDS=3600", "PZ_RATE_LIMIT_PERSON=2"}}};
    Client acme = world.as(acme_user);
    int answered = 0;
    int refused = 0;
    while (refused == 0) {
        (acme.get("/api/v1/items").status() == 429 ? refused : answered) += 1;
    }
    EXPECT_EQ(world.api().stop(std::chrono::milliseconds{15'000}), 0);
    EXPECT_EQ(
        world.database().connect_as_superuser().value("select sum(requests) from platform.usage_hour"),
        std::to_string(answered)
    );
}

TEST_F(Usage, is_written_when_the_service_ends) {
    World world{{.api_environment = {"PZ_USAGE_WRITE_SECONDS=3600"}}};
    Client acme = world.as(acme_user);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(acme.get("/api/v1/items").status(), 200);
    }
    EXPECT_EQ(world.api().stop(std::chrono::milliseconds{15'000}), 0);
    EXPECT_EQ(
        world.database().connect_as_superuser().value("select sum(requests) from platform.usage_hour"), "3"
    );
}

}  // namespace

}  // namespace pz::product
