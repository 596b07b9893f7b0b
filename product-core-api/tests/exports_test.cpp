// An organization as one file over HTTP: the same archive as the command's, from one snapshot, bounded in
// number and time.

#include "answers.hpp"

#include <pz/archive/export.hpp>
#include <pz/archive/tar.hpp>
#include <pz/core/clock.hpp>
#include <pz/core/uuid.hpp>
#include <pz/crypto/digest.hpp>
#include <pz/pg/blocking.hpp>
#include <pz/testkit/temporary_directory.hpp>
#include <pz/testkit/world.hpp>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace pz::product {

namespace {

using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* own = "/api/v1/org/export";
const std::string acme{testkit::acme};
const std::string globex{testkit::globex};

std::string of_staff(std::string_view org) {
    return fmt::format("/api/v1/admin/orgs/{}/export", org);
}

/// The rows of each table, and the manifest, as one file in the archive has them.
std::map<std::string, std::string> files_of(const std::string& bytes) {
    const testkit::TemporaryDirectory directory{"export"};
    const std::string path = directory.path() / "org.tar";
    std::ofstream{path, std::ios::binary} << bytes;
    archive::TarReader reader(path);
    std::map<std::string, std::string> files;
    while (const auto entry = reader.next()) {
        files[entry->name.substr(0, entry->name.find('/'))] += entry->content;
    }
    return files;
}

std::vector<boost::json::object> rows_of(const std::map<std::string, std::string>& files, const char* table) {
    std::vector<boost::json::object> rows;
    const std::string& lines = files.at(table);
    for (std::size_t at = 0; at < lines.size();) {
        const std::size_t end = lines.find('\n', at);
        rows.push_back(boost::json::parse(std::string_view{lines}.substr(at, end - at)).as_object());
        at = end + 1;
    }
    return rows;
}

/// Services of its own, whose exports nobody else makes, and an Acme that is larger than any socket buffer.
class Exports : public testing::Test {
 protected:
    static constexpr int many = 20'000;

    explicit Exports(std::vector<std::string> environment = {})
        : world_({.api_environment = std::move(environment)}) {}

    void grow_acme() {
        arrange(fmt::format(
            "insert into app.item (tenant_id, id, title, description) select '{}', "
            "('0197c0de-00ee-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'Many', repeat(md5(n::text), 25)"
            " from generate_series(1, {}) n",
            acme,
            many
        ));
    }

    void arrange(const std::string& sql) { world_.database().connect_as_superuser().execute_script(sql); }

    std::string look(const std::string& sql) { return world_.database().connect_as_superuser().value(sql); }

    /// Waits until the database says so, however long that takes within reason.
    void wait_until(const std::string& sql) {
        constexpr int most = 12'000;
        int looks = 0;
        while (look(sql) != "t" && ++looks < most) {
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
        }
        ASSERT_LT(looks, most) << sql;
    }

    /// No snapshot is held for an archive any more.
    void wait_until_nothing_runs() {
        wait_until(
            "select not exists (select from pg_stat_activity where datname = current_database() and usename "
            "= "
            "'pz_app' and (state like 'idle in transaction%' or query like '%export_rows%'))"
        );
    }

    /// A reader that has the beginning of the archive and takes no more of it.
    testkit::RawConnection begin(const Account& account, const std::string& path) {
        testkit::RawConnection reader(world_.api().port(), std::chrono::milliseconds{60'000});
        reader.send(fmt::format(
            "GET {} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
            path,
            world_.token(account)
        ));
        const std::string head = reader.receive_some();
        EXPECT_TRUE(head.starts_with("HTTP/1.1 200 OK")) << head;
        return reader;
    }

    std::vector<boost::json::object> events(std::string_view chain, std::string_view action) {
        auto backup = world_.database().connect("pz_backup");
        std::vector<boost::json::object> events;
        for (const auto& row : backup
                                   .query(
                                       "select convert_from(body, 'UTF8') from audit.event where tenant_id = "
                                       "$1::uuid and action = $2 order by seq",
                                       {std::string{chain}, std::string{action}}
                                   )
                                   .rows) {
            events.push_back(boost::json::parse(*row[0]).as_object());
        }
        return events;
    }

    World world_;
};

TEST_F(Exports, of_ones_own_organization_are_the_archive_that_the_command_writes) {
    arrange(fmt::format(
        "insert into app.item (tenant_id, id, title) select '{}', gen_random_uuid(), 'Item ' || n"
        " from generate_series(1, 2345) n",
        acme
    ));
    const Reply reply = world_.as(acme_admin).get(own);
    ASSERT_EQ(reply.status(), 200) << reply.text();
    EXPECT_EQ(reply.header("Content-Type"), "application/x-tar");
    EXPECT_EQ(reply.header("Content-Disposition"), "attachment; filename=\"acme.tar\"");
    auto app = world_.database().connect("pz_app");
    archive::Export by_command(
        app, {.tenant = core::Uuid::parse(acme).value(), .now = core::SystemClock{}.now()}
    );
    std::string expected;
    while (by_command.append_next(expected)) {
    }
    const auto without_time = [](std::map<std::string, std::string> files) {
        boost::json::object manifest = boost::json::parse(files["manifest.json"]).as_object();
        manifest.erase("exported_at");
        files["manifest.json"] = boost::json::serialize(manifest);
        return files;
    };
    EXPECT_EQ(without_time(files_of(reply.text())), without_time(files_of(expected)));
    EXPECT_EQ(reply.text().size(), expected.size());
    EXPECT_GT(rows_of(files_of(reply.text()), "app.item").size(), 2345U);
    EXPECT_THAT(
        files_of(reply.text()).at("people"),
        testing::AllOf(testing::HasSubstr("admin@acme.example"), testing::Not(testing::HasSubstr("argon2")))
    );
}

TEST_F(Exports, of_staff_are_the_same_and_stand_in_both_chains) {
    const Reply by_admin = world_.as(acme_admin).get(own);
    const Reply by_staff = world_.as(platform_admin).get(of_staff(acme));
    ASSERT_EQ(by_staff.status(), 200) << by_staff.text();
    EXPECT_EQ(files_of(by_staff.text()).at("app.item"), files_of(by_admin.text()).at("app.item"));
    EXPECT_THAT(events("00000000-0000-0000-0000-000000000000", "org.exported"), SizeIs(1));
    EXPECT_THAT(events(acme, "org.exported"), SizeIs(2));
    const auto finished = events(acme, "org.export_finished");
    ASSERT_THAT(finished, SizeIs(2));
    EXPECT_EQ(finished[1].at("actor").at("role"), "platform_admin");
    EXPECT_EQ(finished[1].at("target").at(0).at("id").as_string(), acme);
    const auto facts = finished[1].at("ctx").as_object();
    EXPECT_EQ(
        facts.at("sha256").as_string(), fmt::format("{:02x}", fmt::join(crypto::sha256(by_staff.text()), ""))
    );
    EXPECT_EQ(facts.at("bytes"), by_staff.text().size());
    EXPECT_EQ(
        std::to_string(facts.at("rows").as_int64()),
        look(fmt::format(
            "select (select count(*) from app.item where tenant_id = '{0}') + (select count(*) from "
            "app.project "
            "where tenant_id = '{0}') + (select count(*) from app.integration where tenant_id = '{0}')",
            acme
        ))
    );
    EXPECT_THAT(events("00000000-0000-0000-0000-000000000000", "org.export_finished"), SizeIs(1));
}

TEST_F(Exports, never_hold_another_organizations_rows_or_people) {
    const std::string canary = "canary-of-globex-7b1f";
    ASSERT_EQ(world_.as(globex_admin).post("/api/v1/items", {{"title", canary}}).status(), 201);
    for (const Reply& reply :
         {world_.as(acme_admin).get(own), world_.as(platform_admin).get(of_staff(acme))}) {
        ASSERT_EQ(reply.status(), 200);
        EXPECT_EQ(reply.text().find(canary), std::string::npos);
        EXPECT_EQ(reply.text().find("globex"), std::string::npos);
        EXPECT_EQ(reply.text().find(globex), std::string::npos);
    }
    EXPECT_NE(world_.as(platform_admin).get(of_staff(globex)).text().find(canary), std::string::npos);
}

TEST_F(Exports, are_not_torn_by_what_is_written_meanwhile) {
    // Projects are in the archive before items, and more of them than any socket buffer takes: the items are
    // not asked for yet when the others write.
    arrange(fmt::format(
        "insert into app.project (tenant_id, id, name, description) select '{}', gen_random_uuid(), 'Many ' "
        "|| n, "
        "repeat(md5(n::text), 25) from generate_series(1, {}) n",
        acme,
        many
    ));
    const std::string before = look("select count(*) from app.item where tenant_id = '" + acme + "'");
    testkit::RawConnection reader = begin(acme_admin, own);
    const std::string project = world_.as(acme_user).post("/api/v1/projects", {{"name", "Later"}}).id();
    for (int i = 0; i < 20; ++i) {
        ASSERT_EQ(
            world_.as(acme_user).post(
                                    "/api/v1/items", {{"title", "Later"}, {"project_id", project}}
            ).status(),
            201
        );
    }
    // The chunks' own framing is not looked at here: what is inside says enough.
    const std::string rest = reader.receive_until_closed();
    EXPECT_TRUE(rest.ends_with("\r\n0\r\n\r\n")) << "it came to its end";
    EXPECT_EQ(rest.find("Later"), std::string::npos) << "items of a project that is not there";
    EXPECT_THAT(events(acme, "org.export_finished"), SizeIs(1));
    const std::string_view counted = "\"table\":\"app.item\",\"rows\":";
    const std::size_t manifest = rest.rfind(counted);
    ASSERT_NE(manifest, std::string::npos);
    EXPECT_EQ(rest.substr(manifest + counted.size(), before.size() + 1), before + ",");
}

TEST_F(Exports, that_nobody_asks_on_lose_their_snapshot) {
    grow_acme();
    auto app = world_.database().connect("pz_app");
    archive::Export leaving(
        app,
        {.tenant = core::Uuid::parse(acme).value(),
         .now = core::SystemClock{}.now(),
         .patience = std::chrono::milliseconds{200}}
    );
    std::string piece;
    EXPECT_TRUE(leaving.append_next(piece));
    wait_until_nothing_runs();
    EXPECT_THROW((void)leaving.append_next(piece), pg::BlockingError);
}

TEST_F(Exports, of_a_reader_who_leaves_hold_neither_snapshot_nor_place) {
    grow_acme();
    for (int i = 0; i < 5; ++i) {
        {
            const testkit::RawConnection reader = begin(acme_admin, own);
        }
        wait_until_nothing_runs();
    }
    Reply again = world_.as(acme_admin).get(own);
    for (; again.status() == 429; again = world_.as(acme_admin).get(own)) {
    }
    EXPECT_EQ(again.status(), 200);
    EXPECT_THAT(events(acme, "org.exported"), SizeIs(6));
    EXPECT_THAT(events(acme, "org.export_finished"), SizeIs(1)) << "only what came to its end was finished";
}

TEST_F(Exports, end_with_their_readers_session) {
    grow_acme();
    testkit::RawConnection reader = begin(acme_admin, own);
    arrange(
        "update identity.session set revoked_at = now(), revoke_reason = 'forced' where tenant_id = '" +
        acme + "'"
    );
    EXPECT_FALSE(reader.receive_until_closed().ends_with("\r\n0\r\n\r\n"));
    wait_until_nothing_runs();
    EXPECT_THAT(events(acme, "org.export_finished"), IsEmpty());
}

TEST_F(Exports, of_an_organization_that_is_not_there_are_refused) {
    EXPECT_TRUE(is_problem(
        world_.as(platform_admin).get(of_staff("0197c0de-ffff-7000-8000-00000000ffff")), 404, "not_found"
    ));
    arrange(
        "insert into platform.tenant (id, slug, name, state) values ('0197c0de-eeee-7000-8000-00000000eeee', "
        "'gone', 'Gone', 'deleted')"
    );
    EXPECT_TRUE(is_problem(
        world_.as(platform_admin).get(of_staff("0197c0de-eeee-7000-8000-00000000eeee")), 409, "wrong_state"
    ));
    EXPECT_EQ(world_.as(platform_admin).get(of_staff(testkit::initech)).status(), 200)
        << "suspended is no hindrance";
}

TEST_F(Exports, are_for_the_admins_of_an_organization_whose_deletion_is_scheduled) {
    const std::string path = fmt::format("/api/v1/admin/orgs/{}/schedule-deletion", globex);
    ASSERT_EQ(world_.as(platform_admin).post(path, {{"reason", "the contract has ended"}}).status(), 200);
    EXPECT_EQ(world_.as(globex_admin).get(own).status(), 200);
}

TEST_F(Exports, are_so_many_at_once_and_one_of_each_organization) {
    grow_acme();
    arrange(fmt::format(
        "insert into app.item (tenant_id, id, title, description) select '{}', gen_random_uuid(), 'Many', "
        "repeat(md5(n::text), 25) from generate_series(1, {}) n",
        globex,
        many
    ));
    testkit::RawConnection first = begin(acme_admin, own);
    const Reply twice = world_.as(platform_admin).get(of_staff(acme));
    EXPECT_TRUE(is_problem(twice, 429, "rate_limited")) << "one of each organization";
    EXPECT_EQ(twice.header("Retry-After"), "30");
    {
        const testkit::RawConnection second = begin(globex_admin, own);
        EXPECT_TRUE(is_problem(world_.as(platform_admin).get(of_staff(testkit::initech)), 429, "rate_limited")
        ) << "two at once";
        EXPECT_THAT(events("00000000-0000-0000-0000-000000000000", "org.exported"), IsEmpty());
    }
    wait_until(
        "select count(*) = 1 from pg_stat_activity where datname = current_database() and usename = 'pz_app' "
        "and "
        "state like 'idle in transaction%'"
    );
    Reply third = world_.as(platform_admin).get(of_staff(testkit::initech));
    for (; third.status() == 429; third = world_.as(platform_admin).get(of_staff(testkit::initech))) {
    }
    EXPECT_EQ(third.status(), 200);
}

class StalledExports : public Exports {
 protected:
    StalledExports() : Exports({"PZ_EXPORT_STALL_SECONDS=1"}) {}
};

TEST_F(StalledExports, lose_their_snapshot_and_break_off) {
    grow_acme();
    testkit::RawConnection reader = begin(acme_admin, own);
    wait_until_nothing_runs();
    EXPECT_FALSE(reader.receive_until_closed().ends_with("\r\n0\r\n\r\n"));
    EXPECT_THAT(events(acme, "org.export_finished"), IsEmpty());
}

}  // namespace

}  // namespace pz::product
