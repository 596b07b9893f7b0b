#include "crash.hpp"

#include <pz/testkit/world.hpp>

#include <fmt/format.h>

#include <atomic>
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

}  // namespace

CrashReport crash_under_load(const CrashOptions& options) {
    testkit::TestCluster cluster{pg::Durability::durable};
    testkit::World world{{.cluster = &cluster}};
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
        ++journal.report.rounds;
        options.progress(round);
    }
    for (std::jthread& client : clients) {
        client.request_stop();
    }
    clients.clear();
    compare(world, journal);
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
    for (const std::string& finding : findings) {
        out += "  !! " + finding + "\n";
    }
    return out;
}

}  // namespace pz::isolation
