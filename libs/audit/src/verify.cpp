#include <pz/audit/verify.hpp>

#include <pz/audit/chain.hpp>
#include <pz/core/json.hpp>

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace json = boost::json;

namespace pz::audit {

namespace {

const json::value* member(const json::value* object, std::string_view name) {
    return object != nullptr && object->is_object() ? object->get_object().if_contains(name) : nullptr;
}

std::optional<std::string_view> text(const json::value* value) {
    if (value == nullptr || !value->is_string()) {
        return std::nullopt;
    }
    return std::string_view{value->get_string()};
}

std::optional<core::Uuid> id(const json::value* value) {
    const auto found = text(value);
    return found ? core::Uuid::parse(*found) : std::nullopt;
}

std::optional<std::string_view> first_target(const json::value* targets) {
    if (targets == nullptr || !targets->is_array() || targets->get_array().empty()) {
        return std::nullopt;
    }
    return text(member(&targets->get_array().front(), "id"));
}

bool matches(const json::value& body, const EventColumns& columns) {
    return id(member(&body, "id")) == columns.id && text(member(&body, "action")) == columns.action &&
           text(member(&body, "outcome")) == columns.outcome &&
           id(member(member(&body, "actor"), "id")) == columns.actor &&
           first_target(member(&body, "target")) == columns.target &&
           id(member(member(&body, "imp"), "sid")) == columns.impersonation;
}

}  // namespace

std::string Breach::to_string() const {
    return "broken chain=" + chain_name(chain) + " seq=" + std::to_string(seq) +
           " kind=" + std::string{core::enum_text(kind)};
}

ChainVerifier::ChainVerifier(const core::Uuid& chain, std::vector<Place> signed_places, Place before)
    : chain_(chain), signed_(std::move(signed_places)), last_(before) {
    std::ranges::sort(signed_, {}, &Place::seq);
    // What was signed about events that retention has removed was checked when it cut; but for the last one,
    // whose hash is known.
    for (; next_signed_ < signed_.size() && signed_[next_signed_].seq <= last_.seq; ++next_signed_) {
        if (signed_[next_signed_].seq == last_.seq && signed_[next_signed_].hash != last_.hash) {
            front_ = breach(last_.seq, BreachKind::rehash);
        }
    }
}

std::optional<Breach> ChainVerifier::add(const StoredEvent& event) {
    if (front_) {
        return front_;
    }
    const std::int64_t expected = last_.seq + 1;
    if (event.seq < expected) {
        return breach(event.seq, BreachKind::fork);
    }
    if (event.seq > expected) {
        return breach(expected, BreachKind::gap);
    }
    // One event's tree, without an allocation for nearly all of them.
    std::array<unsigned char, 8192> memory;
    json::monotonic_resource resource(memory.data(), memory.size());
    boost::system::error_code malformed;
    const json::value body = json::parse(event.body, malformed, &resource);
    if (malformed) {
        return breach(event.seq, BreachKind::edit);
    }
    const crypto::Sha256Digest hash = event_hash(chain_, event.seq, last_.hash, event.body);
    const json::value* own_number = member(&body, "seq");
    const bool is_its_own =
        own_number != nullptr && own_number->is_int64() && own_number->get_int64() == event.seq;
    if (!is_its_own && own_number != nullptr && own_number->is_int64() &&
        text(member(&body, "chain")) == chain_name(chain_)) {
        return breach(event.seq, BreachKind::order);
    }
    const auto time = text(member(&body, "ts"));
    const auto parsed_time = time ? core::parse_timestamp(*time) : std::nullopt;
    if (hash != event.hash || !is_its_own || !parsed_time ||
        text(member(&body, "chain")) != chain_name(chain_)) {
        return breach(event.seq, BreachKind::edit);
    }
    const core::Timestamp at = std::max(at_, *parsed_time);
    if (event.columns != nullptr) {
        // Behind a cut nobody knows the latest time before it, so the first event's is taken as it stands.
        const bool time_is_right =
            event.columns->at == at || (events_ == 0 && last_.seq > 0 && event.columns->at > at);
        if (!matches(body, *event.columns) || !time_is_right) {
            return breach(event.seq, BreachKind::edit);
        }
        at_ = event.columns->at;
    } else {
        at_ = at;
    }
    for (; next_signed_ < signed_.size() && signed_[next_signed_].seq == event.seq; ++next_signed_) {
        if (signed_[next_signed_].hash != hash) {
            return breach(event.seq, BreachKind::rehash);
        }
    }
    last_ = {event.seq, hash};
    ++events_;
    return std::nullopt;
}

std::optional<Breach> ChainVerifier::finish(const std::optional<Place>& head) const {
    if (front_) {
        return front_;
    }
    const std::int64_t signed_end = signed_.empty() ? 0 : signed_.back().seq;
    if (signed_end > last_.seq || (head && head->seq > last_.seq)) {
        return breach(last_.seq + 1, BreachKind::truncated);
    }
    if (head && head->seq < last_.seq) {
        return breach(head->seq + 1, BreachKind::fork);
    }
    if (head && head->hash != last_.hash) {
        return breach(last_.seq, BreachKind::edit);
    }
    return std::nullopt;
}

}  // namespace pz::audit
