#pragma once

#include <pz/testkit/world.hpp>

#include <boost/json/object.hpp>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What the tests of identity-service's routes expect of an answer.
namespace pz::identity {

using testkit::Account, testkit::Client, testkit::Reply, testkit::Service, testkit::World;
using testkit::acme_admin, testkit::acme_user, testkit::globex_user, testkit::initech_user,
    testkit::platform_admin, testkit::support_agent;

using Form = std::vector<std::pair<std::string, std::string>>;

/// An error as RFC 6749 section 5.2 has it.
[[nodiscard]] testing::AssertionResult is_oauth_error(const Reply& reply, int status, std::string_view error);
/// A problem document with this status and code.
[[nodiscard]] testing::AssertionResult is_problem(const Reply& reply, int status, std::string_view code);
/// The same status, body and headers, apart from what differs between any two requests.
[[nodiscard]] testing::AssertionResult are_indistinguishable(const Reply& one, const Reply& other);

/// The shared world's identity-service, without a token.
[[nodiscard]] Client identity();
/// POST /token with a refresh token.
Reply refresh(std::string_view refresh_token);
/// Whether the business API accepts an access token.
Reply ask_api(std::string_view access_token);
/// Runs SQL as pz_identity.
void change(const std::string& sql);

/// As if nobody had ever mistyped a password.
void forget_failures();
/// A number among the shared identity-service's metrics.
[[nodiscard]] double metric(std::string_view name);

/// Part 0 (header) or 1 (claims) of a token, decoded.
[[nodiscard]] boost::json::object decode_part(std::string_view token, int part);
[[nodiscard]] std::vector<std::string> members_of(const boost::json::object& object);

}  // namespace pz::identity
