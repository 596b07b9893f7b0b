#include "machine.hpp"

#include <fmt/format.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include <fstream>
#include <thread>

namespace pz::bench {

std::string describe_machine() {
    std::string processor = "an unknown processor";
    std::ifstream file{"/proc/cpuinfo"};
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("model name")) {
            processor = line.substr(line.find(": ") + 2);
            break;
        }
    }
    utsname kernel{};
    ::uname(&kernel);
    struct sysinfo memory{};
    ::sysinfo(&memory);
    double loads[1] = {};
    ::getloadavg(loads, 1);
    const double gigabytes = static_cast<double>(memory.totalram) * memory.mem_unit / (1024.0 * 1024 * 1024);
    return fmt::format(
        "{}, {} cores, {:.0f} GB, {} {}, load {:.1f} at the end",
        processor,
        std::thread::hardware_concurrency(),
        gigabytes,
        kernel.sysname,
        kernel.release,
        loads[0]
    );
}

}  // namespace pz::bench
