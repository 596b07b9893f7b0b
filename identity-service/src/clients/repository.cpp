#include "clients/repository.hpp"

#include <pz/crypto/digest.hpp>

#include <algorithm>
#include <array>

namespace pz::identity::clients {

namespace {

constexpr pg::Query find_client{"clients.find", R"sql(
    SELECT id, name, authentication, secret_hash, jwks, array_to_string(redirect_uris, ' '),
           array_to_string(post_logout_redirect_uris, ' '), array_to_string(grant_types, ' '),
           array_to_string(scopes, ' '), introspects
      FROM identity.client
     WHERE id = $1 AND state = 'active')sql"};

constexpr pg::Query insert_assertion{"clients.use_assertion", R"sql(
    WITH swept AS (
      DELETE FROM identity.client_assertion
       WHERE (client_id, jti_hash) IN (
         SELECT client_id, jti_hash FROM identity.client_assertion WHERE expires_at < $4 LIMIT 8
            FOR UPDATE SKIP LOCKED))
    INSERT INTO identity.client_assertion (client_id, jti_hash, expires_at) VALUES ($1, $2, $3)
        ON CONFLICT (client_id, jti_hash) DO NOTHING)sql"};

/// Takes the first word off the list; empty at its end.
std::string_view next_word(std::string_view& words) noexcept {
    const std::size_t end = std::min(words.find(' '), words.size());
    const std::string_view word = words.substr(0, end);
    words.remove_prefix(std::min(end + 1, words.size()));
    return word;
}

}  // namespace

bool has_word(std::string_view words, std::string_view word) noexcept {
    while (!words.empty()) {
        if (next_word(words) == word) {
            return !word.empty();
        }
    }
    return false;
}

std::string common_words(std::string_view wanted, std::string_view allowed) {
    std::string common;
    while (!wanted.empty()) {
        const std::string_view word = next_word(wanted);
        if (has_word(allowed, word) && !has_word(common, word)) {
            (common += common.empty() ? "" : " ") += word;
        }
    }
    return common;
}

boost::asio::awaitable<std::optional<Client>> find(IdentityDb db, std::string id) {
    return db.find<Client>(find_client, std::move(id));
}

boost::asio::awaitable<bool> use_assertion(
    IdentityDb db, std::string client_id, std::string jti, core::Timestamp expires_at, core::Timestamp now
) {
    const crypto::Sha256Digest digest = crypto::sha256(jti);
    const std::vector<std::uint8_t> jti_hash(digest.begin(), digest.end());
    const std::uint64_t inserted =
        co_await db.write(insert_assertion, std::move(client_id), jti_hash, expires_at, now);
    co_return inserted == 1;
}

std::span<const pg::Query> queries() {
    static constexpr std::array all{find_client, insert_assertion};
    return all;
}

}  // namespace pz::identity::clients
