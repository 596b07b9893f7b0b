#pragma once

#include <pz/web/log.hpp>
#include <pz/web/metrics.hpp>
#include <pz/web/router.hpp>
#include <pz/web/tracer.hpp>

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>

/// Health, metrics and documentation: the routes that every service has.
namespace pz::web {

/// What those routes and the dispatcher need to be seen from outside; one for the process (App::operations),
/// set before the first request and read-only afterwards.
struct Operations {
    std::string openapi;
    std::filesystem::path docs_directory;
    std::function<bool()> stopping;
    std::function<std::string()> metrics;  ///< the text of /metrics
    Log* log = nullptr;
    Tracer* tracer = nullptr;    ///< null: no traces
    bool server_timing = false;  ///< tells clients where the time went; never in production
    /// Set when every readiness check has passed once: what /startupz answers with.
    mutable std::atomic<bool> started{false};
};

/// Health and documentation.
void add_operations(Router& router);
/// GET /metrics beside the other routes; where it has a port of its own, nobody adds it.
void add_metrics_route(Router& router);

/// The content type of /metrics.
inline constexpr std::string_view metrics_content_type = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace pz::web
