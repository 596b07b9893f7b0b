#pragma once

#include "answers.hpp"

#include <optional>
#include <string>
#include <string_view>

/// Support sessions as tests have them.
namespace pz::product {

/// POST /support/impersonate/{tenant}, with a good reason unless `body` has one.
Reply start_visit(World& world, const Account& agent, std::string_view tenant, boost::json::object body = {});

/// A support session that is active while this object lives: started by the agent, approved by the
/// organization's admin where it waits for that, and with a token from identity-service. What the agent has
/// open in the organization is ended first.
class Visit {
 public:
    struct Options {
        std::string_view mode = "ro";
        const Account* approved_by = nullptr;      ///< of the organization; null: nobody has to
        std::optional<std::string> agent_token{};  ///< another sign-in than the world's
        boost::json::object body{};
    };

    Visit(World& world, const Account& agent, std::string_view tenant, const Options& options);

    Visit(World& world, const Account& agent, std::string_view tenant)
        : Visit(world, agent, tenant, Options{}) {}

    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;
    ~Visit();

    [[nodiscard]] const std::string& id() const noexcept { return id_; }

    /// The impersonation token.
    [[nodiscard]] const std::string& token() const noexcept { return token_; }

    [[nodiscard]] Client inside() const { return world_.with_token(token_); }

    /// The agent, with their own token.
    [[nodiscard]] Client agent() const { return world_.with_token(agent_token_); }

    /// DELETE with the agent's own token.
    Reply end() const;
    /// What /org/support-sessions or /support/sessions says of it.
    [[nodiscard]] std::string state() const;

 private:
    World& world_;
    std::string agent_token_;
    std::string id_;
    std::string token_;
};

/// Token exchange at identity-service.
Reply exchange_token(World& world, const std::string& agent_token, const std::string& session);

}  // namespace pz::product
