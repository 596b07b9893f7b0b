// What the compiler writes for a table; that it fits a schema, tests/db asks the server.

#include <pz/web/table.hpp>

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace pz::web {

enum class Color : std::uint8_t { red, green };
BOOST_DESCRIBE_ENUM(Color, red, green)

enum class RowSort : std::uint8_t { newest, stars, name };
BOOST_DESCRIBE_ENUM(RowSort, newest, stars, name)

struct Row {
    core::Uuid id;
    std::string name;
    std::int32_t stars = 0;
    core::Timestamp created_at;
    std::int32_t version = 0;
};
PZ_DESCRIBE(Row, id, name, stars, created_at, version)

struct RowCreate {
    std::string name;
    std::int32_t stars = 0;
};
PZ_DESCRIBE(RowCreate, name, stars)

struct RowUpdate {
    core::Change<std::string> name;
    core::Change<std::int32_t> stars;
};
PZ_DESCRIBE(RowUpdate, name, stars)

struct RowQuery {
    std::int32_t limit = 20;
    std::optional<std::string> cursor;
    RowSort sort = RowSort::newest;
    std::optional<std::string> q;
    std::optional<core::Uuid> id;
    std::optional<std::int32_t> stars;
    std::optional<bool> hidden;
    std::optional<core::Timestamp> created_at;
    std::optional<Color> color;
};
PZ_DESCRIBE(RowQuery, limit, cursor, sort, q, id, stars, hidden, created_at, color)

struct PlainQuery {
    std::int32_t limit = 20;
    std::optional<std::string> cursor;
};
PZ_DESCRIBE(PlainQuery, limit, cursor)

namespace {

using Rows = Table<
    "app.row",
    Row,
    RowCreate,
    RowUpdate,
    RowQuery,
    Sort<RowSort::newest, Descending<&Row::created_at>>,
    Sort<RowSort::stars, Ascending<&Row::stars>>,
    Sort<RowSort::name, Folded<&Row::name>>,
    Prefix<&Row::name>,
    Stamp<"created_by">,
    ConflictOn<"row_name_key", "a row with this name exists">,
    MissingOn<"row_project_fkey", "project_id", "there is no such project">>;
using PlainRows = Table<"app.plain", Row, RowCreate, RowUpdate, PlainQuery>;

template <class T>
std::map<std::string, std::string> statements() {
    std::map<std::string, std::string> texts;
    for (const pg::Query& query : T::queries()) {
        EXPECT_TRUE(texts.emplace(query.name(), query.sql()).second) << query.name() << " is there twice";
    }
    return texts;
}

TEST(Table, finds_by_tenant_and_id) {
    EXPECT_EQ(
        statements<Rows>()["app.row.find"],
        "SELECT id, name, stars, created_at, version FROM app.row WHERE tenant_id = $1 AND id = $2"
    );
}

TEST(Table, inserts_what_the_client_sends_and_what_the_service_stamps) {
    EXPECT_EQ(
        statements<Rows>()["app.row.insert"],
        "INSERT INTO app.row (tenant_id, id, name, stars, created_by) VALUES ($1, $2, $3, $4, $5)"
        " RETURNING id, name, stars, created_at, version"
    );
}

TEST(Table, updates_what_is_there_and_tells_stale_from_missing) {
    EXPECT_EQ(
        statements<Rows>()["app.row.update"],
        "WITH written AS (UPDATE app.row SET name = CASE WHEN $4 THEN $5 ELSE name END,"
        " stars = CASE WHEN $6 THEN $7 ELSE stars END, version = version + 1, updated_at = now()"
        " WHERE tenant_id = $1 AND id = $2 AND ($3::integer[] IS NULL OR version = ANY ($3::integer[]))"
        " RETURNING id, name, stars, created_at, version)"
        " SELECT id, name, stars, created_at, version, true FROM written"
        " UNION ALL SELECT id, name, stars, created_at, version, false FROM app.row"
        " WHERE tenant_id = $1 AND id = $2 AND NOT EXISTS (SELECT FROM written)"
    );
}

TEST(Table, removes_and_tells_stale_from_missing) {
    EXPECT_EQ(
        statements<Rows>()["app.row.remove"],
        "WITH written AS (DELETE FROM app.row"
        " WHERE tenant_id = $1 AND id = $2 AND ($3::integer[] IS NULL OR version = ANY ($3::integer[]))"
        " RETURNING id) SELECT true FROM written UNION ALL SELECT false FROM app.row"
        " WHERE tenant_id = $1 AND id = $2 AND NOT EXISTS (SELECT FROM written)"
    );
}

TEST(Table, lists_by_each_sort) {
    auto texts = statements<Rows>();
    EXPECT_EQ(
        texts["app.row.list_created_at_desc"],
        "SELECT id, name, stars, created_at, version FROM app.row"
        " WHERE tenant_id = $1 AND (created_at, id) < ($2, $3) ORDER BY created_at DESC, id DESC LIMIT $4"
    );
    EXPECT_EQ(
        texts["app.row.list_stars"],
        "SELECT id, name, stars, created_at, version FROM app.row"
        " WHERE tenant_id = $1 AND (stars, id) > ($2, $3) ORDER BY stars, id LIMIT $4"
    );
    EXPECT_EQ(
        texts["app.row.list_name_folded"],
        "SELECT id, name, stars, created_at, version FROM app.row"
        " WHERE tenant_id = $1 AND (name_folded, id) > (lower($2::text), $3) ORDER BY name_folded, id LIMIT "
        "$4"
    );
}

TEST(Table, filters_by_the_members_of_the_query) {
    EXPECT_EQ(
        statements<Rows>()["app.row.list_stars_filtered"],
        "SELECT id, name, stars, created_at, version FROM app.row WHERE tenant_id = $1 AND (stars, id) > "
        "($2, $3)"
        " AND ($5::text IS NULL OR name_folded ^@ lower($5))"
        " AND ($6::uuid IS NULL OR id = $6)"
        " AND ($7::bigint IS NULL OR stars = $7)"
        " AND ($8::boolean IS NULL OR hidden = $8)"
        " AND ($9::timestamptz IS NULL OR created_at = $9)"
        " AND ($10::text IS NULL OR color = $10)"
        " ORDER BY stars, id LIMIT $4"
    );
}

TEST(Table, has_no_statements_that_it_does_not_need) {
    EXPECT_EQ(statements<Rows>().size(), 10U);
    EXPECT_EQ(statements<PlainRows>().size(), 5U);
    EXPECT_TRUE(statements<PlainRows>().contains("app.plain.list_created_at_desc"));
}

}  // namespace

}  // namespace pz::web
