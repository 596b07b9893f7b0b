#pragma once

#include <pz/core/error.hpp>

#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>

namespace pz::pg {

/// PostgreSQL refused a statement, or the connection died. The web layer maps what reaches it: class 08 to
/// 503, 40001 and 40P01 to a retry or 503, 42501 to a security log line, everything else to 500.
class Error : public std::exception {
 public:
    /// `statement` is the Query's name, or empty.
    Error(std::string sqlstate, std::string constraint, std::string statement, std::string detail);

    /// "23505: items.insert": fit for a log, without any value of a client.
    [[nodiscard]] const char* what() const noexcept override { return summary_.c_str(); }

    /// Five characters (PostgreSQL, appendix A).
    [[nodiscard]] const std::string& sqlstate() const noexcept { return sqlstate_; }

    /// Name of the violated constraint, or empty.
    [[nodiscard]] const std::string& constraint() const noexcept { return constraint_; }

    [[nodiscard]] const std::string& statement() const noexcept { return statement_; }

    /// The server's message. For the log only: it may quote values.
    [[nodiscard]] const std::string& detail() const noexcept { return detail_; }

    /// The connection was lost (class 08): a transaction that writes may or may not have been committed.
    [[nodiscard]] bool is_connection_failure() const noexcept { return sqlstate_.starts_with("08"); }

    /// Translates a named constraint and nothing else; for use in a repository:
    ///     } catch (const pg::Error& error) {
    ///         error.on_constraint("item_title_key", conflict("an item with this title exists"));
    ///         throw;
    ///     }
    void on_constraint(std::string_view name, core::ApiError instead) const;

 private:
    std::string sqlstate_;
    std::string constraint_;
    std::string statement_;
    std::string detail_;
    std::string summary_;
};

/// No connection was free within PoolOptions::wait, or too many were waiting: 503 with Retry-After. Nothing
/// was sent.
class PoolTimeout : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

/// The request's deadline passed before the answer came: 504. What was sent is still drained, out of sight; a
/// transaction that writes may or may not be committed.
class DeadlineExceeded : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

/// The C++ type does not fit the statement's result (column count, type, NULL, unknown enumerator): a bug of
/// ours, 500.
class RowError : public std::logic_error {
 public:
    using std::logic_error::logic_error;
};

}  // namespace pz::pg
