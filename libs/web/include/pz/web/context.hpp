#pragma once

#include <pz/audit/personal.hpp>
#include <pz/auth/principal.hpp>
#include <pz/auth/token_verifier.hpp>
#include <pz/core/clock.hpp>
#include <pz/core/error.hpp>
#include <pz/core/timeline.hpp>
#include <pz/core/uuid.hpp>
#include <pz/crypto/digest.hpp>
#include <pz/http/exchange.hpp>
#include <pz/pg/pool.hpp>
#include <pz/tenancy/database.hpp>
#include <pz/web/audit.hpp>
#include <pz/web/client_address.hpp>
#include <pz/web/impersonation.hpp>
#include <pz/web/log.hpp>
#include <pz/web/measurement.hpp>
#include <pz/web/rate_limit.hpp>
#include <pz/web/trace.hpp>

#include <boost/asio/awaitable.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pz::web {

class CursorKeys;
class EventWriter;
class Pieces;
struct Operations;
struct Policies;

/// One thing that a service needs in order to serve, and whether it is there: what /readyz tells by name.
struct ReadinessCheck {
    std::string_view name;  ///< "database", "keys"
    bool passed = false;
};

/// What a service's extractors may reach: one object per event-loop thread, built in the service's app.cpp,
/// alive as long as the thread serves. Members that a service does not use stay null; asking for them is a
/// bug (PZ_CHECK).
struct App {
    App() = default;
    App(const App&) = delete;
    App& operator=(const App&) = delete;
    virtual ~App() = default;

    const core::Clock* clock = nullptr;
    auth::TokenVerifier* verifier = nullptr;
    pg::Pool* tenant_pool = nullptr;    ///< pz_app
    pg::Pool* support_pool = nullptr;   ///< pz_support
    pg::Pool* admin_pool = nullptr;     ///< pz_admin
    pg::Pool* identity_pool = nullptr;  ///< pz_identity
    /// Whose role may add to any chain of the audit log: for refusals, and what else stands alone.
    EventWriter* events = nullptr;
    const CursorKeys* cursor_keys = nullptr;  ///< for lists that have pages
    /// For routes that take an Idempotency-Key: without it, whoever reads the table could try out what secret
    /// a remembered request had in its body.
    const crypto::Sha256Digest* fingerprint_secret = nullptr;
    /// With false, a request without a token acts as the public tenant's standard role (development only).
    bool require_auth = true;
    /// Set by run_service(): what health, metrics and documentation answer with.
    const Operations* operations = nullptr;
    /// This thread's salts of what stands in the audit log as a commitment.
    audit::Commitments commitments;
    /// What this thread knows of the support sessions that it has served.
    ImpersonationStories impersonations;
    /// Set by run_service(), never null while requests are served: limits, CORS, headers of every answer.
    Policies* policies = nullptr;

    /// What this service needs to do its work, and whether it is there now. Asked by /readyz.
    [[nodiscard]] virtual boost::asio::awaitable<std::vector<ReadinessCheck>> check_readiness();
    /// A tenant's own limit, if it has one and it is known. Asked for each request of somebody known: must be
    /// quick.
    [[nodiscard]] virtual std::optional<std::uint32_t> requests_per_minute(core::Uuid tenant) noexcept;
    /// Called for each request of somebody known, when its answer is ready. Must be quick, and must not
    /// throw.
    virtual void note_answered(const auth::Principal& principal, unsigned status) noexcept;
    /// Appends the state of what this thread owns: its pools and its token cache. Called on the thread.
    virtual void measure(std::vector<Measurement>& out) const;
};

struct Route;

/// Why a request was refused or failed: for its line in the log, never for the client.
struct Failure {
    std::string_view code{};  ///< of the problem document; empty: it did not fail
    Severity severity = Severity::info;
    std::string cause{};
};

/// One request on its way through the phases. Lives in the dispatcher's coroutine frame; extractors read it,
/// never a handler.
class Context {
 public:
    Context(App& app, http::Exchange exchange, std::string request_id);
    ~Context();
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    [[nodiscard]] App& app() const noexcept { return app_; }

    [[nodiscard]] http::Exchange exchange() const noexcept { return exchange_; }

    [[nodiscard]] const std::string& request_id() const noexcept { return request_id_; }

    /// Who this request is: verified once, then remembered, and counted against the limits of the person and
    /// the tenant. Throws 401 for a missing, bad or expired token, 429 beyond a limit.
    const std::shared_ptr<const auth::Principal>& principal();

    /// The principal if the token was verified already; null before that and on public routes.
    [[nodiscard]] const auth::Principal* known_principal() const noexcept { return principal_.get(); }

    /// The tenant of a request whose principal is known; nil before that and on public routes.
    [[nodiscard]] core::Uuid tenant() const noexcept {
        return principal_ ? principal_->tenant : core::Uuid{};
    }

    [[nodiscard]] ClientAddress client_address() const noexcept;
    /// Counts a request that no person stands behind against the limit of its address. Throws 429. Probes are
    /// not counted.
    void limit_by_address();

    [[nodiscard]] std::optional<std::string_view> path_parameter(std::string_view name) const noexcept;

    /// The body as the dispatcher read it; valid until the handler returns.
    [[nodiscard]] std::string_view body() const noexcept { return body_; }

    void set_body(std::string_view body) noexcept { body_ = body; }

    /// The one transaction of this request, for the principal's tenant and under the principal's liveness
    /// check. It costs nothing until the first statement. GET and HEAD are read-only.
    tenancy::Transaction& begin(pg::Pool* pool, tenancy::Scope scope);
    /// begin() for a tenant's rows: on the tenants' pool, or, in a support session that may only read, on the
    /// one whose role can do nothing else.
    tenancy::Transaction& begin_for_tenant();

    [[nodiscard]] tenancy::Transaction* transaction() noexcept {
        return transaction_ ? &*transaction_ : nullptr;
    }

    /// Input errors found so far; the dispatcher throws them together before the body is read or the handler
    /// called.
    std::vector<core::FieldError> field_errors;

    /// What the request's transaction leaves in the audit log.
    RequestAudit audit{*this};

    const Route* route = nullptr;
    std::array<std::string_view, 4> path_values;
    /// How many rows the answer shows, as its responder counts them.
    std::int64_t rows = 0;
    /// The operation's id, or "none" while no route is known.
    [[nodiscard]] std::string_view route_name() const noexcept;

    /// The client's Idempotency-Key, on routes that take one; what is to be remembered with it beside the
    /// body.
    std::optional<std::string> idempotency_key;
    std::optional<std::string> location;
    std::optional<std::string> etag;
    /// Which list this request pages through: the operation and what it filters and sorts by. A cursor is
    /// good for one list only.
    std::string list;
    /// The trace this request belongs to, and its place in it.
    TraceContext trace;
    /// What render_problem() leaves for the log.
    Failure failure;
    /// Where steps are noted; null when nobody will read them.
    core::Timeline* timeline = nullptr;

    /// What the answer's body goes on with, when the responder has begun one in pieces.
    std::unique_ptr<Pieces> pieces;

    /// Value of the Allow header of a 405.
    std::string allow;
    /// True when the responder has set a Cache-Control of its own; everything else is no-store.
    bool cacheable = false;
    /// True when the responder has set a Content-Security-Policy of its own; everything else may load
    /// nothing.
    bool page = false;
    /// What the rate limits said, for the answer's headers.
    RateLimits::Outcome rate_limit;

 private:
    std::shared_ptr<const auth::Principal> verify(std::string_view token);
    [[nodiscard]] core::ApiError unauthenticated(core::ErrorCode code, std::string detail);
    void note(const RateLimits::Outcome& outcome);

    App& app_;
    http::Exchange exchange_;
    std::string request_id_;
    std::shared_ptr<const auth::Principal> principal_;
    std::string_view body_;
    std::optional<tenancy::Transaction> transaction_;
};

}  // namespace pz::web
