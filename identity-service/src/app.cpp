#include "app.hpp"

#include "keys/store.hpp"
#include "routes.hpp"

#include <pz/auth/token_verifier.hpp>
#include <pz/crypto/digest.hpp>
#include <pz/crypto/fernet.hpp>
#include <pz/pg/blocking.hpp>
#include <pz/tenancy/boot_check.hpp>
#include <pz/web/metrics.hpp>
#include <pz/web/router.hpp>

#include <boost/asio/io_context.hpp>
#include <spdlog/spdlog.h>

#include <thread>

namespace pz::identity {

namespace {

using namespace std::chrono_literals;

/// What one event-loop thread owns, in the order of construction.
struct ThreadApp final : IdentityApp {
    auth::TokenVerifier token_verifier;
    pg::Pool pool;

    ThreadApp(
        boost::asio::io_context& context,
        auth::KeySource& keys,
        auth::TokenVerifier::Options verifier_options,
        pg::PoolOptions pool_options
    )
        : token_verifier(std::move(verifier_options), keys), pool(context, std::move(pool_options)) {}

    boost::asio::awaitable<std::vector<web::ReadinessCheck>> check_readiness() override {
        const bool database = co_await pool.ready(1000ms);
        // Without its keys this service does not start.
        co_return std::vector<web::ReadinessCheck>{
            {.name = "database", .passed = database}, {.name = "keys", .passed = true}
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

void IdentityService::read_settings(core::Config& config, const web::ServiceSettings& settings) {
    database_ = config.required_secret("PZ_DATABASE_IDENTITY", "libpq connection string of pz_identity");
    encryption_keys_ = config.required_secret(
        "PZ_ENCRYPTION_KEYS",
        "Fernet keys for secrets at rest, comma separated, newest first (phasezero keys generate)"
    );
    issuer_ = config.text(
        "PZ_ISSUER", "http://localhost:8001", "the `iss` of the tokens: identity-service's public address"
    );
    audience_ = config.text("PZ_AUDIENCE", "product-core-api", "the `aud` of the tokens");
    production_ = settings.profile == web::Profile::production;
}

void IdentityService::start() {
    const auto ring = crypto::FernetRing::parse(encryption_keys_);
    if (!ring) {
        throw core::ConfigError(
            "PZ_ENCRYPTION_KEYS must be one or more Fernet keys, comma separated; make one with: phasezero "
            "keys generate"
        );
    }
    pg::BlockingConnection connection = connect_patiently(database_);
    tenancy::refuse_unsafe_role("PZ_DATABASE_IDENTITY", database_);
    if (production_ && connection.value("SELECT EXISTS (SELECT FROM identity.person WHERE demo)") == "t") {
        throw core::ConfigError(
            "PZ_PROFILE is production, but the database holds the demo's accounts with their published "
            "passwords"
        );
    }
    keys::SigningKeys keys = keys::load_or_create(connection, *ring, clock_);
    crypto::KeySet published(std::move(keys.published));
    std::string jwks = published.to_json();
    const crypto::Sha256Digest digest = crypto::sha256(jwks);
    std::string etag = "\"" + core::base64url_encode(crypto::bytes_of(digest)) + "\"";
    keys_.emplace(published);
    shared_ = std::make_unique<Shared>(Shared{
        .issuer = issuer_,
        .audience = audience_,
        .secure_cookies = production_,
        .signing_key = std::move(keys.active),
        .published_keys = std::move(published),
        .jwks = std::move(jwks),
        .jwks_etag = std::move(etag),
        .refresh_tokens = sessions::RefreshTokenCodec(split_ring(encryption_keys_)),
        .hasher = std::make_unique<crypto::PasswordHasher>(),
    });
}

void IdentityService::measure(std::vector<web::Measurement>& out) const {
    using Kind = web::Measurement::Kind;
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
        {.name = "phasezero_password_refused_total",
         .help = "Sign-ins refused because too many waited for a password hash",
         .kind = Kind::counter,
         .value = static_cast<double>(queue.refused)}
    );
}

std::unique_ptr<web::App> IdentityService::make_app(boost::asio::io_context& context, unsigned) {
    pg::PoolOptions pool_options;
    pool_options.connection_string = database_;
    pool_options.name = "identity";
    auto app = std::make_unique<ThreadApp>(
        context,
        *keys_,
        auth::TokenVerifier::Options{.issuer = issuer_, .audience = audience_},
        std::move(pool_options)
    );
    app->clock = &clock_;
    app->verifier = &app->token_verifier;
    app->shared = shared_.get();
    app->identity_pool = &app->pool;
    return app;
}

}  // namespace pz::identity
