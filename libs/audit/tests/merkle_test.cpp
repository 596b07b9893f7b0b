// RFC 9162's trees against the vectors of transparency-dev/merkle, and our own proofs against the verifier.

#include <pz/audit/merkle.hpp>

#include <pz/audit/checkpoint.hpp>

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

namespace pz::audit {

namespace {

/// nullopt when the vectors are not here.
std::optional<boost::json::array> vectors(const char* name) {
    const char* const set = std::getenv("PZ_TESTDATA");
    const std::filesystem::path folder = set != nullptr
                                             ? std::filesystem::path{set}
                                             : std::filesystem::path{PZ_SOURCE_DIR} / "../shared/testdata";
    std::ifstream file(folder / "merkle" / name);
    if (!file) {
        return std::nullopt;
    }
    return boost::json::parse(std::string{std::istreambuf_iterator<char>{file}, {}}).as_array();
}

/// Base64. Some vectors have hashes of other lengths, which are no MerkleHash: they stand for one that equals
/// what is written alike; nothing at all equals nothing.
MerkleHash hash_of(const boost::json::value& text) {
    if (!text.is_string() || text.get_string().empty()) {
        static std::uint8_t number = 0;
        return {++number};
    }
    MerkleHash hash = crypto::sha256(std::string_view{text.get_string()});
    const auto& base64 = text.get_string();
    std::string bytes(base64.size(), '\0');
    const int size = EVP_DecodeBlock(
        reinterpret_cast<unsigned char*>(bytes.data()),
        reinterpret_cast<const unsigned char*>(base64.data()),
        static_cast<int>(base64.size())
    );
    if (size == 33 && base64.ends_with('=')) {
        std::copy_n(bytes.begin(), hash.size(), hash.begin());
    }
    return hash;
}

std::vector<MerkleHash> proof_of(const boost::json::value& entry) {
    std::vector<MerkleHash> proof;
    if (const auto* list = entry.at("proof").if_array()) {
        for (const auto& element : *list) {
            proof.push_back(hash_of(element));
        }
    }
    return proof;
}

std::uint64_t number(const boost::json::value& entry, const char* name) {
    return entry.at(name).to_number<std::uint64_t>();
}

TEST(Merkle, agrees_with_the_public_inclusion_vectors) {
    const auto entries = vectors("inclusion.json");
    if (!entries) {
        GTEST_SKIP() << "PZ_TESTDATA has no merkle/inclusion.json";
    }
    for (const auto& entry : *entries) {
        EXPECT_EQ(
            verify_inclusion(
                number(entry, "leafIdx"),
                number(entry, "treeSize"),
                hash_of(entry.at("leafHash")),
                proof_of(entry),
                hash_of(entry.at("root"))
            ),
            !entry.at("wantErr").as_bool()
        ) << entry.at("name");
    }
    EXPECT_GE(entries->size(), 59U);
}

TEST(Merkle, agrees_with_the_public_consistency_vectors) {
    const auto entries = vectors("consistency.json");
    if (!entries) {
        GTEST_SKIP() << "PZ_TESTDATA has no merkle/consistency.json";
    }
    for (const auto& entry : *entries) {
        EXPECT_EQ(
            verify_consistency(
                number(entry, "size1"),
                number(entry, "size2"),
                hash_of(entry.at("root1")),
                hash_of(entry.at("root2")),
                proof_of(entry)
            ),
            !entry.at("wantErr").as_bool()
        ) << entry.at("name");
    }
    EXPECT_GE(entries->size(), 56U);
}

TEST(Merkle, every_event_of_every_small_tree_has_a_proof_and_no_other_place_has_it) {
    std::vector<MerkleHash> leaves;
    MerkleFrontier frontier;
    for (std::size_t size = 1; size <= 70; ++size) {
        leaves.push_back(leaf_hash("event " + std::to_string(size)));
        frontier.add(leaves.back());
        const MerkleHash root = merkle_root(leaves);
        ASSERT_EQ(frontier.root(), root);
        for (std::size_t index = 0; index < size; ++index) {
            const auto proof = inclusion_proof(leaves, index);
            ASSERT_TRUE(verify_inclusion(index, size, leaves[index], proof, root)) << index << " of " << size;
            ASSERT_FALSE(verify_inclusion(index, size, leaf_hash("another"), proof, root));
            ASSERT_FALSE(verify_inclusion(index + 1, size, leaves[index], proof, root) && size > 1);
        }
    }
}

}  // namespace

}  // namespace pz::audit
