#include "data_set.hpp"

#include <pz/crypto/password_hasher.hpp>
#include <pz/pg/blocking.hpp>
#include <pz/pg/migrator.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <stdexcept>

namespace pz::bench {

namespace {

constexpr long long item_base = 100'000'000'000;

/// Identifiers look like the version 7 ones that the services make: they rise with time.
core::Uuid identifier(std::string_view text) {
    return core::Uuid::parse(text).value();
}

/// Another one for each process, so that two clusters do not want the same port.
std::string loopback_address() {
    const int process = ::getpid();
    return fmt::format("127.{}.{}.{}", 64 + (process >> 16) % 64, (process >> 8) % 256, 1 + process % 254);
}

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    if (!file) {
        throw std::runtime_error{"cannot read " + path.string()};
    }
    return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace

core::Uuid DataSet::tenant(int number) {
    return identifier(fmt::format("0197c0de-0000-7000-b000-{:012d}", number));
}

core::Uuid DataSet::person(int number) {
    return identifier(fmt::format("0197c0de-0000-7000-b001-{:012d}", number));
}

core::Uuid DataSet::session(int number) {
    return identifier(fmt::format("0197c0de-0000-7000-b002-{:012d}", number));
}

core::Uuid DataSet::item(int tenant, int number) {
    return identifier(
        fmt::format("0197c0de-{:04d}-7{:03d}-b003-{}", tenant % 10'000, tenant / 10'000, item_base + number)
    );
}

std::string DataSet::item_sql(int tenant, std::string_view number) {
    return fmt::format(
        "('0197c0de-{:04d}-7{:03d}-b003-' || {})::uuid", tenant % 10'000, tenant / 10'000, number
    );
}

DataSet::DataSet(const std::filesystem::path& directory, Size size, Access access) : size_(size) {
    start(directory, Access{});
    const std::filesystem::path folder = pg::find_database_folder();
    cluster_->prepare_database(
        std::string{database}, read_file(folder / "roles.sql"), read_file(folder / "database.sql")
    );
    pg::migrate(connection_string("pz_migrator"), pg::load_migrations(pg::find_migrations()));
    fill();
    cluster_->stop();
    start(directory, access);  // with the memory that fill() asked for
    pg::BlockingConnection superuser{connection_string(pg::LocalCluster::superuser)};
    superuser.execute_script("create extension pg_prewarm");
    superuser.execute_script(
        "select pg_prewarm(oid) from pg_class where relnamespace = 'app'::regnamespace and relkind in ('r', "
        "'i')"
    );
}

void DataSet::start(const std::filesystem::path& directory, Access access) {
    cluster_.reset();
    cluster_.emplace(pg::ClusterOptions{
        .directory = directory,
        .durability = access.durability,
        .max_connections = 200,
        .loopback_address = access.tcp ? loopback_address() : std::string{},
    });
}

void DataSet::fill() const {
    pg::BlockingConnection superuser{connection_string(pg::LocalCluster::superuser)};
    superuser.execute_script("alter system set shared_buffers = '1GB'");
    superuser.execute_script("alter system set max_wal_size = '8GB'");
    // Foreign keys are checked by triggers; these rows are right by construction.
    superuser.execute_script("set session_replication_role = replica");
    superuser.execute_script(fmt::format(
        R"sql(
        create function pg_temp.make(kind text, n bigint) returns uuid language sql immutable
          as $$ select ('0197c0de-0000-7000-' || kind || '-' || lpad(n::text, 12, '0'))::uuid $$;
        insert into platform.tenant (id, slug, name, plan)
          select pg_temp.make('b000', n), 'tenant-' || n, 'Tenant ' || n, 'team' from generate_series(1, {0}) n;
        insert into identity.person (id, email, name)
          select pg_temp.make('b001', n), 'person-' || n || '@bench.example', 'Person ' || n from generate_series(1, {0}) n;
        insert into identity.membership (tenant_id, person_id, role)
          select pg_temp.make('b000', n), pg_temp.make('b001', n), 'admin' from generate_series(1, {0}) n;
        insert into identity.session
            (id, person_id, tenant_id, refresh_nonce, rotated_at, created_at, auth_time, idle_expires_at, expires_at)
          select pg_temp.make('b002', n), pg_temp.make('b001', n), pg_temp.make('b000', n),
                 '\x00112233445566778899aabbccddeeff', now(), now(), now(), now() + interval '1 day', now() + interval '1 day'
            from generate_series(1, {0}) n;
        insert into platform.live_session
            (tenant_id, id, person_id, person_epoch, tenant_epoch, signing_key, writable, expires_at)
          select tenant_id, id, person_id, 1, 1, 'nobody signs yet', true, expires_at from identity.session;
        insert into app.project (tenant_id, id, name)
          select pg_temp.make('b000', n), pg_temp.make('b004', k), 'Project ' || k
            from generate_series(1, {0}) n, generate_series(1, 5) k;
        -- Written in the order of time, as a product's life would: the tenants take turns.
        insert into app.item (tenant_id, id, project_id, title, description, status, created_by, created_at, updated_at)
          select pg_temp.make('b000', n),
                 ('0197c0de-' || lpad((n % 10000)::text, 4, '0') || '-7' || lpad((n / 10000)::text, 3, '0') || '-b003-' || ({2} + k))::uuid,
                 pg_temp.make('b004', k % 5 + 1), 'Inspect the safety fence of line ' || k,
                 case when k % 3 = 0 then 'Twice a year, by two people, with a photograph of each side.' end,
                 (array['open', 'done', 'archived'])[k % 3 + 1], pg_temp.make('b001', n),
                 timestamptz '2026-01-01 00:00:00+00' + k * interval '7 minutes',
                 timestamptz '2026-01-01 00:00:00+00' + k * interval '7 minutes'
            from generate_series(1, {1}) k, generate_series(1, {0}) n)sql",
        size_.tenants,
        size_.items_per_tenant,
        item_base
    ));
    superuser.execute_script("vacuum analyze");
    superuser.execute_script("checkpoint");
}

core::SecretString DataSet::connection_string(std::string_view role) const {
    return cluster_->connection_string(role, database);
}

core::SecretString DataSet::tcp_connection_string(std::string_view role) const {
    return core::SecretString{connection_string(role).reveal() + " hostaddr=" + loopback_address()};
}

void DataSet::give_password(int people, std::string_view password) const {
    crypto::PasswordHasher hasher;
    boost::asio::io_context loop;
    auto hash = boost::asio::co_spawn(
        loop, hasher.hash(core::SecretString{std::string{password}}), boost::asio::use_future
    );
    loop.run();
    pg::BlockingConnection identity{connection_string("pz_identity")};
    const std::string phc = hash.get();
    for (int number = 1; number <= people; ++number) {
        identity.query(
            "update identity.person set password_hash = $1 where email = $2", {phc, email(number)}
        );
    }
}

std::string DataSet::email(int person) {
    return fmt::format("person-{}@bench.example", person);
}

void DataSet::go_live_with(const std::string& signing_key) const {
    pg::BlockingConnection{connection_string(pg::LocalCluster::superuser)}.query(
        "update platform.live_session set signing_key = $1", {signing_key}
    );
}

std::string DataSet::signing_key() const {
    return pg::BlockingConnection{connection_string(pg::LocalCluster::superuser)}.value(
        "select signing_key from platform.live_session limit 1"
    );
}

std::string DataSet::server_version() const {
    return pg::BlockingConnection{connection_string(pg::LocalCluster::superuser)}.value("show server_version"
    );
}

}  // namespace pz::bench
