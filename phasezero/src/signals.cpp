#include "signals.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <initializer_list>

namespace pz::command {

Signals::Signals() {
    std::signal(SIGPIPE, SIG_IGN);  // a closed terminal or pipe is no reason to stop the services
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) {
        sigaddset(&set, number);
    }
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    descriptor_ = ::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

Signals::~Signals() {
    ::close(descriptor_);
}

int Signals::stop_requests() {
    signalfd_siginfo info{};
    while (::read(descriptor_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
        if (info.ssi_signo != SIGCHLD) {
            by_keyboard_ = by_keyboard_ || (stop_requests_ == 0 && info.ssi_signo == SIGINT);
            ++stop_requests_;
        }
    }
    return stop_requests_;
}

}  // namespace pz::command
