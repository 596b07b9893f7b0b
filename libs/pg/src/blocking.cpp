#include <pz/pg/blocking.hpp>

#include <pz/pg/connection_target.hpp>

#include <libpq-fe.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace pz::pg {

namespace {

struct ClearResult {
    void operator()(PGresult* result) const noexcept { PQclear(result); }
};

using Result = std::unique_ptr<PGresult, ClearResult>;

std::string without_newline(std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) {
        text.remove_suffix(1);
    }
    return std::string{text};
}

void log_notice(void*, const char* message) {
    spdlog::debug("postgres: {}", without_newline(message));
}

[[noreturn]] void fail(const PGresult* result, const PGconn* connection) {
    const char* sqlstate = result != nullptr ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : nullptr;
    const char* primary = result != nullptr ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : nullptr;
    const char* constraint =
        result != nullptr ? PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME) : nullptr;
    throw BlockingError(
        primary != nullptr ? std::string{primary} : without_newline(PQerrorMessage(connection)),
        sqlstate != nullptr ? sqlstate : "08006",
        constraint != nullptr ? constraint : ""
    );
}

void require_success(const PGresult* result, const PGconn* connection) {
    switch (PQresultStatus(result)) {
        case PGRES_COMMAND_OK:
        case PGRES_TUPLES_OK:
        case PGRES_EMPTY_QUERY:
            return;
        default:
            fail(result, connection);
    }
}

/// Takes a big-endian integer off the front.
template <class T>
T take_integer(std::string_view& bytes) {
    if (bytes.size() < sizeof(T)) {
        throw BlockingError("COPY sent half a row", "08P01");
    }
    T value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        value = static_cast<T>(value << 8 | static_cast<unsigned char>(bytes[i]));
    }
    bytes.remove_prefix(sizeof(T));
    return value;
}

/// False for what is no row: the end, or nothing behind the header.
bool read_copied_row(std::string_view message, std::vector<std::optional<std::string_view>>& values) {
    if (message.empty()) {
        return false;
    }
    constexpr std::uint16_t end = 0xFFFF;
    const auto count = take_integer<std::uint16_t>(message);
    if (count == end) {
        return false;
    }
    values.clear();
    for (std::uint16_t i = 0; i < count; ++i) {
        constexpr std::uint32_t null = 0xFFFFFFFF;
        const auto size = take_integer<std::uint32_t>(message);
        if (size == null) {
            values.emplace_back(std::nullopt);
            continue;
        }
        if (size > message.size()) {
            throw BlockingError("COPY sent half a row", "08P01");
        }
        values.emplace_back(message.substr(0, size));
        message.remove_prefix(size);
    }
    return true;
}

}  // namespace

void BlockingConnection::Close::operator()(pg_conn* connection) const noexcept {
    PQfinish(connection);
}

BlockingConnection::BlockingConnection(const core::SecretString& connection_string) {
    static_cast<void>(parse_connection_string(connection_string));
    // The string may be key=value pairs or a URI: libpq expands it as "dbname", and what follows it wins.
    const std::array<const char*, 3> keywords{"dbname", "connect_timeout", nullptr};
    const std::array<const char*, 3> values{connection_string.reveal().c_str(), "10", nullptr};
    connection_.reset(PQconnectdbParams(keywords.data(), values.data(), /*expand_dbname=*/1));
    if (PQstatus(connection_.get()) != CONNECTION_OK) {
        fail(nullptr, connection_.get());
    }
    PQsetNoticeProcessor(connection_.get(), log_notice, nullptr);
}

TextResult BlockingConnection::query(
    const std::string& sql, const std::vector<std::optional<std::string>>& parameters
) {
    std::vector<const char*> values;
    values.reserve(parameters.size());
    for (const auto& parameter : parameters) {
        values.push_back(parameter ? parameter->c_str() : nullptr);
    }
    const Result result{PQexecParams(
        connection_.get(),
        sql.c_str(),
        static_cast<int>(values.size()),
        nullptr,
        values.data(),
        nullptr,
        nullptr,
        /*resultFormat=*/0
    )};
    require_success(result.get(), connection_.get());

    TextResult out;
    out.command_tag = PQcmdStatus(result.get());
    const int columns = PQnfields(result.get());
    for (int column = 0; column < columns; ++column) {
        out.columns.emplace_back(PQfname(result.get(), column));
    }
    for (int row = 0; row < PQntuples(result.get()); ++row) {
        TextResult::Row& cells = out.rows.emplace_back();
        for (int column = 0; column < columns; ++column) {
            if (PQgetisnull(result.get(), row, column) != 0) {
                cells.emplace_back(std::nullopt);
            } else {
                cells.emplace_back(PQgetvalue(result.get(), row, column));
            }
        }
    }
    return out;
}

void BlockingConnection::execute_script(const std::string& sql) {
    const Result result{PQexec(connection_.get(), sql.c_str())};
    require_success(result.get(), connection_.get());
}

std::string BlockingConnection::value(
    const std::string& sql, const std::vector<std::optional<std::string>>& parameters
) {
    const TextResult result = query(sql, parameters);
    if (result.rows.size() != 1 || result.columns.size() != 1 || !result.rows.front().front()) {
        throw BlockingError("expected one value, got another shape", "21000");
    }
    return *result.rows.front().front();
}

void BlockingConnection::copy_rows(const std::string& select, const std::function<void(BinaryRow)>& row) {
    const Result start{PQexec(connection_.get(), ("COPY (" + select + ") TO STDOUT (FORMAT binary)").c_str())
    };
    if (PQresultStatus(start.get()) != PGRES_COPY_OUT) {
        fail(start.get(), connection_.get());
    }
    // The signature, flags and the length of an extension that there is none of (PostgreSQL, COPY).
    std::size_t header = 11 + 4 + 4;
    std::vector<std::optional<std::string_view>> values;
    for (;;) {
        char* memory = nullptr;
        const int size = PQgetCopyData(connection_.get(), &memory, /*async=*/0);
        if (size <= 0) {
            break;  // -1 at the end, -2 for an error; the result that follows says which
        }
        const std::unique_ptr<char, decltype(&PQfreemem)> owned{memory, &PQfreemem};
        std::string_view message{memory, static_cast<std::size_t>(size)};
        message.remove_prefix(std::min(std::exchange(header, 0), message.size()));
        if (read_copied_row(message, values)) {
            row(values);
        }
    }
    const Result end{PQgetResult(connection_.get())};
    require_success(end.get(), connection_.get());
    while (const Result rest{PQgetResult(connection_.get())}) {
    }
}

void BlockingConnection::set_password(const std::string& role, const core::SecretString& password) {
    const std::unique_ptr<char, decltype(&PQfreemem)> verifier{
        PQencryptPasswordConn(connection_.get(), password.reveal().c_str(), role.c_str(), "scram-sha-256"),
        &PQfreemem
    };
    if (verifier == nullptr) {
        fail(nullptr, connection_.get());
    }
    // The verifier is base64 with '$' and ':': nothing in it needs quoting.
    execute_script("ALTER ROLE " + quote_identifier(role) + " PASSWORD '" + verifier.get() + "'");
}

int BlockingConnection::server_version() const noexcept {
    return PQserverVersion(connection_.get());
}

// Waiting for the server does not help against a wrong setting, so it has a SQLSTATE of its own. What libpq
// says may repeat a part of the text, and that may be the password.
ConnectionTarget parse_connection_string(const core::SecretString& text) {
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options{
        PQconninfoParse(text.reveal().c_str(), nullptr), &PQconninfoFree
    };
    if (options == nullptr) {
        throw BlockingError("it is not a libpq connection string", "22023");
    }
    ConnectionTarget target;
    const std::pair<std::string_view, std::string&> members[] = {
        {"host", target.host}, {"port", target.port}, {"dbname", target.database}, {"user", target.user}
    };
    for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
        for (const auto& [name, value] : members) {
            if (name == option->keyword && option->val != nullptr) {
                value = option->val;
            }
        }
    }
    return target;
}

std::string connection_string(const std::vector<std::pair<std::string_view, std::string_view>>& settings) {
    std::string out;
    for (const auto& [name, value] : settings) {
        out += out.empty() ? "" : " ";
        (out += name) += "='";
        for (const char c : value) {
            if (c == '\'' || c == '\\') {
                out += '\\';
            }
            out += c;
        }
        out += '\'';
    }
    return out;
}

std::string quote_identifier(std::string_view name) {
    std::string out = "\"";
    for (const char c : name) {
        out.append(c == '"' ? 2 : 1, c);
    }
    return out + '"';
}

}  // namespace pz::pg
