#pragma once

#include <pz/http/server.hpp>
#include <pz/testkit/client.hpp>
#include <pz/web/dispatcher.hpp>
#include <pz/web/metrics.hpp>
#include <pz/web/policies.hpp>
#include <pz/web/router.hpp>

namespace pz::web::example {

/// A small API that uses every part of this library that needs no database: notes in memory.
void add_routes(Router& router);

[[nodiscard]] ApiInfo info();

/// The example behind a real server on a loopback port, until the object ends.
class Server {
 public:
    explicit Server(PolicySettings policies = {.rate_limits = {.person = 0, .tenant = 0}});

    [[nodiscard]] testkit::Client client() const;
    [[nodiscard]] testkit::RawConnection raw() const;

 private:
    Router router_;
    Metrics metrics_{router_};
    Policies policies_;
    http::Server server_;
};

}  // namespace pz::web::example
