#include "walk.hpp"

#include "binary.hpp"

#include <pz/audit/chain.hpp>

namespace pz::audit {

namespace {

std::string time_text(core::Timestamp time) {
    return time == core::Timestamp::min() ? "-infinity" : core::to_string(time);
}

}  // namespace

std::string bytea_text(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text = "\\x";
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text += digits[byte >> 4];
        text += digits[byte & 0xF];
    }
    return text;
}

std::string bytea_bytes(std::string_view text) {
    std::string bytes;
    const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    for (std::size_t at = 2; at + 1 < text.size(); at += 2) {
        bytes += static_cast<char>(value(text[at]) * 16 + value(text[at + 1]));
    }
    return bytes;
}

bool walk(
    pg::BlockingConnection& connection,
    const core::Uuid& chain,
    SignedState& state,
    std::int64_t up_to,
    const std::function<void(const Place&)>& passed
) {
    bool leads = true;
    connection.copy_rows(
        "select seq, body_hash, leaf, hash from audit.links('" + chain.to_string() + "', " +
            std::to_string(state.place.seq) + ", '" + time_text(state.at) + "', " + std::to_string(up_to) +
            ")",
        [&](pg::BlockingConnection::BinaryRow row) {
            const Place next{read_integer(row[0].value()), read_digest(row[3].value())};
            leads = leads && next.seq == state.place.seq + 1 &&
                    next.hash == event_hash(chain, next.seq, state.place.hash, read_digest(row[1].value()));
            if (!leads) {
                return;
            }
            state.place = next;
            state.frontier.add(read_digest(row[2].value()));
            if (passed) {
                passed(next);
            }
        }
    );
    return leads && state.place.seq == up_to;
}

}  // namespace pz::audit
