#include "crash.hpp"

#include <pz/audit/folder.hpp>
#include <pz/audit/source.hpp>
#include <pz/testkit/world.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

namespace pz::isolation {

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;
using testkit::Reply;

/// Far more than a recovery takes, also on a busy machine.
constexpr auto patience = 60s;

/// What one write was acknowledged with.
struct Acknowledged {
    std::string id;
    bool changed;
};

/// The clients' own account of what they were told.
struct Journal {
    std::mutex mutex;
    std::map<std::string, Acknowledged> writes;  // by title
    CrashReport report;
    std::atomic<std::uint64_t> acknowledged = 0;

    std::map<std::string, Acknowledged> written_so_far() {
        const std::lock_guard lock{mutex};
        return writes;
    }

    void find(std::string what) {
        const std::lock_guard lock{mutex};
        report.findings.push_back(std::move(what));
    }
};

/// One request until it has an answer that is not "later"; nullopt when patience ends or `stop` comes.
std::optional<Reply> insist(
    Journal& journal, const std::stop_token& stop, const std::function<Reply()>& ask
) {
    const auto deadline = Clock::now() + patience;
    while (Clock::now() < deadline && !stop.stop_requested()) {
        try {
            Reply reply = ask();
            if (reply.status() < 500 && reply.status() != 409) {  // 409: the lost attempt is still at work
                return reply;
            }
            const std::lock_guard lock{journal.mutex};
            journal.report.unavailable += reply.status() == 503 ? 1 : 0;
            ++journal.report.asked_again;
        } catch (const testkit::ClientError&) {
            const std::lock_guard lock{journal.mutex};
            ++journal.report.asked_again;
        }
        std::this_thread::sleep_for(5ms);
    }
    return std::nullopt;
}

void write_until(
    const std::stop_token& stop,
    testkit::World& world,
    Journal& journal,
    const testkit::Account& account,
    int number
) {
    for (int n = 0; !stop.stop_requested(); ++n) {
        const std::string title = fmt::format("crash {} {}", number, n);
        const auto created = insist(journal, stop, [&] {
            return world.as(account)
                .with("Idempotency-Key", fmt::format("crash-{}-{}", number, n))
                .post("/api/v1/items", {{"title", title}});
        });
        if (!created) {
            if (!stop.stop_requested()) {
                journal.find("a client waited a minute for an answer");
            }
            return;
        }
        if (created->status() != 201) {
            journal.find(fmt::format("{}: {} {}", title, created->status(), created->text()));
            return;
        }
        const std::string id = created->id();
        bool changed = false;
        if (n % 2 == 0) {
            try {
                changed = world.as(account)
                              .with("If-Match", "\"1\"")
                              .patch("/api/v1/items/" + id, {{"status", "done"}})
                              .status() == 200;
            } catch (const testkit::ClientError&) {
                changed = false;  // it may have been; nobody was told
            }
        }
        const std::lock_guard lock{journal.mutex};
        journal.writes.emplace(title, Acknowledged{id, changed});
        ++journal.acknowledged;
    }
}

/// True once `condition` holds.
bool wait_for(const std::function<bool()>& condition) {
    const auto deadline = Clock::now() + patience;
    while (!condition()) {
        if (Clock::now() > deadline) {
            return false;
        }
        std::this_thread::sleep_for(2ms);
    }
    return true;
}

/// Everything that must have survived is compared here, one paragraph for each kind of row.
void compare(testkit::World& world, Journal& journal) {
    auto superuser = world.database().connect_as_superuser();
    CrashReport& report = journal.report;
    const auto found = superuser.query(
        "select title, count(*), min(id::text), max(version) from app.item where title like 'crash %' group "
        "by title"
    );
    std::map<std::string, const pg::TextResult::Row*> rows;
    for (const auto& row : found.rows) {
        ++report.rows;
        rows.emplace(row.at(0).value(), &row);
        if (row.at(1) != "1") {
            report.findings.push_back(fmt::format("doubled: {} is there {} times", *row.at(0), *row.at(1)));
        }
    }
    for (const auto& [title, write] : journal.writes) {
        ++report.created;
        report.changed += write.changed ? 1 : 0;
        const auto row = rows.find(title);
        if (row == rows.end()) {
            report.findings.push_back("lost: " + title);
        } else if (row->second->at(2) != write.id) {
            report.findings.push_back(
                fmt::format("doubled: {} has another id than its client was told", title)
            );
        } else if (write.changed && row->second->at(3) == "1") {
            report.findings.push_back("lost: the change of " + title);
        }
    }
}

/// Rows and events in one snapshot: each write has its event, each event its write.
void compare_events(testkit::World& world, Journal& journal) {
    const std::map<std::string, Acknowledged> acknowledged = journal.written_so_far();
    auto superuser = world.database().connect_as_superuser();
    const auto found = superuser.query(R"sql(
        select coalesce(i.id::text, e.target_id), i.version, coalesce(e.created, 0), coalesce(e.updated, 0)
          from (select id, version from app.item where title like 'crash %') i
          full join (select target_id, count(*) filter (where action = 'item.created') as created,
                            count(*) filter (where action = 'item.updated') as updated
                       from audit.event where action in ('item.created', 'item.updated') group by target_id) e
            on e.target_id = i.id::text)sql");
    CrashReport& report = journal.report;
    std::map<std::string, const pg::TextResult::Row*> by_id;
    std::vector<std::string> findings;
    report.events = 0;
    for (const auto& row : found.rows) {
        by_id.emplace(row.at(0).value(), &row);
        const std::int64_t created = std::stoll(row.at(2).value());
        const std::int64_t updated = std::stoll(row.at(3).value());
        const std::int64_t changes = row.at(1) ? std::stoll(*row.at(1)) - 1 : 0;
        const std::int64_t writes = row.at(1) ? 1 : 0;
        report.events += static_cast<std::uint64_t>(created + updated);
        report.events_lost += created < writes || updated < changes ? 1 : 0;
        report.events_doubled += created > writes || updated > changes ? 1 : 0;
        if (created != writes || updated != changes) {
            findings.push_back(fmt::format(
                "item {}: {} writes and {} changes, {} and {} events of them",
                *row.at(0),
                writes,
                changes,
                created,
                updated
            ));
        }
    }
    for (const auto& [title, write] : acknowledged) {
        const auto row = by_id.find(write.id);
        if (row == by_id.end() || (write.changed && row->second->at(3) == "0")) {
            ++report.events_lost;
            findings.push_back("acknowledged, and without an event: " + title);
        }
    }
    const std::lock_guard lock{journal.mutex};
    report.findings.insert(report.findings.end(), findings.begin(), findings.end());
}

/// Every chain, with what the service has signed and kept outside. The folder is read first: what is in it
/// was committed before.
void verify_chains(testkit::World& world, Journal& journal) {
    const audit::Folder folder(world.audit_folder());
    std::ifstream key_file(folder.keys());
    const std::string text{std::istreambuf_iterator<char>(key_file), {}};
    const auto keys = crypto::KeySet::parse(text);
    std::ifstream lines(folder.checkpoints());
    if (!keys) {
        journal.find("nobody has published what the audit log is signed with");
        return;
    }
    auto backup = world.database().connect("pz_backup");
    const audit::Report verified =
        audit::verify_database(backup, std::nullopt, &*keys, audit::read_checkpoints(lines, *keys));
    journal.report.chains = static_cast<std::uint64_t>(verified.chains);
    journal.report.checkpoints = static_cast<std::uint64_t>(verified.checkpoints);
    if (verified.breach) {
        ++journal.report.broken_chains;
        journal.find(verified.to_string());
    }
}

}  // namespace

CrashReport crash_under_load(const CrashOptions& options) {
    testkit::TestCluster cluster{pg::Durability::durable};
    // Signed often, so that crashes meet the signing too.
    testkit::World world{{.api_environment = {"PZ_AUDIT_SIGN_EVENTS=10"}, .cluster = &cluster}};
    (void)world.api().wait_for_log("event=audit.key kid=");  // so that there are checkpoints to be lost
    const testkit::Account writers[] = {
        testkit::acme_admin, testkit::acme_user, testkit::globex_admin, testkit::globex_user
    };
    for (const testkit::Account& writer : writers) {
        world.token(writer);
    }
    Journal journal;
    std::vector<std::jthread> clients;
    clients.reserve(static_cast<std::size_t>(options.clients));
    for (int i = 0; i < options.clients; ++i) {
        clients.emplace_back(
            [&world, &journal, &writer = writers[static_cast<std::size_t>(i) % std::size(writers)], i](
                const std::stop_token& stop
            ) { write_until(stop, world, journal, writer, i); }
        );
    }
    const auto writes_go_on = [&](std::uint64_t more) {
        const std::uint64_t before = journal.acknowledged;
        return wait_for([&] { return journal.acknowledged >= before + more; });
    };
    for (int round = 1; round <= options.rounds; ++round) {
        constexpr std::uint64_t load = 40;
        if (!writes_go_on(load)) {
            journal.find(fmt::format("round {}: no write is acknowledged any more", round));
            break;
        }
        cluster.crash();
        const auto back = Clock::now();
        if (!writes_go_on(1)) {
            journal.find(fmt::format("round {}: product-core-api does not come back by itself", round));
            break;
        }
        journal.report.slowest_recovery = std::max(
            journal.report.slowest_recovery,
            std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - back)
        );
        const bool signs_in = wait_for([&] {
            try {
                return world.sign_in(writers[0]).status() == 200;
            } catch (const testkit::ClientError&) {
                return false;
            }
        });
        if (!signs_in) {
            journal.find(fmt::format("round {}: identity-service does not come back by itself", round));
            break;
        }
        compare_events(world, journal);
        verify_chains(world, journal);
        ++journal.report.rounds;
        options.progress(round);
    }
    for (std::jthread& client : clients) {
        client.request_stop();
    }
    clients.clear();
    compare(world, journal);
    compare_events(world, journal);
    verify_chains(world, journal);
    return journal.report;
}

std::string CrashReport::text() const {
    std::string out = fmt::format(
        "  {} rounds: {} writes and {} changes acknowledged, {} requests asked again ({} answered 503), {} "
        "rows; writes "
        "again {} ms after the server at the latest\n",
        rounds,
        created,
        changed,
        asked_again,
        unavailable,
        rows,
        slowest_recovery.count()
    );
    out += fmt::format(
        "  audit log: {} events of {} writes and changes, {} lost, {} doubled; {} chains without a gap "
        "verified "
        "with {} checkpoints, {} broken\n",
        events,
        created + changed,
        events_lost,
        events_doubled,
        chains,
        checkpoints,
        broken_chains
    );
    for (const std::string& finding : findings) {
        out += "  !! " + finding + "\n";
    }
    return out;
}

}  // namespace pz::isolation
