// Whether the time of a refused sign-in tells what was wrong with it: an account that is there, that is not
// there, that is disabled, no password, a password that is too long, in turns against the running service.
// Prints the median of each, and Welch's t of each against the wrong password, both of the time that a client
// sees and of the processor time that the service took; |t| above 4.5, or a median that is more than 1 % off,
// is a difference that a patient attacker can see, and makes the exit code 1.
//
//     enumeration_bench [samples of each = 300]

#include <pz/testkit/world.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace pz::bench {

namespace {

using std::chrono::steady_clock;

struct Case {
    const char* name;
    std::string email;
    std::string password;
    std::vector<double> milliseconds{};
    std::vector<double> processor_milliseconds{};
};

/// What all threads of a process have run so far, to the nanosecond.
double processor_milliseconds(pid_t process) {
    double sum = 0;
    for (const auto& thread : std::filesystem::directory_iterator{fmt::format("/proc/{}/task", process)}) {
        std::ifstream file{thread.path() / "schedstat"};
        double nanoseconds = 0;
        file >> nanoseconds;
        sum += nanoseconds / 1e6;
    }
    return sum;
}

double mean(const std::vector<double>& values) {
    double sum = 0;
    for (const double value : values) {
        sum += value;
    }
    return sum / static_cast<double>(values.size());
}

/// The variance of the mean.
double variance(const std::vector<double>& values) {
    const double middle = mean(values);
    double sum = 0;
    for (const double value : values) {
        sum += (value - middle) * (value - middle);
    }
    const auto count = static_cast<double>(values.size());
    return sum / (count - 1) / count;
}

/// Without the slowest tenth, which is what other work on the machine did.
std::vector<double> trimmed(std::vector<double> values) {
    std::ranges::sort(values);
    values.resize(values.size() - values.size() / 10);
    return values;
}

/// Prints a line; false for a difference that can be told.
bool compare(const char* name, const char* clock, std::vector<double> one, std::vector<double> other) {
    const std::vector<double> values = trimmed(std::move(one));
    const std::vector<double> reference = trimmed(std::move(other));
    const double t = (mean(values) - mean(reference)) / std::sqrt(variance(values) + variance(reference));
    const double off = values[values.size() / 2] / reference[reference.size() / 2] - 1;
    std::printf(
        "%-18s %-9s median %8.3f ms  %+6.2f %%   t %6.2f\n",
        name,
        clock,
        values[values.size() / 2],
        100 * off,
        t
    );
    return std::abs(t) < 4.5 && std::abs(off) < 0.01;
}

bool run(int samples) {
    testkit::World world;
    auto database = world.database().connect("pz_identity");
    database.execute_script(
        "update identity.person set state = 'disabled' where email = '" +
        std::string{testkit::globex_user.email} + '\''
    );
    const std::string email{testkit::acme_user.email};
    std::array cases{
        Case{"wrong password", email, "wrong"},
        Case{"unknown", "nobody@acme.example", "wrong"},
        Case{"disabled", std::string{testkit::globex_user.email}, std::string{testkit::globex_user.password}},
        Case{"empty", email, ""},
        Case{"256 characters", email, std::string(256, 'x')},
        Case{"2,000 characters", email, std::string(2'000, 'x')},
    };
    const pid_t service = world.identity().pid();
    testkit::Client client = world.anonymous(testkit::Service::identity);
    std::array<std::size_t, cases.size()> order{};
    std::iota(order.begin(), order.end(), 0U);
    std::minstd_rand random{42};
    for (int sample = 0; sample < samples; ++sample) {
        // Each comes behind each other one as often: what the one before left in the caches is nobody's.
        std::ranges::shuffle(order, random);
        for (const std::size_t number : order) {
            Case& one = cases[number];
            database.execute_script("delete from identity.login_throttle");
            const double ran = processor_milliseconds(service);
            const auto began = steady_clock::now();
            client.post_form("/token", {{"username", one.email}, {"password", one.password}});
            one.milliseconds.push_back(
                std::chrono::duration<double, std::milli>(steady_clock::now() - began).count()
            );
            one.processor_milliseconds.push_back(processor_milliseconds(service) - ran);
        }
    }
    bool equal = true;
    const Case& reference = cases.front();
    for (const Case& one : cases) {
        equal &= compare(one.name, "client", one.milliseconds, reference.milliseconds);
        equal &= compare(one.name, "processor", one.processor_milliseconds, reference.processor_milliseconds);
    }
    return equal;
}

}  // namespace

}  // namespace pz::bench

int main(int argc, char** argv) {
    pz::testkit::test_cluster();
    return pz::bench::run(argc > 1 ? std::atoi(argv[1]) : 300) ? 0 : 1;
}
