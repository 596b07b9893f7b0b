#include "attack.hpp"

#include "chaos.hpp"
#include "judge.hpp"
#include "ledger.hpp"
#include "principals.hpp"
#include "reviewed.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <mutex>
#include <thread>

namespace pz::isolation {

namespace {

using testkit::Reply;

constexpr unsigned hang_up_percent = 5;

std::uint64_t mixed(std::uint64_t seed, std::uint64_t number) {
    return Random{seed ^ (number * 0x9e3779b97f4a7c15U)}.next();
}

bool succeeded(int status) {
    return status >= 200 && status < 400;
}

/// Nothing can be concluded from it: the service was short of a database, or of patience.
bool inconclusive(int status) {
    return status >= 500 || status == 429;
}

void replace_header(Request& request, std::string_view name, std::string value) {
    for (auto& header : request.headers) {
        if (header.first == name) {
            header.second = std::move(value);
            return;
        }
    }
}

/// "…/<uuid>": the row that a DELETE takes away.
std::string last_segment(const std::string& target) {
    return target.substr(target.rfind('/') + 1);
}

class Attack;

/// One thread with its connections; a connection carries the requests of all tenants in turn, as a gateway's
/// would.
class Worker {
 public:
    explicit Worker(Attack& attack) : attack_(attack) {}

    void make_attempt(std::uint64_t number);
    /// Once, by itself: everything is right, and nothing disturbs. True if it was answered 2xx.
    bool walk(const Operation& operation, Principal& principal, std::uint64_t number);

    [[nodiscard]] const std::map<Kind, Tally>& tallies() const noexcept { return tallies_; }

 private:
    struct Attempt {
        std::uint64_t number = 0;
        const Operation& operation;
        Kind kind = Kind::own;
        Principal& principal;
        Random random{0};
    };

    void reach_for_a_row(Attempt& attempt);
    void take_a_cursor(Attempt& attempt);
    void share_an_idempotency_key(Attempt& attempt);
    void bend_the_token(Attempt& attempt);
    void be_oneself(Attempt& attempt);
    void hang_up(Attempt& attempt, const Request& request);

    Aim aim(Attempt& attempt, const Principal& principal) const;
    /// Sends it as the principal, judges and books the answer. nullopt: there was none.
    std::optional<Reply> ask(Attempt& attempt, Principal& principal, Request request);
    std::optional<Reply> exchange(const Request& request);
    void book(const Attempt& attempt, const Principal& principal, const Request& request, const Reply* reply);
    void report(const Attempt& attempt, std::string what, const Request& request, const std::string& answer);
    testkit::RawConnection& connection(testkit::Service service);

    Attack& attack_;
    std::map<Kind, Tally> tallies_;
    std::optional<testkit::RawConnection> connections_[2];
};

/// What the workers share.
class Attack {
 public:
    Attack(testkit::World& world, const Options& options);

    Report run();

    struct Step {
        std::size_t operation;
        std::string_view role;
        Kind kind;
    };

    struct Cursor {
        int tenant;
        std::string text;
    };

    [[nodiscard]] const Tenant& tenant_of(const Principal& principal) const {
        // Staff have no rows of their own; what they may do to a tenant they do to those set apart for it.
        return principal.tenant == platform ? population.tenants().back()
                                            : population.tenant(principal.tenant);
    }

    [[nodiscard]] static bool reaches_across(const Operation& operation, const Principal& principal) {
        return operation.allows(principal.rights()) && Judge::reaches_across(operation, principal.role);
    }

    void add(Finding finding) {
        const std::lock_guard lock{findings_mutex_};
        ++findings_count;
        // Alike: of one kind at one operation; what the ledger finds, of one kind.
        constexpr std::size_t enough = 3;
        const std::string what = finding.what.substr(0, finding.what.find(' '));
        if (++alike_[what + finding.operation] <= enough) {
            findings_.push_back(std::move(finding));
        }
    }

    testkit::World& world;
    const Options& options;
    Population population;
    Principals principals;
    Ledger ledger;
    Judge judge{population};
    std::vector<Operation> operations;
    std::vector<Step> steps;
    std::map<std::string, std::vector<Cursor>> cursors;  // by operation; written in the walk only
    std::atomic<std::uint64_t> findings_count = 0;

 private:
    void plan();
    void walk(Report& report);
    void work(Report& report);

    std::mutex findings_mutex_;
    std::vector<Finding> findings_;
    std::map<std::string, std::size_t> alike_;
};

// --- A worker ---------------------------------------------------------------------------------------------

testkit::RawConnection& Worker::connection(testkit::Service service) {
    auto& slot = connections_[static_cast<std::size_t>(service)];
    if (!slot) {
        constexpr std::chrono::seconds limit{20};
        slot.emplace(attack_.world.process(service).port(), limit);
    }
    return *slot;
}

std::optional<Reply> Worker::exchange(const Request& request) {
    auto& slot = connections_[static_cast<std::size_t>(request.service)];
    try {
        testkit::RawConnection& wire = connection(request.service);
        if (wire.send(request.bytes())) {
            Reply reply = wire.receive();
            if (reply.header("Connection") == "close") {
                slot.reset();
            }
            return reply;
        }
    } catch (const testkit::ClientError& error) {
        // Closed or silent: what was asked may have been done all the same.
        spdlog::trace("no answer: {}", error.what());
    }
    slot.reset();
    return std::nullopt;
}

void Worker::report(
    const Attempt& attempt, std::string what, const Request& request, const std::string& answer
) {
    constexpr std::size_t enough = 600;
    ++tallies_[attempt.kind].findings;
    attack_.add({
        .what = fmt::format(
            "{} ({} by a caller of role {}, tenant {})",
            what,
            attempt.operation.name,
            attempt.principal.role,
            attempt.principal.tenant
        ),
        .operation = attempt.operation.name,
        .request = request.described(),
        .answer = answer.substr(0, enough),
        .attempt = attempt.number,
    });
}

void Worker::book(
    const Attempt& attempt, const Principal& principal, const Request& request, const Reply* reply
) {
    const bool unknown = reply == nullptr || reply->status() >= 500;
    if (request.method == "POST" && unknown) {
        attack_.ledger.may_have_created(principal.tenant);
    }
    if (request.method == "DELETE" && unknown) {
        attack_.ledger.may_have_deleted(last_segment(request.target));
    }
    if (reply == nullptr || !succeeded(reply->status()) || principal.tenant == platform) {
        return;
    }
    if (request.method == "DELETE" && attempt.operation.has(Place::path)) {
        attack_.ledger.deleted(last_segment(request.target));
    } else if (request.method == "POST" && reply->status() == 201) {
        const auto document = reply->json();
        const auto* object = document.if_object();
        const std::string_view id = object == nullptr ? std::string_view{} : text_of(*object, "id");
        if (!id.empty()) {
            attack_.population.remember(id, {principal.tenant, Population::spoken});
            attack_.ledger.created(std::string{id}, principal.tenant);
        }
    }
}

std::optional<Reply> Worker::ask(Attempt& attempt, Principal& principal, Request request) {
    Tally& tally = tallies_[attempt.kind];
    const std::string authorization = attack_.principals.authorization(principal);
    if (!authorization.empty()) {
        request.headers.emplace_back("Authorization", authorization);
    }
    ++tally.requests;
    std::optional<Reply> reply = exchange(request);
    book(attempt, principal, request, reply ? &*reply : nullptr);
    if (!reply) {
        ++tally.lost;
        return reply;
    }
    const int status = reply->status();
    ++(succeeded(status) ? tally.succeeded : (status < 500 ? tally.refused : tally.overloaded));
    if (const auto leak =
            attack_.judge.leak_in(whole_text(*reply), attempt.operation, principal.role, principal.tenant)) {
        report(attempt, *leak, request, whole_text(*reply));
    }
    if (succeeded(status) && !attempt.operation.reads()) {
        attack_.judge.note_write(attempt.operation, principal.role);
    }
    if (status == 500 || status == 501) {
        report(attempt, fmt::format("broken: answered {}", status), request, whole_text(*reply));
    }
    if (status == 401 && attempt.operation.signed_in && principal.role != "anonymous") {
        Principals::forget_token(principal);  // an earlier request ended the session, rightly
    }
    return reply;
}

Aim Worker::aim(Attempt& attempt, const Principal& principal) const {
    const auto& tenants = attack_.population.tenants();
    const Tenant& own = attack_.tenant_of(principal);
    const Tenant* foreign = &own;
    // Staff may write to a tenant by the platform's own operations; then it is one of those set apart.
    const bool leaves_a_trace =
        !attempt.operation.reads() ||
        find_by(told_to_the_tenant, &ToldToTheTenant::operation, attempt.operation.name) != nullptr;
    const bool may_write = leaves_a_trace && attack_.reaches_across(attempt.operation, principal);
    while (!may_write && (foreign == &own || foreign->part == Part::of_the_platform)) {
        foreign = &tenants[attempt.random.below(tenants.size())];
    }
    return {
        .whose = Whose::foreign,
        .own = &own,
        .foreign = foreign,
        .voice = principal.tenant,
        .everything = false,
        .least = false,
        .cursor = {},
        .unknown_seed = attempt.random.next(),
    };
}

/// Asks for another tenant's row, then for one that nobody has: there must be no difference.
void Worker::reach_for_a_row(Attempt& attempt) {
    const Aim foreign = aim(attempt, attempt.principal);
    Aim unknown = foreign;
    unknown.whose = Whose::unknown;
    const bool hangs_up = attempt.random.chance(hang_up_percent) && attack_.options.chaos;
    const Request request =
        make_request(attempt.operation, attempt.kind, attack_.population, foreign, attempt.random);
    const Request twin =
        make_request(attempt.operation, attempt.kind, attack_.population, unknown, attempt.random);
    if (hangs_up) {
        hang_up(attempt, request);
        return;
    }
    // Others are at work too: what is seen once may be theirs, what stays is not.
    constexpr int tries = 3;
    for (int attempt_left = tries; attempt_left > 0; --attempt_left) {
        const auto answer = ask(attempt, attempt.principal, request);
        const auto twins = answer ? ask(attempt, attempt.principal, twin) : std::nullopt;
        if (!answer || !twins || inconclusive(answer->status()) || inconclusive(twins->status())) {
            return;
        }
        if (attempt.kind == Kind::role && succeeded(answer->status())) {
            report(attempt, "allowed: the role may not do this", request, whole_text(*answer));
            return;
        }
        // What staff see across tenants is judged by whose it is; what was written differs by its new id.
        const bool both_written = !attempt.operation.reads() && succeeded(answer->status());
        if (attack_.reaches_across(attempt.operation, attempt.principal) ||
            (both_written && succeeded(twins->status()))) {
            return;
        }
        const auto difference = Judge::difference(*answer, *twins);
        if (!difference) {
            return;
        }
        if (attempt_left == 1) {
            report(attempt, *difference, request, whole_text(*answer));
        }
    }
}

void Worker::take_a_cursor(Attempt& attempt) {
    const auto found = attack_.cursors.find(attempt.operation.name);
    const auto stolen =
        found == attack_.cursors.end() ? nullptr : &found->second[attempt.random.below(found->second.size())];
    if (stolen == nullptr || stolen->tenant == attempt.principal.tenant) {
        be_oneself(attempt);
        return;
    }
    Aim foreign = aim(attempt, attempt.principal);
    foreign.cursor = stolen->text;
    Aim spoilt = foreign;
    char& middle = spoilt.cursor[spoilt.cursor.size() / 2];
    middle = middle == 'A' ? 'B' : 'A';
    const Request request =
        make_request(attempt.operation, attempt.kind, attack_.population, foreign, attempt.random);
    const Request twin =
        make_request(attempt.operation, attempt.kind, attack_.population, spoilt, attempt.random);
    const auto answer = ask(attempt, attempt.principal, request);
    const auto twins = ask(attempt, attempt.principal, twin);
    if (!answer || !twins || inconclusive(answer->status()) || inconclusive(twins->status())) {
        return;
    }
    if (succeeded(answer->status())) {
        report(attempt, "allowed: the cursor of another tenant's list", request, whole_text(*answer));
    } else if (const auto difference = Judge::difference(*answer, *twins)) {
        report(attempt, *difference, request, whole_text(*answer));
    }
}

/// Two tenants use one key at nearly the same time, with the same body or each with its own.
void Worker::share_an_idempotency_key(Attempt& attempt) {
    const auto& others = attack_.principals.of(attempt.principal.role);
    Principal& other = *others[attempt.random.below(others.size())];
    if (other.tenant == attempt.principal.tenant) {
        be_oneself(attempt);
        return;
    }
    const bool same_body = attempt.random.chance(50);
    Aim first = aim(attempt, other);
    Aim second = aim(attempt, attempt.principal);
    second.unknown_seed = first.unknown_seed;
    first.whose = second.whose = Whose::own;
    if (same_body) {
        first.voice = second.voice = std::nullopt;
    }
    const Request before =
        make_request(attempt.operation, attempt.kind, attack_.population, first, attempt.random);
    Request request =
        make_request(attempt.operation, attempt.kind, attack_.population, second, attempt.random);
    if (same_body && uuids_in(before.body).empty()) {
        request.body = before.body;
    }
    const auto others_answer = ask(attempt, other, before);
    const auto answer = ask(attempt, attempt.principal, request);
    if (others_answer && answer && succeeded(others_answer->status()) && !inconclusive(answer->status()) &&
        answer->status() != 401 && !succeeded(answer->status())) {
        report(
            attempt,
            fmt::format("oracle: {} for a key that another tenant used", answer->status()),
            request,
            whole_text(*answer)
        );
    }
}

void Worker::bend_the_token(Attempt& attempt) {
    Request request = make_request(
        attempt.operation, Kind::own, attack_.population, aim(attempt, attempt.principal), attempt.random
    );
    const std::string own = attack_.principals.authorization(attempt.principal);
    const auto& others = attack_.principals.of("admin");
    const std::string other = attack_.principals.authorization(*others[attempt.random.below(others.size())]);
    if (own.empty() || other.empty()) {
        return;
    }
    const std::size_t own_signature = own.rfind('.');
    const std::size_t other_signature = other.rfind('.');
    const std::string bent[] = {
        own.substr(0, own_signature),
        own.substr(0, own_signature + 1),
        own.substr(0, own_signature) + other.substr(other_signature),
        other.substr(0, other_signature) + own.substr(own_signature),
        own + ", " + other,
        own + " " + other,
        "Bearer made.up.token",
    };
    const std::size_t which = attempt.random.below(std::size(bent) + 1);
    if (which < std::size(bent) && own != other) {
        request.headers.emplace_back("Authorization", bent[which]);
    }
    Tally& tally = tallies_[attempt.kind];
    ++tally.requests;
    const auto answer = exchange(request);
    if (!answer) {
        ++tally.lost;
        return;
    }
    const int status = answer->status();
    ++(succeeded(status) ? tally.succeeded : (status < 500 ? tally.refused : tally.overloaded));
    if (const auto leak =
            attack_.judge.leak_in(whole_text(*answer), attempt.operation, "anonymous", platform)) {
        report(attempt, *leak, request, whole_text(*answer));
    }
    if (succeeded(status)) {
        report(attempt, "allowed: without a good token", request, whole_text(*answer));
    }
}

void Worker::be_oneself(Attempt& attempt) {
    Aim own = aim(attempt, attempt.principal);
    own.whose = Whose::own;
    Request request = make_request(attempt.operation, Kind::own, attack_.population, own, attempt.random);
    if (attempt.random.chance(hang_up_percent) && attack_.options.chaos) {
        hang_up(attempt, request);
        return;
    }
    if (attempt.operation.parameter(Place::header, "If-Match") != nullptr) {
        Request look = request;
        look.method = "GET";
        look.headers.clear();
        look.body.clear();
        if (const auto seen = ask(attempt, attempt.principal, look); seen && !seen->header("ETag").empty()) {
            replace_header(request, "If-Match", seen->header("ETag"));
        }
    }
    ask(attempt, attempt.principal, request);
}

/// Leaves before the answer, or in the middle of it; what has come by then is looked through all the same.
void Worker::hang_up(Attempt& attempt, const Request& without_token) {
    Request request = without_token;
    const std::string authorization = attack_.principals.authorization(attempt.principal);
    if (!authorization.empty()) {
        request.headers.emplace_back("Authorization", authorization);
    }
    Tally& tally = tallies_[attempt.kind];
    ++tally.requests;
    ++tally.hung_up;
    book(attempt, attempt.principal, request, nullptr);
    try {
        testkit::RawConnection wire{attack_.world.process(request.service).port()};
        std::string bytes = request.bytes();
        const std::size_t what = attempt.random.below(4);
        if (what == 0) {
            bytes.resize(1 + attempt.random.below(bytes.size()));
        }
        wire.send(bytes);
        if (what == 1) {
            const std::string some = wire.receive_some();
            if (const auto leak = attack_.judge.leak_in(
                    some, attempt.operation, attempt.principal.role, attempt.principal.tenant
                )) {
                report(attempt, *leak, request, some);
            }
        } else if (what == 2) {
            std::this_thread::sleep_for(std::chrono::microseconds{attempt.random.below(3'000)});
        }
    } catch (const testkit::ClientError& error) {
        spdlog::trace("nothing came, which is no finding: {}", error.what());
    }
}

bool Worker::walk(const Operation& operation, Principal& principal, std::uint64_t number) {
    const std::uint64_t before = tallies_[Kind::own].succeeded;
    Attempt attempt{
        .number = 0,
        .operation = operation,
        .kind = Kind::own,
        .principal = principal,
        .random = Random{mixed(attack_.options.seed, ~number)},
    };
    ++tallies_[Kind::own].attempts;
    Aim own = aim(attempt, principal);
    own.whose = Whose::own;
    if (operation.parameter(Place::query, "cursor") != nullptr) {
        // The shortest page, so that there is a next one.
        const Request page{
            .service = operation.service,
            .method = operation.method,
            .target = operation.path + "?limit=1",
            .headers = {},
            .body = {},
        };
        if (const auto answer = ask(attempt, principal, page); answer && answer->status() == 200) {
            const auto document = answer->json();
            if (const auto cursor = text_of(document.as_object(), "next_cursor"); !cursor.empty()) {
                attack_.cursors[operation.name].push_back({principal.tenant, std::string{cursor}});
            }
        }
    }
    if (operation.reads()) {
        // Filters that do not go together refuse each other; who says nothing of that kind is answered.
        own.least = true;
        [[maybe_unused]] const std::optional<Reply> plain = ask(
            attempt, principal, make_request(operation, attempt.kind, attack_.population, own, attempt.random)
        );
    }
    be_oneself(attempt);
    return tallies_[Kind::own].succeeded > before;
}

void Worker::make_attempt(std::uint64_t number) {
    Random random{mixed(attack_.options.seed, number)};
    // Every operation in every role and every way first, then whatever comes.
    const std::size_t index = number - 1;
    const Attack::Step& step =
        attack_.steps[index < attack_.steps.size() ? index : random.below(attack_.steps.size())];
    const auto& candidates = attack_.principals.of(step.role);
    Attempt attempt{
        .number = number,
        .operation = attack_.operations[step.operation],
        .kind = step.kind,
        .principal = *candidates[random.below(candidates.size())],
        .random = random,
    };
    ++tallies_[attempt.kind].attempts;
    switch (attempt.kind) {
        case Kind::own:
            be_oneself(attempt);
            break;
        case Kind::cursor:
            take_a_cursor(attempt);
            break;
        case Kind::idempotency:
            share_an_idempotency_key(attempt);
            break;
        case Kind::token:
            bend_the_token(attempt);
            break;
        default:
            reach_for_a_row(attempt);
    }
}

// --- All of it --------------------------------------------------------------------------------------------

Attack::Attack(testkit::World& the_world, const Options& the_options)
    : world(the_world),
      options(the_options),
      population(the_world.database(), the_options.seed, the_options.tenants),
      principals(the_world, population),
      ledger(the_world.database(), population) {
    for (const auto service : {testkit::Service::api, testkit::Service::identity}) {
        const Reply document = testkit::Client{world.process(service).origin()}.get("/openapi.json");
        std::ranges::move(read_operations(service, document.json()), std::back_inserter(operations));
    }
    std::erase_if(operations, [&](const Operation& operation) {
        return !operation.name.contains(options.operation);
    });
    plan();
}

bool is_withheld(const Operation& operation, std::string_view rights) {
    return operation.allows(rights) && find_by(withheld, &OutOfReach::operation, operation.name) != nullptr;
}

void Attack::plan() {
    for (std::size_t i = 0; i < operations.size(); ++i) {
        for (const std::string_view role : Principals::roles) {
            const std::string_view rights = rights_of(role);
            for (const Kind kind : all_kinds) {
                if (fits(kind, operations[i], rights) && !is_withheld(operations[i], rights)) {
                    steps.push_back({i, role, kind});
                }
            }
        }
    }
    Random random{options.seed};
    for (std::size_t i = steps.size(); i > 1; --i) {
        std::swap(steps[i - 1], steps[random.below(i)]);
    }
}

/// Every operation once by each role that may, with nothing wrong and no disturbance: it shows which of them
/// the attack reaches at all, and leaves the cursors that tenants steal from each other.
void Attack::walk(Report& report) {
    Worker worker{*this};
    std::uint64_t number = 0;
    for (const Operation& operation : operations) {
        bool reached = false;
        bool possible = false;
        for (const std::string_view role : Principals::roles) {
            const std::string_view rights = rights_of(role);
            if (!operation.allows(rights) || is_withheld(operation, rights)) {
                continue;
            }
            possible = true;
            constexpr std::size_t callers = 3;
            const auto& all = principals.of(role);
            for (std::size_t i = 0; i < std::min(callers, all.size()); ++i) {
                reached |= worker.walk(operation, *all[i], ++number);
            }
        }
        const auto* known = find_by(out_of_reach, &OutOfReach::operation, operation.name);
        if (possible && !reached && known == nullptr) {
            report.out_of_reach.push_back(operation.name);
        } else if (reached && known != nullptr) {
            add(
                {.what =
                     "unused: " + operation.name + " is within reach; take it off the list in reviewed.hpp",
                 .operation = {},
                 .request = {},
                 .answer = {},
                 .attempt = {}}
            );
        }
    }
    for (const auto& [kind, tally] : worker.tallies()) {
        report.tallies[kind] += tally;
    }
}

void Attack::work(Report& report) {
    std::optional<Chaos> chaos;
    if (options.chaos) {
        std::vector<std::string> lockable;
        std::ranges::copy_if(population.tables(), std::back_inserter(lockable), [](const std::string& table) {
            return table.starts_with("app.");
        });
        chaos.emplace(world.database(), std::move(lockable), options.seed);
    }
    const auto deadline = std::chrono::steady_clock::now() + options.limit;
    std::atomic<std::uint64_t> next = 0;
    std::mutex tallies_mutex;
    std::exception_ptr failure;
    {
        std::vector<std::jthread> threads;
        threads.reserve(options.threads);
        for (unsigned i = 0; i < options.threads; ++i) {
            threads.emplace_back([&] {
                Worker worker{*this};
                try {
                    for (std::uint64_t number = ++next; number <= options.attempts; number = ++next) {
                        if (number > steps.size() && std::chrono::steady_clock::now() > deadline) {
                            break;
                        }
                        worker.make_attempt(number);
                        constexpr std::uint64_t often = 2'000;
                        if (number % often == 0) {
                            options.progress(number, findings_count);
                        }
                    }
                } catch (...) {
                    const std::lock_guard lock{tallies_mutex};
                    failure = std::current_exception();
                    next = options.attempts;
                }
                const std::lock_guard lock{tallies_mutex};
                for (const auto& [kind, tally] : worker.tallies()) {
                    report.tallies[kind] += tally;
                }
            });
        }
    }
    if (chaos) {
        report.disturbances = chaos->stop();
    }
    if (failure) {
        std::rethrow_exception(failure);
    }
}

Report Attack::run() {
    Report report;
    report.operations = operations.size();
    walk(report);
    if (options.only) {
        Worker worker{*this};
        worker.make_attempt(*options.only);
        report.tallies = worker.tallies();
    } else {
        work(report);
    }
    for (Finding& finding : ledger.check(report.rows_compared, report.writes_acknowledged)) {
        add(std::move(finding));
    }
    for (const std::string& unused : judge.unused_permissions()) {
        if (!options.operation.empty() || options.only) {
            break;  // what was not tried may well be needed
        }
        add(
            {.what = "unused: " + unused + " (reviewed.hpp)",
             .operation = {},
             .request = {},
             .answer = {},
             .attempt = {}}
        );
    }
    report.findings = findings_;
    report.findings_seen = findings_count;
    return report;
}

}  // namespace

Tally& Tally::operator+=(const Tally& other) {
    attempts += other.attempts;
    requests += other.requests;
    succeeded += other.succeeded;
    refused += other.refused;
    overloaded += other.overloaded;
    hung_up += other.hung_up;
    lost += other.lost;
    findings += other.findings;
    return *this;
}

Tally Report::total() const {
    Tally sum;
    for (const auto& [kind, tally] : tallies) {
        sum += tally;
    }
    return sum;
}

std::string Report::text(const Options& options) const {
    std::string out = fmt::format(
        "  {:<16}{:>10}{:>10}{:>10}{:>10}{:>8}{:>9}{:>7}{:>10}\n",
        "kind",
        "attempts",
        "requests",
        "2xx, 3xx",
        "4xx",
        "5xx",
        "hung up",
        "lost",
        "findings"
    );
    const auto line = [&](std::string_view name, const Tally& tally) {
        out += fmt::format(
            "  {:<16}{:>10}{:>10}{:>10}{:>10}{:>8}{:>9}{:>7}{:>10}\n",
            name,
            tally.attempts,
            tally.requests,
            tally.succeeded,
            tally.refused,
            tally.overloaded,
            tally.hung_up,
            tally.lost,
            tally.findings
        );
    };
    for (const auto& [kind, tally] : tallies) {
        line(name_of(kind), tally);
    }
    line("together", total());
    out += fmt::format(
        "  {} operations; {} backends ended, {} statements cancelled, {} timed out, {} tables locked; {} "
        "acknowledged writes and {} rows compared\n",
        operations,
        disturbances.backends_ended,
        disturbances.statements_cancelled,
        disturbances.statements_timed_out,
        disturbances.tables_locked,
        writes_acknowledged,
        rows_compared
    );
    if (!out_of_reach.empty()) {
        out += fmt::format(
            "  never answered 2xx, so the attack proves less of them: {}\n", fmt::join(out_of_reach, ", ")
        );
    }
    for (const Finding& finding : findings) {
        out += fmt::format("  !! {}\n", finding.what);
        if (!finding.request.empty()) {
            out += fmt::format("     request  {}\n     answer   {}\n", finding.request, finding.answer);
        }
        if (finding.attempt) {
            out += fmt::format(
                "     again    ./dev attack --seed {} --tenants {} --only {}\n",
                options.seed,
                options.tenants,
                *finding.attempt
            );
        }
    }
    return out;
}

testkit::WorldOptions services_that_rest() {
    return {.api_environment = {"PZ_USAGE_WRITE_SECONDS=3600", "PZ_SUPPORT_LOOK_SECONDS=60"}};
}

Report attack(testkit::World& world, const Options& options) {
    return Attack{world, options}.run();
}

}  // namespace pz::isolation
