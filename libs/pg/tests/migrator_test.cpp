#include <pz/pg/migrator.hpp>

#include "cluster_scratch.hpp"

#include <pz/pg/blocking.hpp>
#include <pz/pg/cluster.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace pz::pg {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string read_file(const fs::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

template <class Work>
std::string message_of(Work work) {
    try {
        work();
    } catch (const MigrationError& error) {
        return error.what();
    }
    return "nothing was thrown";
}

/// One cluster for the program, one empty database and one folder of migrations for each test.
class Migrator : public testing::Test {
 protected:
    static void SetUpTestSuite() {
        scratch = std::make_unique<ScratchDirectory>();
        cluster = std::make_unique<LocalCluster>(throw_away_cluster(scratch->path() / "cluster"));
    }

    static void TearDownTestSuite() {
        cluster.reset();
        scratch.reset();
    }

    void SetUp() override {
        static int count = 0;
        database_ = "migrator_" + std::to_string(++count);
        folder_ = scratch->path() / database_;
        fs::create_directories(folder_);
        const fs::path sources = fs::path{PZ_SOURCE_DIR} / "database";
        cluster->prepare_database(
            database_, read_file(sources / "roles.sql"), read_file(sources / "database.sql")
        );
        write("0001_create_platform.sql", "create schema platform; create table platform.first (a int);");
    }

    void write(const std::string& name, const std::string& sql) const {
        std::ofstream(folder_ / name) << sql;
    }

    [[nodiscard]] core::SecretString migrator() const {
        return cluster->connection_string("pz_migrator", database_);
    }

    MigrationReport run() const { return migrate(migrator(), load_migrations(folder_)); }

    std::string value(const std::string& sql) const {
        return BlockingConnection{cluster->connection_string(LocalCluster::superuser, database_)}.value(sql);
    }

    static std::unique_ptr<ScratchDirectory> scratch;
    static std::unique_ptr<LocalCluster> cluster;
    std::string database_;
    fs::path folder_;
};

std::unique_ptr<ScratchDirectory> Migrator::scratch;
std::unique_ptr<LocalCluster> Migrator::cluster;

TEST_F(Migrator, applies_each_file_once_and_in_order) {
    write("0002_add_second.sql", "create table platform.second (a int);");
    EXPECT_EQ(database_version(migrator()), 0);
    EXPECT_THAT(run().applied, ElementsAre("0001_create_platform.sql", "0002_add_second.sql"));
    EXPECT_THAT(run().applied, IsEmpty());
    write("0003_add_third.sql", "create table platform.third (a int);");
    EXPECT_THAT(run().applied, ElementsAre("0003_add_third.sql"));
    EXPECT_EQ(database_version(migrator()), 3);
}

TEST_F(Migrator, lets_the_owner_role_own_what_it_creates) {
    run();
    EXPECT_EQ(
        value("select relowner::regrole::text from pg_class where oid = 'platform.first'::regclass"),
        "pz_owner"
    );
    EXPECT_EQ(
        value("select relowner::regrole::text from pg_class where oid = 'platform.schema_migration'::regclass"
        ),
        "pz_owner"
    );
}

TEST_F(Migrator, refuses_a_file_that_was_changed_afterwards) {
    run();
    write("0001_create_platform.sql", "create schema platform; create table platform.first (a bigint);");
    write("0002_add_second.sql", "create table platform.second (a int);");
    EXPECT_THAT(
        message_of([&] { run(); }), HasSubstr("0001_create_platform.sql was changed after it was applied")
    );
    EXPECT_EQ(value("select to_regclass('platform.second') is null"), "t");
}

TEST_F(Migrator, refuses_a_gap_in_the_files) {
    write("0003_add_third.sql", "select 1;");
    EXPECT_THAT(message_of([&] { run(); }), HasSubstr("migration 0002 is missing before 0003_add_third.sql"));
    EXPECT_EQ(value("select to_regclass('platform.first') is null"), "t");
}

TEST_F(Migrator, refuses_a_number_that_is_used_twice) {
    write("0001_create_another.sql", "select 1;");
    EXPECT_THAT(message_of([&] { run(); }), HasSubstr("have the same number"));
}

TEST_F(Migrator, refuses_another_spelling_of_the_name) {
    for (const char* name : {"2_short.sql", "0002-dash.sql", "0002_Upper.sql", "0002_.sql", "notes.sql"}) {
        write(name, "select 1;");
        EXPECT_THAT(message_of([&] { run(); }), HasSubstr("is not named NNNN_verb_object.sql")) << name;
        fs::remove(folder_ / name);
    }
}

TEST_F(Migrator, refuses_a_database_that_is_newer_than_the_program) {
    write("0002_add_second.sql", "create table platform.second (a int);");
    run();
    fs::remove(folder_ / "0002_add_second.sql");
    EXPECT_THAT(
        message_of([&] { run(); }),
        HasSubstr("the database is at migration 2 (0002_add_second.sql), but this program only")
    );
}

TEST_F(Migrator, refuses_a_record_with_a_gap) {
    write("0002_add_second.sql", "create table platform.second (a int);");
    run();
    BlockingConnection{migrator()}.execute_script("delete from platform.schema_migration where number = 1");
    EXPECT_THAT(message_of([&] { run(); }), HasSubstr("record has a gap: migration 1 is missing"));
}

TEST_F(Migrator, leaves_nothing_of_a_migration_that_fails) {
    write(
        "0002_add_second.sql",
        "create table platform.second (a int);\ninsert into platform.second values ('x');"
    );
    const std::string message = message_of([&] { run(); });
    EXPECT_THAT(
        message, HasSubstr("0002_add_second.sql failed and left nothing behind: invalid input syntax")
    );
    EXPECT_THAT(message, HasSubstr("22P02"));
    EXPECT_EQ(value("select to_regclass('platform.second') is null"), "t");
    EXPECT_EQ(database_version(migrator()), 1);
    write("0002_add_second.sql", "create table platform.second (a int);");
    EXPECT_THAT(run().applied, ElementsAre("0002_add_second.sql"));
}

TEST_F(Migrator, refuses_a_file_that_ends_its_own_transaction) {
    write("0002_add_second.sql", "create table platform.second (a int); commit; begin;");
    EXPECT_THAT(message_of([&] { run(); }), HasSubstr("ends its own transaction"));
    EXPECT_EQ(database_version(migrator()), 1);
}

TEST_F(Migrator, raises_where_row_security_would_hide_rows_from_a_data_migration) {
    write("0002_add_secret.sql", R"sql(
        create table platform.secret (a int);
        insert into platform.secret values (1);
        alter table platform.secret enable row level security;
        alter table platform.secret force row level security;)sql");
    write("0003_change_secret.sql", "update platform.secret set a = 2;");
    EXPECT_THAT(message_of([&] { run(); }), HasSubstr("row-level security"));
    EXPECT_EQ(database_version(migrator()), 2);
}

TEST_F(Migrator, gives_up_on_a_lock_rather_than_stop_the_system) {
    run();
    BlockingConnection reader{cluster->connection_string(LocalCluster::superuser, database_)};
    reader.execute_script("begin; select * from platform.first");
    write("0002_change_first.sql", "alter table platform.first add column b int;");
    EXPECT_THAT(message_of([&] { run(); }), HasSubstr("lock timeout"));
    reader.execute_script("rollback");
    EXPECT_THAT(run().applied, ElementsAre("0002_change_first.sql"));
}

TEST_F(Migrator, lets_two_processes_start_at_once) {
    // Slow enough that both are inside; waits longer than lock_timeout, which must not count for the advisory
    // lock.
    write("0002_wait.sql", "select pg_sleep(2.5);");
    write("0003_add_third.sql", "create table platform.third (a int);");
    std::vector<pid_t> children;
    for (int i = 0; i < 2; ++i) {
        const pid_t pid = ::fork();
        ASSERT_GE(pid, 0);
        if (pid == 0) {
            std::size_t applied = 9;
            try {
                applied = run().applied.size();
            } catch (const std::exception&) {
            }
            ::_exit(static_cast<int>(applied));
        }
        children.push_back(pid);
    }
    std::vector<int> applied;
    for (const pid_t pid : children) {
        int status = 0;
        ::waitpid(pid, &status, 0);
        applied.push_back(WEXITSTATUS(status));
    }
    EXPECT_THAT(applied, testing::UnorderedElementsAre(0, 3));
}

TEST_F(Migrator, brings_an_empty_database_to_this_release_and_seeds_it_twice) {
    const fs::path sources = find_database_folder();
    const auto migrations = load_migrations(sources / "migrations");
    EXPECT_EQ(migrate(migrator(), migrations).version, static_cast<int>(migrations.size()));
    for (int round = 0; round < 2; ++round) {
        for (const SeedFile& file : load_seed(sources / "seed/demo")) {
            BlockingConnection{cluster->connection_string(file.role, database_)}.execute_script(file.sql);
        }
    }
    EXPECT_EQ(value("select count(*) from platform.tenant"), "4");
    EXPECT_EQ(
        value("select count(*) from app.item where tenant_id = (select id from platform.tenant where slug = "
              "'acme')"),
        "200"
    );
}

TEST(LoadMigrations, computes_the_checksum_that_sha256sum_prints) {
    const ScratchDirectory scratch;
    std::ofstream(scratch.path() / "0001_say_abc.sql") << "abc";
    EXPECT_EQ(
        load_migrations(scratch.path()).front().checksum,
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    EXPECT_THAT(
        message_of([] { static_cast<void>(load_migrations("/no/such/folder")); }),
        HasSubstr("/no/such/folder")
    );
}

TEST(LoadSeed, takes_the_role_from_the_name) {
    const ScratchDirectory scratch;
    std::ofstream(scratch.path() / "1_people_as_pz_identity.sql") << "select 1";
    EXPECT_EQ(load_seed(scratch.path()).front().role, "pz_identity");
    std::ofstream(scratch.path() / "2_orphan.sql") << "select 1";
    EXPECT_THAT(
        message_of([&] { static_cast<void>(load_seed(scratch.path())); }),
        HasSubstr("does not say who runs it")
    );
}

}  // namespace
}  // namespace pz::pg
