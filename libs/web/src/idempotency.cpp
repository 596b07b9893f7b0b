#include <pz/web/idempotency.hpp>

#include <pz/core/check.hpp>
#include <pz/core/error.hpp>
#include <pz/crypto/digest.hpp>
#include <pz/pg/error.hpp>
#include <pz/tenancy/database.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace asio = boost::asio;

namespace pz::web {

/// What is sent again: the headers that mean something, and the body.
struct RememberedAnswer {
    std::int32_t status = 0;
    std::optional<std::string> location;
    std::optional<std::string> etag;
    std::string body;
};
PZ_DESCRIBE(RememberedAnswer, status, location, etag, body)

namespace {

constexpr std::size_t max_key_length = 64;
constexpr const char* replay_header = "Idempotency-Replayed";

// $1 is the tenant, bound by TenantDb; the policy proves it.

constexpr pg::Query claim_key{"idempotency.claim", R"sql(
    SELECT platform.claim_idempotency_key($1, $2, $3, $4))sql"};

// What has expired leaves with the tenant's next keyed requests, a few rows at a time: no request pays for
// many, and no job of its own has to run.
constexpr pg::Query purge_expired{"idempotency.purge", R"sql(
    DELETE FROM platform.idempotency_key
     WHERE tenant_id = $1
       AND (actor_id, key) IN (
         SELECT actor_id, key FROM platform.idempotency_key
          WHERE tenant_id = $1 AND created_at < now() - interval '24 hours'
          LIMIT 8 FOR UPDATE SKIP LOCKED))sql"};

// A row that is there already has expired: the claim would have raised.
constexpr pg::Query remember_answer{"idempotency.remember", R"sql(
    INSERT INTO platform.idempotency_key (tenant_id, actor_id, key, fingerprint, status, location, etag, body)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (tenant_id, actor_id, key) DO UPDATE
       SET fingerprint = excluded.fingerprint, status = excluded.status, location = excluded.location,
           etag = excluded.etag, body = excluded.body, created_at = excluded.created_at)sql"};

constexpr pg::Query find_answer{"idempotency.find", R"sql(
    SELECT status, location, etag, body FROM platform.idempotency_key
     WHERE tenant_id = $1 AND actor_id = $2 AND key = $3)sql"};

constexpr std::array statements{claim_key, purge_expired, remember_answer, find_answer};

/// The nil UUID for the caller without a token; in a support session the agent.
core::Uuid actor_of(const Context& context) {
    const auth::Principal& principal = *context.known_principal();
    return principal.actor ? principal.actor->id : principal.person;
}

/// The request that the key stands for. Method and target cannot hold a NUL.
std::vector<std::uint8_t> fingerprint_of(const Context& context) {
    std::string request{http::method_text(context.exchange().method())};
    (request += '\0') += context.exchange().target();
    (request += '\0') += context.body();
    PZ_CHECK(context.app().fingerprint_secret != nullptr);
    const crypto::Sha256Digest digest =
        crypto::hmac_sha256(crypto::bytes_of(*context.app().fingerprint_secret), request);
    return {digest.begin(), digest.end()};
}

core::ApiError in_progress() {
    return core::ApiError(
               409,
               core::ErrorCode::idempotency_in_progress,
               "a request with this Idempotency-Key is being answered"
    )
        .with_retry_after(1);
}

/// True if the claim says that the key is answered already. Throws what is an answer for the client.
bool is_answered(const pg::Error& error) {
    if (error.sqlstate() == "PZ409") {
        throw in_progress();
    }
    if (error.sqlstate() == "PZ422") {
        throw core::ApiError(
            422, core::ErrorCode::idempotency_key_reused, "this Idempotency-Key was sent with another request"
        )
            .with_fields(
                {{"header.Idempotency-Key", "was sent with another request", "idempotency_key_reused"}}
            );
    }
    return error.sqlstate() == "PZ208";
}

/// Behind the handler's statements, together with COMMIT.
void remember(Context& context, const std::vector<std::uint8_t>& fingerprint) {
    tenancy::Transaction& transaction = *context.transaction();
    const http::Exchange exchange = context.exchange();
    transaction.queue_last(purge_expired, pg::Parameters::of(transaction.tenant()));
    transaction.queue_last(
        remember_answer,
        pg::Parameters::of(
            transaction.tenant(),
            actor_of(context),
            *context.idempotency_key,
            fingerprint,
            static_cast<std::int32_t>(exchange.response_status()),
            context.location,
            context.etag,
            exchange.response_body()
        )
    );
}

asio::awaitable<void> replay(Context* context) {
    context->transaction()->restart();
    const tenancy::TenantDb db{*context->transaction()};
    const std::optional<RememberedAnswer> answer = co_await db.finish_optional<RememberedAnswer>(
        find_answer, actor_of(*context), *context->idempotency_key
    );
    if (!answer) {  // it expired in this very moment, and another request has swept it away
        throw in_progress();
    }
    const http::Exchange exchange = context->exchange();
    exchange.respond(static_cast<unsigned>(answer->status), "application/json") += answer->body;
    if (answer->etag) {
        exchange.add_header("ETag", *answer->etag);
    }
    if (answer->location) {
        exchange.add_header("Location", *answer->location);
    }
    exchange.add_header(replay_header, "true");
}

}  // namespace

std::span<const pg::Query> idempotency_queries() {
    return statements;
}

namespace detail {

void read_idempotency_key(Context& context) {
    const std::optional<std::string_view> header = context.exchange().header("Idempotency-Key");
    if (!header) {
        return;
    }
    const auto is_visible = [](char c) { return c > ' ' && c < '\x7f'; };
    if (header->empty() || header->size() > max_key_length || !std::ranges::all_of(*header, is_visible)) {
        context.field_errors.push_back(
            {"header.Idempotency-Key", "must be 1 to 64 visible ASCII characters", "wrong_format"}
        );
        return;
    }
    context.idempotency_key = *header;
}

void describe_idempotency_key(Operation& operation) {
    operation.add_parameter(
        "header",
        "Idempotency-Key",
        /*required=*/false,
        boost::json::object{
            {"type", "string"}, {"minLength", 1}, {"maxLength", max_key_length}, {"pattern", "^[!-~]+$"}
        },
        "A name for this request, new for each: sent again with it within 24 hours, the request is not "
        "carried out again but answered as the first time, with Idempotency-Replayed: true"
    );
    for (const auto& [status, response] : operation.responses) {
        if (status < 300) {
            operation.add_response_header(
                status, replay_header, Presence::sometimes, "true: this answer was given before"
            );
        }
    }
    operation.add_problem(409);
    operation.add_problem(422);
}

asio::awaitable<void> answer_once(Context* context, asio::awaitable<void> answer) {
    const std::vector<std::uint8_t> fingerprint = fingerprint_of(*context);
    tenancy::Transaction& transaction = *context->transaction();
    transaction.keep_open();
    const tenancy::TenantDb db{transaction};
    db.queue(claim_key, actor_of(*context), *context->idempotency_key, fingerprint);
    bool answered = false;
    try {
        co_await std::move(answer);
        remember(*context, fingerprint);
        co_await transaction.commit();
    } catch (const pg::Error& error) {
        answered = is_answered(error);
        if (!answered) {
            throw;
        }
    }
    if (answered) {
        co_await replay(context);
        co_await transaction.commit();
    }
}

}  // namespace detail

}  // namespace pz::web
