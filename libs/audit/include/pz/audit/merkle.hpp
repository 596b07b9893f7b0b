#pragma once

#include <pz/crypto/digest.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The Merkle tree of RFC 9162 section 2.1 (SHA-256) over the bodies of a chain's events: a proof of log2(n)
/// hashes shows that one event is among n, without showing any other.
namespace pz::audit {

using MerkleHash = crypto::Sha256Digest;

[[nodiscard]] MerkleHash leaf_hash(std::string_view body);
[[nodiscard]] MerkleHash node_hash(const MerkleHash& left, const MerkleHash& right);

/// Of the leaves' hashes; of no leaves it is SHA-256 of nothing.
[[nodiscard]] MerkleHash merkle_root(const std::vector<MerkleHash>& leaves);

/// Section 2.1.3.1: what is needed beside the leaf at `index` to come to the root. `index` < leaves.size().
[[nodiscard]] std::vector<MerkleHash> inclusion_proof(
    const std::vector<MerkleHash>& leaves, std::size_t index
);

class MerkleFrontier;

/// The same for a leaf that is not among the first ones, of which only the frontier is left: `leaves` are
/// those behind it, and `index` counts from the tree's beginning. `index` >= before.size().
[[nodiscard]] std::vector<MerkleHash> inclusion_proof(
    const MerkleFrontier& before, const std::vector<MerkleHash>& leaves, std::size_t index
);

/// Section 2.1.3.2.
[[nodiscard]] bool verify_inclusion(
    std::uint64_t index,
    std::uint64_t tree_size,
    const MerkleHash& leaf,
    const std::vector<MerkleHash>& proof,
    const MerkleHash& root
);

/// Section 2.1.4.2: whether the tree of `second_size` leaves begins with the tree of `first_size`. Nothing is
/// proved about an empty first tree.
[[nodiscard]] bool verify_consistency(
    std::uint64_t first_size,
    std::uint64_t second_size,
    const MerkleHash& first_root,
    const MerkleHash& second_root,
    const std::vector<MerkleHash>& proof
);

/// The root of a tree that only grows, without its leaves: one hash for each complete subtree.
class MerkleFrontier {
 public:
    void add(const MerkleHash& leaf);
    [[nodiscard]] MerkleHash root() const;

    /// The peaks one behind the other, and back with the number of leaves; nullopt if the two do not fit.
    [[nodiscard]] std::string to_bytes() const;
    [[nodiscard]] static std::optional<MerkleFrontier> from_bytes(std::uint64_t size, std::string_view bytes);

    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

    /// The roots of complete subtrees, the largest first: one for each bit that is set in size().
    [[nodiscard]] const std::vector<MerkleHash>& peaks() const noexcept { return peaks_; }

 private:
    std::vector<MerkleHash> peaks_;
    std::uint64_t size_ = 0;
};

}  // namespace pz::audit
