#pragma once

#include "random.hpp"

#include <pz/testkit/database.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace pz::isolation {

/// Tenants are numbers here; the platform's own staff belong to this one.
inline constexpr int platform = -1;

/// A text that stands in the rows of one tenant and one table and nowhere else. Lower-case letters and
/// digits, so that it is a slug, a key and a name at once.
struct Canary {
    int tenant;
    std::size_t table;
};

/// What a tenant has of one table. Nobody takes away what is kept, so that it can be aimed at for hours;
/// the other half is there for its own people to delete.
struct Rows {
    std::vector<std::string> kept;
    std::vector<std::string> expendable;
};

struct Person {
    std::string id;
    std::string email;
    std::string role;
};

/// Speaking: its people send requests. Silent: it is only attacked, so nothing of it may ever change.
/// Of the platform: staff may do to it what the platform's operations do.
enum class Part : std::uint8_t { speaking, silent, of_the_platform };

struct Tenant {
    int number;
    std::string id;
    Part part;
    std::vector<Person> people;        ///< an admin, a standard person, then those who never sign in
    std::map<std::size_t, Rows> rows;  ///< by table
};

/// Whose an identifier is.
struct Owner {
    int tenant;
    std::size_t table;
};

/// The tenants of an attack and everything that is known of them. The same seed makes the same rows.
class Population {
 public:
    static constexpr std::string_view password = "admin123";
    /// Tables of canaries that stand in no row at first: what people say, and secrets that nobody gets back.
    static constexpr std::size_t spoken = 99;
    static constexpr std::size_t secret = 98;

    Population(testkit::TestDatabase& database, std::uint64_t seed, int tenants);

    [[nodiscard]] const std::vector<Tenant>& tenants() const noexcept { return tenants_; }

    [[nodiscard]] const Tenant& tenant(int number) const {
        return tenants_.at(static_cast<std::size_t>(number));
    }

    /// Every table that belongs to tenants: "app.item".
    [[nodiscard]] const std::vector<std::string>& tables() const noexcept { return tables_; }

    [[nodiscard]] std::optional<std::size_t> table(std::string_view name) const;

    [[nodiscard]] std::string canary(int tenant, std::size_t table) const;
    /// What an attacker may know of a tenant's canaries: enough to search for, not enough to be proof.
    [[nodiscard]] static std::string hint(int tenant);
    /// Every genuine canary in the text.
    [[nodiscard]] std::vector<Canary> canaries_in(std::string_view text) const;

    /// Whose this UUID is, in text form; nullopt for one that nobody has.
    [[nodiscard]] std::optional<Owner> owner_of(std::string_view id) const;
    void remember(std::string_view id, Owner owner);

 private:
    void find_tables(pg::BlockingConnection& superuser);
    void seed_platform(pg::BlockingConnection& superuser, Tenant& tenant);
    void seed_identity(pg::BlockingConnection& superuser, Tenant& tenant);
    void seed_business_table(pg::BlockingConnection& superuser, const std::string& table);
    void check_that_nothing_is_empty(pg::BlockingConnection& superuser) const;
    /// A new identifier of the tenant, known from now on.
    std::string new_id(const Tenant& tenant, std::size_t table);
    std::string add_row(Tenant& tenant, std::string_view table, bool kept);
    [[nodiscard]] std::string canary_of(const Tenant& tenant, std::string_view table) const;

    std::uint64_t seed_;
    Random random_;
    std::vector<std::string> tables_;
    std::vector<Tenant> tenants_;
    mutable std::shared_mutex owners_mutex_;
    std::unordered_map<std::string, Owner> owners_;
};

/// Every UUID in the text, lower-cased.
[[nodiscard]] std::vector<std::string> uuids_in(std::string_view text);

}  // namespace pz::isolation
