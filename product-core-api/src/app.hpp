#pragma once

#include "exports/desk.hpp"
#include "support/keeper.hpp"
#include "usage/meter.hpp"

#include <pz/audit/keeper.hpp>
#include <pz/auth/jwks_client.hpp>
#include <pz/auth/token_verifier.hpp>
#include <pz/core/clock.hpp>
#include <pz/core/secret.hpp>
#include <pz/crypto/digest.hpp>
#include <pz/crypto/fernet.hpp>
#include <pz/pg/pool.hpp>
#include <pz/web/context.hpp>
#include <pz/web/cursor.hpp>
#include <pz/web/service.hpp>

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <vector>

namespace pz::product {

/// product-core-api: the business API. Owns what the threads share: settings, the clock and the issuer's
/// keys.
class ProductCoreApi final : public web::Service {
 public:
    [[nodiscard]] web::ApiInfo info() const override;

    [[nodiscard]] std::uint16_t default_port() const override { return 8000; }

    void add_routes(web::Router& router) const override;
    [[nodiscard]] std::vector<web::RoleStatements> statements() const override;
    void read_settings(core::Config& config, const web::ServiceSettings& settings) override;
    void start() override;
    void finish_start() override;
    void measure(std::vector<web::Measurement>& out) const override;
    [[nodiscard]] std::unique_ptr<web::App> make_app(boost::asio::io_context& context, unsigned thread_index)
        override;

 private:
    void start_audit_keeper();

    core::SystemClock clock_;
    core::SecretString app_database_;
    bool named_statements_ = true;
    std::size_t pool_connections_ = 0;
    std::size_t pool_depth_ = 0;
    core::SecretString support_database_;
    core::SecretString admin_database_;
    core::SecretString encryption_keys_;
    std::string issuer_;
    std::string audience_;
    std::string jwks_url_;
    std::chrono::seconds jwks_poll_{300};
    std::chrono::seconds usage_write_{10};
    std::chrono::seconds usage_measure_{3600};
    std::string audit_folder_;
    std::int64_t audit_sign_events_ = 1000;
    std::chrono::seconds audit_sign_{60};
    int audit_keep_months_ = 0;
    unsigned exports_at_once_ = 2;
    std::chrono::seconds export_patience_{60};
    bool require_auth_ = true;
    support::Rules support_rules_;
    std::chrono::seconds support_look_{2};
    std::optional<crypto::FernetRing> encryption_ring_;
    std::optional<web::CursorKeys> cursor_keys_;
    crypto::Sha256Digest fingerprint_secret_{};
    std::unique_ptr<auth::JwksClient> keys_;
    std::unique_ptr<audit::Keeper> audit_keeper_;
    std::unique_ptr<usage::Meter> meter_;  ///< its thread writes when it ends, so it ends first
    std::unique_ptr<support::Keeper> keeper_;
    std::unique_ptr<exports::Desk> desk_;
    std::shared_future<void> boot_check_;
};

}  // namespace pz::product
