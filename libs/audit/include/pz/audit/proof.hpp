#pragma once

#include <pz/audit/checkpoint.hpp>
#include <pz/audit/merkle.hpp>
#include <pz/core/uuid.hpp>
#include <pz/crypto/key.hpp>
#include <pz/pg/blocking.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pz::audit {

/// That one event was in its chain when a checkpoint was signed, shown without any other event.
struct EventProof {
    std::string body;      ///< canonical, as it was hashed
    std::int64_t seq = 0;  ///< leaf seq - 1 of the tree
    std::vector<MerkleHash>
        hashes;              ///< RFC 9162 section 2.1.3, from the leaf's neighbour to the root's child
    std::string checkpoint;  ///< the JWS whose root they lead to; its seq is the size of the tree

    /// One line of JSON, and back. parse() throws VerifyError.
    [[nodiscard]] std::string to_json() const;
    [[nodiscard]] static EventProof parse(std::string_view json);
};

/// With the latest checkpoint of the chain that the event is under. Throws VerifyError when there is no such
/// event, or none yet. `connection`: as pz_backup.
[[nodiscard]] EventProof prove_event(
    pg::BlockingConnection& connection, const core::Uuid& chain, std::int64_t seq
);

/// Whether it is a proof. Throws VerifyError when the keys cannot tell.
[[nodiscard]] bool verify_proof(const EventProof& proof, const crypto::KeySet& keys);

}  // namespace pz::audit
