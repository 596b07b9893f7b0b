#pragma once

#include <pz/http/exchange.hpp>
#include <pz/web/context.hpp>
#include <pz/web/metrics.hpp>
#include <pz/web/router.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <string>

namespace pz::web {

/// Takes each request of one thread through the fixed phases: match → deadline → authenticate → authorize →
/// path, query → body (limit first) → database → handler → render → COMMIT → write. Whatever goes wrong
/// becomes a problem document.
class Dispatcher {
 public:
    /// All must outlive the dispatcher.
    Dispatcher(const Router& router, App& app, ThreadMetrics& metrics);

    /// Answers one request; never throws.
    [[nodiscard]] boost::asio::awaitable<void> handle(http::Exchange exchange);

 private:
    std::string request_id(http::Exchange exchange);

    const Router& router_;
    App& app_;
    ThreadMetrics& metrics_;
    std::string id_prefix_;
    std::uint64_t id_counter_ = 0;
};

}  // namespace pz::web
