#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <vector>

namespace pz::bench {

/// Processor time of a process and of all its children, past and present: a cluster's backends come and go.
/// Resolution is the kernel's tick, usually 10 ms, so measure for seconds.
[[nodiscard]] std::chrono::microseconds processor_time(pid_t process);

/// How long a process's threads were ready to run and waited for a processor. Of the threads that live now.
[[nodiscard]] std::chrono::nanoseconds run_delay(pid_t process);

/// Proportional set size: the memory that a process and its children have for themselves, plus their share of
/// what they share. Bytes. A service of ours shows that to root only; others get its resident set size, which
/// is larger.
[[nodiscard]] std::size_t proportional_set_size(pid_t process);

/// Middle, smallest and largest of some measurements.
struct Summary {
    double median = 0;
    double low = 0;
    double high = 0;
};

/// Of at least one value.
[[nodiscard]] Summary summarize(std::vector<double> values);

}  // namespace pz::bench
