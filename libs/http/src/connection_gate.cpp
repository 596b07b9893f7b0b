#include "connection_gate.hpp"

namespace pz::http {

namespace {

/// An IPv4 address as it is; of an IPv6 address the first 64 bits, because whoever has one usually has all of
/// its /64.
std::uint64_t key_of(const boost::asio::ip::address& address) {
    if (address.is_v4()) {
        return address.to_v4().to_uint();
    }
    const boost::asio::ip::address_v6 v6 = address.to_v6();
    const auto bytes = v6.to_bytes();
    std::uint64_t key = 0;
    if (v6.is_v4_mapped()) {
        for (std::size_t i = 12; i < 16; ++i) {
            key = key << 8U | bytes[i];
        }
        return key;
    }
    for (std::size_t i = 0; i < 8; ++i) {
        key = key << 8U | bytes[i];
    }
    return key;
}

}  // namespace

std::optional<ConnectionGate::Pass> ConnectionGate::enter(
    const boost::asio::ip::address& address, std::atomic<std::size_t>& open
) {
    if (per_address_ == 0) {
        return std::optional<Pass>{std::in_place, nullptr, 0U, open};
    }
    const std::uint64_t key = key_of(address);
    const std::lock_guard lock{mutex_};
    std::size_t& count = open_by_address_[key];
    if (count >= per_address_) {
        return std::nullopt;
    }
    ++count;
    return std::optional<Pass>{std::in_place, this, key, open};
}

void ConnectionGate::leave(std::uint64_t key) noexcept {
    const std::lock_guard lock{mutex_};
    const auto place = open_by_address_.find(key);
    if (place != open_by_address_.end() && --place->second == 0) {
        open_by_address_.erase(place);
    }
}

}  // namespace pz::http
