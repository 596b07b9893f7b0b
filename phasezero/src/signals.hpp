#pragma once

namespace pz::command {

/// The signals that stop us, as something to ask about instead of handlers: they are blocked in this (single)
/// thread and read from a descriptor. Children start with an empty mask, so they are not affected.
class Signals {
 public:
    Signals();
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;
    ~Signals();

    /// Readable when a signal came, a child's end (SIGCHLD) included.
    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

    /// How often we were asked to stop (SIGINT, SIGTERM, SIGHUP): 1 = drain, 2 and more = at once.
    int stop_requests();

    /// True if the first request was Ctrl-C.
    [[nodiscard]] bool by_keyboard() const noexcept { return by_keyboard_; }

 private:
    int descriptor_;
    int stop_requests_ = 0;
    bool by_keyboard_ = false;
};

}  // namespace pz::command
