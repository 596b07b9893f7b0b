#include "app.hpp"

#include "clients/repository.hpp"
#include "routes.hpp"

#include <pz/auth/claims.hpp>
#include <pz/auth/token_verifier.hpp>
#include <pz/core/process.hpp>
#include <pz/crypto/fernet.hpp>
#include <pz/pg/blocking.hpp>
#include <pz/tenancy/boot_check.hpp>
#include <pz/web/metrics.hpp>
#include <pz/web/router.hpp>

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <thread>

namespace pz::identity {

namespace {

using namespace std::chrono_literals;

/// What one event-loop thread owns, in the order of construction.
struct ThreadApp final : IdentityApp {
    auth::TokenVerifier token_verifier;
    pg::Pool pool;
    /// Of its own: an event waits for its chain's head, and on a shared connection everybody would wait
    /// along.
    pg::Pool event_pool;
    web::EventWriter event_writer;

    ThreadApp(
        boost::asio::io_context& context,
        auth::KeySource& keys,
        auth::TokenVerifier::Options verifier_options,
        pg::PoolOptions pool_options,
        pg::PoolOptions event_pool_options
    )
        : token_verifier(std::move(verifier_options), keys),
          pool(context, std::move(pool_options)),
          event_pool(context, std::move(event_pool_options)),
          event_writer(context, event_pool) {}

    boost::asio::awaitable<std::vector<web::ReadinessCheck>> check_readiness() override {
        const bool database = co_await pool.ready(1000ms);
        co_return std::vector<web::ReadinessCheck>{
            {.name = "database", .passed = database}, {.name = "keys", .passed = shared->keys->ready()}
        };
    }
};

/// Without its keys this service can do nothing, so it waits for the database a while instead of starting
/// without.
pg::BlockingConnection connect_patiently(const core::SecretString& connection_string) {
    constexpr int attempts = 20;
    for (int attempt = 1;; ++attempt) {
        try {
            return pg::BlockingConnection(connection_string);
        } catch (const pg::BlockingError& error) {
            if (!error.sqlstate().starts_with("08")) {
                throw core::ConfigError(std::string{"PZ_DATABASE_IDENTITY does not work: "} + error.what());
            }
            if (attempt == attempts) {
                throw;
            }
            spdlog::warn("the database cannot be reached yet: {}", error.what());
            std::this_thread::sleep_for(500ms);
        }
    }
}

/// Verifiers poll every 300 s plus a tenth, and may take a fetch to do it.
constexpr std::chrono::seconds verifiers_cache{600};
constexpr std::chrono::seconds token_life = auth::max_token_lifetime + 2 * auth::clock_leeway;

/// Production may not set durations that refuse good tokens; a drill may.
keys::Schedule read_schedule(core::Config& config, bool production) {
    constexpr std::int64_t year = 366 * 86'400;
    const keys::Schedule defaults;
    const auto seconds = [&](std::string_view name, std::chrono::seconds fallback, std::string_view purpose) {
        return std::chrono::seconds{config.integer(name, fallback.count(), 1, year, purpose)};
    };
    const keys::Schedule schedule{
        .rotate_every =
            seconds("PZ_KEY_ROTATE_SECONDS", defaults.rotate_every, "how long a signing key signs"),
        .publish_before = seconds(
            "PZ_KEY_PUBLISH_SECONDS",
            defaults.publish_before,
            "how long a signing key is published before it signs; at least 600 in production, because "
            "verifiers "
            "keep what they fetched"
        ),
        .keep_after = seconds(
            "PZ_KEY_KEEP_SECONDS",
            defaults.keep_after,
            "how long a signing key is published after it signed; at least 960 in production, because its "
            "tokens "
            "live on"
        ),
    };
    if (schedule.rotate_every < schedule.publish_before) {
        throw core::ConfigError("PZ_KEY_ROTATE_SECONDS must not be less than PZ_KEY_PUBLISH_SECONDS");
    }
    if (production && schedule.publish_before < verifiers_cache) {
        throw core::ConfigError(fmt::format(
            "PZ_KEY_PUBLISH_SECONDS is {}, but the production profile needs at least {}: verifiers would not "
            "know a key that signs",
            schedule.publish_before.count(),
            verifiers_cache.count()
        ));
    }
    if (production && schedule.keep_after < token_life) {
        throw core::ConfigError(fmt::format(
            "PZ_KEY_KEEP_SECONDS is {}, but the production profile needs at least {}: tokens would outlive "
            "their key",
            schedule.keep_after.count(),
            token_life.count()
        ));
    }
    return schedule;
}

std::vector<core::SecretString> split_ring(const core::SecretString& keys) {
    std::vector<core::SecretString> ring;
    std::string_view rest = keys.reveal();
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(','), rest.size());
        ring.emplace_back(std::string{rest.substr(0, end)});
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return ring;
}

std::vector<auth::Role> read_roles(std::string_view setting, std::string_view text) {
    std::vector<auth::Role> roles;
    while (!text.empty() && text != "none") {
        const std::size_t end = std::min(text.find(','), text.size());
        const auto role = core::enum_from_text<auth::Role>(text.substr(0, end));
        if (!role) {
            throw core::ConfigError(
                std::string{setting} +
                " must be none or a list of: admin, standard, platform_admin, support_agent"
            );
        }
        roles.push_back(*role);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return roles;
}

}  // namespace

web::ApiInfo IdentityService::info() const {
    return {
        "Phase Zero identity-service",
        "0.1.0",
        "Signs people in and issues the tokens that the business API accepts."
    };
}

void IdentityService::add_routes(web::Router& router) const {
    identity::add_routes(router);
}

std::vector<web::RoleStatements> IdentityService::statements() const {
    return {{"pz_identity", queries()}};
}

void IdentityService::read_settings(core::Config& config, const web::ServiceSettings& settings) {
    named_statements_ = settings.named_statements;
    database_ = config.required_secret("PZ_DATABASE_IDENTITY", "libpq connection string of pz_identity");
    encryption_keys_ = config.required_secret(
        "PZ_ENCRYPTION_KEYS",
        "Fernet keys for secrets at rest, comma separated, newest first (phasezero keys generate)"
    );
    issuer_ = config.text(
        "PZ_ISSUER", "http://localhost:8001", "the `iss` of the tokens: identity-service's public address"
    );
    audience_ = config.text("PZ_AUDIENCE", "product-core-api", "the `aud` of the tokens");
    sign_ins_per_minute_ = static_cast<std::int32_t>(config.integer(
        "PZ_RATE_LIMIT_SIGN_IN",
        30,
        0,
        100'000,
        "sign-ins with a password in a minute from one address, by browsers that are not known; 0: no limit"
    ));
    console_origin_ = settings.console_origin;
    production_ = settings.profile == web::Profile::production;
    schedule_ = read_schedule(config, production_);
    mail_ = mail::read_settings(config, settings.console_origin);
    mfa_required_for_ = read_roles(
        "PZ_MFA_REQUIRED_FOR",
        config.text(
            "PZ_MFA_REQUIRED_FOR",
            production_ ? "platform_admin,support_agent" : "none",
            "roles that sign in with a second factor only, comma separated, or none"
        )
    );
    config.describe_default("platform_admin,support_agent; none in demo and test");
}

void IdentityService::start() {
    // A flood of passwords to hash would otherwise take every core from everybody else.
    core::yield_to_other_sessions();
    const auto ring = crypto::FernetRing::parse(encryption_keys_);
    if (!ring) {
        throw core::ConfigError(
            "PZ_ENCRYPTION_KEYS must be one or more Fernet keys, comma separated; make one with: phasezero "
            "keys generate"
        );
    }
    pg::BlockingConnection connection = connect_patiently(database_);
    tenancy::refuse_unsafe_database(
        connection, {{"PZ_DATABASE_IDENTITY", database_, tenancy::Reach::all_tenants}}
    );
    if (production_ && connection.value("SELECT EXISTS (SELECT FROM identity.person WHERE demo)") == "t") {
        throw core::ConfigError(
            "PZ_PROFILE is production, but the database holds the demo's accounts with their published "
            "passwords"
        );
    }
    cursor_keys_.emplace(*ring);
    shared_ = std::make_unique<Shared>(Shared{
        .issuer = issuer_,
        .audience = audience_,
        .console_origin = console_origin_,
        .secure_cookies = production_,
        .keys = std::make_unique<keys::Keeper>(
            keys::Keeper::Options{.database = database_, .ring = *ring, .schedule = schedule_}, clock_
        ),
        .refresh_tokens = sessions::RefreshTokenCodec(split_ring(encryption_keys_)),
        .hasher = std::make_unique<crypto::PasswordHasher>(),
        .buckets = passwords::BucketKeys(ring->derive_keys("phasezero throttle v1").front()),
        .devices = passwords::DeviceCookies(ring->derive_keys("phasezero device cookie v1")),
        .sign_ins_per_minute = sign_ins_per_minute_,
        .secrets = *ring,
        .mfa_required_for = mfa_required_for_,
    });
    mail_sender_ = mail::start_sender(mail_, database_, clock_);
}

void IdentityService::measure(std::vector<web::Measurement>& out) const {
    using Kind = web::Measurement::Kind;
    out.push_back(
        {.name = "phasezero_signing_key_age_seconds",
         .help = "Since the active key began to sign",
         .value = std::chrono::duration<double>(clock_.now() - shared_->keys->current()->active_since).count()
        }
    );
    const crypto::PasswordHasher::Queue queue = shared_->hasher->queue();
    out.push_back(
        {.name = "phasezero_password_queue_length",
         .help = "Sign-ins that wait for a password hash now",
         .value = static_cast<double>(queue.waiting)}
    );
    out.push_back(
        {.name = "phasezero_password_hashes_total",
         .help = "Password hashes computed",
         .kind = Kind::counter,
         .value = static_cast<double>(queue.done)}
    );
    out.push_back(
        {.name = "phasezero_password_work_bytes_total",
         .help = "Memory filled by password hashes: what sign-ins cost, whatever the machine",
         .kind = Kind::counter,
         .value = static_cast<double>(shared_->hasher->work_done()) * 1024}
    );
    out.push_back(
        {.name = "phasezero_password_refused_total",
         .help = "Sign-ins refused because too many waited for a password hash",
         .kind = Kind::counter,
         .value = static_cast<double>(queue.refused)}
    );
    if (mail_sender_) {
        mail::measure(*mail_sender_, out);
    }
}

std::unique_ptr<web::App> IdentityService::make_app(boost::asio::io_context& context, unsigned) {
    pg::PoolOptions pool_options;
    pool_options.connection_string = database_;
    pool_options.name = "identity";
    pool_options.named_statements = named_statements_;
    pg::PoolOptions event_pool_options = pool_options;
    event_pool_options.name = "events";
    event_pool_options.shared_connections = 1;
    auto app = std::make_unique<ThreadApp>(
        context,
        *shared_->keys,
        // A client that people sign in to may act for them in the business API, not change who they are. An
        // API key's tokens carry another client as well: a key that could invite people or make keys would
        // outlive its own end.
        auth::TokenVerifier::Options{
            .issuer = issuer_, .audience = audience_, .client = std::string{clients::first_party}
        },
        std::move(pool_options),
        std::move(event_pool_options)
    );
    app->clock = &clock_;
    app->cursor_keys = &*cursor_keys_;
    app->verifier = &app->token_verifier;
    app->shared = shared_.get();
    app->identity_pool = &app->pool;
    app->events = &app->event_writer;
    return app;
}

}  // namespace pz::identity
