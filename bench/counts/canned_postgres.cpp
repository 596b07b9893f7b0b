#include "canned_postgres.hpp"

#include <pz/core/check.hpp>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <utility>

namespace pz::bench {

namespace {

void append_number(std::string& out, std::size_t bytes, std::uint64_t number) {
    for (std::size_t i = bytes; i-- > 0;) {
        out += static_cast<char>(number >> (8 * i) & 0xFF);
    }
}

std::uint32_t read_length(std::string_view bytes) {
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        number = number << 8 | static_cast<unsigned char>(bytes[i]);
    }
    return number;
}

/// A message: its type, the length of what follows with the length itself, the content.
void append_message(std::string& out, char type, std::string_view content) {
    out += type;
    append_number(out, 4, content.size() + 4);
    out += content;
}

std::string text_with_end(std::string_view text) {
    return std::string{text} + '\0';
}

/// RowDescription, all columns in the binary format.
std::string describe_columns(const std::vector<std::pair<std::string_view, std::uint32_t>>& columns) {
    std::string content;
    append_number(content, 2, columns.size());
    for (const auto& [name, type] : columns) {
        content += text_with_end(name);
        append_number(content, 6, 0);  // no table
        append_number(content, 4, type);
        append_number(content, 2, 0xFFFF);      // of any size
        append_number(content, 4, 0xFFFFFFFF);  // no modifier
        append_number(content, 2, 1);
    }
    std::string message;
    append_message(message, 'T', content);
    return message;
}

void append_value(std::string& content, std::string_view bytes) {
    append_number(content, 4, bytes.size());
    content += bytes;
}

void append_timestamp(std::string& content) {
    append_number(content, 4, 8);
    append_number(content, 8, 833'587'200'123'456);  // microseconds since 2000
}

/// An item with everything but a description.
std::string make_item() {
    std::string identifier;
    append_number(identifier, 8, 0x0197c0de12347000);
    append_number(identifier, 8, 0xb003102030405060);
    std::string content;
    append_number(content, 2, 9);  // columns
    append_value(content, identifier);
    append_value(content, identifier);
    append_value(content, "Inspect the safety fence of line 17");
    append_number(content, 4, 0xFFFFFFFF);  // NULL
    append_value(content, "open");
    append_value(content, identifier);
    append_timestamp(content);
    append_timestamp(content);
    append_number(content, 4, 4);
    append_number(content, 4, 3);
    std::string message;
    append_message(message, 'D', content);
    return message;
}

}  // namespace

CannedPostgres::CannedPostgres(std::filesystem::path directory)
    : directory_(std::move(directory)),
      listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      item_columns_(describe_columns(
          {{"id", 2950},
           {"project_id", 2950},
           {"title", 25},
           {"description", 25},
           {"status", 25},
           {"created_by", 2950},
           {"created_at", 1184},
           {"updated_at", 1184},
           {"version", 23}}
      )),
      item_row_(make_item()) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = (directory_ / ".s.PGSQL.5432").string();
    PZ_CHECK(path.size() < sizeof address.sun_path);
    path.copy(address.sun_path, path.size());
    PZ_CHECK(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    PZ_CHECK(::listen(listener_, 16) == 0);
}

CannedPostgres::~CannedPostgres() {
    for (const Client& client : clients_) {
        ::close(client.socket);
    }
    ::close(listener_);
}

core::SecretString CannedPostgres::connection_string() const {
    return core::SecretString{"host=" + directory_.string() + " port=5432 dbname=bench user=bench"};
}

void CannedPostgres::answer(int milliseconds) {
    std::vector<pollfd> waiting{{.fd = listener_, .events = POLLIN, .revents = 0}};
    for (const Client& client : clients_) {
        waiting.push_back({.fd = client.socket, .events = POLLIN, .revents = 0});
    }
    ::poll(waiting.data(), waiting.size(), milliseconds);
    for (std::size_t i = 0; i < clients_.size(); ++i) {
        if (waiting[i + 1].revents != 0) {
            answer_client(clients_[i]);
        }
    }
    if (waiting[0].revents != 0) {
        Client client;
        client.socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        clients_.push_back(std::move(client));
    }
}

void CannedPostgres::answer_client(Client& client) {
    std::array<char, std::size_t{16} * 1024> buffer{};
    const ssize_t received = ::recv(client.socket, buffer.data(), buffer.size(), 0);
    if (received <= 0) {
        ::close(std::exchange(client.socket, -1));  // poll() passes over a negative descriptor
        return;
    }
    client.input.append(buffer.data(), static_cast<std::size_t>(received));
    std::string_view rest = client.input;
    if (!client.started) {
        client.started = true;
        rest.remove_prefix(read_length(rest));  // the start-up message, which comes alone
        append_message(client.output, 'R', std::string_view{"\0\0\0\0", 4});
        for (const auto& [name, value] :
             {std::pair{"server_version", "15.0"},
              std::pair{"client_encoding", "UTF8"},
              std::pair{"integer_datetimes", "on"},
              std::pair{"standard_conforming_strings", "on"}}) {
            append_message(client.output, 'S', text_with_end(name) + text_with_end(value));
        }
        append_message(client.output, 'Z', "I");
    }
    while (rest.size() >= 5 && rest.size() >= read_length(rest.substr(1)) + 1) {
        const std::size_t size = read_length(rest.substr(1)) + 1;
        answer_message(client, rest.front(), rest.substr(5, size - 5));
        rest.remove_prefix(size);
    }
    client.input.erase(0, client.input.size() - rest.size());
    // Whoever has gone meanwhile is noticed by the next recv().
    (void)::send(client.socket, client.output.data(), client.output.size(), MSG_NOSIGNAL);
    client.output.clear();
}

void CannedPostgres::answer_message(Client& client, char type, std::string_view body) {
    const bool lists = client.statement.starts_with("app.item.list");
    const bool finds = client.statement.starts_with("app.item.find");
    switch (type) {
        case 'P':
            append_message(client.output, '1', {});
            break;
        case 'B':  // the portal's name, which is empty, and the statement's
            client.statement = body.substr(1, body.find('\0', 1) - 1);
            append_message(client.output, '2', {});
            break;
        case 'D':
            if (lists || finds) {
                client.output += item_columns_;
            } else {
                append_message(client.output, 'n', {});
            }
            break;
        case 'E':
            for (std::size_t i = 0; i < (lists ? canned_page_rows : finds ? 1U : 0U); ++i) {
                client.output += item_row_;
            }
            if (client.statement.starts_with("tenancy.begin")) {
                client.in_transaction = true;
            }
            if (client.statement == "pg.commit") {
                client.in_transaction = false;
                append_message(client.output, 'C', text_with_end("COMMIT"));
            } else {
                append_message(client.output, 'C', text_with_end("SELECT 1"));
            }
            break;
        case 'S':
            append_message(client.output, 'Z', client.in_transaction ? "T" : "I");
            break;
        default:  // Flush, Close, Terminate: nobody waits for an answer
            break;
    }
}

}  // namespace pz::bench
