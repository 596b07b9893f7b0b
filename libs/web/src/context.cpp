#include <pz/web/context.hpp>

#include <pz/core/check.hpp>
#include <pz/web/event_writer.hpp>
#include <pz/web/metrics.hpp>
#include <pz/web/policies.hpp>
#include <pz/web/router.hpp>
#include <pz/web/stream.hpp>

namespace pz::web {

namespace {

/// "Bearer" is compared without regard to case (RFC 9110 section 11.1); exactly one space follows.
std::optional<std::string_view> bearer_token(std::string_view authorization) {
    constexpr std::string_view scheme = "bearer ";
    if (authorization.size() <= scheme.size()) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < scheme.size(); ++i) {
        const char c = authorization[i];
        const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
        if (lower != scheme[i]) {
            return std::nullopt;
        }
    }
    return authorization.substr(scheme.size());
}

/// The tenant comes from the token alone; a request that names another one is refused, not reinterpreted.
void refuse_other_tenant(http::Exchange exchange, core::Uuid tenant) {
    const std::optional<std::string_view> claimed = exchange.header("X-Tenant-ID");
    if (claimed && core::Uuid::parse(*claimed) != tenant) {
        throw core::forbidden(
            "X-Tenant-ID differs from the token's tenant", core::ErrorCode::tenant_mismatch
        );
    }
}

}  // namespace

Context::Context(App& app, http::Exchange exchange, std::string request_id)
    : app_(app), exchange_(exchange), request_id_(std::move(request_id)) {}

Context::~Context() = default;

const std::shared_ptr<const auth::Principal>& Context::principal() {
    if (principal_) {
        return principal_;
    }
    const std::optional<std::string_view> authorization = exchange_.authorization();
    if (!authorization) {
        if (app_.require_auth) {
            throw unauthenticated(core::ErrorCode::not_authenticated, "a bearer token is required");
        }
        limit_by_address();
        refuse_other_tenant(exchange_, core::public_tenant);
        principal_ = auth::Principal::nobody();
        return principal_;
    }
    // A token that is present but bad is always refused; it never falls back to the public tenant.
    const std::optional<std::string_view> token = bearer_token(*authorization);
    if (!token) {
        throw unauthenticated(
            core::ErrorCode::invalid_token, "the Authorization header must be: Bearer <token>"
        );
    }
    auto verified = verify(*token);
    // Known from here on, also where it is refused below: the refusal is somebody's.
    principal_ = std::move(verified);
    const core::Uuid caller = principal_->actor ? principal_->actor->id : principal_->person;
    note(app_.policies->rate_limits.admit(
        caller, principal_->tenant, app_.requests_per_minute(principal_->tenant), exchange_.started()
    ));
    refuse_other_tenant(exchange_, principal_->tenant);
    return principal_;
}

std::shared_ptr<const auth::Principal> Context::verify(std::string_view token) {
    PZ_CHECK(app_.verifier != nullptr && app_.clock != nullptr);
    const core::TimedStep step(timeline, "auth", "token");
    const core::Timestamp now = app_.clock->now();
    if (auto remembered = app_.verifier->find_remembered(token, now)) {
        return remembered;
    }
    // A token that was seen before is never held up by what others send from the same address; a new one
    // costs a signature, and an address that sends bad ones does not get more of those than answers.
    if (app_.policies->rate_limits.is_exhausted(client_address(), exchange_.started())) {
        limit_by_address();
    }
    auto verified = app_.verifier->verify(token, now);
    if (!verified) {
        switch (verified.error()) {
            case auth::TokenError::keys_unavailable:
                throw core::unavailable("no signing keys have been fetched yet");
            case auth::TokenError::expired:
                throw unauthenticated(core::ErrorCode::token_expired, "the token has expired");
            default:
                throw unauthenticated(core::ErrorCode::invalid_token, "the token is not valid")
                    .with_cause(std::string{core::enum_text(verified.error())});
        }
    }
    return std::move(*verified);
}

/// A 401, counted; past the limit of the address it is a 429 instead.
core::ApiError Context::unauthenticated(core::ErrorCode code, std::string detail) {
    limit_by_address();
    return core::unauthorized(code, std::move(detail));
}

ClientAddress Context::client_address() const noexcept {
    return web::client_address(exchange_.head(), exchange_.peer(), app_.policies->trusted_hops);
}

void Context::limit_by_address() {
    if (route == nullptr || route->limited) {
        note(app_.policies->rate_limits.admit(client_address(), exchange_.started()));
    }
}

void Context::note(const RateLimits::Outcome& outcome) {
    rate_limit = outcome;
    if (!outcome.answer.admitted) {
        const auto seconds = std::chrono::ceil<std::chrono::seconds>(outcome.answer.retry_in).count();
        throw core::too_many_requests(static_cast<unsigned>(seconds));
    }
}

boost::asio::awaitable<std::vector<ReadinessCheck>> App::check_readiness() {
    co_return std::vector<ReadinessCheck>{};
}

std::optional<std::uint32_t> App::requests_per_minute(core::Uuid) noexcept {
    return std::nullopt;
}

void App::note_answered(const auth::Principal&, unsigned) noexcept {}

void App::measure(std::vector<Measurement>& out) const {
    for (const pg::Pool* pool : {tenant_pool, support_pool, admin_pool, identity_pool}) {
        if (pool != nullptr) {
            measure_pool(*pool, out);
        }
    }
    if (events != nullptr) {
        events->measure(out);
    }
    if (verifier != nullptr) {
        measure_verifier(*verifier, out);
    }
}

tenancy::Transaction& Context::begin_for_tenant() {
    const bool only_reads =
        principal_->impersonation && principal_->impersonation->mode == auth::ImpersonationMode::ro;
    return only_reads ? begin(app_.support_pool, tenancy::Scope::support)
                      : begin(app_.tenant_pool, tenancy::Scope::tenant);
}

std::string_view Context::route_name() const noexcept {
    return route != nullptr ? route->operation_id : "none";
}

std::optional<std::string_view> Context::path_parameter(std::string_view name) const noexcept {
    // The route's pattern names the values in their order.
    const std::string_view pattern = route->pattern;
    std::size_t index = 0;
    for (std::size_t at = pattern.find('{'); at != std::string_view::npos; at = pattern.find('{', at + 1)) {
        const std::size_t end = pattern.find('}', at);
        if (pattern.substr(at + 1, end - at - 1) == name) {
            return path_values[index];
        }
        ++index;
    }
    return std::nullopt;
}

tenancy::Transaction& Context::begin(pg::Pool* pool, tenancy::Scope scope) {
    PZ_CHECK(pool != nullptr && principal_ != nullptr && !transaction_);
    const http::Method method = exchange_.method();
    const bool reads = method == http::Method::get || method == http::Method::head;
    const tenancy::LivenessClaims claims = liveness_claims(*principal_);
    // Nothing is read in a support session without an event.
    PZ_CHECK(!claims.impersonation || audit.expects_event());
    return transaction_.emplace(
        *pool,
        tenancy::Transaction::Options{
            .scope = scope,
            .mode = reads && !audit.expects_event() ? tenancy::AccessMode::read_only
                                                    : tenancy::AccessMode::read_write,
            .changes = !reads,
            .tenant = principal_->tenant,
            .claims = claims,
            .deadline = exchange_.deadline(),
            .closing = audit.expects_event() ? &audit : nullptr,
            .timeline = timeline,
        }
    );
}

}  // namespace pz::web
