#include <pz/audit/checkpointer.hpp>

#include "platform_transaction.hpp"
#include "walk.hpp"

#include <stdexcept>
#include <utility>

namespace pz::audit {

namespace {

constexpr const char* list_due =
    "select chain, seq, hash, (extract(epoch from at) * 1000000)::bigint, signed_seq, signed_hash, "
    "case when signed_at > '-infinity' then (extract(epoch from signed_at) * 1000000)::bigint end, frontier "
    "from audit.unsigned_chains($1, $2)";

core::Timestamp time_of(const std::string& microseconds) {
    return core::Timestamp{std::chrono::microseconds{std::stoll(microseconds)}};
}

Place place_of(const std::string& seq, const std::string& hash) {
    return {std::stoll(seq), digest_from_hex(std::string_view{hash}.substr(2)).value()};
}

struct Signed {
    Checkpoint checkpoint;
    SignedState state;
    std::string jws;
};

/// nullopt when the events do not lead from the last checkpoint to the head.
std::optional<Signed> sign(
    pg::BlockingConnection& connection,
    const pg::TextResult::Row& due,
    const crypto::SigningKey& key,
    core::Timestamp now
) {
    const core::Uuid chain = *core::Uuid::parse(due[0].value());
    const Place head = place_of(due[1].value(), due[2].value());
    SignedState state{
        place_of(due[4].value(), due[5].value()), due[6] ? time_of(*due[6]) : core::Timestamp::min(), {}
    };
    auto frontier =
        MerkleFrontier::from_bytes(static_cast<std::uint64_t>(state.place.seq), bytea_bytes(due[7].value()));
    if (!frontier) {
        return std::nullopt;
    }
    state.frontier = std::move(*frontier);
    if (!walk(connection, chain, state, head.seq) || state.place.hash != head.hash) {
        return std::nullopt;
    }
    state.at = time_of(due[3].value());
    const Checkpoint checkpoint{chain, head, state.frontier.root(), now};
    std::string jws = sign_checkpoint(checkpoint, key);
    return Signed{checkpoint, std::move(state), std::move(jws)};
}

}  // namespace

SigningReport make_checkpoints(
    pg::BlockingConnection& connection,
    const crypto::SigningKey& key,
    const core::Clock& clock,
    const CheckpointerOptions& options,
    const std::function<void(const Checkpoint&, const std::string& jws)>& publish
) {
    PlatformTransaction transaction(connection);
    SigningReport report;
    if (connection.value(try_to_sign) != "t") {
        return report;
    }
    report.had_the_turn = true;
    const core::Timestamp now = clock.now();
    const auto due = connection.query(
        list_due, {std::to_string(options.every_events), core::to_string(now - options.every)}
    );
    std::vector<Signed> all;
    std::string lines;
    for (const auto& row : due.rows) {
        if (auto made = sign(connection, row, key, now)) {
            lines += made->jws + "\n";
            all.push_back(std::move(*made));
        } else {
            report.broken.push_back(*core::Uuid::parse(row[0].value()));
        }
    }
    if (all.empty()) {
        return report;
    }
    if (options.folder) {
        options.folder->append(lines);
    }
    for (const Signed& one : all) {
        (void)connection.query(
            keep_checkpoint,
            {one.checkpoint.chain.to_string(),
             std::to_string(one.checkpoint.place.seq),
             bytea_text(crypto::bytes_of(one.checkpoint.place.hash)),
             core::to_string(one.state.at),
             bytea_text(one.state.frontier.to_bytes()),
             key.public_key().kid(),
             one.jws,
             core::to_string(now)}
        );
    }
    transaction.commit();
    for (const Signed& one : all) {
        publish(one.checkpoint, one.jws);
    }
    report.checkpoints = all.size();
    return report;
}

}  // namespace pz::audit
