// Whether the time of a refused sign-in tells what was wrong with it: an account that is there, that is not
// there, that is disabled, no password, a password that is too long, in turns against the running service.
// Prints the median of each, and Welch's t of each against the wrong password; |t| above 4.5 is a difference
// that a patient attacker can see.
//
//     enumeration_bench [samples of each = 300]

#include <pz/testkit/world.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
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
};

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

void run(int samples) {
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
        Case{"2,000 characters", email, std::string(2'000, 'x')},
    };
    testkit::Client client = world.anonymous(testkit::Service::identity);
    for (int sample = 0; sample < samples; ++sample) {
        for (Case& one : cases) {
            database.execute_script("delete from identity.login_throttle");
            const auto began = steady_clock::now();
            client.post_form("/token", {{"username", one.email}, {"password", one.password}});
            one.milliseconds.push_back(
                std::chrono::duration<double, std::milli>(steady_clock::now() - began).count()
            );
        }
    }
    const std::vector<double> reference = trimmed(cases.front().milliseconds);
    for (const Case& one : cases) {
        const std::vector<double> values = trimmed(one.milliseconds);
        const double t = (mean(values) - mean(reference)) / std::sqrt(variance(values) + variance(reference));
        std::printf("%-18s median %7.2f ms   t %5.2f\n", one.name, values[values.size() / 2], t);
    }
}

}  // namespace

}  // namespace pz::bench

int main(int argc, char** argv) {
    pz::testkit::test_cluster();
    pz::bench::run(argc > 1 ? std::atoi(argv[1]) : 300);
    return 0;
}
