#include "supervisor.hpp"

#include "exit_code.hpp"
#include "http_client.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>

namespace pz::command {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

std::string exit_text(int code) {
    return code > 128 ? fmt::format("was ended by signal {}", code - 128)
                      : fmt::format("ended with exit code {}", code);
}

std::string failure_text(
    const std::string& name, const std::string& what, const std::string& log, const std::string& hint
) {
    return fmt::format("{} {}\n{}{}", name, what, log.empty() ? "(it wrote nothing)\n" : log, hint);
}

}  // namespace

Supervisor::Supervisor(const Screen& screen, Signals& signals, std::filesystem::path log_directory)
    : screen_(screen), signals_(signals), log_directory_(std::move(log_directory)) {}

void Supervisor::start(ServicePlan plan) {
    ServiceLog log{log_directory_, plan.name};
    services_.push_back({std::move(plan), std::move(log), std::nullopt});
    launch(services_.back());
}

void Supervisor::launch(Service& service) {
    const int output = service.log.open_writing_end();
    service.plan.process.output = output;
    try {
        service.process.emplace(service.plan.process);
    } catch (const std::system_error& error) {
        ::close(output);
        throw CommandError(
            ExitCode::failure, fmt::format("{} {}: {}", service.plan.name, "did not start", error.what())
        );
    }
    ::close(output);
    service.end_reported = false;
}

Supervisor::Service& Supervisor::find(std::string_view name) {
    return *std::ranges::find_if(services_, [&](const Service& service) {
        return service.plan.name == name;
    });
}

milliseconds Supervisor::wait_until_ready(std::string_view name, milliseconds limit) {
    const auto start = steady_clock::now();
    Service& service = find(name);
    HttpClient client{[this] { return !asked_to_stop(); }};
    while (true) {
        const HttpAnswer answer = client.request("GET", service.plan.ready_url, {}, {}, 500ms);
        if (answer.status == 200) {
            return std::chrono::duration_cast<milliseconds>(steady_clock::now() - start);
        }
        pump(20ms);
        if (asked_to_stop()) {
            throw CommandError(ExitCode::interrupted, "stopped");
        }
        const std::optional<int> code = service.process->poll_exit();
        const bool late = steady_clock::now() - start > limit;
        if (code || late) {
            pump(0ms);
            service.end_reported = true;
            const std::string what =
                code ? exit_text(*code)
                     : fmt::format(
                           "is not ready after {}: {} answers {}",
                           format_duration(limit),
                           service.plan.ready_url,
                           answer.status == 0 ? answer.error : std::to_string(answer.status)
                       );
            throw CommandError(
                ExitCode::failure,
                failure_text(service.plan.name, what, service.log.recent(), service.plan.hint)
            );
        }
    }
}

void Supervisor::restart(std::string_view name) {
    Service& service = find(name);
    service.process->signal(service.plan.stop_signal);
    service.process->wait_for(3s);
    service.process.reset();
    take_lines();
    launch(service);
}

void Supervisor::pump(milliseconds wait) {
    std::vector<pollfd> descriptors{{.fd = signals_.descriptor(), .events = POLLIN, .revents = 0}};
    descriptors.push_back({.fd = extra_descriptor_, .events = POLLIN, .revents = 0});
    for (const Service& service : services_) {
        // A service that ended has nothing more to say; its closed pipe would wake us without end.
        const bool speaks = service.process && service.process->running();
        descriptors.push_back({.fd = speaks ? service.log.descriptor() : -1, .events = POLLIN, .revents = 0});
    }
    ::poll(descriptors.data(), descriptors.size(), static_cast<int>(wait.count()));
    signals_.stop_requests();
    for (Service& service : services_) {
        if (service.process) {
            service.process->poll_exit();
        }
    }
    take_lines();
}

void Supervisor::take_lines() {
    for (std::size_t i = 0; i < services_.size(); ++i) {
        services_[i].log.take([&](std::string_view line) {
            if (show_logs_) {
                screen_.log_line(i, services_[i].plan.name, line);
            }
        });
    }
}

std::optional<std::string> Supervisor::take_unexpected_end() {
    for (Service& service : services_) {
        const std::optional<int> code = service.process ? service.process->poll_exit() : std::nullopt;
        if (code && !service.end_reported) {
            service.end_reported = true;
            take_lines();
            return failure_text(service.plan.name, exit_text(*code), service.log.recent(), service.plan.hint);
        }
    }
    return std::nullopt;
}

void Supervisor::stop(milliseconds limit) {
    const auto deadline = steady_clock::now() + limit;
    const int requests_before = std::max(signals_.stop_requests(), 1);
    const auto any_left = [this] {
        return std::ranges::any_of(services_, [](const Service& service) {
            return service.process && service.process->running();
        });
    };
    for (Service& service : services_) {
        if (service.process) {
            service.process->signal(service.plan.stop_signal);
        }
    }
    while (any_left() && steady_clock::now() < deadline && signals_.stop_requests() <= requests_before) {
        pump(20ms);
    }
    for (Service& service : services_) {
        service.process.reset();  // kills what is left, with its group
    }
    take_lines();
}

std::vector<ProcessIdentity> Supervisor::processes() const {
    std::vector<ProcessIdentity> all;
    for (const Service& service : services_) {
        if (service.process) {
            all.push_back(identify(service.plan.name, service.process->pid()));
        }
    }
    return all;
}

}  // namespace pz::command
