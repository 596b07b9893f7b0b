#pragma once

#include <string>

namespace pz::bench {

/// From SIGTERM to the end of product-core-api, idle and while 32 connections ask as fast as they can, with
/// its exit code. A table in Markdown.
[[nodiscard]] std::string shutdowns(int count);

}  // namespace pz::bench
