// Rows of an exported audit log as a spreadsheet gets them.

#include "audit_log/csv.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pz::product::audit_log {

namespace {

std::string cell(std::string_view text) {
    std::string out;
    append_cell(out, text);
    return out;
}

TEST(Csv, quotes_every_cell_and_doubles_quotation_marks) {
    EXPECT_EQ(cell(""), R"("")");
    EXPECT_EQ(cell("plain"), R"("plain")");
    EXPECT_EQ(cell("a,b\r\nc"), "\"a,b\r\nc\"");
    EXPECT_EQ(cell(R"(say "hi")"), R"("say ""hi""")");
    EXPECT_EQ(cell("\",=1+1,\""), "\"\"\",=1+1,\"\"\"") << "a quotation mark opens no second cell";
}

TEST(Csv, puts_an_apostrophe_in_front_of_what_would_be_a_formula) {
    for (const char* formula :
         {"=cmd|' /C calc'!A0",
          "+1",
          "-1",
          "@SUM(A1)",
          "\t=1",
          "\r=1",
          "\n=1",
          "\uFF1D1+1",
          "\uFF0B1",
          "\uFF0D1",
          "\uFF20SUM(A1)"}) {
        EXPECT_EQ(cell(formula), "\"'" + std::string{formula} + '"');
    }
    EXPECT_EQ(cell("a=1"), R"("a=1")");
}

TEST(Csv, writes_an_event_as_a_row_with_as_many_cells_as_the_head) {
    AuditEvent event;
    event.seq = 42;
    event.action = "item.updated";
    event.actor.role = "=admin";
    event.target = {{"item", "1"}, {"item", "2"}};
    event.facts = {{"reason", "because"}};
    event.diff = EventDiff{{{"title", "a"}}, {{"title", "b"}}};
    std::string head;
    append_csv_head(head);
    std::string row;
    append_csv_row(row, event);
    EXPECT_TRUE(row.starts_with(
        R"("42","1970-01-01T00:00:00.000000Z","item.updated","success","","person","'=admin")"
    ));
    EXPECT_NE(row.find(R"("item:1 item:2")"), std::string::npos);
    EXPECT_NE(
        row.find(R"("{""reason"":""because""}","{""title"":""a""}","{""title"":""b""}")"), std::string::npos
    );
    EXPECT_TRUE(row.ends_with("\"\r\n"));
    const auto cells = [](std::string text) {
        std::size_t count = 1;
        for (std::size_t at = 0; (at = text.find("\",\"", at)) != std::string::npos; ++at) {
            ++count;
        }
        return count;
    };
    EXPECT_EQ(cells(head), 17U);
}

}  // namespace

}  // namespace pz::product::audit_log
