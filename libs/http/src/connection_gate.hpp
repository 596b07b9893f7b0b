#pragma once

#include <boost/asio/ip/address.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

namespace pz::http {

/// Counts open connections per client address. Entered by the accepting thread, left by whichever thread ends
/// the connection: the only lock of this library, and never taken by a request.
class ConnectionGate {
 public:
    /// One admitted connection; gives its place back when destroyed.
    class Pass {
     public:
        Pass(ConnectionGate* gate, std::uint64_t key, std::atomic<std::size_t>& open)
            : gate_(gate), key_(key), open_(&open) {
            open_->fetch_add(1, std::memory_order_relaxed);
        }

        Pass(Pass&& other) noexcept
            : gate_(other.gate_), key_(other.key_), open_(std::exchange(other.open_, nullptr)) {}

        Pass& operator=(Pass&&) = delete;

        ~Pass() {
            if (open_ == nullptr) {
                return;
            }
            open_->fetch_sub(1, std::memory_order_relaxed);
            if (gate_ != nullptr) {
                gate_->leave(key_);
            }
        }

     private:
        ConnectionGate* gate_;
        std::uint64_t key_;
        std::atomic<std::size_t>* open_;
    };

    /// @param per_address most connections of one address; 0 = no limit
    explicit ConnectionGate(std::size_t per_address) : per_address_(per_address) {}

    /// @param open counter of the thread that will serve the connection
    [[nodiscard]] std::optional<Pass> enter(
        const boost::asio::ip::address& address, std::atomic<std::size_t>& open
    );

 private:
    void leave(std::uint64_t key) noexcept;

    std::size_t per_address_;
    std::mutex mutex_;
    std::unordered_map<std::uint64_t, std::size_t> open_by_address_;
};

}  // namespace pz::http
