#include <pz/pg/wire.hpp>

#include "cork.hpp"

#include <pz/core/check.hpp>

#include <sys/socket.h>

#include <cerrno>
#include <cstddef>

namespace pz::pg::wire {

namespace {

constexpr int none = -1;

struct ThreadState {
    int corked_descriptor = none;
    bool receive_was_full = false;
    Counters counters;
};

thread_local constinit ThreadState state;

}  // namespace

Counters counters() noexcept {
    return state.counters;
}

bool last_receive_filled_its_buffer() noexcept {
    return state.receive_was_full;
}

Cork::Cork(int descriptor) noexcept {
    PZ_CHECK(state.corked_descriptor == none);
    state.corked_descriptor = descriptor;
}

Cork::~Cork() {
    state.corked_descriptor = none;
}

// The program's own send() and recv() stand before libc's for every library it loads, libpq among them. They
// do what libc's do (one sendto() or recvfrom() without an address), unless the descriptor is corked. The
// assembler names keep clear of the declarations, and under _FORTIFY_SOURCE the inline definitions, in
// <sys/socket.h>.
extern "C" {
[[gnu::used, gnu::visibility("default")]] ssize_t pz_send(
    int descriptor, const void* data, std::size_t size, int flags
) __asm__("send");
[[gnu::used, gnu::visibility("default")]] ssize_t pz_recv(
    int descriptor, void* data, std::size_t size, int flags
) __asm__("recv");

ssize_t pz_send(int descriptor, const void* data, std::size_t size, int flags) {
    if (descriptor == state.corked_descriptor) {
        errno = EAGAIN;
        return -1;
    }
    ++state.counters.sends;
    return ::sendto(descriptor, data, size, flags, nullptr, 0);
}

ssize_t pz_recv(int descriptor, void* data, std::size_t size, int flags) {
    if (descriptor == state.corked_descriptor) {
        errno = EAGAIN;
        return -1;
    }
    ++state.counters.receives;
    const ssize_t received = ::recvfrom(descriptor, data, size, flags, nullptr, nullptr);
    state.receive_was_full = received > 0 && static_cast<std::size_t>(received) == size;
    return received;
}
}

}  // namespace pz::pg::wire
