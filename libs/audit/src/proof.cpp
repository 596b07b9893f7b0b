#include <pz/audit/proof.hpp>

#include "binary.hpp"
#include "walk.hpp"

#include <pz/audit/canonical.hpp>
#include <pz/audit/chain.hpp>
#include <pz/audit/source.hpp>
#include <pz/core/json.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

namespace json = boost::json;

namespace pz::audit {

namespace {

struct ProofDocument {
    std::string body;
    std::string checkpoint;
    std::vector<std::string> proof;
    std::int64_t seq = 0;
};
PZ_DESCRIBE(ProofDocument, body, checkpoint, proof, seq)

MerkleFrontier read_frontier(const std::string& size, const std::string& hex) {
    auto frontier = MerkleFrontier::from_bytes(std::stoull(size), bytea_bytes("\\x" + hex));
    if (!frontier) {
        throw VerifyError("the chain's retirement is damaged");
    }
    return std::move(*frontier);
}

}  // namespace

std::string EventProof::to_json() const {
    json::array list;
    for (const MerkleHash& hash : hashes) {
        list.emplace_back(to_hex(hash));
    }
    return canonical(
        json::object{{"body", body}, {"checkpoint", checkpoint}, {"proof", std::move(list)}, {"seq", seq}}
    );
}

EventProof EventProof::parse(std::string_view text) {
    const auto document = core::parse_json(text);
    ProofDocument fields;
    std::vector<core::FieldError> errors;
    if (document) {
        core::read_json(*document, fields, "", errors);
    }
    EventProof proof{std::move(fields.body), fields.seq, {}, std::move(fields.checkpoint)};
    for (const std::string& hex : fields.proof) {
        const auto hash = digest_from_hex(hex);
        if (!hash) {
            throw VerifyError("the proof has a hash that is none");
        }
        proof.hashes.push_back(*hash);
    }
    if (!document || !errors.empty()) {
        throw VerifyError("this is no proof of an event");
    }
    return proof;
}

EventProof prove_event(pg::BlockingConnection& connection, const core::Uuid& chain, std::int64_t seq) {
    const auto checkpoint = connection.query(
        "select seq, jws from audit.checkpoint where tenant_id = $1 order by seq desc limit 1",
        {chain.to_string()}
    );
    if (checkpoint.rows.empty() || std::stoll(checkpoint.rows[0][0].value()) < seq || seq < 1) {
        throw VerifyError(
            "no checkpoint of chain " + chain_name(chain) + " covers event " + std::to_string(seq) + " (yet)"
        );
    }
    const auto retired = connection.query(
        "select seq, encode(frontier, 'hex') from audit.retirement where tenant_id = $1 order by seq desc "
        "limit 1",
        {chain.to_string()}
    );
    MerkleFrontier before;
    if (!retired.rows.empty()) {
        before = read_frontier(retired.rows[0][0].value(), retired.rows[0][1].value());
    }
    if (static_cast<std::uint64_t>(seq) <= before.size()) {
        throw VerifyError("event " + std::to_string(seq) + " of chain " + chain_name(chain) + " was retired");
    }
    const std::string size = checkpoint.rows[0][0].value();
    EventProof proof{{}, seq, {}, checkpoint.rows[0][1].value()};
    std::vector<MerkleHash> leaves;
    connection.copy_rows(
        "select sha256('\\x00'::bytea || body), case when seq = " + std::to_string(seq) +
            " then body end from audit.event where tenant_id = '" + chain.to_string() +
            "' and seq <= " + size + " order by at, seq",
        [&](pg::BlockingConnection::BinaryRow row) {
            leaves.push_back(read_digest(row[0].value()));
            if (row[1]) {
                proof.body = *row[1];
            }
        }
    );
    if (std::to_string(before.size() + leaves.size()) != size) {
        throw VerifyError("the chain is broken: phasezero audit verify says where");
    }
    proof.hashes = inclusion_proof(before, leaves, static_cast<std::size_t>(seq - 1));
    return proof;
}

bool verify_proof(const EventProof& proof, const crypto::KeySet& keys) {
    const auto checkpoint = verify_checkpoint(proof.checkpoint, keys);
    if (!checkpoint) {
        throw VerifyError("the checkpoint of the proof was not signed by any of the keys given");
    }
    boost::system::error_code malformed;
    const json::value body = json::parse(proof.body, malformed);
    if (malformed || !body.is_object() || proof.seq < 1) {
        return false;
    }
    const json::value* own_seq = body.as_object().if_contains("seq");
    const json::value* own_chain = body.as_object().if_contains("chain");
    return own_seq != nullptr && own_seq->is_int64() && own_seq->get_int64() == proof.seq &&
           own_chain != nullptr && own_chain->is_string() &&
           own_chain->get_string() == chain_name(checkpoint->chain) &&
           verify_inclusion(
               static_cast<std::uint64_t>(proof.seq - 1),
               static_cast<std::uint64_t>(checkpoint->place.seq),
               leaf_hash(proof.body),
               proof.hashes,
               checkpoint->root
           );
}

}  // namespace pz::audit
