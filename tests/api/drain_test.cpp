// The end of a real service under load: SIGTERM in the middle of requests, and none of them is lost.

#include <pz/testkit/world.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

namespace pz::testkit {

namespace {

using namespace std::chrono_literals;

/// Requests on one connection until an answer says that it was the last; how many were answered with 200.
/// Throws ClientError when one stays without an answer.
int ask_until_told_to_stop(RawConnection connection, std::string request, std::atomic<int>& answered) {
    int good = 0;
    for (;;) {
        connection.send(request);
        const Reply reply = connection.receive();
        good += reply.status() == 200 ? 1 : 0;
        ++answered;
        if (reply.status() != 200 || reply.header("Connection") == "close") {
            return good;
        }
    }
}

TEST(Drain, answers_every_request_in_flight_when_a_service_is_told_to_end) {
    World world;
    const std::string items = "GET /api/v1/items HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " +
                              world.token(acme_user) + "\r\n\r\n";
    const std::string ready = "GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    std::atomic<int> answered = 0;
    std::vector<std::future<int>> clients;
    for (int i = 0; i < 8; ++i) {
        clients.push_back(
            std::async(std::launch::async, ask_until_told_to_stop, world.raw(), items, std::ref(answered))
        );
    }
    RawConnection balancer = world.raw();
    balancer.send(ready);
    EXPECT_EQ(balancer.receive().status(), 200);
    while (answered < 100) {
        std::this_thread::sleep_for(1ms);
    }
    auto exit_code = std::async(std::launch::async, [&world] { return world.api().stop(10s); });
    for (std::future<int>& client : clients) {
        EXPECT_GT(client.get(), 0);
    }
    EXPECT_EQ(exit_code.get(), 0) << world.api().log();
}

TEST(Drain, finishes_sign_ins_that_are_being_hashed) {
    World world;
    std::vector<RawConnection> people;
    // Few: who waits for a hash for more than two seconds is sent away, and a loaded machine makes many wait.
    for (const Account& account : {acme_admin, acme_user, globex_admin}) {
        const std::string form = "grant_type=password&username=" + std::string{account.email} +
                                 "&password=" + std::string{account.password};
        people.push_back(world.raw(Service::identity));
        people.back().send(
            "POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            "Content-Length: " +
            std::to_string(form.size()) + "\r\n\r\n" + form
        );
    }
    EXPECT_EQ(people.front().receive().status(), 200);
    auto exit_code = std::async(std::launch::async, [&world] { return world.identity().stop(10s); });
    for (std::size_t i = 1; i < people.size(); ++i) {
        EXPECT_EQ(people[i].receive().status(), 200) << i;
    }
    EXPECT_EQ(exit_code.get(), 0) << world.identity().log();
}

}  // namespace

}  // namespace pz::testkit
