// Preloaded into a service by tests/faults (LD_PRELOAD): allocations that fail, and transfers that are
// shorter than asked for. What is to happen stands in a file that both map, so that it changes while the
// service runs. Without FAULT_CONTROLS in the environment nothing does.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>

// glibc's own, which have other names for programs that replace malloc.
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* old, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
}

// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

namespace {

/// The layout is known to tests/faults/shim.py: eight bytes each.
struct Controls {
    std::atomic<std::int64_t> allocations_left;  ///< the one that makes it 0 fails; 0 or less: none does
    std::atomic<std::int64_t> burst;             ///< how many more fail behind it, in a row
    std::atomic<std::int64_t> allocations;       ///< asked for since the start
    std::atomic<std::int64_t> failed;            ///< of these
    std::atomic<std::int64_t> longest_transfer;  ///< bytes that a call takes at most; 0: as many as asked for
    std::atomic<std::int64_t> shortened;         ///< calls that took fewer
};

Controls idle;
std::atomic<Controls*> controls{&idle};

[[gnu::constructor]] void map_controls() {
    const char* path = std::getenv("FAULT_CONTROLS");  // NOLINT(concurrency-mt-unsafe): before main()
    const int file = path == nullptr ? -1 : ::open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) {
        return;
    }
    void* mapped = ::mmap(nullptr, sizeof(Controls), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ::close(file);
    if (mapped != MAP_FAILED) {
        controls = static_cast<Controls*>(mapped);
    }
}

bool allocation_fails() noexcept {
    Controls& here = *controls.load(std::memory_order_relaxed);
    here.allocations.fetch_add(1, std::memory_order_relaxed);
    if (here.allocations_left.load(std::memory_order_relaxed) <= 0) {
        return false;
    }
    const std::int64_t left = here.allocations_left.fetch_sub(1, std::memory_order_relaxed) - 1;
    if (left > here.burst.load(std::memory_order_relaxed) || left < 0) {
        return false;
    }
    here.failed.fetch_add(1, std::memory_order_relaxed);
    errno = ENOMEM;
    return true;
}

/// How many of so many bytes a call may take.
std::size_t shortened(std::size_t size) noexcept {
    Controls& here = *controls.load(std::memory_order_relaxed);
    const std::int64_t longest = here.longest_transfer.load(std::memory_order_relaxed);
    if (longest <= 0 || size <= static_cast<std::size_t>(longest)) {
        return size;
    }
    here.shortened.fetch_add(1, std::memory_order_relaxed);
    return static_cast<std::size_t>(longest);
}

/// The first piece of a message that has any bytes, shortened.
struct Shortened {
    explicit Shortened(const msghdr& message) : message{message} {
        for (std::size_t i = 0; i < message.msg_iovlen; ++i) {
            if (message.msg_iov[i].iov_len > 0) {
                piece = message.msg_iov[i];
                piece.iov_len = shortened(piece.iov_len);
                if (piece.iov_len < message.msg_iov[i].iov_len) {
                    this->message.msg_iov = &piece;
                    this->message.msg_iovlen = 1;
                }
                return;
            }
        }
    }

    Shortened(const Shortened&) = delete;  // it points into itself
    Shortened& operator=(const Shortened&) = delete;

    msghdr message;
    iovec piece{};
};

}  // namespace

extern "C" {

void* malloc(std::size_t size) {
    return allocation_fails() ? nullptr : __libc_malloc(size);
}

void* calloc(std::size_t count, std::size_t size) {
    return allocation_fails() ? nullptr : __libc_calloc(count, size);
}

void* realloc(void* old, std::size_t size) {
    return allocation_fails() ? nullptr : __libc_realloc(old, size);
}

void* memalign(std::size_t alignment, std::size_t size) {
    return allocation_fails() ? nullptr : __libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
    return memalign(alignment, size);
}

int posix_memalign(void** place, std::size_t alignment, std::size_t size) {
    void* found = memalign(alignment, size);
    if (found == nullptr) {
        return ENOMEM;
    }
    *place = found;
    return 0;
}

ssize_t send(int socket, const void* data, std::size_t size, int flags) {
    return ::syscall(SYS_sendto, socket, data, shortened(size), flags, nullptr, 0);
}

ssize_t recv(int socket, void* data, std::size_t size, int flags) {
    return ::syscall(SYS_recvfrom, socket, data, shortened(size), flags, nullptr, nullptr);
}

// What a call becomes where the size of its buffer is known (_FORTIFY_SOURCE).
// NOLINTNEXTLINE(bugprone-reserved-identifier,readability-identifier-naming)
ssize_t __recv_chk(int socket, void* data, std::size_t size, std::size_t /*capacity*/, int flags) {
    return recv(socket, data, size, flags);
}

ssize_t sendmsg(int socket, const msghdr* message, int flags) {
    const Shortened less(*message);
    return ::syscall(SYS_sendmsg, socket, &less.message, flags);
}

ssize_t recvmsg(int socket, msghdr* message, int flags) {
    Shortened less(*message);
    const ssize_t taken = ::syscall(SYS_recvmsg, socket, &less.message, flags);
    message->msg_namelen = less.message.msg_namelen;
    message->msg_controllen = less.message.msg_controllen;
    message->msg_flags = less.message.msg_flags;
    return taken;
}

}  // extern "C"
