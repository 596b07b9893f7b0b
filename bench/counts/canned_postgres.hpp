#pragma once

#include <pz/core/secret.hpp>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace pz::bench {

/// Speaks PostgreSQL's protocol (version 3, extended queries) on a unix socket and answers every statement
/// with the same rows: items for the statements of app.item, nothing for all others. So a request can be
/// measured to the instruction without a database beside it. Whatever goes wrong ends the program.
class CannedPostgres {
 public:
    /// Listens in the directory, whose path must fit into a socket's address.
    explicit CannedPostgres(std::filesystem::path directory);
    ~CannedPostgres();
    CannedPostgres(const CannedPostgres&) = delete;
    CannedPostgres& operator=(const CannedPostgres&) = delete;

    [[nodiscard]] core::SecretString connection_string() const;

    /// Waits until somebody wants something, at most so long (-1: for ever), and answers what is there.
    void answer(int milliseconds);

 private:
    struct Client {
        int socket = -1;
        bool started = false;
        bool in_transaction = false;
        std::string statement;  ///< the one bound last
        std::string input;
        std::string output;
    };

    void answer_client(Client& client);
    void answer_message(Client& client, char type, std::string_view body);

    std::filesystem::path directory_;
    int listener_ = -1;
    std::vector<Client> clients_;
    std::string item_columns_;
    std::string item_row_;
};

/// Rows of a page: one more than the page shows.
inline constexpr std::size_t canned_page_rows = 21;

}  // namespace pz::bench
