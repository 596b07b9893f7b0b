#pragma once

#include <pz/core/secret.hpp>
#include <pz/pg/blocking.hpp>
#include <pz/pg/cluster.hpp>
#include <pz/testkit/temporary_directory.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace pz::testkit {

/// The throw-away PostgreSQL of a test run: no fsync, reachable through a unix socket only, with a migrated
/// and demo-seeded template database that each TestDatabase is a clone of.
///
/// PZ_TEST_CLUSTER names the directory of a cluster that the run already started (`testkit-cluster --
/// command`); without it this object starts one of its own and ends it again. Neither outlives a killed
/// process.
class TestCluster {
 public:
    static constexpr const char* environment_variable = "PZ_TEST_CLUSTER";
    static constexpr std::string_view template_database = "phasezero_template";

    /// Joins or starts; one that is to be durable is always started. Throws pg::ClusterError,
    /// pg::MigrationError or pg::BlockingError. To be constructed on a thread that outlives it: the server's
    /// parent-death signal is tied to the thread that started it.
    explicit TestCluster(pg::Durability durability = pg::Durability::throw_away);

    /// For tests of what survives: SIGKILL to the server, then a new one on the same data. To be called on
    /// the thread that made this object, whose cluster is its own: a durable one always is.
    void crash();

    [[nodiscard]] const std::filesystem::path& directory() const noexcept { return directory_; }

    /// A libpq connection string for pg::LocalCluster::superuser or a role of roles.sql.
    [[nodiscard]] core::SecretString connection_string(std::string_view role, std::string_view database)
        const;

 private:
    void start();
    void build_template();

    std::optional<TemporaryDirectory> own_directory_;
    std::filesystem::path directory_;
    pg::Durability durability_;
    std::optional<pg::LocalCluster> own_cluster_;
};

/// The one cluster of this process, started at the first call.
TestCluster& test_cluster();

/// A database of one's own: all migrations, the demo's data, every login role. Dropped with the object,
/// whoever is still connected. A suite whose tests do not write, or roll back, may share one.
class TestDatabase {
 public:
    explicit TestDatabase(TestCluster& cluster = test_cluster());
    TestDatabase(const TestDatabase&) = delete;
    TestDatabase& operator=(const TestDatabase&) = delete;
    ~TestDatabase();

    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    /// As pz_app, pz_support, pz_admin, pz_identity, pz_migrator or pz_backup.
    [[nodiscard]] core::SecretString connection_string(std::string_view role) const;
    [[nodiscard]] pg::BlockingConnection connect(std::string_view role) const;
    /// For arranging what no role of ours may do; never for what is tested.
    [[nodiscard]] pg::BlockingConnection connect_as_superuser() const;

 private:
    TestCluster& cluster_;
    std::string name_;
};

/// Runs database/seed/demo/N_name_as_<role>.sql, each file as the role in its name. Safe to run again.
void seed_demo(const TestCluster& cluster, std::string_view database);

}  // namespace pz::testkit
