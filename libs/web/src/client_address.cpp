#include <pz/web/client_address.hpp>

#include <arpa/inet.h>

#include <algorithm>
#include <span>

namespace pz::web {

namespace {

constexpr std::array<std::uint8_t, 12> ipv4_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

bool is_ipv4(const ClientAddress& address) noexcept {
    return std::ranges::equal(ipv4_prefix, std::span{address.bytes}.first<ipv4_prefix.size()>());
}

std::string_view trimmed(std::string_view text) noexcept {
    const std::size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) {
        return {};
    }
    return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

/// The entry that stands `place` places from the right (1: the last), counted over all fields of that name.
std::optional<std::string_view> forwarded_for(const http::RequestHead& head, unsigned place) noexcept {
    for (std::size_t index = head.field_count(); index > 0; --index) {
        const http::HeaderField field = head.field(index - 1);
        if (!http::same_field_name(field.name, "X-Forwarded-For")) {
            continue;
        }
        std::string_view rest = field.value;
        for (;;) {
            const std::size_t comma = rest.rfind(',');
            const std::string_view entry = comma == std::string_view::npos ? rest : rest.substr(comma + 1);
            if (--place == 0) {
                return trimmed(entry);
            }
            if (comma == std::string_view::npos) {
                break;
            }
            rest = rest.substr(0, comma);
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<ClientAddress> ClientAddress::parse(std::string_view text) noexcept {
    std::array<char, INET6_ADDRSTRLEN> terminated{};
    if (text.empty() || text.size() >= terminated.size()) {
        return std::nullopt;
    }
    std::ranges::copy(text, terminated.begin());
    ClientAddress address;
    if (::inet_pton(AF_INET6, terminated.data(), address.bytes.data()) == 1) {
        return address;
    }
    std::ranges::copy(ipv4_prefix, address.bytes.begin());
    if (::inet_pton(AF_INET, terminated.data(), address.bytes.data() + ipv4_prefix.size()) == 1) {
        return address;
    }
    return std::nullopt;
}

ClientAddress ClientAddress::network() const noexcept {
    ClientAddress network = *this;
    if (!is_ipv4(*this)) {
        std::ranges::fill(std::span{network.bytes}.last<8>(), std::uint8_t{0});
    }
    return network;
}

std::string ClientAddress::to_string() const {
    if (is_ipv4(*this
        )) {  // without inet_ntop(), which prints through sprintf(): each line of the log has one
        std::string text;
        for (const std::uint8_t byte : std::span{bytes}.subspan<ipv4_prefix.size()>()) {
            text += text.empty() ? "" : ".";
            text += std::to_string(byte);
        }
        return text;
    }
    std::array<char, INET6_ADDRSTRLEN> text{};
    ::inet_ntop(AF_INET6, bytes.data(), text.data(), text.size());
    return text.data();
}

ClientAddress client_address(
    const http::RequestHead& head, std::string_view peer, unsigned trusted_hops
) noexcept {
    if (trusted_hops > 0) {
        const auto entry = forwarded_for(head, trusted_hops);
        const auto address = entry ? ClientAddress::parse(*entry) : std::nullopt;
        if (address) {
            return *address;
        }
    }
    return ClientAddress::parse(peer).value_or(ClientAddress{});
}

}  // namespace pz::web
