#include "row_maker.hpp"

#include "lens.hpp"

#include <pz/core/uuid.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <vector>

namespace pz::command::prove {

namespace {

/// Values to try for one column, as literals without their quotes; nullopt leaves the column out.
struct Column {
    std::string name;  ///< quoted
    std::vector<std::optional<std::string>> candidates;
    std::size_t chosen = 0;
};

std::string random_digits(int count) {
    static std::mt19937_64 generator{std::random_device{}()};
    std::string out;
    for (int i = 0; i < count; ++i) {
        out += "0123456789abcdef"[generator() % 16];
    }
    return out;
}

std::string random_uuid() {
    return fmt::format(
        "{}-{}-4{}-8{}-{}",
        random_digits(8),
        random_digits(4),
        random_digits(3),
        random_digits(3),
        random_digits(12)
    );
}

std::vector<std::string> split(std::string_view list) {
    constexpr char separator = '\x1f';
    std::vector<std::string> parts;
    while (!list.empty()) {
        const std::size_t end = std::min(list.find(separator), list.size());
        parts.emplace_back(list.substr(0, end));
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return parts;
}

/// What fits a type, the likeliest first. `words` and `numbers` stand in the column's CHECK constraints.
std::vector<std::string> values_of(
    std::string_view type,
    char category,
    const std::vector<std::string>& words,
    const std::vector<std::string>& numbers,
    const std::vector<std::string>& labels
) {
    std::vector<std::string> out;
    const auto lengths = [&] {
        std::vector<std::size_t> all{32, 16, 64, 20, 43, 1, 100};
        for (const std::string& number : numbers) {
            std::size_t length = 0;
            std::from_chars(number.data(), number.data() + number.size(), length);
            if (length <= 4096) {
                all.insert(all.begin(), length);
            }
        }
        return all;
    };
    if (type == "uuid") {
        out = {random_uuid()};
    } else if (type == "bytea") {
        for (const std::size_t length : lengths()) {
            out.push_back("\\x" + random_digits(static_cast<int>(2 * length)));
        }
    } else if (category == 'E') {
        out = labels;
    } else if (category == 'B') {
        out = {"true", "false"};
    } else if (category == 'N') {
        out = numbers;
        out.insert(out.end(), {"1", "0", "100", "1000000"});
    } else if (category == 'D') {
        out = {"now", "2000-01-01", "2100-01-01"};
    } else if (category == 'T') {
        out = {"1 hour"};
    } else if (category == 'A') {
        out = {"{}"};
        for (const std::string& word : words) {
            out.push_back("{\"" + word + "\"}");
        }
    } else if (category == 'R') {
        out = {"empty"};
    } else if (category == 'I') {
        out = {"192.0.2.1"};
    } else if (type == "json" || type == "jsonb") {
        out = {"{}", "[]"};
    } else {
        out = words;
        const std::string digits = random_digits(12);
        out.insert(
            out.end(),
            {"prove-" + digits, digits, digits + "@example.com", "https://example.com/" + digits, "x"}
        );
        for (const std::size_t length : lengths()) {
            out.push_back(random_digits(static_cast<int>(length)));
        }
    }
    return out;
}

class RowMaker {
 public:
    RowMaker(pg::BlockingConnection& connection, const std::string& oid, const std::string& table)
        : connection_(connection), table_(table) {
        read_columns(oid);
        read_constraints(oid);
    }

    MadeRow make(const std::string& tenant_column, const std::string& tenant) {
        constexpr int patience = 3000;
        std::string last;
        for (int i = 0; i < patience; ++i) {
            connection_.execute_script("savepoint row");
            try {
                std::string json = connection_.value(insert(tenant_column, tenant));
                connection_.execute_script("release row");
                return {.json = std::move(json)};
            } catch (const pg::BlockingError& error) {
                connection_.execute_script("rollback to row; release row");
                last = error.what();
                if (!advance(error.constraint())) {
                    break;
                }
            }
        }
        return {.json = {}, .why_not = last};
    }

 private:
    void read_columns(const std::string& oid) {
        const pg::TextResult found = connection_.query(
            R"sql(
            select quote_ident(a.attname), a.attname, b.typname, b.typcategory::text, a.attnotnull,
                   a.atthasdef or a.attidentity <> '' as has_default,
                   (select string_agg(e.enumlabel, e'\x1f' order by e.enumsortorder) from pg_enum e where e.enumtypid = b.oid),
                   (select string_agg(replace(m[1], '''''', ''''), e'\x1f')
                      from pg_constraint k cross join regexp_matches(pg_get_constraintdef(k.oid), '''((?:[^'']|'''')*)''', 'g') m
                     where k.contype = 'c' and (k.conrelid = a.attrelid and a.attnum = any (k.conkey) or k.contypid = t.oid)),
                   (select string_agg(m[1], e'\x1f')
                      from pg_constraint k cross join regexp_matches(pg_get_constraintdef(k.oid), '\m(\d+)\M', 'g') m
                     where k.contype = 'c' and (k.conrelid = a.attrelid and a.attnum = any (k.conkey) or k.contypid = t.oid))
              from pg_attribute a join pg_type t on t.oid = a.atttypid
              join pg_type b on b.oid = case when t.typtype = 'd' then t.typbasetype else t.oid end
             where a.attrelid = $1::oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' order by a.attnum)sql",
            {oid}
        );
        for (const pg::TextResult::Row& row : found.rows) {
            Column column{.name = row[0].value_or(""), .candidates = {}};
            if (row[4] != "t" || row[5] == "t") {
                column.candidates.emplace_back(std::nullopt);
            }
            for (std::string& value : values_of(
                     row[2].value_or(""),
                     row[3].value_or("X").front(),
                     split(row[7].value_or("")),
                     split(row[8].value_or("")),
                     split(row[6].value_or(""))
                 )) {
                column.candidates.emplace_back(std::move(value));
            }
            columns_.push_back(std::move(column));
        }
    }

    /// Which columns a constraint or unique index speaks of, by its name.
    void read_constraints(const std::string& oid) {
        const pg::TextResult found = connection_.query(
            R"sql(
            select k.conname::text, quote_ident(a.attname) from pg_constraint k
              join pg_attribute a on a.attrelid = k.conrelid and a.attnum = any (k.conkey) where k.conrelid = $1::oid
            union
            select c.relname, quote_ident(a.attname) from pg_index i join pg_class c on c.oid = i.indexrelid
              join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey) where i.indrelid = $1::oid
            union
            select k.conname, quote_ident(a.attname) from pg_constraint k
              join pg_attribute a on a.atttypid = k.contypid where k.contypid <> 0 and a.attrelid = $1::oid)sql",
            {oid}
        );
        for (const pg::TextResult::Row& row : found.rows) {
            constrained_[row[0].value_or("")].insert(row[1].value_or(""));
        }
    }

    [[nodiscard]] std::string insert(const std::string& tenant_column, const std::string& tenant) const {
        std::string names = tenant_column;
        std::string values = quote_literal(tenant);
        for (const Column& column : columns_) {
            if (column.name == tenant_column || column.candidates.empty()) {
                continue;
            }
            if (const std::optional<std::string>& value = column.candidates[column.chosen]) {
                names += ", " + column.name;
                values += ", " + quote_literal(*value);
            }
        }
        return fmt::format(
            "insert into {} as made ({}) overriding system value values ({}) returning to_jsonb(made)::text",
            table_,
            names,
            values
        );
    }

    /// The next combination of what the refused constraint speaks of; false when all were tried.
    bool advance(const std::string& constraint) {
        const auto found = constrained_.find(constraint);
        if (found == constrained_.end()) {
            return false;
        }
        for (Column& column : columns_) {
            if (found->second.contains(column.name) && !column.candidates.empty()) {
                if (++column.chosen < column.candidates.size()) {
                    return true;
                }
                column.chosen = 0;
            }
        }
        return false;
    }

    pg::BlockingConnection& connection_;
    const std::string& table_;
    std::vector<Column> columns_;
    std::map<std::string, std::set<std::string>> constrained_;
};

MadeRow copy_a_row(
    pg::BlockingConnection& connection,
    const std::string& table,
    const std::string& tenant_column,
    const std::string& tenant,
    const std::string& why_not
) {
    connection.execute_script("savepoint row");
    try {
        const std::string columns = connection.value(
            "select string_agg(quote_ident(attname), ', ') from pg_attribute where attrelid = $1::regclass "
            "and attnum > 0"
            " and not attisdropped and attgenerated = '' and quote_ident(attname) <> $2",
            {table, tenant_column}
        );
        std::string json = connection.value(fmt::format(
            "insert into {0} as made ({1}, {2}) overriding system value select {3}, {2} from {0} limit 1"
            " returning to_jsonb(made)::text",
            table,
            tenant_column,
            columns,
            quote_literal(tenant)
        ));
        connection.execute_script("release row");
        return {.json = std::move(json)};
    } catch (const pg::BlockingError&) {
        connection.execute_script("rollback to row; release row");
        return {.json = {}, .why_not = why_not};
    }
}

}  // namespace

MadeRow make_row(
    pg::BlockingConnection& connection,
    const std::string& table_oid,
    const std::string& table,
    const std::string& tenant_column,
    const std::string& tenant
) {
    MadeRow made = RowMaker{connection, table_oid, table}.make(tenant_column, tenant);
    if (made.json.empty()) {
        return copy_a_row(connection, table, tenant_column, tenant, made.why_not);
    }
    return made;
}

}  // namespace pz::command::prove
