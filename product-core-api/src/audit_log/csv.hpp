#pragma once

#include "audit_log/types.hpp"

#include <string>
#include <string_view>

/// Events as rows of a table (RFC 4180) that people open in a spreadsheet.
namespace pz::product::audit_log {

/// One cell: always in quotation marks, and with an apostrophe in front of what a spreadsheet would take for
/// a formula (OWASP, CSV injection): a leading = + - @, their full-width forms, tab, carriage return or line
/// feed.
void append_cell(std::string& out, std::string_view text);

void append_csv_head(std::string& out);
void append_csv_row(std::string& out, const AuditEvent& event);

}  // namespace pz::product::audit_log
