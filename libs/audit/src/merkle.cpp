#include <pz/audit/merkle.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <span>
#include <string>

namespace pz::audit {

namespace {

/// A tree whose first leaves may be gone: their frontier is left.
class Tree {
 public:
    Tree(const MerkleFrontier& before, std::span<const MerkleHash> leaves)
        : before_(before), leaves_(leaves) {}

    [[nodiscard]] std::size_t size() const { return before_.size() + leaves_.size(); }

    /// Of the leaves from `begin` to before `end`: a subtree of the whole, so of what is gone it holds all or
    /// whole peaks.
    [[nodiscard]] MerkleHash root(std::size_t begin, std::size_t end) const {
        if (end <= before_.size()) {
            return peak(begin);
        }
        if (begin >= before_.size()) {
            MerkleFrontier frontier;
            for (const MerkleHash& leaf : leaves_.subspan(begin - before_.size(), end - begin)) {
                frontier.add(leaf);
            }
            return frontier.root();
        }
        const std::size_t split = begin + std::bit_floor(end - begin - 1);
        return node_hash(root(begin, split), root(split, end));
    }

    void append_path(std::size_t begin, std::size_t end, std::size_t index, std::vector<MerkleHash>& path)
        const {
        if (end - begin <= 1) {
            return;
        }
        const std::size_t split = begin + std::bit_floor(end - begin - 1);
        if (index < split) {
            append_path(begin, split, index, path);
            path.push_back(root(split, end));
        } else {
            append_path(split, end, index, path);
            path.push_back(root(begin, split));
        }
    }

 private:
    /// The peak that begins with this leaf.
    [[nodiscard]] MerkleHash peak(std::size_t begin) const {
        return before_.peaks().at(static_cast<std::size_t>(std::popcount(begin)));
    }

    const MerkleFrontier& before_;
    std::span<const MerkleHash> leaves_;
};

}  // namespace

MerkleHash leaf_hash(std::string_view body) {
    std::string input(1, '\0');
    input += body;
    return crypto::sha256(input);
}

MerkleHash node_hash(const MerkleHash& left, const MerkleHash& right) {
    std::array<char, 1 + 32 + 32> input{'\x01'};
    std::ranges::copy(right, std::ranges::copy(left, input.begin() + 1).out);
    return crypto::sha256({input.data(), input.size()});
}

MerkleHash merkle_root(const std::vector<MerkleHash>& leaves) {
    const MerkleFrontier none;
    return leaves.empty() ? none.root() : Tree(none, leaves).root(0, leaves.size());
}

std::vector<MerkleHash> inclusion_proof(const std::vector<MerkleHash>& leaves, std::size_t index) {
    return inclusion_proof(MerkleFrontier{}, leaves, index);
}

std::vector<MerkleHash> inclusion_proof(
    const MerkleFrontier& before, const std::vector<MerkleHash>& leaves, std::size_t index
) {
    const Tree tree(before, leaves);
    std::vector<MerkleHash> path;
    tree.append_path(0, tree.size(), index, path);
    return path;
}

bool verify_inclusion(
    std::uint64_t index,
    std::uint64_t tree_size,
    const MerkleHash& leaf,
    const std::vector<MerkleHash>& proof,
    const MerkleHash& root
) {
    if (index >= tree_size) {
        return false;
    }
    std::uint64_t fn = index;
    std::uint64_t sn = tree_size - 1;
    MerkleHash hash = leaf;
    for (const MerkleHash& step : proof) {
        if (sn == 0) {
            return false;
        }
        if ((fn & 1) != 0 || fn == sn) {
            hash = node_hash(step, hash);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            hash = node_hash(hash, step);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && hash == root;
}

bool verify_consistency(
    std::uint64_t first_size,
    std::uint64_t second_size,
    const MerkleHash& first_root,
    const MerkleHash& second_root,
    const std::vector<MerkleHash>& proof
) {
    if (first_size > second_size || (first_size == 0 && second_size != 0)) {
        return false;
    }
    if (first_size == second_size) {
        return proof.empty() && first_root == second_root;
    }
    std::vector<MerkleHash> path = proof;
    if (std::has_single_bit(first_size)) {
        path.insert(path.begin(), first_root);
    }
    if (path.empty()) {
        return false;
    }
    std::uint64_t fn = first_size - 1;
    std::uint64_t sn = second_size - 1;
    while ((fn & 1) != 0) {
        fn >>= 1;
        sn >>= 1;
    }
    MerkleHash first = path.front();
    MerkleHash second = path.front();
    for (auto step = path.begin() + 1; step != path.end(); ++step) {
        if (sn == 0) {
            return false;
        }
        if ((fn & 1) != 0 || fn == sn) {
            first = node_hash(*step, first);
            second = node_hash(*step, second);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            second = node_hash(second, *step);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && first == first_root && second == second_root;
}

void MerkleFrontier::add(const MerkleHash& leaf) {
    MerkleHash hash = leaf;
    for (std::uint64_t bits = size_; (bits & 1) != 0; bits >>= 1) {
        hash = node_hash(peaks_.back(), hash);
        peaks_.pop_back();
    }
    peaks_.push_back(hash);
    ++size_;
}

std::string MerkleFrontier::to_bytes() const {
    std::string bytes;
    for (const MerkleHash& peak : peaks_) {
        bytes.append(peak.begin(), peak.end());
    }
    return bytes;
}

std::optional<MerkleFrontier> MerkleFrontier::from_bytes(std::uint64_t size, std::string_view bytes) {
    MerkleFrontier frontier;
    if (bytes.size() != static_cast<std::size_t>(std::popcount(size)) * sizeof(MerkleHash)) {
        return std::nullopt;
    }
    for (; !bytes.empty(); bytes.remove_prefix(sizeof(MerkleHash))) {
        std::copy_n(bytes.begin(), sizeof(MerkleHash), frontier.peaks_.emplace_back().begin());
    }
    frontier.size_ = size;
    return frontier;
}

MerkleHash MerkleFrontier::root() const {
    if (peaks_.empty()) {
        return crypto::sha256("");
    }
    MerkleHash hash = peaks_.back();
    for (auto peak = peaks_.rbegin() + 1; peak != peaks_.rend(); ++peak) {
        hash = node_hash(*peak, hash);
    }
    return hash;
}

}  // namespace pz::audit
