#include <pz/pg/cluster.hpp>

#include "cluster_scratch.hpp"

#include <pz/pg/blocking.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <string>
#include <thread>

namespace pz::pg {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr const char* roles_sql = R"sql(
    do $$ begin
      if not exists (select from pg_roles where rolname = 'pz_test') then create role pz_test login; end if;
    end $$;)sql";

mode_t mode_of(const fs::path& path) {
    struct stat state{};
    return ::stat(path.c_str(), &state) == 0 ? state.st_mode & 07777U : 0;
}

template <class Work>
std::string message_of(Work work) {
    try {
        work();
    } catch (const std::exception& error) {
        return error.what();
    }
    return "nothing was thrown";
}

/// Runs `work` in a process of its own and returns its number.
template <class Work>
pid_t in_child(Work work) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        int code = 1;
        try {
            work();
            code = 0;
        } catch (const std::exception&) {
        }
        ::_exit(code);
    }
    return pid;
}

TEST(LocalCluster, is_created_once_and_started_again) {
    const ScratchDirectory scratch("/state");
    {
        const LocalCluster cluster{throw_away_cluster(scratch.path())};
        EXPECT_TRUE(cluster.created());
        BlockingConnection connection{cluster.connection_string(LocalCluster::superuser, "postgres")};
        connection.execute_script("CREATE TABLE kept (value int); INSERT INTO kept VALUES (42)");
    }
    const LocalCluster cluster{throw_away_cluster(scratch.path())};
    EXPECT_FALSE(cluster.created());
    BlockingConnection connection{cluster.connection_string(LocalCluster::superuser, "postgres")};
    EXPECT_EQ(connection.value("SELECT value FROM kept"), "42");
    EXPECT_EQ(connection.value("SHOW listen_addresses"), "");
    EXPECT_EQ(connection.value("SHOW server_encoding"), "UTF8");
    EXPECT_EQ(connection.value("SHOW data_checksums"), "off");
}

TEST(LocalCluster, keeps_its_crash_safe_settings_unless_told_otherwise) {
    const ScratchDirectory scratch("/state");
    const LocalCluster cluster{{.directory = scratch.path()}};
    BlockingConnection connection{cluster.connection_string(LocalCluster::superuser, "postgres")};
    for (const char* setting : {"fsync", "synchronous_commit", "full_page_writes"}) {
        EXPECT_EQ(connection.value(std::string{"SHOW "} + setting), "on") << setting;
    }
}

TEST(LocalCluster, gives_each_role_a_password_in_a_private_file) {
    const ScratchDirectory scratch("/state");
    LocalCluster cluster{throw_away_cluster(scratch.path())};
    cluster.prepare_database("example", roles_sql, "select 1");
    cluster.prepare_database("example", roles_sql, "select 1");

    BlockingConnection connection{cluster.connection_string("pz_test", "example")};
    EXPECT_EQ(connection.value("SELECT current_user"), "pz_test");
    EXPECT_EQ(mode_of(scratch.path() / "secrets"), 0700U);
    EXPECT_EQ(mode_of(scratch.path() / "secrets/pz_test.password"), 0600U);
    EXPECT_EQ(mode_of(scratch.path() / "secrets/postgres.password"), 0600U);

    std::ofstream(scratch.path() / "secrets/pz_test.password") << "wrong";
    EXPECT_THAT(
        message_of([&] { BlockingConnection{cluster.connection_string("pz_test", "example")}; }),
        HasSubstr("password authentication failed")
    );
    EXPECT_THAT(
        message_of([&] { static_cast<void>(cluster.connection_string("nobody", "example")); }),
        HasSubstr("the role nobody has no password")
    );
}

TEST(LocalCluster, gives_a_lost_password_anew) {
    const ScratchDirectory scratch("/state");
    LocalCluster cluster{throw_away_cluster(scratch.path())};
    cluster.prepare_database("example", roles_sql, "select 1");
    fs::remove(scratch.path() / "secrets/pz_test.password");
    cluster.prepare_database("example", roles_sql, "select 1");
    BlockingConnection connection{cluster.connection_string("pz_test", "example")};
    EXPECT_EQ(connection.value("SELECT 1"), "1");
}

TEST(LocalCluster, works_in_a_path_with_spaces_quotes_and_commas) {
    const ScratchDirectory scratch("/a \"quoted\", 'long' path");
    fs::path socket_directory;
    {
        const LocalCluster cluster{throw_away_cluster(scratch.path())};
        socket_directory = cluster.socket_directory();
        BlockingConnection connection{cluster.connection_string(LocalCluster::superuser, "postgres")};
        EXPECT_EQ(connection.value("SELECT 1"), "1");
    }
    fs::remove(socket_directory);
}

TEST(LocalCluster, works_where_the_socket_path_would_be_too_long) {
    const ScratchDirectory scratch("/" + std::string(120, 'd'));
    fs::path elsewhere;
    {
        const LocalCluster cluster{throw_away_cluster(scratch.path())};
        elsewhere = cluster.socket_directory();
        EXPECT_LE(elsewhere.native().size(), 80U);
        BlockingConnection connection{
            cluster_connection_string(scratch.path(), LocalCluster::superuser, "postgres")
        };
        EXPECT_EQ(connection.value("SELECT 1"), "1");
    }
    EXPECT_TRUE(fs::is_empty(elsewhere));
    fs::remove(elsewhere);
}

TEST(LocalCluster, refuses_a_directory_that_is_in_use) {
    const ScratchDirectory scratch("/state");
    const LocalCluster cluster{throw_away_cluster(scratch.path())};
    EXPECT_THAT(
        message_of([&] { const LocalCluster second{throw_away_cluster(scratch.path())}; }),
        HasSubstr("is in use")
    );
}

TEST(LocalCluster, leaves_no_process_and_no_socket_when_its_owner_is_killed) {
    const ScratchDirectory scratch("/state");
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t owner = in_child([&] {
        const LocalCluster cluster{throw_away_cluster(scratch.path())};
        const pid_t pid = cluster.pid();
        if (::write(ends[1], &pid, sizeof pid) == sizeof pid) {
            ::pause();
        }
    });
    pid_t server = 0;
    ASSERT_EQ(::read(ends[0], &server, sizeof server), static_cast<ssize_t>(sizeof server));
    EXPECT_EQ(::kill(server, 0), 0);
    EXPECT_TRUE(fs::exists(scratch.path() / "socket/.s.PGSQL.5432"));

    ::kill(owner, SIGKILL);
    ::waitpid(owner, nullptr, 0);
    std::error_code gone;
    const fs::path working_directory = "/proc/" + std::to_string(server) + "/cwd";  // unreadable for a zombie
    for (int i = 0; i < 400 && !gone; ++i) {
        std::this_thread::sleep_for(10ms);
        static_cast<void>(fs::read_symlink(working_directory, gone));
    }
    EXPECT_TRUE(gone);
    EXPECT_FALSE(fs::exists(scratch.path() / "socket/.s.PGSQL.5432"));
    ::close(ends[0]);
    ::close(ends[1]);
}

TEST(LocalCluster, starts_right_after_its_owner_was_killed) {
    const ScratchDirectory scratch("/state");
    for (int round = 0; round < 3; ++round) {
        int ends[2];
        ASSERT_EQ(::pipe(ends), 0);
        const pid_t owner = in_child([&] {
            const LocalCluster cluster{throw_away_cluster(scratch.path())};
            if (::write(ends[1], "!", 1) == 1) {
                ::pause();
            }
        });
        char ready = 0;
        ASSERT_EQ(::read(ends[0], &ready, 1), 1);
        ::kill(owner, SIGKILL);
        ::waitpid(owner, nullptr, 0);
        ::close(ends[0]);
        ::close(ends[1]);
    }
    const LocalCluster cluster{throw_away_cluster(scratch.path())};
    BlockingConnection connection{cluster.connection_string(LocalCluster::superuser, "postgres")};
    EXPECT_EQ(connection.value("SELECT 1"), "1");
}

TEST(LocalCluster, starts_although_a_stranger_now_has_the_old_server_number) {
    const ScratchDirectory scratch("/state");
    {
        const LocalCluster cluster{throw_away_cluster(scratch.path())};
    }
    // As after a power cut: the file is there and names a live process that is not PostgreSQL.
    core::ProcessOptions stranger{.command = {"sleep", "60"}};
    stranger.user = ::geteuid() == 0 ? "postgres" : "";
    const core::Process other{stranger};
    std::ofstream(scratch.path() / "data/postmaster.pid") << other.pid() << "\n";
    const LocalCluster cluster{throw_away_cluster(scratch.path())};
    EXPECT_EQ(::kill(other.pid(), 0), 0);
}

TEST(LocalCluster, survives_being_killed_while_it_is_created) {
    // R30: the one-command start is killed at any moment; the next start works.
    for (const auto moment : {0ms, 3ms, 20ms, 150ms, 500ms, 900ms}) {
        const ScratchDirectory scratch("/state");
        const pid_t owner = in_child([&] {
            const LocalCluster cluster{throw_away_cluster(scratch.path())};
            ::pause();
        });
        std::this_thread::sleep_for(moment);
        ::kill(owner, SIGKILL);
        ::waitpid(owner, nullptr, 0);

        LocalCluster cluster{throw_away_cluster(scratch.path())};
        cluster.prepare_database("example", roles_sql, "select 1");
        BlockingConnection connection{cluster.connection_string("pz_test", "example")};
        EXPECT_EQ(connection.value("SELECT 1"), "1") << moment / 1ms << " ms";
        for (const auto& entry : fs::directory_iterator(scratch.path())) {
            EXPECT_FALSE(entry.path().filename().native().starts_with("creating-")) << entry.path();
        }
    }
}

TEST(LocalCluster, gives_up_when_told_to) {
    const ScratchDirectory scratch("/state");
    ClusterOptions options = throw_away_cluster(scratch.path());
    options.keep_waiting = [] { return false; };
    EXPECT_THAT(message_of([&] { const LocalCluster cluster{options}; }), HasSubstr("interrupted"));
    for (const auto& entry : fs::directory_iterator(scratch.path())) {
        EXPECT_FALSE(entry.path().filename().native().starts_with("creating-")) << entry.path();
    }
}

TEST(LocalCluster, shows_the_server_log_when_it_does_not_start) {
    const ScratchDirectory scratch("/state");
    {
        const LocalCluster cluster{throw_away_cluster(scratch.path())};
    }
    std::ofstream(scratch.path() / "data/postgresql.conf") << "no_such_setting = 1\n";
    EXPECT_THAT(
        message_of([&] { const LocalCluster cluster{throw_away_cluster(scratch.path())}; }),
        HasSubstr("no_such_setting")
    );
}

TEST(LocalCluster, refuses_a_socket_directory_that_is_a_link) {
    const ScratchDirectory scratch("/state");
    fs::create_directories(scratch.path());
    fs::create_symlink("/tmp", scratch.path() / "socket");
    EXPECT_THAT(
        message_of([&] { const LocalCluster cluster{throw_away_cluster(scratch.path())}; }),
        HasSubstr("is not a directory of ours")
    );
}

}  // namespace
}  // namespace pz::pg
