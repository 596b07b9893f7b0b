#include "exports/service.hpp"

#include "orgs/types.hpp"

#include <pz/core/error.hpp>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace pz::product::exports {

namespace {

using boost::asio::awaitable;
using core::Uuid;
using orgs::OrgState;
using tenancy::AdminDb, tenancy::TenantDb;

struct Leaving {
    std::string slug;
    OrgState state{};
};
BOOST_DESCRIBE_STRUCT(Leaving, (), (slug, state))

constexpr pg::Query find_leaving{"exports.find_org", R"sql(
    SELECT slug, state FROM platform.tenant WHERE id = $1)sql"};

awaitable<std::optional<Leaving>> find(TenantDb db, Uuid) {
    return db.finish_optional<Leaving>(find_leaving);
}

awaitable<std::optional<Leaving>> find(AdminDb db, Uuid id) {
    return db.finish_optional<Leaving>(find_leaving, id);
}

void require_there(const std::optional<Leaving>& org) {
    if (!org) {
        throw core::not_found("organization");
    }
    if (org->state == OrgState::deleting || org->state == OrgState::deleted) {
        throw core::ApiError(409, core::ErrorCode::wrong_state, "the organization is deleted");
    }
}

/// The archive's own transaction knows nothing of its reader, so each piece begins with a look in a
/// transaction of the request's: it is refused when the reader's session has ended, or the organization is
/// gone.
template <class Db>
class Pieces final : public web::Pieces {
 public:
    Pieces(Db db, Uuid org, std::unique_ptr<Desk::Archive> archive, web::AuditSequel sequel)
        : db_(db), org_(org), archive_(std::move(archive)), sequel_(sequel) {}

    awaitable<bool> append_next(std::string* body) override {
        const std::optional<Leaving> there = co_await find(db_, org_);
        require_there(there);
        const bool more = co_await archive_->append_next(body);
        if (!more) {
            // Before the last piece leaves: what is whole is in the log.
            const archive::Summary& summary = archive_->summary();
            co_await sequel_.record(
                "org.export_finished",
                {{"tables", summary.tables},
                 {"rows", summary.rows},
                 {"bytes", summary.bytes},
                 {"sha256", summary.sha256}}
            );
        }
        co_return more;
    }

 private:
    Db db_;
    Uuid org_;
    std::unique_ptr<Desk::Archive> archive_;
    web::AuditSequel sequel_;
};

template <class Db>
awaitable<Export> begin(Db db, Uuid org, Desk* desk, web::AuditSequel sequel) {
    std::unique_ptr<Desk::Archive> archive = desk->open(org);
    const std::optional<Leaving> leaving = co_await find(db, org);
    require_there(leaving);
    co_return Export{
        .pieces = std::make_unique<Pieces<Db>>(db, org, std::move(archive), sequel),
        .file_name = leaving->slug + ".tar",
    };
}

}  // namespace

awaitable<Export> export_own(TenantDb db, Desk* desk, web::AuditSequel sequel) {
    return begin(db, db.tenant(), desk, sequel);
}

awaitable<Export> export_any(AdminDb db, Uuid id, Desk* desk, web::AuditSequel sequel) {
    return begin(db, id, desk, sequel);
}

std::span<const pg::Query> queries() {
    static constexpr std::array all{find_leaving};
    return all;
}

}  // namespace pz::product::exports
