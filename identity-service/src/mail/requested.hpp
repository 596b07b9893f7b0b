#pragma once

#include <pz/web/context.hpp>
#include <pz/web/openapi.hpp>
#include <pz/web/respond.hpp>

namespace pz::identity::mail {

/// 202 without a body: if there is somebody to write to, a letter follows. The answer does not tell.
struct Requested {};

}  // namespace pz::identity::mail

namespace pz::web {

template <>
struct Responder<identity::mail::Requested> {
    static void render(identity::mail::Requested&&, Context& context) { context.exchange().respond(202); }

    static void describe(Operation& operation) {
        operation.add_response(202, "A letter follows, if there is somebody to write to");
    }
};

}  // namespace pz::web
