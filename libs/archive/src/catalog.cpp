#include "catalog.hpp"

#include <algorithm>
#include <string_view>

namespace pz::archive {

namespace {

/// Tables of schema app, those that others refer to first, with the columns that carry data: not what is
/// generated, and not what only this installation can read. regclass prints names as SQL takes them.
constexpr const char* tables_of_app = R"sql(
    WITH RECURSIVE app_table AS (
      SELECT oid FROM pg_class
       WHERE relnamespace = 'app'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition),
    depth AS (
      SELECT oid, 0 AS level FROM app_table
      UNION
      SELECT k.conrelid, d.level + 1
        FROM depth d
        JOIN pg_constraint k ON k.contype = 'f' AND k.confrelid = d.oid AND k.conrelid <> d.oid
        JOIN app_table t ON t.oid = k.conrelid
       WHERE d.level < 20)
    SELECT d.oid::regclass::text,
           (SELECT string_agg(quote_ident(a.attname), ' ' ORDER BY a.attnum)
              FROM pg_attribute a
             WHERE a.attrelid = d.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
               AND (d.oid::regclass::text, a.attname) NOT IN (
                     ('app.integration', 'secret_encrypted'), ('app.integration', 'secret_set_at'))),
           (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY k.place)
              FROM pg_constraint p
              CROSS JOIN unnest(p.conkey) WITH ORDINALITY AS k (attnum, place)
              JOIN pg_attribute a ON a.attrelid = p.conrelid AND a.attnum = k.attnum
             WHERE p.conrelid = d.oid AND p.contype = 'p')
      FROM depth d
     GROUP BY d.oid
     ORDER BY max(d.level), 1)sql";

std::vector<std::string> words(std::string_view text) {
    std::vector<std::string> all;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        all.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return all;
}

}  // namespace

std::vector<AppTable> list_tables(pg::BlockingConnection& connection) {
    std::vector<AppTable> tables;
    for (const auto& row : connection.query(tables_of_app).rows) {
        tables.push_back({row[0].value(), words(row[1].value()), row[2].value()});
    }
    return tables;
}

}  // namespace pz::archive
