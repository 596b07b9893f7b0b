#pragma once

#include <pz/web/context.hpp>
#include <pz/web/openapi.hpp>
#include <pz/web/respond.hpp>

#include <string>

namespace pz::web {

/// Public keys, as verifiers and their caches want them (RFC 7517 section 5).
struct JwkSet {
    std::string json;
    std::string etag;  ///< strong, with its quotes
};

template <>
struct Responder<JwkSet> {
    static void render(JwkSet&& answer, Context& context);
    static void describe(Operation& operation);
};

}  // namespace pz::web
