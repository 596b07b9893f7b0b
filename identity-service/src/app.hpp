#pragma once

#include "extract.hpp"
#include "mail/settings.hpp"

#include <pz/core/clock.hpp>
#include <pz/core/secret.hpp>
#include <pz/web/cursor.hpp>
#include <pz/web/service.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace pz::identity {

/// identity-service: signs people in and issues tokens. Owns what the threads share: settings, keys, the
/// password hasher.
class IdentityService final : public web::Service {
 public:
    [[nodiscard]] web::ApiInfo info() const override;

    [[nodiscard]] std::uint16_t default_port() const override { return 8001; }

    void add_routes(web::Router& router) const override;
    [[nodiscard]] std::vector<web::RoleStatements> statements() const override;
    void read_settings(core::Config& config, const web::ServiceSettings& settings) override;
    void start() override;
    void measure(std::vector<web::Measurement>& out) const override;
    [[nodiscard]] std::unique_ptr<web::App> make_app(boost::asio::io_context& context, unsigned thread_index)
        override;

 private:
    core::SystemClock clock_;
    core::SecretString database_;
    bool named_statements_ = true;
    core::SecretString encryption_keys_;
    std::string issuer_;
    std::string audience_;
    std::int32_t sign_ins_per_minute_ = 30;
    std::vector<auth::Role> mfa_required_for_;
    std::string console_origin_;
    bool production_ = true;
    keys::Schedule schedule_;
    std::unique_ptr<Shared> shared_;
    std::optional<web::CursorKeys> cursor_keys_;
    mail::Settings mail_;
    std::unique_ptr<mail::Sender> mail_sender_;
};

}  // namespace pz::identity
