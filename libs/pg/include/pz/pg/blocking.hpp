#pragma once

#include <pz/core/secret.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// libpq's own name for PGconn, so that its header stays out of ours.
struct pg_conn;

namespace pz::pg {

/// A statement or a connection attempt that the server (or libpq) refused. what() is the server's own
/// sentence.
class BlockingError : public std::runtime_error {
 public:
    BlockingError(const std::string& message, std::string sqlstate, std::string constraint = {})
        : std::runtime_error(message), sqlstate_(std::move(sqlstate)), constraint_(std::move(constraint)) {}

    /// Five characters; "08006" when the connection itself failed.
    [[nodiscard]] const std::string& sqlstate() const noexcept { return sqlstate_; }

    /// Name of the violated constraint, or empty.
    [[nodiscard]] const std::string& constraint() const noexcept { return constraint_; }

 private:
    std::string sqlstate_;
    std::string constraint_;
};

/// Rows as text: what a tool prints or compares.
struct TextResult {
    using Row = std::vector<std::optional<std::string>>;
    std::vector<std::string> columns;
    std::vector<Row> rows;
    std::string command_tag;
};

/// One blocking connection for tools (the migrator, the cluster, `phasezero seed`) and for a service's
/// background work. Requests never use it: they are asynchronous (pool.hpp). Movable, not thread-safe.
/// Notices go to the debug log.
class BlockingConnection {
 public:
    /// Connects, waiting at most ten seconds. Throws BlockingError.
    explicit BlockingConnection(const core::SecretString& connection_string);

    /// One statement with parameters as text; nullopt is NULL.
    TextResult query(const std::string& sql, const std::vector<std::optional<std::string>>& parameters = {});
    /// Any number of statements in the simple protocol; stops at the first that fails.
    void execute_script(const std::string& sql);
    /// The single value of a single row; throws BlockingError when the shape differs.
    std::string value(const std::string& sql, const std::vector<std::optional<std::string>>& parameters = {});

    /// A row of copy_rows(): PostgreSQL's binary form of each value, nullopt for NULL.
    using BinaryRow = std::span<const std::optional<std::string_view>>;

    /// Every row of a SELECT, as COPY brings them: one after the other, however many there are, in constant
    /// memory. A row is valid during its call. What `row` throws ends the connection's usefulness.
    void copy_rows(const std::string& select, const std::function<void(BinaryRow)>& row);

    /// Sets a role's password as a SCRAM verifier made here, so that the clear text never reaches the server
    /// or its log.
    void set_password(const std::string& role, const core::SecretString& password);

    /// 150020 for 15.20.
    [[nodiscard]] int server_version() const noexcept;

 private:
    struct Close {
        void operator()(pg_conn* connection) const noexcept;
    };

    std::unique_ptr<pg_conn, Close> connection_;
};

/// "name='value' name='value'": a libpq connection string, quoted.
[[nodiscard]] std::string connection_string(
    const std::vector<std::pair<std::string_view, std::string_view>>& settings
);
/// For the few statements that take a name and no parameter (CREATE DATABASE … TEMPLATE …).
[[nodiscard]] std::string quote_identifier(std::string_view name);

}  // namespace pz::pg
