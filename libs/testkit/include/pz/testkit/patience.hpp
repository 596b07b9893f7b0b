#pragma once

#include <pz/testkit/client.hpp>

#include <chrono>
#include <thread>

namespace pz::testkit {

/// Asks again while the answer is 503, for half a minute: a machine that has no time is not what is tested.
template <class Ask>
Reply patiently(Ask ask) {
    constexpr int attempts = 300;
    Reply reply = ask();
    for (int i = 1; i < attempts && reply.status() == 503; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds{100});
        reply = ask();
    }
    return reply;
}

}  // namespace pz::testkit
