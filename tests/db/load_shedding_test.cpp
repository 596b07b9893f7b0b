// A full pool: who cannot even wait is told so at once, and the database never hears of it.

#include "routes.hpp"

#include <pz/core/clock.hpp>
#include <pz/http/server.hpp>
#include <pz/testkit/database.hpp>
#include <pz/testkit/world.hpp>
#include <pz/web/context.hpp>
#include <pz/web/dispatcher.hpp>
#include <pz/web/metrics.hpp>
#include <pz/web/policies.hpp>
#include <pz/web/router.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace pz::tests {

namespace {

using namespace std::chrono_literals;

/// For what must happen but may take its time on a busy machine.
constexpr std::chrono::minutes patience{1};

/// What the service's one thread owns.
struct ThreadApp final : web::App {
    core::SystemClock system_clock;
    pg::Pool pool;
    web::Policies no_limits{{.rate_limits = {.person = 0, .tenant = 0}}};
    std::optional<web::Dispatcher> dispatcher;

    ThreadApp(boost::asio::io_context& context, pg::PoolOptions options) : pool(context, std::move(options)) {
        clock = &system_clock;
        tenant_pool = &pool;
        require_auth = false;
        policies = &no_limits;
    }
};

/// product-core-api's routes on one connection that carries one request; one more may wait, for an hour.
class SmallService {
 public:
    explicit SmallService(const core::SecretString& database)
        : server_(options(), [this, database](boost::asio::io_context& context, unsigned) -> http::Handler {
              auto app = std::make_shared<ThreadApp>(context, pool_options(database));
              app->dispatcher.emplace(router_, *app, metrics_->add_thread());
              return [app](http::Exchange exchange) { return app->dispatcher->handle(exchange); };
          }) {
        product::add_routes(router_);
        metrics_.emplace(router_);
        server_.start();
    }

    [[nodiscard]] testkit::RawConnection connect() const {
        return testkit::RawConnection{server_.port(), patience};
    }

 private:
    static http::ServerOptions options() {
        http::ServerOptions options;
        options.limits.request_time = patience;
        options.limits.drain_idle_time = 0ms;
        return options;
    }

    static pg::PoolOptions pool_options(const core::SecretString& database) {
        pg::PoolOptions options;
        options.connection_string = database;
        options.shared_connections = 1;
        options.extra_connections = 0;
        options.depth = 1;
        options.queue_limit = 1;
        options.queue_wait = 1h;
        options.statement_timeout = patience;
        options.lock_timeout = patience;
        return options;
    }

    web::Router router_;
    std::optional<web::Metrics> metrics_;
    http::Server server_;
};

/// How often the table was looked into, as the server counts it when a connection ends.
int scans_of_items(const testkit::TestDatabase& database) {
    auto connection = database.connect_as_superuser();
    return std::stoi(connection.value(
        "SELECT coalesce(seq_scan, 0) + coalesce(idx_scan, 0) FROM pg_stat_user_tables WHERE relid = "
        "'app.item'::regclass"
    ));
}

TEST(LoadShedding, answers_503_at_once_when_the_queue_is_full_and_asks_the_database_nothing) {
    const std::string request =
        "GET /api/v1/items/0197c0de-0000-7000-8000-000000000001 HTTP/1.1\r\nHost: localhost\r\n\r\n";
    const testkit::TestDatabase database;
    const int before = scans_of_items(database);
    {
        const SmallService service{database.connection_string("pz_app")};
        const auto ask = [&service, &request] {
            testkit::RawConnection connection = service.connect();
            connection.send(request);
            return connection.receive();
        };
        ASSERT_EQ(ask().status(), 404) << "there is no such item, but now there is a connection";
        auto gate = database.connect_as_superuser();
        gate.execute_script("BEGIN; LOCK TABLE app.item IN ACCESS EXCLUSIVE MODE");
        // One is in the database and waits for the lock, one waits for the connection, and one is too many.
        std::vector<std::future<testkit::Reply>> replies;
        for (int i = 0; i < 3; ++i) {
            replies.push_back(std::async(std::launch::async, ask));
        }
        const auto is_ready = [](const std::future<testkit::Reply>& reply) {
            return reply.wait_for(0s) == std::future_status::ready;
        };
        while (std::ranges::none_of(replies, is_ready)) {
            std::this_thread::sleep_for(1ms);
        }
        // Nothing but a refusal can have come by now: the other two have an hour and a minute to wait.
        ASSERT_EQ(std::ranges::count_if(replies, is_ready), 1);
        const testkit::Reply refused = std::ranges::find_if(replies, is_ready)->get();
        EXPECT_EQ(refused.status(), 503);
        EXPECT_EQ(refused.header("Retry-After"), "1");
        EXPECT_EQ(refused.header("Content-Type"), "application/problem+json");
        EXPECT_EQ(refused.field("code"), "unavailable");
        gate.execute_script("ROLLBACK");
        for (std::future<testkit::Reply>& reply : replies) {
            if (reply.valid()) {
                EXPECT_EQ(reply.get().status(), 404);
            }
        }
    }
    while (scans_of_items(database) == before) {
        std::this_thread::sleep_for(5ms);  // until the server has noticed that the pool is gone
    }
    EXPECT_EQ(scans_of_items(database) - before, 3);
}

}  // namespace

}  // namespace pz::tests
