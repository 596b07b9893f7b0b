#include <pz/pg/cluster.hpp>

#include <pz/core/text.hpp>
#include <pz/pg/blocking.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

namespace pz::pg {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr int oldest_server = 15;
constexpr std::string_view server_account = "postgres";
/// PostgreSQL names its socket after the port, even when it listens on no port.
constexpr std::string_view socket_name = ".s.PGSQL.5432";
/// initdb works here until everything is complete; a leftover is swept at the next start.
constexpr std::string_view creation_prefix = "creating-";

struct Owner {
    uid_t user;
    gid_t group;
};

Owner owner_of(const std::string& account) {
    if (account.empty()) {
        return {::geteuid(), ::getegid()};
    }
    passwd entry{};
    passwd* found = nullptr;
    std::array<char, 4096> text{};
    if (getpwnam_r(account.c_str(), &entry, text.data(), text.size(), &found) != 0 || found == nullptr) {
        throw ClusterError(
            "there is no account " + account + ", which PostgreSQL needs when the caller is root"
        );
    }
    return {entry.pw_uid, entry.pw_gid};
}

[[noreturn]] void fail(const std::string& what, int error) {
    throw ClusterError(what + ": " + std::generic_category().message(error));
}

/// A directory with exactly this owner and mode. In a shared place such as /tmp somebody else may have made
/// it first (or a link), so what is there is looked at, not trusted.
void ensure_directory(const fs::path& path, Owner owner, mode_t mode) {
    if (::mkdir(path.c_str(), mode) == 0) {
        if (::geteuid() == 0 && ::chown(path.c_str(), owner.user, owner.group) != 0) {
            fail("could not hand over " + path.string(), errno);
        }
    } else if (errno != EEXIST) {
        fail("could not create " + path.string(), errno);
    }
    struct stat state{};
    if (::lstat(path.c_str(), &state) != 0) {
        fail("could not read " + path.string(), errno);
    }
    if (!S_ISDIR(state.st_mode) || state.st_uid != owner.user) {
        throw ClusterError(
            path.string() + " is not a directory of ours; remove it or choose another state directory"
        );
    }
    if ((state.st_mode & 07777U) != mode && ::chmod(path.c_str(), mode) != 0) {
        fail("could not set the mode of " + path.string(), errno);
    }
}

void write_all(int descriptor, std::string_view text, const fs::path& path) {
    while (!text.empty()) {
        const ssize_t written = ::write(descriptor, text.data(), text.size());
        if (written < 0 && errno != EINTR) {
            fail("could not write " + path.string(), errno);
        }
        text.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
    }
}

/// A 0600 file that is there completely or not at all, also after a power cut.
void write_private_file(const fs::path& path, std::string_view text) {
    const fs::path aside = path.string() + ".new";
    const int descriptor = ::open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0) {
        fail("could not create " + aside.string(), errno);
    }
    write_all(descriptor, text, aside);
    ::fsync(descriptor);
    ::close(descriptor);
    fs::rename(aside, path);
}

std::string read_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

fs::path password_file(const fs::path& directory, std::string_view role) {
    return directory / "secrets" / (std::string{role} + ".password");
}

/// The role's password, made at the first call.
core::SecretString ensure_password(const fs::path& directory, std::string_view role) {
    const fs::path path = password_file(directory, role);
    std::string password = read_file(path);
    if (password.empty()) {
        password = core::random_token(24);
        write_private_file(path, password);
    }
    return core::SecretString{std::move(password)};
}

/// Below the cluster where that fits into sockaddr_un (107 bytes) and has no comma, which libpq takes for the
/// end of a host name; else a short directory in /tmp named after the cluster.
fs::path choose_socket_directory(const fs::path& directory) {
    constexpr std::size_t limit = sizeof(sockaddr_un::sun_path) - 1;
    fs::path preferred = directory / "socket";
    if ((preferred / socket_name).native().size() <= limit && !preferred.native().contains(',')) {
        return preferred;
    }
    std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a: the same in every process, unlike std::hash
    for (const char c : directory.native()) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    }
    return fmt::format("/tmp/phasezero-{}-{:016x}", ::geteuid(), hash);
}

/// All processes that work in a directory or below it: PostgreSQL's have their data directory as the current
/// one.
std::set<pid_t> processes_in(const fs::path& directory) {
    std::set<pid_t> found;
    std::error_code ignored;
    const std::string resolved = fs::canonical(directory, ignored).native();
    const auto inside = [&resolved](const std::string& path) {
        return path.starts_with(resolved) && (path.size() == resolved.size() || path[resolved.size()] == '/');
    };
    if (resolved.empty()) {
        return found;
    }
    for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
        const std::string name = entry.path().filename();
        pid_t pid = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
        std::error_code unreadable;
        if (error == std::errc{} && end == name.data() + name.size() && pid != ::getpid() &&
            inside(fs::read_symlink(entry.path() / "cwd", unreadable).native()) && !unreadable) {
            found.insert(pid);
        }
    }
    return found;
}

/// Removes a half-made cluster. The server that initdb drives outlives a killed initdb for a moment and goes
/// on making and removing files, so it is ended first.
void remove_half_made(const fs::path& aside) {
    const auto started = steady_clock::now();
    for (auto left = processes_in(aside); !left.empty(); left = processes_in(aside)) {
        for (const pid_t pid : left) {
            ::kill(pid, SIGKILL);
        }
        if (steady_clock::now() - started > 10s) {
            throw ClusterError(
                fmt::format("process {} works in {} and does not end", *left.begin(), aside.string())
            );
        }
        std::this_thread::sleep_for(5ms);
    }
    fs::remove_all(aside);
}

std::string last_lines(const fs::path& path, int count) {
    const std::string text = read_file(path);
    std::size_t start = text.ends_with('\n') ? text.size() - 1 : text.size();
    for (int line = 0; line < count && start != std::string::npos; ++line) {
        start = start == 0 ? std::string::npos : text.rfind('\n', start - 1);
    }
    return start == std::string::npos ? text : text.substr(start + 1);
}

std::vector<std::string> server_command(
    const ClusterOptions& options, const fs::path& data, const fs::path& socket_directory
) {
    std::vector<std::string> command{(options.programs / "postgres").string(), "-D", data.string()};
    const auto set = [&command](std::string_view name, std::string_view value) {
        command.emplace_back("-c");
        command.push_back(fmt::format("{}={}", name, value));
    };
    set("listen_addresses", options.loopback_address);
    // A list: quoted, so that a comma or a space in the path stays part of it.
    set("unix_socket_directories", quote_identifier(socket_directory.native()));
    set("unix_socket_permissions", "0700");
    set("max_connections", std::to_string(options.max_connections));
    set("cluster_name", "phasezero");
    set("log_line_prefix", "%m [%p] %q%u@%d ");
    if (options.durability == Durability::throw_away) {
        for (const char* setting : {"fsync", "synchronous_commit", "full_page_writes", "autovacuum"}) {
            set(setting, "off");
        }
        set("wal_level", "minimal");
        set("max_wal_senders", "0");
    }
    return command;
}

/// PostgreSQL's programs get this and nothing else: a PGDATA or PGOPTIONS of the caller must not reach them.
std::vector<std::string> server_environment() {
    return {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC"};
}

}  // namespace

void LocalCluster::Unlock::operator()(const int* descriptor) const noexcept {
    ::close(*descriptor);
    delete descriptor;
}

LocalCluster::LocalCluster(ClusterOptions options)
    : options_(std::move(options)), account_(::geteuid() == 0 ? server_account : std::string_view{}) {
    if (options_.programs.empty()) {
        options_.programs = find_postgres_programs();
    }
    const Owner self{::geteuid(), ::getegid()};
    const Owner server = owner_of(account_);
    options_.directory = fs::absolute(options_.directory).lexically_normal();
    try {
        fs::create_directories(options_.directory.parent_path());
        // The server's account passes through; it owns data/ and socket/ only.
        ensure_directory(options_.directory, self, account_.empty() ? 0700 : 0711);
        ensure_directory(options_.directory / "secrets", self, 0700);
        take_lock();
        socket_directory_ = choose_socket_directory(options_.directory);
        ensure_directory(socket_directory_, server, 0700);
        if (!fs::exists(options_.directory / "data")) {
            create();
        }
        stop_leftover_server();
        start();
    } catch (const std::system_error& error) {
        throw ClusterError(error.what());
    }
}

LocalCluster::~LocalCluster() {
    stop();
}

void LocalCluster::take_lock() {
    const fs::path path = options_.directory / "lock";
    lock_.reset(new int{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)});
    if (*lock_ < 0) {
        fail("could not open " + path.string(), errno);
    }
    // A killed owner's child holds the lock a moment longer when it was between fork and exec.
    const auto started = steady_clock::now();
    while (::flock(*lock_, LOCK_EX | LOCK_NB) != 0) {
        if (steady_clock::now() - started > 1s) {
            throw ClusterError(
                "the cluster in " + options_.directory.string() + " is in use by another process"
            );
        }
        std::this_thread::sleep_for(20ms);
    }
}

void LocalCluster::create() {
    for (const auto& entry : fs::directory_iterator(options_.directory)) {
        if (entry.path().filename().native().starts_with(creation_prefix)) {
            remove_half_made(entry.path());
        }
    }
    const Owner server = owner_of(account_);
    const fs::path aside = options_.directory / (std::string{creation_prefix} + core::random_token(6));
    ensure_directory(aside, server, 0700);

    // The password is kept before the cluster that needs it; initdb reads a copy that its account may open.
    const core::SecretString password = ensure_password(options_.directory, superuser);
    const fs::path copy = aside / "password";
    write_private_file(copy, password.reveal());
    if (::chown(copy.c_str(), server.user, server.group) != 0) {
        fail("could not hand over " + copy.string(), errno);
    }

    core::ProcessOptions initdb{
        .command =
            {(options_.programs / "initdb").string(),
             "-D",
             (aside / "data").string(),
             "-U",
             std::string{superuser},
             "-A",
             "scram-sha-256",
             "--pwfile",
             copy.string(),
             "-E",
             "UTF8",
             "--locale=C.UTF-8",
             "--no-instructions"},
        .environment = server_environment(),
        .working_directory = aside,
        .user = account_,
    };
    if (options_.durability == Durability::throw_away) {
        initdb.command.emplace_back("--no-sync");
    }
    const fs::path log = options_.directory / "initdb.log";
    const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    initdb.output = output;
    std::optional<int> code;
    {
        core::Process process{initdb};
        ::close(output);
        while (!(code = process.wait_for(50ms)) && options_.keep_waiting()) {
        }
    }
    if (!code) {
        remove_half_made(aside);
        throw ClusterError("creating the database cluster was interrupted");
    }
    if (*code != 0) {
        remove_half_made(aside);
        throw ClusterError("initdb failed:\n" + last_lines(log, 10));
    }
    fs::remove(copy);
    fs::rename(aside / "data", options_.directory / "data");
    fs::remove_all(aside);
    if (const int parent = ::open(options_.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        parent >= 0) {
        ::fsync(parent);
        ::close(parent);
    }
    created_ = true;
}

void LocalCluster::stop_leftover_server() const {
    const fs::path data = options_.directory / "data";
    const fs::path pid_file = data / "postmaster.pid";
    // We hold the lock, so whoever still runs here has lost its owner. It may be stopping already.
    const auto started = steady_clock::now();
    std::set<pid_t> left = processes_in(data);
    for (int round = 0; !left.empty(); ++round) {
        if (round == 0) {
            const pid_t postmaster = std::atoi(read_file(pid_file).c_str());
            spdlog::debug("stopping a PostgreSQL server that was left behind, pid {}", postmaster);
            ::kill(left.contains(postmaster) ? postmaster : *left.begin(), SIGINT);
        }
        if (steady_clock::now() - started > 10s) {
            for (const pid_t pid : left) {
                ::kill(pid, SIGKILL);
            }
        }
        if (steady_clock::now() - started > 15s) {
            throw ClusterError(fmt::format(
                "a PostgreSQL server that was left behind (pid {}) does not stop; end it by hand",
                *left.begin()
            ));
        }
        std::this_thread::sleep_for(20ms);
        left = processes_in(data);
    }
    // Its number may belong to a stranger by now, which would make PostgreSQL refuse to start. Nobody is
    // here: that is sure.
    fs::remove(pid_file);
    fs::remove(socket_directory_ / socket_name);
    fs::remove(socket_directory_ / (std::string{socket_name} + ".lock"));
}

void LocalCluster::start() {
    const fs::path data = options_.directory / "data";
    constexpr std::uintmax_t log_limit = 10U << 20U;
    std::error_code ignored;
    if (fs::file_size(log_file(), ignored) > log_limit && !ignored) {
        fs::rename(log_file(), log_file().string() + ".1");
    }
    const int log = ::open(log_file().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log < 0) {
        fail("could not open " + log_file().string(), errno);
    }
    server_.emplace(core::ProcessOptions{
        .command = server_command(options_, data, socket_directory_),
        .environment = server_environment(),
        .working_directory = options_.directory,
        .user = account_,
        .output = log,
        .parent_death_signal = SIGINT,
    });
    ::close(log);

    const auto deadline = steady_clock::now() + options_.start_limit;
    const std::string host = socket_directory_.native();
    const std::array<const char*, 4> names{"host", "port", "connect_timeout", nullptr};
    const std::array<const char*, 4> values{host.c_str(), "5432", "2", nullptr};
    while (PQpingParams(names.data(), values.data(), /*expand_dbname=*/0) != PQPING_OK) {
        if (server_->poll_exit()) {
            throw ClusterError("PostgreSQL did not start:\n" + last_lines(log_file(), 10));
        }
        if (!options_.keep_waiting()) {
            stop();
            throw ClusterError("starting the database cluster was interrupted");
        }
        if (steady_clock::now() > deadline) {
            stop();
            throw ClusterError(fmt::format(
                "PostgreSQL did not answer within {} s:\n{}",
                options_.start_limit / 1s,
                last_lines(log_file(), 10)
            ));
        }
        std::this_thread::sleep_for(5ms);
    }
}

void LocalCluster::prepare_database(
    const std::string& database, const std::string& roles_sql, const std::string& database_sql
) {
    try {
        BlockingConnection maintenance{connection_string(superuser, "postgres")};
        maintenance.execute_script(roles_sql);
        const TextResult logins = maintenance.query(
            "SELECT rolname, rolpassword IS NOT NULL FROM pg_authid WHERE rolcanlogin AND "
            "starts_with(rolname, 'pz_')"
        );
        for (const TextResult::Row& row : logins.rows) {
            const std::string& role = row[0].value();
            // The file first: killed in between, the next start finds the same password and a role without
            // one.
            const bool known = fs::exists(password_file(options_.directory, role));
            const core::SecretString password = ensure_password(options_.directory, role);
            if (!known || row[1].value() == "f") {
                maintenance.set_password(role, password);
            }
        }
        if (maintenance.query("SELECT FROM pg_database WHERE datname = $1", {database}).rows.empty()) {
            maintenance.execute_script("CREATE DATABASE " + quote_identifier(database));
        }
        BlockingConnection{connection_string(superuser, database)}.execute_script(database_sql);
    } catch (const BlockingError& error) {
        throw ClusterError(std::string{"preparing the database failed: "} + error.what());
    }
}

core::SecretString LocalCluster::connection_string(std::string_view role, std::string_view database) const {
    return cluster_connection_string(options_.directory, role, database);
}

void LocalCluster::stop(milliseconds limit) noexcept {
    if (!server_ || !server_->running()) {
        return;
    }
    server_->signal(SIGINT);
    if (!server_->wait_for(limit)) {
        server_->signal(SIGQUIT);  // immediate: its children end with it, the next start replays the log
        if (!server_->wait_for(2s)) {
            server_->signal(SIGKILL);
            server_->wait_for(2s);
        }
    }
}

core::SecretString cluster_connection_string(
    const fs::path& directory, std::string_view role, std::string_view database
) {
    const core::SecretString password{read_file(password_file(directory, role))};
    if (password.reveal().empty()) {
        throw ClusterError(fmt::format("the role {} has no password in {}", role, directory.string()));
    }
    const fs::path socket_directory = choose_socket_directory(fs::absolute(directory).lexically_normal());
    return core::SecretString{connection_string({
        {"host", socket_directory.native()},
        {"port", "5432"},
        {"user", role},
        {"password", password.reveal()},
        {"dbname", database},
    })};
}

fs::path find_postgres_programs() {
    const char* configured =
        std::getenv("PZ_POSTGRES_BIN");  // NOLINT(concurrency-mt-unsafe): read at start-up
    if (configured != nullptr && *configured != '\0') {
        return configured;
    }
    int newest = 0;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
        std::error_code unreadable;
        if (fs::exists(entry.path() / "bin/postgres", unreadable)) {
            newest = std::max(newest, std::atoi(entry.path().filename().c_str()));
        }
    }
    if (newest < oldest_server) {
        throw ClusterError(fmt::format(
            "there is no PostgreSQL {} or newer in /usr/lib/postgresql: install postgresql-15, or set "
            "PZ_POSTGRES_BIN",
            oldest_server
        ));
    }
    return fmt::format("/usr/lib/postgresql/{}/bin", newest);
}

}  // namespace pz::pg
