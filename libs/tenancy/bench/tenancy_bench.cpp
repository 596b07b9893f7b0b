// The request's whole transaction (BEGIN READ ONLY; SET LOCAL; liveness; one SELECT; COMMIT) over our shared
// connections, against pgbench's prepared pipeline of the same five statements on the same private cluster,
// in alternation. Prints transactions per second, and CPU microseconds per transaction on both sides of the
// socket; and the liveness check's share of the latter, by pgbench without it, with it and with the function
// that stands behind it.
//
//     tenancy_bench [seconds per run = 3] [rounds = 3] [threads = 2] [shared connections per thread = 2]
//     [depth = 16]

#include <pz/pg/blocking.hpp>
#include <pz/pg/cluster.hpp>
#include <pz/pg/error.hpp>
#include <pz/pg/migrator.hpp>
#include <pz/pg/wire.hpp>
#include <pz/tenancy/database.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace pz::bench {

struct Item {
    core::Uuid id;
    std::optional<core::Uuid> project_id;
    std::string title;
    std::optional<std::string> description;
    std::string status;
    std::optional<core::Uuid> created_by;
    core::Timestamp created_at;
    core::Timestamp updated_at;
    std::int32_t version = 0;
};

PZ_DESCRIBE(Item, id, project_id, title, description, status, created_by, created_at, updated_at, version)

namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using std::chrono::steady_clock;

constexpr pg::Query item_by_id{"bench.item_by_id", R"sql(
    SELECT id, project_id, title, description, status, created_by, created_at, updated_at, version
    FROM app.item WHERE tenant_id = $1 AND id = $2)sql"};
constexpr pg::Query page_of_items{"bench.page_of_items", R"sql(
    SELECT id, project_id, title, description, status, created_by, created_at, updated_at, version
    FROM app.item WHERE tenant_id = $1 AND (created_at, id) < ($2, $3)
    ORDER BY created_at DESC, id DESC LIMIT $4)sql"};

constexpr int tenants = 100;
constexpr int items = 1000;
constexpr int in_flight = 32;
constexpr int few_scripts = 4;

enum class Shape : std::uint8_t { by_id, page };
enum class Liveness : std::uint8_t { none, row, function };

struct Figures {
    double per_second = 0;
    double client_microseconds = 0;
    double server_microseconds = 0;
};

core::Uuid numbered(int kind, int number) {
    char text[core::Uuid::text_size + 1];
    std::snprintf(text, sizeof text, "00000000-0000-7000-800%d-%012d", kind, number);
    return core::Uuid::parse({text, core::Uuid::text_size}).value();
}

core::Uuid tenant(int number) {
    return numbered(1, number);
}

core::Uuid person(int number) {
    return numbered(2, number);
}

core::Uuid session(int number) {
    return numbered(3, number);
}

core::Uuid item(int number) {
    return numbered(4, number);
}

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double cpu_seconds(const rusage& usage) {
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// CPU seconds of the postmaster, of its children that ended and of those that live.
double server_cpu_seconds(pid_t postmaster) {
    double ticks = 0;
    for (const auto& entry : fs::directory_iterator("/proc")) {
        if (entry.path().filename().string().find_first_not_of("0123456789") != std::string::npos) {
            continue;
        }
        std::ifstream file(entry.path() / "stat");
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        if (text.empty() || text.find(')') == std::string::npos) {
            continue;
        }
        std::istringstream fields(text.substr(text.rfind(')') + 2));
        const std::vector<std::string> field{std::istream_iterator<std::string>(fields), {}};
        const bool is_postmaster = entry.path().filename() == std::to_string(postmaster);
        if (is_postmaster || field.at(1) == std::to_string(postmaster)) {
            for (std::size_t i = 11; i <= (is_postmaster ? 14U : 12U); ++i) {
                ticks += std::stod(field.at(i));
            }
        }
    }
    return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

class Bench {
 public:
    explicit Bench(const fs::path& directory)
        : directory_(directory),
          cluster_({.directory = directory / "cluster", .durability = pg::Durability::throw_away}) {
        const fs::path sources = fs::path{PZ_SOURCE_DIR} / "database";
        cluster_.prepare_database("phasezero", read(sources / "roles.sql"), read(sources / "database.sql"));
        pg::migrate(
            cluster_.connection_string("pz_migrator", "phasezero"),
            pg::load_migrations(sources / "migrations")
        );
        pg::BlockingConnection superuser{cluster_.connection_string("postgres", "phasezero")};
        superuser.execute_script(
            "create function pg_temp.id(kind int, n int) returns uuid language sql as $$"
            " select ('00000000-0000-7000-800' || kind || '-' || lpad(n::text, 12, '0'))::uuid $$;"
            "insert into platform.tenant (id, slug, name) select pg_temp.id(1, t), 't' || t, 'T' from "
            "generate_series(1, " +
            std::to_string(tenants) +
            ") t;"
            "insert into identity.person (id, email, name) select pg_temp.id(2, t), t || '@x', 'P' from "
            "generate_series(1, " +
            std::to_string(tenants) +
            ") t;"
            "insert into identity.session (id, person_id, tenant_id, refresh_nonce, rotated_at, created_at, "
            "auth_time,"
            " idle_expires_at, expires_at) select pg_temp.id(3, t), pg_temp.id(2, t), pg_temp.id(1, t),"
            " decode(repeat('00', 16), 'hex'), now(), now(), now(), now() + '1 day', now() + '1 day'"
            " from generate_series(1, " +
            std::to_string(tenants) +
            ") t;"
            "insert into platform.live_session (tenant_id, id, person_id, person_epoch, tenant_epoch, signing_key,"
            " writable, expires_at) select tenant_id, id, person_id, 1, 1, 'a key', true, expires_at"
            " from identity.session;"
            "insert into app.item (tenant_id, id, title, description, created_by, created_at)"
            " select pg_temp.id(1, t), pg_temp.id(4, i), 'Item number ' || i, repeat('words ', 10), "
            "pg_temp.id(2, t),"
            " now() - i * interval '1 minute' from generate_series(1, " +
            std::to_string(tenants) + ") t, generate_series(1, " + std::to_string(items) + ") i"
        );
        for (const char* table : {"app.item", "platform.live_session", "platform.tenant", "identity.person", "identity.session"}) {
            superuser.execute_script(std::string{"vacuum analyze "} + table);
        }
        for (const Liveness liveness : {Liveness::none, Liveness::row, Liveness::function}) {
            write_scripts(Shape::by_id, liveness);
            write_scripts(Shape::page, liveness);
        }
    }

    Figures ours(
        Shape shape, double duration, std::size_t threads, std::size_t connections, std::size_t depth
    ) {
        rusage before{};
        ::getrusage(RUSAGE_SELF, &before);
        const double server_before = server_cpu_seconds(cluster_.pid());
        const auto began = steady_clock::now();
        std::vector<std::uint64_t> counts(threads);
        std::vector<pg::wire::Counters> calls(threads);
        std::vector<std::thread> workers;
        for (std::size_t i = 0; i < threads; ++i) {
            workers.emplace_back([&, i] {
                counts[i] = work(shape, duration, in_flight / threads, connections, depth);
                calls[i] = pg::wire::counters();
            });
        }
        for (std::thread& worker : workers) {
            worker.join();
        }
        const double took = std::chrono::duration<double>(steady_clock::now() - began).count();
        rusage after{};
        ::getrusage(RUSAGE_SELF, &after);
        std::uint64_t count = 0;
        pg::wire::Counters sum;
        for (std::size_t i = 0; i < threads; ++i) {
            count += counts[i];
            sum.sends += calls[i].sends;
            sum.receives += calls[i].receives;
        }
        sends_per_transaction_ = static_cast<double>(sum.sends) / static_cast<double>(count);
        receives_per_transaction_ = static_cast<double>(sum.receives) / static_cast<double>(count);
        return figures(
            static_cast<double>(count),
            took,
            cpu_seconds(after) - cpu_seconds(before),
            server_cpu_seconds(cluster_.pid()) - server_before
        );
    }

    Figures pgbench(Shape shape, double duration, int clients, Liveness liveness, int scripts = tenants)
        const {
        const double server_before = server_cpu_seconds(cluster_.pid());
        const fs::path output = directory_ / "pgbench.txt";
        const pid_t child = ::fork();
        if (child == 0) {
            std::vector<std::string> command{
                pg::find_postgres_programs() / "pgbench",
                "-n",
                "-M",
                "prepared",
                "-j",
                "2",
                "-c",
                std::to_string(clients),
                "-T",
                std::to_string(static_cast<int>(duration))
            };
            for (int i = 1; i <= scripts; ++i) {
                command.emplace_back("-f");
                command.push_back(script(shape, i, liveness).string());
            }
            command.push_back(cluster_.connection_string("pz_app", "phasezero").reveal());
            std::vector<char*> arguments;
            for (std::string& word : command) {
                arguments.push_back(word.data());
            }
            arguments.push_back(nullptr);
            if (std::freopen(output.c_str(), "w", stdout) == nullptr ||
                std::freopen("/dev/null", "w", stderr) == nullptr) {
                ::_exit(1);
            }
            ::execv(arguments[0], arguments.data());
            ::_exit(1);
        }
        int status = 0;
        rusage usage{};
        ::wait4(child, &status, 0, &usage);
        const std::string text = read(output);
        const auto number_behind = [&text](const std::string& words) {
            const std::size_t at = text.find(words);
            return at == std::string::npos ? 0.0 : std::stod(text.substr(at + words.size()));
        };
        const double count = number_behind("transactions actually processed: ");
        return figures(
            count,
            count / number_behind("tps = "),
            cpu_seconds(usage),
            server_cpu_seconds(cluster_.pid()) - server_before
        );
    }

    [[nodiscard]] double sends_per_transaction() const noexcept { return sends_per_transaction_; }

    [[nodiscard]] double receives_per_transaction() const noexcept { return receives_per_transaction_; }

 private:
    static std::string read(const fs::path& path) {
        std::ifstream file(path);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    static Figures figures(double count, double took, double client, double server) {
        return {
            .per_second = count / took,
            .client_microseconds = client / count * 1e6,
            .server_microseconds = server / count * 1e6
        };
    }

    [[nodiscard]] fs::path script(Shape shape, int number, Liveness liveness) const {
        return directory_ / ((shape == Shape::by_id ? "id" : "page") + std::to_string(number) + '-' +
                             std::to_string(static_cast<int>(liveness)) + ".sql");
    }

    /// The service's own statement, with literals in the place of its parameters.
    static std::string row_check(int number) {
        const auto queries = tenancy::queries();
        std::string sql =
            std::ranges::find(queries, std::string_view{"tenancy.require_live"}, &pg::Query::name)->sql();
        const std::array<std::string, 7> values{
            '\'' + person(number).to_string() + '\'',
            "1",
            "1",
            '\'' + session(number).to_string() + '\'',
            "false",
            "'a key'",
            '\'' + tenant(number).to_string() + '\''
        };
        for (std::size_t i = 0; i < values.size(); ++i) {
            const std::string parameter = '$' + std::to_string(i + 1);
            for (std::size_t at = sql.find(parameter); at != std::string::npos;
                 at = sql.find(parameter, at)) {
                sql.replace(at, parameter.size(), values[i]);
            }
        }
        std::ranges::replace(sql, '\n', ' ');
        return sql + ";\n";
    }

    static std::string check(int number, Liveness liveness) {
        switch (liveness) {
            case Liveness::none:
                return {};
            case Liveness::row:
                return row_check(number);
            case Liveness::function:
                break;
        }
        return "select platform.require_live('" + person(number).to_string() + "', 1, 1, '" +
               session(number).to_string() + "', false);\n";
    }

    /// pgbench cannot compute a uuid: one script per tenant, with the values as literals.
    void write_scripts(Shape shape, Liveness liveness) const {
        for (int i = 1; i <= tenants; ++i) {
            std::ofstream file(script(shape, i, liveness));
            const std::string columns =
                "select id, project_id, title, description, status, created_by, created_at, updated_at, "
                "version";
            const std::string of_tenant = " from app.item where tenant_id = '" + tenant(i).to_string() + "'";
            file << "\\startpipeline\nbegin read only;\nset local app.current_tenant = '"
                 << tenant(i).to_string() << "';\n"
                 << check(i, liveness) << columns << of_tenant;
            if (shape == Shape::by_id) {
                file << " and id = '" << item(i * 7).to_string() << "';\n";
            } else {
                file << " and (created_at, id) < (now() - interval '5 hours', '" << item(i).to_string()
                     << "') order by created_at desc, id desc limit 20;\n";
            }
            file << "commit;\n\\endpipeline\n";
        }
    }

    static asio::awaitable<void>
    loop(  // NOLINTNEXTLINE(*-avoid-reference-coroutine-parameters): outlived by work()
        pg::Pool& pool,
        Shape shape,
        steady_clock::time_point until,
        std::uint64_t& count,
        unsigned seed
    ) {
        std::minstd_rand dice(seed);
        const core::Timestamp now =
            std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
        while (steady_clock::now() < until) {
            const int number = 1 + static_cast<int>(dice() % tenants);
            tenancy::Transaction transaction(
                pool,
                {.tenant = tenant(number),
                 .claims =
                     {.person = person(number),
                      .person_epoch = 1,
                      .tenant_epoch = 1,
                      .session = session(number),
                      .signing_key = "a key"}}
            );
            const tenancy::TenantDb db(transaction);
            try {
                if (shape == Shape::by_id) {
                    const auto found = co_await db.finish_optional<Item>(
                        item_by_id, item(1 + static_cast<int>(dice() % items))
                    );
                    count += found ? 1 : 0;
                } else {
                    const auto before = now - std::chrono::minutes(dice() % (items - 30));
                    const auto rows = co_await db.finish<Item>(page_of_items, before, item(1), 20);
                    count += rows.size() == 20 ? 1 : 0;
                }
            } catch (const pg::PoolTimeout&) {
                // The machine is busy with something else: this one does not count.
            }
        }
    }

    std::uint64_t work(
        Shape shape, double duration, std::size_t loops, std::size_t connections, std::size_t depth
    ) {
        asio::io_context context(1);
        pg::PoolOptions options;
        options.connection_string = cluster_.connection_string("pz_app", "phasezero");
        options.shared_connections = connections;
        options.depth = depth;
        if (const char* mode = std::getenv("PLAN_CACHE_MODE")) {
            options.plan_cache_mode = mode;
        }
        pg::Pool pool(context, options);
        std::uint64_t count = 0;
        std::size_t open = loops;
        const auto until =
            steady_clock::now() +
            std::chrono::duration_cast<steady_clock::duration>(std::chrono::duration<double>(duration));
        for (std::size_t i = 0; i < loops; ++i) {
            asio::co_spawn(
                context,
                loop(pool, shape, until, count, static_cast<unsigned>(i) + 1),
                [&](std::exception_ptr failure) {
                    --open;
                    if (failure) {
                        std::rethrow_exception(failure);
                    }
                }
            );
        }
        while (open > 0) {
            context.run_one();
        }
        pool.close();
        return count;
    }

    fs::path directory_;
    pg::LocalCluster cluster_;
    double sends_per_transaction_ = 0;
    double receives_per_transaction_ = 0;
};

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

Figures median_of(const std::vector<Figures>& runs) {
    const auto of = [&runs](auto member) {
        std::vector<double> values;
        std::ranges::transform(runs, std::back_inserter(values), member);
        return median(std::move(values));
    };
    return {
        .per_second = of(&Figures::per_second),
        .client_microseconds = of(&Figures::client_microseconds),
        .server_microseconds = of(&Figures::server_microseconds)
    };
}

void print(const char* name, const Figures& figures) {
    std::printf(
        "  %-22s %9.0f /s   client %5.1f us   server %5.1f us\n",
        name,
        figures.per_second,
        figures.client_microseconds,
        figures.server_microseconds
    );
}

void compare(
    Bench& bench,
    Shape shape,
    double duration,
    int rounds,
    std::size_t threads,
    std::size_t connections,
    std::size_t depth
) {
    std::vector<Figures> ours;
    std::vector<Figures> four_clients;
    std::vector<Figures> many_clients;
    std::vector<Figures> unchecked;
    std::vector<Figures> by_row;
    std::vector<Figures> by_function;
    for (int round = 0; round < rounds; ++round) {
        ours.push_back(bench.ours(shape, duration, threads, connections, depth));
        four_clients.push_back(bench.pgbench(shape, duration, 4, Liveness::function));
        many_clients.push_back(bench.pgbench(shape, duration, in_flight, Liveness::function));
        // Few scripts: the check is planned once for each script and client, which must not be what is
        // measured.
        unchecked.push_back(bench.pgbench(shape, duration, 4, Liveness::none, few_scripts));
        by_row.push_back(bench.pgbench(shape, duration, 4, Liveness::row, few_scripts));
        by_function.push_back(bench.pgbench(shape, duration, 4, Liveness::function, few_scripts));
    }
    std::printf("%s\n", shape == Shape::by_id ? "item by id" : "page of 20");
    print("ours, 32 in flight", median_of(ours));
    print("pgbench, 4 clients", median_of(four_clients));
    print("pgbench, 32 clients", median_of(many_clients));
    print("liveness: not checked", median_of(unchecked));
    print("liveness: by the row", median_of(by_row));
    print("liveness: by function", median_of(by_function));
    std::printf(
        "  share of the row in the server's CPU: %.0f %%\n",
        100 * (1 - median_of(unchecked).server_microseconds / median_of(by_row).server_microseconds)
    );
    const double best = std::max(median_of(four_clients).per_second, median_of(many_clients).per_second);
    std::printf(
        "  ratio to pgbench's best %.2f; per transaction %.2f send(), %.2f recv()\n",
        median_of(ours).per_second / best,
        bench.sends_per_transaction(),
        bench.receives_per_transaction()
    );
    std::fflush(stdout);
}

}  // namespace
}  // namespace pz::bench

int main(int argc, char** argv) {
    const auto argument = [&](int position, double fallback) {
        return argc > position ? std::strtod(argv[position], nullptr) : fallback;
    };
    std::string directory = "/tmp/pz-bench-XXXXXX";
    if (::mkdtemp(directory.data()) == nullptr || ::chmod(directory.c_str(), 0711) != 0) {
        return 1;
    }
    {
        pz::bench::Bench bench(directory);
        for (const auto shape : {pz::bench::Shape::by_id, pz::bench::Shape::page}) {
            pz::bench::compare(
                bench,
                shape,
                argument(1, 3),
                static_cast<int>(argument(2, 3)),
                static_cast<std::size_t>(argument(3, 2)),
                static_cast<std::size_t>(argument(4, 2)),
                static_cast<std::size_t>(argument(5, 16))
            );
        }
    }
    std::filesystem::remove_all(directory);
    return 0;
}
