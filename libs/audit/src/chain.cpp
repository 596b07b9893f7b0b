#include <pz/audit/chain.hpp>

#include <algorithm>
#include <array>

namespace pz::audit {

crypto::Sha256Digest event_hash(
    const core::Uuid& chain, std::int64_t seq, const crypto::Sha256Digest& previous, std::string_view body
) {
    return event_hash(chain, seq, previous, crypto::sha256(body));
}

crypto::Sha256Digest event_hash(
    const core::Uuid& chain,
    std::int64_t seq,
    const crypto::Sha256Digest& previous,
    const crypto::Sha256Digest& body_hash
) {
    constexpr char domain = '\x02';
    std::array<char, 1 + 16 + 8 + 32 + 32> input{domain};
    auto out = std::ranges::copy(chain.bytes, input.begin() + 1).out;
    for (int shift = 56; shift >= 0; shift -= 8) {
        *out++ = static_cast<char>(static_cast<std::uint64_t>(seq) >> shift);
    }
    out = std::ranges::copy(previous, out).out;
    std::ranges::copy(body_hash, out);
    return crypto::sha256({input.data(), input.size()});
}

std::string chain_name(const core::Uuid& chain) {
    return chain == platform_chain ? "platform" : chain.to_string();
}

std::optional<core::Uuid> parse_chain(std::string_view name) {
    return name == "platform" ? std::optional{platform_chain} : core::Uuid::parse(name);
}

}  // namespace pz::audit
