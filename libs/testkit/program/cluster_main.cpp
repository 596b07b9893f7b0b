// testkit-cluster -- command [argument…]
//
// Runs a command, usually a whole test run, beside one throw-away PostgreSQL cluster that every test program
// below it joins (PZ_TEST_CLUSTER), and returns the command's exit code. Whatever ends this program ends
// both.

#include <pz/core/process.hpp>
#include <pz/testkit/database.hpp>

#include <spdlog/spdlog.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <string_view>
#include <vector>

namespace {

volatile std::sig_atomic_t stop_signal = 0;

void note_signal(int number) {
    stop_signal = number;
}

int run(std::vector<std::string> command) {
    using namespace std::chrono_literals;
    const pz::testkit::TestCluster cluster;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread runs
    ::setenv(pz::testkit::TestCluster::environment_variable, cluster.directory().c_str(), 1);
    pz::core::ProcessOptions options;
    options.command = std::move(command);
    pz::core::Process process{options};
    while (stop_signal == 0) {
        if (const auto code = process.wait_for(100ms)) {
            return *code;
        }
    }
    process.signal_group(SIGTERM);
    process.wait_for(3s);
    return 128 + stop_signal;
}

}  // namespace

int main(int count, char** arguments) {
    std::vector<std::string> command{arguments + 1, arguments + count};
    if (command.size() < 2 || command.front() != "--") {
        spdlog::error("usage: testkit-cluster -- command [argument...]");
        return 2;
    }
    command.erase(command.begin());
    std::signal(SIGINT, note_signal);
    std::signal(SIGTERM, note_signal);
    try {
        return run(std::move(command));
    } catch (const std::exception& error) {
        spdlog::error("{}", error.what());
        return 3;
    }
}
