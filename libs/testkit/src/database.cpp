#include <pz/testkit/database.hpp>

#include <pz/pg/migrator.hpp>

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <vector>

namespace pz::testkit {

namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
    std::ifstream file{path, std::ios::binary};
    if (!file) {
        throw std::runtime_error{"cannot read " + path.string()};
    }
    return {std::istreambuf_iterator<char>{file}, {}};
}

/// Grants on a database are not part of it, so that a clone needs them anew.
void apply_database_sql(const TestCluster& cluster, std::string_view database) {
    pg::BlockingConnection connection{cluster.connection_string(pg::LocalCluster::superuser, database)};
    connection.execute_script(read_file(pg::find_database_folder() / "database.sql"));
}

}  // namespace

TestCluster::TestCluster(pg::Durability durability) : durability_(durability) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): tests change the environment nowhere
    const char* shared = std::getenv(environment_variable);
    if (durability == pg::Durability::throw_away && shared != nullptr && *shared != '\0') {
        directory_ = shared;
        return;
    }
    own_directory_.emplace("test");
    directory_ = own_directory_->path();
    start();
    build_template();
}

void TestCluster::start() {
    own_cluster_.emplace(pg::ClusterOptions{
        .directory = directory_,
        .durability = durability_,
        .max_connections = 200,
    });
}

void TestCluster::crash() {
    ::kill(own_cluster_.value().pid(), SIGKILL);
    own_cluster_.reset();
    start();
}

core::SecretString TestCluster::connection_string(std::string_view role, std::string_view database) const {
    return pg::cluster_connection_string(directory_, role, database);
}

void TestCluster::build_template() {
    const std::string database{template_database};
    const fs::path folder = pg::find_database_folder();
    own_cluster_->prepare_database(
        database, read_file(folder / "roles.sql"), read_file(folder / "database.sql")
    );
    pg::migrate(connection_string("pz_migrator", database), pg::load_migrations(pg::find_migrations()));
    seed_demo(*this, database);
    // Cloning waits for nobody if nobody can be connected to the template.
    pg::BlockingConnection connection{connection_string(pg::LocalCluster::superuser, "postgres")};
    connection.execute_script(
        "ALTER DATABASE " + pg::quote_identifier(database) + " WITH IS_TEMPLATE true ALLOW_CONNECTIONS false"
    );
}

TestCluster& test_cluster() {
    // Statics end in reverse order: the logger, which the cluster's end may use, has to begin before it.
    spdlog::default_logger_raw();
    static TestCluster cluster;
    return cluster;
}

TestDatabase::TestDatabase(TestCluster& cluster) : cluster_(cluster) {
    static std::atomic<int> count = 0;
    name_ = "t_" + std::to_string(::getpid()) + "_" + std::to_string(++count);
    pg::BlockingConnection connection{cluster_.connection_string(pg::LocalCluster::superuser, "postgres")};
    connection.execute_script(
        "CREATE DATABASE " + pg::quote_identifier(name_) + " TEMPLATE " +
        pg::quote_identifier(TestCluster::template_database) + " OWNER pz_owner"
    );
    apply_database_sql(cluster_, name_);
}

TestDatabase::~TestDatabase() {
    try {
        pg::BlockingConnection connection{cluster_.connection_string(pg::LocalCluster::superuser, "postgres")
        };
        connection.execute_script("DROP DATABASE " + pg::quote_identifier(name_) + " WITH (FORCE)");
    } catch (const std::exception& error) {
        spdlog::warn("the database {} stays until its cluster ends: {}", name_, error.what());
    }
}

core::SecretString TestDatabase::connection_string(std::string_view role) const {
    return cluster_.connection_string(role, name_);
}

pg::BlockingConnection TestDatabase::connect(std::string_view role) const {
    return pg::BlockingConnection{connection_string(role)};
}

pg::BlockingConnection TestDatabase::connect_as_superuser() const {
    return connect(pg::LocalCluster::superuser);
}

void seed_demo(const TestCluster& cluster, std::string_view database) {
    constexpr std::string_view role_mark = "_as_";
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator{pg::find_database_folder() / "seed" / "demo"}) {
        files.push_back(entry.path());
    }
    std::ranges::sort(files);
    for (const auto& file : files) {
        const std::string name = file.stem().string();
        const auto mark = name.rfind(role_mark);
        if (mark == std::string::npos) {
            throw std::runtime_error{file.string() + " does not say whose it is (N_name_as_<role>.sql)"};
        }
        pg::BlockingConnection connection{
            cluster.connection_string(name.substr(mark + role_mark.size()), database)
        };
        connection.execute_script(read_file(file));
    }
}

}  // namespace pz::testkit
