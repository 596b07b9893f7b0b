#pragma once

#include <boost/json/value.hpp>

#include <cstdint>
#include <string>
#include <string_view>

/// Canonical JSON (RFC 8785), of objects, arrays, strings, integers, booleans and null: one document, one
/// sequence of bytes, so that a hash of the bytes is a hash of the document. Fractions have no place in an
/// event, and without them nothing about numbers needs an opinion.
namespace pz::audit {

/// Appends a string in its one canonical spelling. `text` is UTF-8.
void append_canonical(std::string& out, std::string_view text);
void append_canonical(std::string& out, std::int64_t value);
/// Members in the order of their names' UTF-16 code units (RFC 8785 section 3.2.3). Throws
/// std::invalid_argument for a number that is no integer within 53 bits.
void append_canonical(std::string& out, const boost::json::value& value);

[[nodiscard]] std::string canonical(const boost::json::value& value);

}  // namespace pz::audit
