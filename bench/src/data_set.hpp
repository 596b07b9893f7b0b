#pragma once

#include <pz/core/secret.hpp>
#include <pz/core/uuid.hpp>
#include <pz/pg/cluster.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace pz::bench {

/// A cluster of its own with many tenants in it. Tenant, person, session and item number n are numbered from
/// 1, and their identifiers are computed from the numbers, by this program and by the database alike.
class DataSet {
 public:
    struct Size {
        int tenants = 1'000;
        int items_per_tenant = 1'000;
    };

    /// How it is served once it is filled; without fsync where nothing that is measured writes.
    struct Access {
        pg::Durability durability = pg::Durability::throw_away;
        bool tcp = false;  ///< by TCP as well, at an address of this process alone
    };

    static constexpr std::string_view database = "bench";

    /// Creates the cluster, migrates and fills it (half a minute for a million items). The same settings for
    /// everybody who is measured: all rows in memory.
    DataSet(const std::filesystem::path& directory, Size size, Access access);

    DataSet(const std::filesystem::path& directory, Size size) : DataSet(directory, size, Access{}) {}

    [[nodiscard]] const Size& size() const noexcept { return size_; }

    [[nodiscard]] core::SecretString connection_string(std::string_view role) const;

    /// The same by TCP; only with Access::tcp.
    [[nodiscard]] core::SecretString tcp_connection_string(std::string_view role) const;

    [[nodiscard]] pid_t postmaster() const noexcept { return cluster_->pid(); }

    [[nodiscard]] std::string server_version() const;

    /// The same for each of the first `people`.
    void give_password(int people, std::string_view password) const;
    /// "person-7@bench.example"
    [[nodiscard]] static std::string email(int person);

    /// What identity-service leaves behind when it issues tokens: the sessions are live with this key.
    void go_live_with(const std::string& signing_key) const;
    [[nodiscard]] std::string signing_key() const;

    [[nodiscard]] static core::Uuid tenant(int number);
    [[nodiscard]] static core::Uuid person(int number);
    [[nodiscard]] static core::Uuid session(int number);
    /// Items are numbered within their tenant.
    [[nodiscard]] static core::Uuid item(int tenant, int number);
    /// An SQL expression of type uuid for item(tenant, n), where `number` is SQL for n as text of 12 digits
    /// plus 10^11.
    [[nodiscard]] static std::string item_sql(int tenant, std::string_view number);

 private:
    void start(const std::filesystem::path& directory, Access access);
    void fill() const;

    Size size_;
    std::optional<pg::LocalCluster> cluster_;
};

}  // namespace pz::bench
