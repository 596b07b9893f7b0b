#include <pz/audit/retirement.hpp>

#include "platform_transaction.hpp"
#include "walk.hpp"

#include <pz/audit/append.hpp>
#include <pz/audit/chain.hpp>
#include <pz/audit/signing_keys.hpp>

#include <map>
#include <string_view>
#include <utility>
#include <vector>

namespace pz::audit {

namespace {

constexpr const char* list_chains =
    "select chain, seq, (extract(epoch from at) * 1000000)::bigint, retired_seq, retired_hash, "
    "case when retired_at > '-infinity' then (extract(epoch from retired_at) * 1000000)::bigint end, "
    "frontier "
    "from audit.retirable_chains($1)";

constexpr const char* keep_retirement = "select audit.keep_retirement($1, $2, $3, $4, $5, $6, $7, $8)";

core::Timestamp time_of(const std::string& microseconds) {
    return core::Timestamp{std::chrono::microseconds{std::stoll(microseconds)}};
}

struct Retired {
    Checkpoint last;
    SignedState state;
    std::string jws;
    /// Of the same place, where there is none yet: what the next checkpoint goes on from.
    std::string checkpoint_jws{};
    std::int64_t events = 0;
};

[[noreturn]] void refuse(const core::Uuid& chain) {
    throw RetirementError(
        "the chain " + chain_name(chain) +
        " is not what was signed, and nothing is retired; phasezero audit verify says where"
    );
}

/// The hashes that were signed on the way, by number.
std::map<std::int64_t, crypto::Sha256Digest> checkpoints_between(
    pg::BlockingConnection& connection,
    const core::Uuid& chain,
    std::int64_t behind,
    std::int64_t up_to,
    const crypto::KeySet& keys
) {
    std::map<std::int64_t, crypto::Sha256Digest> hashes;
    const auto found = connection.query(
        "select audit.checkpoints_between($1, $2, $3)",
        {chain.to_string(), std::to_string(behind), std::to_string(up_to)}
    );
    for (const auto& row : found.rows) {
        const auto checkpoint = verify_checkpoint(row[0].value(), keys);
        if (!checkpoint || checkpoint->chain != chain) {
            refuse(chain);
        }
        hashes[checkpoint->place.seq] = checkpoint->place.hash;
    }
    return hashes;
}

Retired follow(
    pg::BlockingConnection& connection,
    const pg::TextResult::Row& row,
    const crypto::SigningKey& key,
    const crypto::KeySet& keys,
    core::Timestamp now
) {
    const core::Uuid chain = *core::Uuid::parse(row[0].value());
    const std::int64_t last = std::stoll(row[1].value());
    const std::int64_t begin = std::stoll(row[3].value());
    auto frontier =
        MerkleFrontier::from_bytes(static_cast<std::uint64_t>(begin), bytea_bytes(row[6].value()));
    if (!frontier) {
        refuse(chain);
    }
    SignedState state{
        {begin, digest_from_hex(std::string_view{row[4].value()}.substr(2)).value()},
        row[5] ? time_of(*row[5]) : core::Timestamp::min(),
        std::move(*frontier)
    };
    const auto signed_hashes = checkpoints_between(connection, chain, begin, last, keys);
    bool agrees = true;
    const bool leads = walk(connection, chain, state, last, [&](const Place& place) {
        const auto found = signed_hashes.find(place.seq);
        agrees = agrees && (found == signed_hashes.end() || found->second == place.hash);
    });
    if (!leads || !agrees) {
        refuse(chain);
    }
    state.at = time_of(row[2].value());
    const Checkpoint retired{chain, state.place, state.frontier.root(), now};
    return {
        retired,
        std::move(state),
        sign_retirement(retired, key),
        signed_hashes.contains(last) ? std::string{} : sign_checkpoint(retired, key),
        last - begin
    };
}

void keep(
    pg::BlockingConnection& connection,
    const char* statement,
    const Retired& one,
    const std::string& jws,
    const crypto::SigningKey& key
) {
    (void)connection.query(
        statement,
        {one.last.chain.to_string(),
         std::to_string(one.last.place.seq),
         bytea_text(crypto::bytes_of(one.last.place.hash)),
         core::to_string(one.state.at),
         bytea_text(one.state.frontier.to_bytes()),
         key.public_key().kid(),
         jws,
         core::to_string(one.last.time)}
    );
}

void append_event(
    pg::BlockingConnection& connection,
    const core::Clock& clock,
    core::Timestamp cut,
    const RetirementReport& report
) {
    Event event;
    event.chain = platform_chain;
    event.id = core::Uuid::v7(clock);
    event.time = clock.now();
    event.action = "audit.retired";
    event.actor.type = ActorType::system;
    event.targets = {{"audit_log", core::to_string(cut)}};
    event.origin.more["chains"] = report.chains;
    event.origin.more["events"] = report.events;
    (void)append(connection, event);
}

}  // namespace

core::Timestamp month_before(core::Timestamp now, int months) {
    const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(now)};
    const std::chrono::year_month month = day.year() / day.month() - std::chrono::months{months};
    return core::Timestamp{std::chrono::sys_days{month / 1}};
}

RetirementReport retire_months(
    pg::BlockingConnection& connection,
    const crypto::SigningKey& key,
    const core::Clock& clock,
    core::Timestamp cut,
    const std::optional<Folder>& folder,
    const std::function<void(const Checkpoint&, const std::string& jws)>& publish
) {
    const std::string cut_text = core::to_string(cut);
    {
        PlatformTransaction transaction(connection);
        (void)connection.query("select audit.close_months($1)", {cut_text});
        transaction.commit();
    }
    RetirementReport report;
    std::vector<Retired> all;
    {
        PlatformTransaction transaction(connection);
        if (connection.value(try_to_sign) != "t") {
            throw RetirementError("another process is signing the audit log just now; try again in a moment");
        }
        std::vector<crypto::PublicKey> public_keys;
        for (StoredSigningKey& stored : list_signing_keys(connection)) {
            public_keys.push_back(std::move(stored.key));
        }
        const crypto::KeySet keys(std::move(public_keys));
        std::string lines;
        for (const auto& row : connection.query(list_chains, {cut_text}).rows) {
            if (std::stoll(row[1].value()) <= std::stoll(row[3].value())) {
                continue;  // signed already, by a process that was ended before they were dropped
            }
            Retired& one = all.emplace_back(follow(connection, row, key, keys, clock.now()));
            lines += one.jws + "\n";
            lines += one.checkpoint_jws.empty() ? "" : one.checkpoint_jws + "\n";
            report.events += one.events;
            ++report.chains;
        }
        if (folder && !lines.empty()) {
            folder->append(lines);
        }
        for (const Retired& one : all) {
            keep(connection, keep_retirement, one, one.jws, key);
            if (!one.checkpoint_jws.empty()) {
                keep(connection, keep_checkpoint, one, one.checkpoint_jws, key);
            }
        }
        transaction.commit();
    }
    for (const Retired& one : all) {
        publish(one.last, one.jws);
    }
    PlatformTransaction transaction(connection);
    report.months = std::stoll(connection.value("select audit.drop_months($1)", {cut_text}));
    if (report.months > 0 || report.chains > 0) {
        append_event(connection, clock, cut, report);
    }
    transaction.commit();
    return report;
}

}  // namespace pz::audit
