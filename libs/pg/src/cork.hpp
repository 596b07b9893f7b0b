#pragma once

/// libpq 15 sends at every Sync of a pipeline; docs/adr/0010-one-flush-per-request.md says why and how it is
/// held back.
namespace pz::pg::wire {

/// While this object lives, send() and recv() on the descriptor answer "would block" without a system call,
/// on this thread only. libpq then keeps what it wanted to send; PQflush() after the cork is gone sends
/// everything at once.
class [[nodiscard]] Cork {
 public:
    explicit Cork(int descriptor) noexcept;
    ~Cork();
    Cork(const Cork&) = delete;
    Cork& operator=(const Cork&) = delete;
};

/// True if the latest recv() of this thread filled its whole buffer, so that more is probably waiting.
[[nodiscard]] bool last_receive_filled_its_buffer() noexcept;

}  // namespace pz::pg::wire
