#pragma once

#include <pz/core/clock.hpp>
#include <pz/core/uuid.hpp>
#include <pz/crypto/digest.hpp>

#include <boost/describe/enum.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Whether a chain is what it was when its events were added. Pure: the events come from a database or from
/// an export, the signed checkpoints from outside both.
namespace pz::audit {

enum class BreachKind : std::uint8_t {
    edit,       ///< an event, its columns or its hash is not what the chain says
    gap,        ///< an event is missing in the middle
    order,      ///< an event stands in another one's place
    truncated,  ///< the end is missing: the head, or a checkpoint, is further
    rehash,     ///< the chain agrees with itself, but not with what was signed
    fork,       ///< two events with one number, or one that the head does not know of
};
BOOST_DESCRIBE_ENUM(BreachKind, edit, gap, order, truncated, rehash, fork)

/// The first thing that is wrong with a chain.
struct Breach {
    core::Uuid chain;
    std::int64_t seq = 0;
    BreachKind kind{};

    /// "broken chain=… seq=42 kind=gap"
    [[nodiscard]] std::string to_string() const;

    friend bool operator==(const Breach&, const Breach&) = default;
};

/// What audit.event keeps beside the body, for filters.
struct EventColumns {
    core::Uuid id;
    core::Timestamp at;
    std::string_view action;
    std::string_view outcome;
    std::optional<core::Uuid> actor{};
    std::optional<std::string_view> target{};
    std::optional<core::Uuid> impersonation{};
};

struct StoredEvent {
    std::int64_t seq = 0;
    std::string_view body;
    crypto::Sha256Digest hash{};
    /// nullptr: the source has none (an export).
    const EventColumns* columns = nullptr;
};

/// A place in a chain, with the hash of the event there: its head, a checkpoint, or where retention has cut.
struct Place {
    std::int64_t seq = 0;
    crypto::Sha256Digest hash = {};
};

/// Reads a chain from its beginning to its end, in the order of its numbers.
class ChainVerifier {
 public:
    /// `signed_places`: from checkpoints whose signatures hold, in any order. `before`: what stands in front
    /// of the first event that is still there.
    ChainVerifier(const core::Uuid& chain, std::vector<Place> signed_places, Place before = {});

    /// The first breach, or nullopt so far. After a breach nothing more is to be added.
    [[nodiscard]] std::optional<Breach> add(const StoredEvent& event);
    /// With the chain's head as the source has it; nullopt: the source has none.
    [[nodiscard]] std::optional<Breach> finish(const std::optional<Place>& head) const;

    [[nodiscard]] std::int64_t events() const noexcept { return events_; }

    [[nodiscard]] const Place& last() const noexcept { return last_; }

 private:
    [[nodiscard]] Breach breach(std::int64_t seq, BreachKind kind) const { return {chain_, seq, kind}; }

    core::Uuid chain_;
    std::vector<Place> signed_;
    std::size_t next_signed_ = 0;
    Place last_;
    std::optional<Breach> front_{};  ///< what stands in front of the first event is not what was signed
    core::Timestamp at_ = core::Timestamp::min();
    std::int64_t events_ = 0;
};

}  // namespace pz::audit
