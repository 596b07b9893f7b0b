#include "app.hpp"

#include "extract.hpp"
#include "routes.hpp"

#include <pz/core/error.hpp>
#include <pz/tenancy/boot_check.hpp>
#include <pz/web/event_writer.hpp>
#include <pz/web/router.hpp>

#include <boost/asio/io_context.hpp>
#include <spdlog/spdlog.h>

#include <filesystem>

namespace pz::product {

namespace {

pg::PoolOptions pool_options(
    const core::SecretString& connection_string, std::string name, bool named_statements
) {
    pg::PoolOptions options;
    options.connection_string = connection_string;
    options.name = std::move(name);
    options.named_statements = named_statements;
    return options;
}

/// What one event-loop thread owns, in the order of construction; nothing of it is shared with another
/// thread.
struct ThreadApp final : ProductApp {
    auth::JwksClient& keys;
    auth::TokenVerifier token_verifier;
    pg::Pool app;
    pg::Pool support;
    pg::Pool admin;
    web::EventWriter event_writer;
    std::shared_ptr<usage::Counter> usage;

    ThreadApp(
        boost::asio::io_context& context,
        auth::JwksClient& key_source,
        auth::TokenVerifier::Options verifier_options,
        pg::PoolOptions app_options,
        pg::PoolOptions support_options,
        pg::PoolOptions admin_options
    )
        : keys(key_source),
          token_verifier(std::move(verifier_options), key_source),
          app(context, std::move(app_options)),
          support(context, std::move(support_options)),
          admin(context, std::move(admin_options)),
          event_writer(context, admin) {}

    std::optional<std::uint32_t> requests_per_minute(core::Uuid tenant) noexcept override {
        return usage->limit_of(tenant);
    }

    void note_answered(const auth::Principal& principal, unsigned status) noexcept override {
        using enum usage::Counter::Kind;
        usage->count(principal.tenant, status == 429 ? refused : status >= 400 ? failed : good);
    }

    boost::asio::awaitable<std::vector<web::ReadinessCheck>> check_readiness() override {
        const bool database = co_await app.ready(std::chrono::milliseconds{1000});
        co_return std::vector<web::ReadinessCheck>{
            {.name = "database", .passed = database}, {.name = "keys", .passed = keys.ready()}
        };
    }
};

}  // namespace

web::ApiInfo ProductCoreApi::info() const {
    return {
        "Phase Zero product-core-api",
        "0.1.0",
        "The business API. The tenant comes from the token; every request is one transaction under row level "
        "security."
    };
}

void ProductCoreApi::add_routes(web::Router& router) const {
    product::add_routes(router);
}

std::vector<web::RoleStatements> ProductCoreApi::statements() const {
    return {{"pz_app", tenant_queries()}, {"pz_support", support_queries()}, {"pz_admin", admin_queries()}};
}

void ProductCoreApi::read_settings(core::Config& config, const web::ServiceSettings& settings) {
    named_statements_ = settings.named_statements;
    app_database_ =
        config.required_secret("PZ_DATABASE_APP", "libpq connection string of pz_app (tenants' requests)");
    support_database_ = config.required_secret(
        "PZ_DATABASE_SUPPORT", "libpq connection string of pz_support (read-only impersonation)"
    );
    admin_database_ = config.required_secret(
        "PZ_DATABASE_ADMIN", "libpq connection string of pz_admin (platform staff's requests)"
    );
    encryption_keys_ = config.required_secret(
        "PZ_ENCRYPTION_KEYS",
        "Fernet keys, newest first (phasezero keys generate --fernet): they encrypt the secrets of "
        "integrations, "
        "and the secret that signs list cursors is derived from them; best a ring of its own, not "
        "identity-service's"
    );
    const pg::PoolOptions defaults;
    pool_connections_ = static_cast<std::size_t>(config.integer(
        "PZ_POOL_CONNECTIONS",
        static_cast<std::int64_t>(defaults.shared_connections),
        1,
        64,
        "database connections that the requests of one event-loop thread share"
    ));
    pool_depth_ = static_cast<std::size_t>(config.integer(
        "PZ_POOL_DEPTH",
        static_cast<std::int64_t>(defaults.depth),
        1,
        64,
        "how many requests at most are in flight on each of them"
    ));
    issuer_ = config.text(
        "PZ_ISSUER", "http://localhost:8001", "the `iss` of the tokens: identity-service's public address"
    );
    audience_ = config.text("PZ_AUDIENCE", "product-core-api", "the `aud` of the tokens");
    jwks_url_ = config.text("PZ_JWKS_URL", issuer_ + "/.well-known/jwks.json", "where the issuer's keys are");
    config.describe_default("PZ_ISSUER + /.well-known/jwks.json");
    jwks_poll_ = std::chrono::seconds{config.integer(
        "PZ_JWKS_POLL_SECONDS", 300, 1, 300, "how often the issuer's keys are fetched, plus or minus a tenth"
    )};
    usage_write_ = std::chrono::seconds{config.integer(
        "PZ_USAGE_WRITE_SECONDS", 10, 1, 3600, "how often the requests of organizations are written down"
    )};
    usage_measure_ = std::chrono::seconds{config.integer(
        "PZ_USAGE_MEASURE_SECONDS", 3600, 1, 86400, "how often it is measured how much organizations store"
    )};
    audit_folder_ = config.text(
        "PZ_AUDIT_FOLDER",
        "",
        "where signed checkpoints of the audit log (checkpoints.jws, only ever added to) and the public keys "
        "(keys.json) are kept outside the database, best on another machine's disk; empty: the log has them"
    );
    audit_sign_events_ = config.integer(
        "PZ_AUDIT_SIGN_EVENTS", 1000, 1, 1'000'000, "after how many events a chain of the audit log is signed"
    );
    audit_sign_ = std::chrono::seconds{config.integer(
        "PZ_AUDIT_SIGN_SECONDS", 60, 1, 86400, "after what time a chain that has grown at all is signed"
    )};
    audit_keep_months_ = static_cast<int>(config.integer(
        "PZ_AUDIT_KEEP_MONTHS",
        0,
        0,
        1'200,
        "how many months of the audit log are kept beside the current one; older ones are retired, and a "
        "signed "
        "word of them stays; 0: everything is kept"
    ));
    exports_at_once_ = static_cast<unsigned>(config.integer(
        "PZ_EXPORTS",
        2,
        1,
        16,
        "how many organizations may be exported at once by this process; each takes a connection and a "
        "snapshot"
    ));
    export_patience_ = std::chrono::seconds{config.integer(
        "PZ_EXPORT_STALL_SECONDS",
        60,
        1,
        600,
        "how long an export's reader may take for a piece of it; then its snapshot ends, and it breaks off"
    )};
    support_rules_.reason_required =
        config.flag("PZ_SUPPORT_REASON_REQUIRED", true, "whether a support session needs a reason");
    support_rules_.starts_per_hour = static_cast<std::int32_t>(config.integer(
        "PZ_SUPPORT_STARTS_PER_HOUR",
        10,
        1,
        1000,
        "how many support sessions one agent may ask for in an hour"
    ));
    support_rules_.many_organizations = static_cast<std::int32_t>(config.integer(
        "PZ_SUPPORT_MANY_ORGS", 5, 2, 1000, "in how many organizations within an hour an agent is conspicuous"
    ));
    support_rules_.time_zone =
        config.text("PZ_SUPPORT_TIME_ZONE", "UTC", "the time zone of the support staff's working hours");
    support_rules_.first_hour = static_cast<std::int32_t>(
        config.integer("PZ_SUPPORT_FIRST_HOUR", 7, 0, 23, "when their working day begins")
    );
    support_rules_.last_hour =
        static_cast<std::int32_t>(config.integer("PZ_SUPPORT_LAST_HOUR", 19, 1, 24, "when it ends"));
    support_look_ = std::chrono::seconds{config.integer(
        "PZ_SUPPORT_LOOK_SECONDS", 2, 1, 60, "how often support sessions that are over are written down"
    )};
    require_auth_ = config.flag(
        "REQUIRE_AUTH",
        true,
        "false lets requests without a token act in the public tenant; demo and test profiles only"
    );
    if (!require_auth_ && settings.profile == web::Profile::production) {
        throw core::ConfigError(
            "REQUIRE_AUTH is false, but the production profile does not serve anonymous requests"
        );
    }
}

void ProductCoreApi::start() {
    auto ring = crypto::FernetRing::parse(encryption_keys_);
    if (!ring) {
        throw core::ConfigError(
            "PZ_ENCRYPTION_KEYS must be one or more Fernet keys, comma separated; make one with: phasezero "
            "keys generate --fernet"
        );
    }
    if (!audit_folder_.empty() && !std::filesystem::is_directory(audit_folder_)) {
        throw core::ConfigError("PZ_AUDIT_FOLDER is \"" + audit_folder_ + "\", which is no folder");
    }
    cursor_keys_.emplace(*ring);
    // From the oldest key: a request that is repeated just after a new key has come is still the same
    // request.
    fingerprint_secret_ = ring->derive_keys("phasezero request fingerprint").back();
    encryption_ring_.emplace(std::move(*ring));
    auth::JwksClient::Options options;
    options.url = jwks_url_;
    options.poll_every = jwks_poll_;
    options.traceparent = [] { return web::new_trace().to_traceparent(); };
    try {
        keys_ = std::make_unique<auth::JwksClient>(std::move(options));
    } catch (const std::invalid_argument& error) {
        throw core::ConfigError(
            "PZ_JWKS_URL is \"" + jwks_url_ + "\", which is not an http or https address"
        );
    }
    // The keys are fetched and the roles are checked while the event loops open their database connections:
    // one after the other, these are most of the time from exec to the first answer. What belongs to no
    // request has its first round later.
    boot_check_ = std::async(std::launch::async, [this] {
                      using enum tenancy::Reach;
                      tenancy::refuse_unsafe_database(
                          {{"PZ_DATABASE_APP", app_database_, one_tenant},
                           {"PZ_DATABASE_SUPPORT", support_database_, one_tenant},
                           {"PZ_DATABASE_ADMIN", admin_database_, all_tenants}}
                      );
                  }).share();
    start_audit_keeper();
    meter_ = std::make_unique<usage::Meter>(usage::Meter::Options{
        .database = admin_database_,
        .clock = &clock_,
        .write_every = usage_write_,
        .measure_every = usage_measure_,
    });
    desk_ = std::make_unique<exports::Desk>(exports::Desk::Options{
        .database = app_database_,
        .at_once = exports_at_once_,
        .patience = export_patience_,
        .clock = &clock_,
    });
    keeper_ = std::make_unique<support::Keeper>(support::Keeper::Options{
        .database = admin_database_,
        .clock = &clock_,
        .rules = support_rules_,
        .look_every = support_look_,
    });
}

void ProductCoreApi::finish_start() {
    boot_check_.get();
    // A successor that takes connections from the socket of its predecessor must not refuse their tokens.
    constexpr std::chrono::seconds longest_fetch{2};
    keys_->wait_for_first_attempt(longest_fetch);
}

void ProductCoreApi::start_audit_keeper() {
    audit::Keeper::Options options{
        .database = admin_database_,
        .ring = *encryption_ring_,
        .checkpoints = {.every_events = audit_sign_events_, .every = audit_sign_},
        .keep_months = audit_keep_months_,
    };
    if (audit_folder_.empty()) {
        spdlog::warn(
            "PZ_AUDIT_FOLDER is not set: outside the database, only this log has the audit log's checkpoints"
        );
    } else {
        options.checkpoints.folder.emplace(audit_folder_);
    }
    audit_keeper_ = std::make_unique<audit::Keeper>(std::move(options), clock_);
}

void ProductCoreApi::measure(std::vector<web::Measurement>& out) const {
    using Kind = web::Measurement::Kind;
    const auth::JwksClient::Counters counters = keys_->counters();
    keeper_->measure(out);
    const auto add = [&](std::string_view name, std::string_view help, Kind kind, double value) {
        out.push_back({.name = name, .help = help, .kind = kind, .value = value});
    };
    add("phasezero_jwks_fetches_total",
        "Attempts to fetch the issuer's keys",
        Kind::counter,
        static_cast<double>(counters.fetches));
    add("phasezero_jwks_failures_total",
        "Attempts that brought no usable keys",
        Kind::counter,
        static_cast<double>(counters.failures));
    const audit::Keeper::Counters signing = audit_keeper_->counters();
    add("phasezero_audit_checkpoints_total",
        "Checkpoints of the audit log that this process signed",
        Kind::counter,
        static_cast<double>(signing.checkpoints));
    add("phasezero_audit_keeper_failures_total",
        "Attempts to sign the audit log that failed",
        Kind::counter,
        static_cast<double>(signing.failures));
    add("phasezero_audit_broken_chains",
        "Chains that this process does not sign because their events do not lead to their head; must stay 0",
        Kind::gauge,
        static_cast<double>(signing.broken));
    if (const auto age = keys_->age()) {
        add("phasezero_jwks_age_seconds",
            "Since the issuer last confirmed its keys; absent while there are none",
            Kind::gauge,
            std::chrono::duration<double>(*age).count());
    }
}

std::unique_ptr<web::App> ProductCoreApi::make_app(boost::asio::io_context& context, unsigned) {
    pg::PoolOptions admin = pool_options(admin_database_, "admin", named_statements_);
    admin.shared_connections = 1;
    admin.statement_timeout = std::chrono::seconds{15};
    pg::PoolOptions support = pool_options(support_database_, "support", named_statements_);
    support.shared_connections = 1;
    pg::PoolOptions tenants = pool_options(app_database_, "app", named_statements_);
    tenants.shared_connections = pool_connections_;
    tenants.depth = pool_depth_;
    tenants.owner_depth = 3 * pool_connections_;
    auto app = std::make_unique<ThreadApp>(
        context,
        *keys_,
        auth::TokenVerifier::Options{.issuer = issuer_, .audience = audience_},
        std::move(tenants),
        std::move(support),
        std::move(admin)
    );
    app->usage = meter_->add_counter();
    app->clock = &clock_;
    app->verifier = &app->token_verifier;
    app->tenant_pool = &app->app;
    app->support_pool = &app->support;
    app->admin_pool = &app->admin;
    app->events = &app->event_writer;
    app->cursor_keys = &*cursor_keys_;
    app->encryption_ring = &*encryption_ring_;
    app->fingerprint_secret = &fingerprint_secret_;
    app->require_auth = require_auth_;
    app->support_rules = support_rules_;
    app->desk = desk_.get();
    app->audit_keeper = audit_keeper_.get();
    return app;
}

}  // namespace pz::product
