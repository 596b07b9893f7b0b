#include "nginx.hpp"

#include <unistd.h>

namespace pz::command {

namespace fs = std::filesystem;

std::optional<fs::path> find_nginx() {
    for (const char* candidate : {"/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx"}) {
        if (::access(candidate, X_OK) == 0) {
            return candidate;
        }
    }
    return std::nullopt;
}

}  // namespace pz::command
