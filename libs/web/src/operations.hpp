#pragma once

#include <pz/web/metrics.hpp>
#include <pz/web/router.hpp>

#include <filesystem>
#include <functional>
#include <string>

/// Health, metrics and documentation: the routes that every service has.
namespace pz::web {

/// What those routes need; one for the process (App::operations), set before the first request and read-only
/// afterwards.
struct Operations {
    std::string openapi;
    std::filesystem::path docs_directory;
    const Metrics* metrics = nullptr;
    std::function<bool()> stopping;
};

void add_operations(Router& router);

}  // namespace pz::web
