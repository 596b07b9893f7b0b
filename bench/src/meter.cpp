#include "meter.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace pz::bench {

namespace {

namespace fs = std::filesystem;

fs::path directory_of(pid_t process) {
    return fs::path{"/proc"} / std::to_string(process);
}

struct Ticks {
    long long own = 0;
    long long reaped_children = 0;
};

/// proc(5): fields 14 to 17 of /proc/PID/stat, counted behind the name, which may contain anything but a last
/// ')'.
Ticks read_ticks(const fs::path& process) {
    std::ifstream file{process / "stat"};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    std::istringstream fields{text.substr(std::min(text.size(), text.rfind(')') + 1))};
    std::string skipped;
    for (int field = 3; field < 14; ++field) {
        fields >> skipped;
    }
    long long user = 0;
    long long system = 0;
    long long children_user = 0;
    long long children_system = 0;
    fields >> user >> system >> children_user >> children_system;
    return {user + system, children_user + children_system};
}

std::vector<pid_t> children_of(pid_t process) {
    std::vector<pid_t> found;
    std::error_code gone;
    for (const auto& thread : fs::directory_iterator{directory_of(process) / "task", gone}) {
        std::ifstream children{thread.path() / "children"};
        for (pid_t child = 0; children >> child;) {
            found.push_back(child);
        }
    }
    return found;
}

long long tree_ticks(pid_t process) {
    const Ticks ticks = read_ticks(directory_of(process));
    long long sum = ticks.own + ticks.reaped_children;
    for (const pid_t child : children_of(process)) {
        sum += tree_ticks(child);
    }
    return sum;
}

std::size_t own_memory(pid_t process) {
    std::ifstream file{directory_of(process) / "smaps_rollup"};
    for (std::string word; file >> word;) {
        if (word == "Pss:") {
            std::size_t kilobytes = 0;
            file >> kilobytes;
            return kilobytes * 1024;
        }
    }
    std::ifstream pages{directory_of(process) / "statm"};
    std::size_t whole = 0;
    std::size_t resident = 0;
    pages >> whole >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

std::chrono::microseconds processor_time(pid_t process) {
    return std::chrono::microseconds{tree_ticks(process) * 1'000'000 / ::sysconf(_SC_CLK_TCK)};
}

std::chrono::nanoseconds run_delay(pid_t process) {
    long long sum = 0;
    std::error_code gone;
    for (const auto& thread : fs::directory_iterator{directory_of(process) / "task", gone}) {
        std::ifstream file{thread.path() / "schedstat"};
        long long ran = 0;
        long long waited = 0;
        file >> ran >> waited;
        sum += waited;
    }
    return std::chrono::nanoseconds{sum};
}

std::size_t proportional_set_size(pid_t process) {
    std::size_t sum = own_memory(process);
    for (const pid_t child : children_of(process)) {
        sum += proportional_set_size(child);
    }
    return sum;
}

Summary summarize(std::vector<double> values) {
    std::ranges::sort(values);
    const std::size_t middle = values.size() / 2;
    const double median = values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    return {median, values.front(), values.back()};
}

}  // namespace pz::bench
