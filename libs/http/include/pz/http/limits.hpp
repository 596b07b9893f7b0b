#pragma once

#include <chrono>
#include <cstddef>

namespace pz::http {

/// What a request head may cost. The defaults are the limits of docs/security.md.
struct HeadLimits {
    std::size_t head_bytes = std::size_t{16} * 1024;   ///< at most 32 KiB; beyond it 431
    std::size_t target_bytes = std::size_t{8} * 1024;  ///< beyond it 414
    std::size_t fields = 64;                           ///< at most 64; beyond it 431
};

/// Everything a client may cost this server: bytes, time and connections.
struct Limits {
    HeadLimits head = {};

    /// A request body that the handler did not read is read and thrown away up to this size, so that the
    /// connection can serve the next request; beyond it the connection closes.
    std::size_t drain_body_bytes = std::size_t{64} * 1024;

    std::chrono::milliseconds head_time{5'000};        ///< from the first byte of a head to its last
    std::chrono::milliseconds body_time{15'000};       ///< from the first wait for body bytes to the last
    std::size_t body_bytes_per_second = 1024;          ///< least average rate of a body that is waited for
    std::chrono::milliseconds body_rate_after{2'000};  ///< waiting for less than this is never too slow
    /// A response that makes no progress for so long is given up, also when all of it is in the kernel's
    /// buffer already.
    std::chrono::milliseconds write_stall{10'000};
    /// From the end of the head to the return of the handler; the time the client takes to send the body is
    /// not counted.
    std::chrono::milliseconds request_time{10'000};
    /// From the end of the head to the last piece of a response in pieces; each of them has request_time.
    std::chrono::milliseconds stream_time{600'000};
    std::chrono::milliseconds idle_time{60'000};  ///< between requests, and before the first one
    /// After the last response of a connection: time for the client to read it and close, so that it is not
    /// reset.
    std::chrono::milliseconds linger_time{1'000};
    /// stop() to the closing of the door: until then new connections are still accepted, so that whoever
    /// sends requests here can learn from /readyz that it should not. Connections that stay idle end then,
    /// too; every answer since stop() says Connection: close.
    std::chrono::milliseconds drain_idle_time{500};
    /// stop() to the cancellation of what still runs. With a second for handlers to end and two ticks, a
    /// service is gone 8 seconds after SIGTERM at the latest.
    std::chrono::milliseconds drain_time{6'000};
    /// How often the deadlines above are looked at; each of them may be late by this much.
    std::chrono::milliseconds tick{250};

    std::size_t connections = 10'000;  ///< beyond it accepting pauses and clients wait in the kernel's queue
    /// Beyond it a connection is closed at once; an IPv6 /64 counts as one address. 0 = no limit (behind a
    /// trusted hop).
    std::size_t connections_per_address = 256;
};

}  // namespace pz::http
