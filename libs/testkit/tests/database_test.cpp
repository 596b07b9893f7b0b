#include <pz/testkit/database.hpp>

#include <pz/core/process.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <string>
#include <thread>

namespace pz::testkit {

namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

TEST(TestDatabase, is_migrated_seeded_and_open_to_every_login_role) {
    const TestDatabase database;
    for (const auto* role : {"pz_app", "pz_support", "pz_admin", "pz_identity", "pz_migrator", "pz_backup"}) {
        auto connection = database.connect(role);
        EXPECT_EQ(connection.value("select session_user"), role);
        EXPECT_EQ(connection.value("select current_database()"), database.name());
    }
    auto admin = database.connect("pz_admin");
    EXPECT_EQ(admin.value("select count(*) from platform.tenant"), "4");
}

TEST(TestDatabase, is_a_private_copy) {
    const TestDatabase one;
    const TestDatabase other;
    one.connect("pz_admin").execute_script("update platform.tenant set name = 'changed'");
    EXPECT_EQ(
        other.connect("pz_admin").value("select count(*) from platform.tenant where name = 'changed'"), "0"
    );
}

TEST(TestDatabase, goes_away_whoever_is_connected) {
    std::string name;
    std::optional<pg::BlockingConnection> connection;
    {
        const TestDatabase database;
        name = database.name();
        connection.emplace(database.connect("pz_app"));
    }
    EXPECT_THROW(connection->query("select 1"), pg::BlockingError);
    pg::BlockingConnection superuser{test_cluster().connection_string(pg::LocalCluster::superuser, "postgres")
    };
    EXPECT_EQ(superuser.value("select count(*) from pg_database where datname = $1", {name}), "0");
}

TEST(TemporaryDirectory, goes_away_with_its_object) {
    fs::path path;
    {
        const TemporaryDirectory directory{"unit"};
        path = directory.path();
        EXPECT_TRUE(fs::is_directory(path));
        std::ofstream{path / "file"} << "content";
    }
    EXPECT_FALSE(fs::exists(path));
}

TEST(TemporaryDirectory, leaves_alone_what_others_hold_and_what_is_not_ours) {
    const TemporaryDirectory held{"unit"};
    const TemporaryDirectory another{"unit"};  // its construction cleans up
    EXPECT_TRUE(fs::is_directory(held.path()));
}

/// The processes whose command line mentions a text, this one excluded.
int count_processes(const std::string& text) {
    int count = 0;
    for (const auto& entry : fs::directory_iterator{"/proc"}) {
        std::ifstream file{entry.path() / "cmdline", std::ios::binary};
        const std::string command{std::istreambuf_iterator<char>{file}, {}};
        count += command.find(text) != std::string::npos ? 1 : 0;
    }
    return count;
}

TEST(TestkitCluster, leaves_nothing_behind_when_it_is_killed) {
    const TemporaryDirectory notes{"unit"};
    const std::string note = (notes.path() / "cluster").string();
    core::ProcessOptions options;
    options.command = {
        PZ_BINARY_DIR "/bin/testkit-cluster",
        "--",
        "/bin/sh",
        "-c",
        "echo $PZ_TEST_CLUSTER > " + note + ".new; mv " + note + ".new " + note + "; exec sleep 60"
    };
    core::Process program{options};
    std::string cluster;
    for (int i = 0; i < 600 && cluster.empty(); ++i) {
        std::this_thread::sleep_for(50ms);
        std::ifstream{note} >> cluster;
    }
    ASSERT_FALSE(cluster.empty());
    if (const char* shared = getenv("PZ_TEST_CLUSTER"); shared != nullptr && cluster == shared) {
        program.signal(SIGTERM);
        GTEST_SKIP() << "this run shares a cluster, so the program started none";
    }
    EXPECT_GT(count_processes(cluster), 0);
    program.signal(SIGKILL);
    for (int i = 0; i < 100 && count_processes(cluster) > 0; ++i) {
        std::this_thread::sleep_for(50ms);
    }
    EXPECT_EQ(count_processes(cluster), 0);
    EXPECT_TRUE(fs::exists(cluster)) << "nobody was left to remove it";
    const TemporaryDirectory next{"unit"};
    EXPECT_FALSE(fs::exists(cluster)) << "the next run does";
}

TEST(TestkitCluster, returns_what_its_command_returned_and_cleans_up) {
    core::ProcessOptions options;
    options.command = {
        PZ_BINARY_DIR "/bin/testkit-cluster", "--", "/bin/sh", "-c", "test -d \"$PZ_TEST_CLUSTER\" && exit 7"
    };
    EXPECT_EQ(core::run_process(options, 60s).exit_code, 7);
}

}  // namespace

}  // namespace pz::testkit
