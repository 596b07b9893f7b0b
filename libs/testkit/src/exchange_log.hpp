#pragma once

#include <pz/testkit/client.hpp>

#include <string>
#include <string_view>

namespace pz::testkit {

/// Appends what was asked and answered as one line of JSON to the file in PZ_TEST_EXCHANGES; does nothing
/// when that is unset. Of the headers only those that a document can promise are kept, and no value of a
/// member that is a secret.
void log_exchange(
    const std::string& service,
    std::string_view method,
    std::string_view target,
    std::string_view request_body,
    const Reply& reply
);

}  // namespace pz::testkit
