#include <pz/archive/export.hpp>

#include "catalog.hpp"
#include "running_hash.hpp"

#include <pz/archive/tar.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>
#include <utility>
#include <vector>

namespace pz::archive {

namespace {

namespace json = boost::json;

constexpr int rows_at_a_time = 1000;

constexpr const char* tenant_row = R"sql(
    SELECT row_to_json(t)::text
      FROM (SELECT id, slug, name, plan, contact_email, time_zone, created_at FROM platform.tenant
             WHERE id = $1::uuid AND state NOT IN ('deleting', 'deleted')) t)sql";

constexpr const char* rows_of_people = R"sql(
    SELECT row_to_json(t)::text
      FROM (SELECT id, email, name, role, state, created_at FROM platform.people_of_archive() ORDER BY id) t)sql";

/// What is archived under one name, and how far that has come.
struct Source {
    std::string name;
    std::string query;
    std::vector<std::string> columns;  ///< of a table; none of people
    int parts = 0;
    std::int64_t rows = 0;
    RunningHash hash{};
};

Source source_of(const AppTable& table, const core::Uuid& tenant) {
    return {
        .name = table.name,
        .query = fmt::format(
            "SELECT row_to_json(t)::text FROM (SELECT {} FROM {} WHERE tenant_id = '{}' ORDER BY {}) t",
            fmt::join(table.columns, ", "),
            table.name,
            tenant.to_string(),
            table.primary_key
        ),
        .columns = table.columns,
    };
}

}  // namespace

class Export::State {
 public:
    State(pg::BlockingConnection& connection, const Options& options)
        : connection_(connection), now_(options.now) {
        connection_.execute_script(fmt::format(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL app.current_tenant = '{}';"
            " SET LOCAL idle_in_transaction_session_timeout = {}; SET LOCAL statement_timeout = {}",
            options.tenant.to_string(),
            options.patience.count(),
            options.statement_time.count()
        ));
        const pg::TextResult row = connection_.query(tenant_row, {options.tenant.to_string()});
        if (row.rows.empty()) {
            throw ArchiveError("there is no organization " + options.tenant.to_string());
        }
        about_ = json::parse(row.rows.front()[0].value()).as_object();
        summary_.slug = about_.at("slug").as_string();
        for (const AppTable& table : list_tables(connection_)) {
            sources_.push_back(source_of(table, options.tenant));
        }
        summary_.tables = static_cast<std::int64_t>(sources_.size());
        sources_.push_back({.name = people_name, .query = rows_of_people, .columns = {}});
    }

    bool append_next(std::string& out) {
        const std::size_t before = out.size();
        const bool more = append(out);
        const std::string_view piece = std::string_view{out}.substr(before);
        hash_.add(piece);
        summary_.bytes += static_cast<std::int64_t>(piece.size());
        if (!more) {
            summary_.sha256 = hash_.hex();
        }
        return more;
    }

    [[nodiscard]] const Summary& summary() const noexcept { return summary_; }

 private:
    bool append(std::string& out) {
        while (at_ < sources_.size()) {
            if (append_rows(out, sources_[at_])) {
                return true;
            }
            ++at_;
        }
        append_tar_entry(
            out,
            manifest_name,
            json::serialize(json::object{
                {"v", 1},
                {"exported_at", core::to_string(now_)},
                {"tenant", std::move(about_)},
                {"tables", std::move(entries_)}
            })
        );
        append_tar_end(out);
        connection_.execute_script("COMMIT");
        return false;
    }

    /// The next file of a source; false: there are no more of it, and its entry stands in the manifest.
    bool append_rows(std::string& out, Source& source) {
        if (source.parts == 0) {
            connection_.execute_script("DECLARE export_rows NO SCROLL CURSOR FOR " + source.query);
        }
        const pg::TextResult some =
            connection_.query(fmt::format("FETCH {} FROM export_rows", rows_at_a_time));
        if (some.rows.empty()) {
            connection_.execute_script("CLOSE export_rows");
            json::object entry{{"table", source.name}, {"rows", source.rows}, {"sha256", source.hash.hex()}};
            if (source.name != people_name) {
                entry["columns"] = json::array(source.columns.begin(), source.columns.end());
                summary_.rows += source.rows;
            }
            entries_.push_back(std::move(entry));
            return false;
        }
        std::string lines;
        for (const auto& row : some.rows) {
            (lines += row[0].value()) += '\n';
        }
        source.hash.add(lines);
        source.rows += static_cast<std::int64_t>(some.rows.size());
        append_tar_entry(out, fmt::format("{}/{:06}.ndjson", source.name, ++source.parts), lines);
        return true;
    }

    pg::BlockingConnection& connection_;
    core::Timestamp now_;
    json::object about_;
    std::vector<Source> sources_;
    std::size_t at_ = 0;
    json::array entries_;
    RunningHash hash_;
    Summary summary_;
};

Export::Export(pg::BlockingConnection& connection, const Options& options)
    : state_(std::make_unique<State>(connection, options)) {}

Export::Export(Export&&) noexcept = default;
Export& Export::operator=(Export&&) noexcept = default;
Export::~Export() = default;

bool Export::append_next(std::string& out) {
    return state_->append_next(out);
}

const Summary& Export::summary() const noexcept {
    return state_->summary();
}

}  // namespace pz::archive
