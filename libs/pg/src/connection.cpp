#include "connection.hpp"

#include "cork.hpp"
#include "resolve.hpp"

#include <pz/core/check.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace asio = boost::asio;

namespace pz::pg {

namespace {

constexpr Query commit_statement{"pg.commit", "COMMIT"};
constexpr Query rollback_statement{"pg.rollback", "ROLLBACK"};
constexpr Query commit_in_a_group{"pg.commit_in_a_group", "SET LOCAL synchronous_commit = off"};
/// Only a transaction with a record of its own in the log makes its COMMIT wait for the disk.
constexpr Query barrier{"pg.barrier", "SELECT pg_logical_emit_message(true, 'pz', '')"};

constexpr int binary_format = 1;

constexpr std::string_view out_of_step = "libpq and we disagree about what comes next";

using Timer = asio::basic_waitable_timer<
    std::chrono::steady_clock,
    asio::wait_traits<std::chrono::steady_clock>,
    Connection::Executor>;

const Query& ending_statement(Ending ending) {
    return ending == Ending::commit ? commit_statement : rollback_statement;
}

/// libpq's messages may have several lines; the first says what happened.
std::string first_line(const char* message) {
    const std::string_view text{message == nullptr ? "" : message};
    return std::string{text.substr(0, text.find('\n'))};
}

std::string field(const pg_result* result, int code) {
    const char* value = PQresultErrorField(result, code);
    return value == nullptr ? std::string{} : std::string{value};
}

Error error_of(const pg_result* result, std::string statement) {
    std::string sqlstate = field(result, PG_DIAG_SQLSTATE);
    if (sqlstate.empty()) {  // libpq itself failed: the connection is gone, or memory ran out
        sqlstate = "08006";
    }
    std::string message = field(result, PG_DIAG_MESSAGE_PRIMARY);
    if (message.empty()) {
        message = first_line(PQresultErrorMessage(result));
    }
    return Error(
        std::move(sqlstate), field(result, PG_DIAG_CONSTRAINT_NAME), std::move(statement), std::move(message)
    );
}

void log_notice(void* /*unused*/, const pg_result* notice) {
    spdlog::debug(
        "database notice {}: {}", field(notice, PG_DIAG_SQLSTATE), field(notice, PG_DIAG_MESSAGE_PRIMARY)
    );
}

/// Everything a session needs is said at its start: nothing is SET on it later, so that a pooler in
/// transaction mode may stand between.
std::string session_options(const PoolOptions& options) {
    return fmt::format(
        "{} -c statement_timeout={} -c lock_timeout={} -c idle_in_transaction_session_timeout={} "
        "-c plan_cache_mode={} -c jit=off",
        connection_keyword(options.connection_string.reveal(), "options"),
        options.statement_timeout.count(),
        options.lock_timeout.count(),
        options.idle_in_transaction_timeout.count(),
        options.plan_cache_mode
    );
}

/// The name of the statement whose result stands at a position; SET LOCAL has none.
std::string statement_name(const Job& job) {
    switch (job.phase) {
        case Job::Phase::preparing:
            return job.preparing[job.prepared].name();
        case Job::Phase::statements:
            if (const auto* prepared = std::get_if<PreparedStatement>(&job.batch.statements[job.position])) {
                return prepared->query.name();
            }
            return "set local";
        case Job::Phase::ending:
            break;
    }
    return ending_statement(job.batch.ending).name();
}

/// How many results come before the next Sync. Each statement is prepared in a segment of its own.
std::size_t phase_size(const Job& job) {
    switch (job.phase) {
        case Job::Phase::preparing:
            return job.prepared < job.preparing.size() ? 1 : 0;
        case Job::Phase::statements:
            return job.batch.statements.size();
        case Job::Phase::ending:
            break;
    }
    return job.batch.ending == Ending::stay_open ? 0 : 1;
}

/// Moves past phases for which nothing was sent; false if there is none left.
bool enter_next_phase(Job& job) {
    while (phase_size(job) == 0) {
        if (job.phase == Job::Phase::ending) {
            return false;
        }
        job.phase = job.phase == Job::Phase::preparing ? Job::Phase::statements : Job::Phase::ending;
    }
    return true;
}

/// Nothing was done, so a whole transaction may be sent again.
bool server_lacks_a_statement(const Job& job) {
    return job.error && job.error->sqlstate() == "26000" && job.repeatable && job.has_waiter() &&
           job.repetitions < job.batch.statements.size();
}

/// Whether it may be sent over another connection once its own is lost. Once: it may be the reason.
bool can_be_asked_again(const Job& job) {
    return job.repeatable && job.batch.answer_before_commit && job.has_waiter() && job.repetitions == 0;
}

}  // namespace

Connection::Connection(
    Executor executor, std::shared_ptr<const PoolOptions> options, std::weak_ptr<ConnectionEvents> events
)
    : executor_(executor), options_(std::move(options)), events_(std::move(events)), descriptor_(executor) {}

Connection::~Connection() {
    if (libpq_ != nullptr) {
        descriptor_.release();
        PQfinish(libpq_);
    }
}

void Connection::start_connecting(const std::string& addresses) {
    const std::string session = session_options(*options_);
    const std::string application = "pz-" + options_->name;
    // Later keywords win over what the connection string says, except the fallback name.
    const std::array<const char*, 7> keywords{
        "dbname",
        "options",
        "fallback_application_name",
        "client_encoding",
        "tcp_user_timeout",
        addresses.empty() ? nullptr : "hostaddr",
        nullptr
    };
    const std::array<const char*, 7> values{
        options_->connection_string.reveal().c_str(),
        session.c_str(),
        application.c_str(),
        "UTF8",
        "3000",
        addresses.c_str(),
        nullptr
    };
    libpq_ = PQconnectStartParams(keywords.data(), values.data(), /*expand_dbname=*/1);
    if (libpq_ == nullptr || PQstatus(libpq_) == CONNECTION_BAD) {
        throw Error(
            "08001", {}, {}, libpq_ == nullptr ? "out of memory" : first_line(PQerrorMessage(libpq_))
        );
    }
}

asio::awaitable<void> Connection::connect(std::shared_ptr<Connection> self) {
    PZ_CHECK(self->state_ == State::created);
    self->state_ = State::connecting;
    Timer timer(self->executor_, self->options_->connect_timeout);
    timer.async_wait([weak = std::weak_ptr(self)](boost::system::error_code cancelled) {
        if (const auto connection = weak.lock(); connection != nullptr && !cancelled) {
            connection->timed_out_ = true;
            connection->descriptor_.cancel();
        }
    });
    const std::string addresses = co_await resolve_hosts(self->options_->connection_string.reveal());
    if (!self->is_closed()) {
        self->start_connecting(addresses);
    }
    PostgresPollingStatusType wanted = PGRES_POLLING_WRITING;
    while (!self->timed_out_ && wanted != PGRES_POLLING_OK && wanted != PGRES_POLLING_FAILED &&
           !self->is_closed()) {
        // Registered anew each time: with several hosts libpq goes from one socket to the next.
        self->descriptor_.assign(PQsocket(self->libpq_));
        boost::system::error_code ignored;
        co_await self->descriptor_.async_wait(
            wanted == PGRES_POLLING_READING ? asio::posix::descriptor_base::wait_read
                                            : asio::posix::descriptor_base::wait_write,
            asio::redirect_error(asio::use_awaitable, ignored)
        );
        if (self->is_closed()) {
            break;
        }
        self->descriptor_.release();
        if (!self->timed_out_) {
            wanted = PQconnectPoll(self->libpq_);
        }
    }
    if (self->is_closed() || wanted != PGRES_POLLING_OK) {
        std::string reason = "closed while connecting";
        if (self->timed_out_) {
            reason = "no answer within the connect timeout";
        } else if (self->libpq_ != nullptr) {
            reason = first_line(PQerrorMessage(self->libpq_));
        }
        self->close(reason);
        throw Error("08001", {}, {}, std::move(reason));
    }
    PQsetNoticeReceiver(self->libpq_, log_notice, nullptr);
    if (PQsetnonblocking(self->libpq_, 1) != 0 || PQenterPipelineMode(self->libpq_) != 1) {
        throw Error("08001", {}, {}, "libpq refused pipeline mode");
    }
    self->descriptor_.assign(PQsocket(self->libpq_));
    self->state_ = State::ready;
    self->wait_until_readable();
    if (self->options_->named_statements) {
        // In a segment of their own, before anything else: whatever fails later, a transaction can be ended.
        auto job = std::make_shared<Job>();
        job->housekeeping = true;
        job->prepare_too = {commit_statement, rollback_statement, commit_in_a_group, barrier};
        job->batch.ending = Ending::stay_open;
        self->send(std::move(job));
    }
}

bool Connection::write_query(const Query& query, const Parameters& parameters) {
    std::array<Oid, Parameters::limit> types{};
    std::array<const char*, Parameters::limit> data{};
    std::array<int, Parameters::limit> sizes{};
    std::array<int, Parameters::limit> formats{};
    const std::size_t count = parameters.values().size();
    for (std::size_t i = 0; i < count; ++i) {
        const Parameters::Value& value = parameters.values()[i];
        const bool null = value.size == Parameters::null_size;
        types[i] = value.type;
        data[i] = null ? nullptr : parameters.data(value);
        sizes[i] = value.size;
        formats[i] = value.binary ? binary_format : 0;
    }
    if (options_->named_statements) {
        return PQsendQueryPrepared(
                   libpq_,
                   query.name(),
                   static_cast<int>(count),
                   data.data(),
                   sizes.data(),
                   formats.data(),
                   binary_format
               ) == 1;
    }
    return PQsendQueryParams(
               libpq_,
               query.sql(),
               static_cast<int>(count),
               types.data(),
               data.data(),
               sizes.data(),
               formats.data(),
               binary_format
           ) == 1;
}

bool Connection::write_statement(const Statement& statement) {
    if (const auto* prepared = std::get_if<PreparedStatement>(&statement)) {
        return write_query(prepared->query, prepared->parameters);
    }
    const auto& set = std::get<SetLocal>(statement);
    const std::string_view name = set.setting.name();
    std::string sql;
    sql.reserve(std::string_view{"SET LOCAL  = ''"}.size() + name.size() + core::Uuid::text_size);
    sql += "SET LOCAL ";
    sql += name;
    sql += " = '";
    set.value.append_to(sql);
    sql += '\'';
    return PQsendQueryParams(libpq_, sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, binary_format) == 1;
}

/// Puts the statements that this connection does not know yet in front of the job, each in a segment of its
/// own, so that one the server refuses costs this job and nothing else.
bool Connection::prepare_unknown(Job& job) {
    bool written = true;
    const auto prepare = [&](const Query& query, const Parameters* parameters) {
        if (options_->named_statements) {
            const auto [known, is_new] = known_.try_emplace(query.name(), query.sql());
            if (!is_new) {
                PZ_CHECK(known->second.data() == query.sql() || known->second == query.sql());
                return;
            }
        }
        const char* name = options_->named_statements ? query.name() : "";
        std::array<Oid, Parameters::limit> types{};
        const std::size_t count = parameters == nullptr ? 0 : parameters->values().size();
        for (std::size_t i = 0; i < count; ++i) {
            types[i] = parameters->values()[i].type;
        }
        job.preparing.push_back(query);
        written = written &&
                  PQsendPrepare(libpq_, name, query.sql(), static_cast<int>(count), types.data()) == 1 &&
                  PQpipelineSync(libpq_) == 1;
    };
    for (const Query& query : job.prepare_too) {
        prepare(query, nullptr);
    }
    if (options_->named_statements) {
        for (const Statement& statement : job.batch.statements) {
            if (const auto* prepared = std::get_if<PreparedStatement>(&statement)) {
                prepare(prepared->query, &prepared->parameters);
            }
        }
    }
    return written;
}

void Connection::write_to_libpq(Job& job) {
    const wire::Cork cork(PQsocket(libpq_));
    bool written = prepare_unknown(job);
    for (const Statement& statement : job.batch.statements) {
        written = written && write_statement(statement);
    }
    if (!job.batch.statements.empty()) {
        written = written && PQpipelineSync(libpq_) == 1;
    }
    if (job.batch.ending != Ending::stay_open) {
        written = written && write_query(ending_statement(job.batch.ending), Parameters{});
        if (!job.ends_quietly()) {
            written = written && PQpipelineSync(libpq_) == 1;
        }
    }
    // A message that libpq could not take (no memory, connection gone) would shift every later result by one:
    // the connection is given up before anything is read from it.
    if (!written || PQstatus(libpq_) != CONNECTION_OK) {
        asio::post(executor_, [self = shared_from_this()] {
            self->lose("libpq could not take a statement");
        });
    }
}

void Connection::send(std::shared_ptr<Job> job) {
    PZ_CHECK(is_ready());
    if (queue_.empty()) {
        head_since_ = std::chrono::steady_clock::now();
    }
    job->phase = Job::Phase::preparing;
    job->position = 0;
    job->preparing.clear();
    job->prepared = 0;
    job->next_begins_in_its_segment = false;
    if (job->writes() && !job->commits_in_a_group && has_writer()) {
        join_group(*job);
    }
    write_to_libpq(*job);
    if (!enter_next_phase(*job)) {  // everything was known already: Pool::prepare() has nothing to wait for
        asio::post(executor_, [job] { job->answer(); });
        return;
    }
    if (last_commit_lacks_sync_) {
        queue_.back()->next_begins_in_its_segment = true;
    }
    last_commit_lacks_sync_ = job->ends_quietly();
    const bool needs_barrier = job->commits_in_a_group && !barrier_in_flight_;
    queue_.push_back(std::move(job));
    if (needs_barrier) {
        send_barrier();
    }
    schedule_flush();
}

bool Connection::has_writer(const std::optional<core::Uuid>& owner) const noexcept {
    const auto is_theirs = [&owner](const std::shared_ptr<Job>& job) {
        return job->writes() && (!owner || job->batch.owner == owner);
    };
    return std::ranges::any_of(queue_, is_theirs) || std::ranges::any_of(committed_, is_theirs);
}

/// At the end of the statements: one that fails skips it, and there is nothing to commit.
void Connection::join_group(Job& job) const {
    job.commits_in_a_group = true;
    job.batch.statements.emplace_back(PreparedStatement{commit_in_a_group, {}});
    ++job.batch.trailing;
}

void Connection::send_barrier() {
    barrier_in_flight_ = true;
    auto job = std::make_shared<Job>();
    job->housekeeping = true;
    job->brings_commits_to_disk = true;
    job->batch.statements.emplace_back(PreparedStatement{barrier, {}});
    job->batch.ending = Ending::stay_open;  // outside a transaction block, the Sync alone commits it
    send(std::move(job));
}

void Connection::schedule_flush() {
    if (!std::exchange(flush_scheduled_, true) && !handling_event_) {
        asio::post(executor_, [self = shared_from_this()] { self->flush(); });
    }
}

void Connection::flush() {
    flush_scheduled_ = false;
    if (!is_ready() || waiting_until_writable_) {
        return;
    }
    if (std::exchange(last_commit_lacks_sync_, false) && PQpipelineSync(libpq_) != 1) {
        lose("libpq could not take a statement");
        return;
    }
    const int unsent = PQflush(libpq_);
    if (unsent < 0) {
        lose(first_line(PQerrorMessage(libpq_)));
    } else if (unsent > 0) {
        waiting_until_writable_ = true;
        descriptor_.async_wait(
            asio::posix::descriptor_base::wait_write,
            [self = shared_from_this()](boost::system::error_code) {
                self->waiting_until_writable_ = false;
                self->flush();
            }
        );
    }
}

void Connection::wait_until_readable() {
    descriptor_.async_wait(
        asio::posix::descriptor_base::wait_read,
        [self = shared_from_this()](boost::system::error_code) { self->on_readable(); }
    );
}

void Connection::on_readable() {
    if (!is_ready()) {
        return;
    }
    do {
        if (PQconsumeInput(libpq_) == 0) {
            lose(first_line(PQerrorMessage(libpq_)));
            return;
        }
        if (const std::string_view distrust = take_results(); !distrust.empty()) {
            lose(distrust);
            return;
        }
    } while (wire::last_receive_filled_its_buffer());
    wait_until_readable();
    answer_finished();
}

/// Resumes the coroutines whose results have arrived. They may send new jobs, here too, or close this
/// connection; what they send leaves with one flush behind the last of them.
void Connection::answer_finished() {
    const auto self = shared_from_this();
    handling_event_ = true;
    std::vector<std::shared_ptr<Job>> finished = std::exchange(finished_, {});
    for (const auto& job : finished) {
        job->answer();
    }
    if (const auto events = events_.lock()) {
        events->on_room();
    }
    handling_event_ = false;
    finished.clear();
    if (finished_.empty()) {
        finished_ = std::move(finished);  // keeps its memory for the next turn
    }
    if (flush_scheduled_) {
        flush();
    }
}

/// Reads what is complete in libpq's buffer. Returns why the connection must not be used any longer, or
/// nothing.
std::string_view Connection::take_results() {
    bool nothing_before = false;
    // PQisBusy() first: it also takes care of notices that belong to nobody.
    while (PQisBusy(libpq_) == 0 && !queue_.empty()) {
        if (pg_result* raw = PQgetResult(libpq_)) {
            nothing_before = false;
            const std::string_view distrust = take_result(raw);
            if (!distrust.empty()) {
                return distrust;
            }
            continue;
        }
        // NULL stands behind each statement's results. Twice in a row means that libpq expects nothing more.
        Job& job = *queue_.front();
        if (job.position_has_result) {
            job.position_has_result = false;
            ++job.position;
            if (job.next_begins_in_its_segment && job.phase == Job::Phase::ending) {
                if (const std::string_view distrust = finish_phase(); !distrust.empty()) {
                    return distrust;
                }
            }
        } else if (std::exchange(nothing_before, true)) {
            return out_of_step;
        }
    }
    return {};
}

std::string_view Connection::take_result(pg_result* raw) {
    Result result{raw};
    Job& job = *queue_.front();
    const ExecStatusType status = PQresultStatus(raw);
    const bool at_sync = job.position == phase_size(job);
    if (status == PGRES_PIPELINE_SYNC) {
        return at_sync ? finish_phase() : out_of_step;
    }
    if (at_sync) {  // only the end of a transaction outside BEGIN … COMMIT may fail here
        if (status != PGRES_FATAL_ERROR) {
            return out_of_step;
        }
        if (!job.error && !job.settled) {
            job.error = error_of(raw, "sync");
        }
        return {};
    }
    job.position_has_result = true;
    switch (status) {
        case PGRES_TUPLES_OK:
        case PGRES_COMMAND_OK:
        case PGRES_EMPTY_QUERY:
            if (job.phase == Job::Phase::statements &&
                job.position + 1 + job.batch.trailing == phase_size(job)) {
                job.result = std::move(result);
            } else if (job.phase == Job::Phase::ending && job.batch.ending == Ending::commit && !job.error &&
                       !job.settled && std::string_view{PQcmdStatus(raw)} != "COMMIT") {
                job.error.emplace("25P02", "", statement_name(job), "COMMIT ended in a rollback");
            }
            return {};
        case PGRES_FATAL_ERROR:
            return note_error(job, raw);
        case PGRES_PIPELINE_ABORTED:
            return {};
        default:
            return out_of_step;  // COPY and replication are not for statements of ours
    }
}

/// Keeps the job's first error. An error that leaves a transaction open behind the job's COMMIT would fail
/// the neighbours.
std::string_view Connection::note_error(Job& job, const pg_result* raw) {
    Error error = error_of(raw, statement_name(job));
    if (job.phase == Job::Phase::preparing) {
        if (error.sqlstate() == "42P05") {  // a neighbour that lacked it, too, was faster
            return {};
        }
        known_.erase(job.preparing[job.prepared].name());
    }
    const bool could_not_begin = job.repeatable && job.phase == Job::Phase::statements && job.position == 0 &&
                                 error.sqlstate() == "25P02";
    const bool could_not_end =
        job.phase == Job::Phase::ending && (error.sqlstate() == "26000" || job.next_begins_in_its_segment);
    if (!job.error && !job.settled) {
        job.error = std::move(error);
    }
    return could_not_begin || could_not_end ? std::string_view{"a transaction could not be ended"}
                                            : std::string_view{};
}

/// The head's Sync arrived. Its outcome is settled, except for a COMMIT still to come.
std::string_view Connection::finish_phase() {
    const std::shared_ptr<Job>& job = queue_.front();
    const Job::Phase done = job->phase;
    job->position = 0;
    if (done == Job::Phase::preparing) {
        ++job->prepared;
    } else if (done == Job::Phase::statements) {
        job->phase = Job::Phase::ending;
    }
    if (done == Job::Phase::ending || !enter_next_phase(*job)) {
        return finish_head();
    }
    if (done == Job::Phase::statements) {
        job->settled = job->error ? !server_lacks_a_statement(*job) : job->batch.answer_before_commit;
        if (job->settled) {
            finished_.push_back(job);
        }
    }
    return {};
}

std::string_view Connection::finish_head() {
    const std::shared_ptr<Job> job = std::move(queue_.front());
    queue_.pop_front();
    head_since_ = std::chrono::steady_clock::now();
    if (job->error && server_lacks_a_statement(*job)) {
        // The neighbour that was to prepare it failed, or a pooler went to another server.
        known_.erase(job->error->statement());
        ++job->repetitions;
        job->error.reset();
        send(job);
        return {};
    }
    if (job->error) {
        if (const auto events = events_.lock()) {
            events->on_job_refused();
        }
        if (!job->has_waiter()) {
            spdlog::debug("database refused a statement nobody waits for: {}", job->error->what());
        }
    }
    if (job->brings_commits_to_disk) {
        barrier_in_flight_ = false;
        if (job->error) {
            return "commits could not be brought to the disk";
        }
        std::ranges::move(std::exchange(committed_, {}), std::back_inserter(finished_));
        const auto waits = [](const std::shared_ptr<Job>& next) { return next->commits_in_a_group; };
        if (std::ranges::any_of(queue_, waits)) {
            send_barrier();
        }
    } else if (job->commits_in_a_group && !job->error) {
        committed_.push_back(job);
    } else {
        finished_.push_back(job);
    }
    const bool transaction_should_be_over = queue_.empty() && job->batch.ending != Ending::stay_open;
    return transaction_should_be_over && PQtransactionStatus(libpq_) != PQTRANS_IDLE
               ? std::string_view{"a transaction is open that should have ended"}
               : std::string_view{};
}

bool Connection::is_free() const noexcept {
    return is_ready() && std::ranges::all_of(queue_, [](const auto& job) { return job->housekeeping; }) &&
           (!queue_.empty() || PQtransactionStatus(libpq_) == PQTRANS_IDLE);
}

bool Connection::leaves_transaction_open() const noexcept {
    if (!queue_.empty()) {
        return queue_.back()->batch.ending == Ending::stay_open && !queue_.back()->housekeeping;
    }
    const PGTransactionStatusType status = PQtransactionStatus(libpq_);
    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

void Connection::lose(std::string_view reason) {
    if (!is_ready()) {
        return;
    }
    spdlog::warn(
        "database connection \"{}\" lost with {} in flight: {}", options_->name, in_flight(), reason
    );
    close(reason);
    if (const auto events = events_.lock()) {
        events->on_lost();
    }
}

void Connection::close(std::string_view reason) {
    if (is_closed()) {
        return;
    }
    state_ = State::closed;
    if (libpq_ != nullptr) {
        if (descriptor_.is_open()) {
            descriptor_.release();
        }
        PQfinish(std::exchange(libpq_, nullptr));
    }
    // Through the loop: the caller may be anywhere, the coroutines may do anything.
    for (auto& job : std::exchange(finished_, {})) {
        asio::post(executor_, [job = std::move(job)] { job->answer(); });
    }
    std::ranges::move(std::exchange(queue_, {}), std::back_inserter(committed_));
    const auto events = events_.lock();
    for (auto& job : std::exchange(committed_, {})) {
        if (job->settled) {
            continue;
        }
        if (events != nullptr && can_be_asked_again(*job)) {
            ++job->repetitions;
            job->position_has_result = false;
            job->result = {};
            job->error.reset();
            events->on_unanswered(std::move(job));
            continue;
        }
        std::string detail{reason};
        if (job->error) {
            detail += "; before: " + job->error->sqlstate() + " " + job->error->detail();
        }
        job->error.emplace("08006", "", "", std::move(detail));
        asio::post(executor_, [job = std::move(job)] { job->answer(); });
    }
}

}  // namespace pz::pg
