#pragma once

#include <pz/testkit/world.hpp>

#include <boost/json/object.hpp>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

/// What the tests of all routes expect of an answer, and the rows they make for themselves.
namespace pz::product {

using testkit::Account, testkit::Client, testkit::Reply, testkit::Service, testkit::World;
using testkit::acme_admin, testkit::acme_user, testkit::globex_admin, testkit::globex_user,
    testkit::initech_admin, testkit::platform_admin, testkit::support_agent;

/// A problem document (RFC 9457) with this status and code, complete, and with the request id of its header.
[[nodiscard]] testing::AssertionResult is_problem(const Reply& reply, int status, std::string_view code);
/// 422 that names this place, "body.title", among its errors.
[[nodiscard]] testing::AssertionResult is_invalid(const Reply& reply, std::string_view loc);
/// The same status, body and headers, apart from what differs between any two requests: nobody can tell which
/// of two reasons the answer has.
[[nodiscard]] testing::AssertionResult are_indistinguishable(const Reply& one, const Reply& other);
/// The headers that every answer of the service carries.
[[nodiscard]] testing::AssertionResult has_standard_headers(const Reply& reply);

/// Names of the members of an object, in their order.
[[nodiscard]] std::vector<std::string> members_of(const boost::json::value& object);
/// Identifiers of the rows in a page.
[[nodiscard]] std::vector<std::string> ids_of(const Reply& page);
/// Every row of a list: follows next_cursor to its end. `path` has a query already.
[[nodiscard]] std::vector<boost::json::object> all_pages(Client client, const std::string& path);

/// A well-formed identifier that nothing has.
[[nodiscard]] std::string unknown_id();
/// A text that nothing else has, for titles and names.
[[nodiscard]] std::string unique_text(std::string_view prefix);

/// Rows of the test's own in the shared world, made through the API. The created representation.
Reply new_item(const Account& owner, boost::json::object values = {});
Reply new_project(const Account& owner, boost::json::object values = {});
/// An organization that staff can make, with a slug and an admin of its own.
[[nodiscard]] boost::json::object org_body();
Reply new_org(boost::json::object values = {});

}  // namespace pz::product
