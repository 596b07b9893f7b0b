#include "audit_log/service.hpp"

#include "audit_log/csv.hpp"
#include "audit_log/cursor.hpp"

#include <pz/audit/chain.hpp>
#include <pz/audit/export.hpp>
#include <pz/audit/verify.hpp>
#include <pz/core/error.hpp>
#include <pz/web/cursor.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace pz::product::audit_log {

namespace {

using boost::asio::awaitable;
using tenancy::TenantDb;

/// Events between two turns of the event loop, and in one piece of an export: a millisecond's work, and at 64
/// KiB an event at most some megabytes.
constexpr std::int32_t batch_size = 250;

audit::EventColumns columns_of(const ChainRow& row) {
    return {
        .id = row.id,
        .at = row.at,
        .action = row.action,
        .outcome = row.outcome,
        .actor = row.actor_id,
        .target = row.target_id,
        .impersonation = row.impersonation_id,
    };
}

/// The whole chain, in the form that `phasezero audit verify --export` reads.
class ChainLines final : public web::Pieces {
 public:
    ChainLines(
        TenantDb db, Mark head, std::vector<std::string> checkpoints, std::optional<Retirement> retirement
    )
        : db_(db), head_(head), checkpoints_(std::move(checkpoints)), retirement_(std::move(retirement)) {
        if (retirement_) {
            behind_ = retirement_->last.position;
        }
    }

    awaitable<bool> append_next(std::string* body) override {
        if (!std::exchange(has_begun_, true)) {
            audit::append_export_begin(
                *body,
                db_.tenant(),
                checkpoints_,
                retirement_ ? std::optional{retirement_->jws} : std::nullopt
            );
        }
        const std::vector<ChainRow> rows = co_await read_alone(db_, behind_, head_.position, batch_size);
        for (const ChainRow& row : rows) {
            audit::append_export_event(*body, row.seq, row.mark().hash, row.body_text());
        }
        const bool more = rows.size() == static_cast<std::size_t>(batch_size);
        if (more) {
            behind_ = rows.back().mark().position;
        } else {
            audit::append_export_end(*body, head_.place());
        }
        co_return more;
    }

 private:
    TenantDb db_;
    Mark head_;
    std::vector<std::string> checkpoints_;
    std::optional<Retirement> retirement_;
    Position behind_ = beginning();
    bool has_begun_ = false;
};

/// What a list would show, all pages of it.
class EventRows final : public web::Pieces {
 public:
    EventRows(TenantDb db, Filter filter, Mark head)
        : db_(db), filter_(std::move(filter)), before_{head.position.at, head.position.seq + 1} {}

    awaitable<bool> append_next(std::string* body) override {
        if (!std::exchange(has_head_, true)) {
            append_csv_head(*body);
        }
        EventPage page = co_await list(db_, filter_, before_, batch_size);
        for (const AuditEvent& event : page.events) {
            append_csv_row(*body, event);
        }
        before_ = page.next.value_or(before_);
        co_return page.next.has_value();
    }

 private:
    TenantDb db_;
    Filter filter_;
    Position before_;
    bool has_head_ = false;
};

/// Where an answer before has left off. One event is looked at twice: only behind a known one can it be told
/// whether an event's column `at` was moved.
struct Walk {
    Mark start;
    Mark before_last = start;
    Mark last = start;
    std::int32_t looked_at = 0;
    bool at_end = false;
    std::optional<audit::Breach> breach{};
};

awaitable<Walk> walk(
    TenantDb db, Mark start, Mark head, std::vector<audit::Place> places, std::int32_t limit
) {
    Walk walk{.start = start};
    audit::ChainVerifier verifier(db.tenant(), std::move(places), start.place());
    while (walk.looked_at < limit && !walk.at_end && !walk.breach) {
        const std::int32_t wanted = std::min(batch_size, limit - walk.looked_at);
        const std::vector<ChainRow> rows = co_await read(db, walk.last.position, head.position, wanted);
        for (const ChainRow& row : rows) {
            const audit::EventColumns columns = columns_of(row);
            const Mark mark = row.mark();
            walk.breach = verifier.add({row.seq, row.body_text(), mark.hash, &columns});
            if (walk.breach) {
                break;
            }
            walk.before_last = std::exchange(walk.last, mark);
            ++walk.looked_at;
        }
        walk.at_end = rows.size() < static_cast<std::size_t>(wanted);
    }
    if (walk.at_end && !walk.breach) {
        walk.breach = verifier.finish(head.place());
    }
    co_return walk;
}

}  // namespace

awaitable<web::Page<AuditEvent>> page(TenantDb db, AuditQuery query) {
    const std::optional<Position> before = query.cursor ? unpack_position(*query.cursor) : end();
    if (!before) {
        web::detail::refuse_cursor();
    }
    const Filter& filter = query;
    EventPage found = co_await list(db, filter, *before, query.limit);
    co_return web::Page<AuditEvent>{
        .items = std::move(found.events),
        .next_key = found.next ? std::optional{pack(*found.next)} : std::nullopt
    };
}

awaitable<Verification> verify(TenantDb db, VerifyQuery query) {
    std::optional<Mark> start = query.cursor ? unpack_mark(*query.cursor) : Mark{};
    if (!start) {
        web::detail::refuse_cursor();
    }
    const std::optional<Retirement> retirement = co_await find_retirement(db);
    if (retirement && start->position.seq < retirement->last.position.seq) {
        start = retirement->last;
    }
    const Mark head = co_await find_head(db);
    Verification answer;
    answer.head = head.position.seq;
    answer.retired = retirement ? retirement->last.position.seq : 0;
    answer.checkpoint = co_await find_last_checkpoint(db);
    const std::int64_t signed_to =
        std::max(start->position.seq + query.limit, answer.checkpoint ? answer.checkpoint->seq : 0);
    std::vector<audit::Place> places = co_await signed_places(db, start->position.seq, signed_to);
    const Walk walked = co_await walk(db, *start, head, std::move(places), query.limit);
    std::optional<audit::Breach> breach = walked.breach;
    if (walked.at_end && !breach) {
        const bool beyond = co_await goes_beyond_head(db);
        if (beyond) {
            breach = {db.tenant(), head.position.seq + 1, audit::BreachKind::fork};
        }
    }
    answer.intact = !breach;
    answer.first = walked.looked_at == 0 ? 0 : start->position.seq + 1;
    answer.last = walked.last.position.seq;
    if (breach) {
        answer.breach = ChainBreach{breach->seq, breach->kind};
    } else if (!walked.at_end) {
        answer.next_cursor = pack(walked.before_last);
    }
    co_return answer;
}

awaitable<Export> export_chain(TenantDb db, ExportQuery query) {
    const Filter& filter = query;
    if (query.format == ExportFormat::ndjson && filter != Filter{}) {
        throw core::invalid("query.format", "ndjson is the whole chain: narrow it with csv", "not_allowed");
    }
    const Mark head = co_await find_head(db);
    const std::string name =
        "audit-log-" + audit::chain_name(db.tenant()) + '-' + std::to_string(head.position.seq);
    if (query.format == ExportFormat::csv) {
        co_return Export{.pieces = std::make_unique<EventRows>(db, filter, head), .file_name = name + ".csv"};
    }
    std::vector<std::string> checkpoints = co_await list_checkpoints(db, head.position.seq);
    std::optional<Retirement> retirement = co_await find_retirement(db);
    co_return Export{
        .pieces =
            std::make_unique<ChainLines>(db, head, std::move(checkpoints), std::move(retirement)),
        .file_name = name + ".ndjson",
        .media_type = audit::export_media_type
    };
}

}  // namespace pz::product::audit_log
