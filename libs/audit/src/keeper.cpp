#include <pz/audit/keeper.hpp>

#include <pz/audit/chain.hpp>
#include <pz/audit/retirement.hpp>
#include <pz/audit/signing_keys.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace pz::audit {

namespace {

using namespace std::chrono_literals;

constexpr auto partitions_every = 1h;
/// Two months without a keeper, and every event still finds the partition of its month.
constexpr const char* make_partitions =
    "begin; set local app.current_tenant = '00000000-0000-0000-0000-000000000000'; "
    "select audit.make_partitions(3); commit";

/// To be read by machines: what the line says is as good as the table's row, and elsewhere.
void log_checkpoint(const Checkpoint& checkpoint, const std::string& jws) {
    spdlog::info(
        "event=audit.checkpoint chain={} seq={} jws={}",
        chain_name(checkpoint.chain),
        checkpoint.place.seq,
        jws
    );
}

void log_retirement(const Checkpoint& last, const std::string& jws) {
    spdlog::info(
        "event=audit.retirement chain={} seq={} jws={}", chain_name(last.chain), last.place.seq, jws
    );
}

}  // namespace

Keeper::Keeper(Options options, const core::Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      work_(
          {.database = options_.database, .every = options_.look_every},
          [this](pg::BlockingConnection& connection, const std::stop_token&) { work(connection); },
          [this](const std::exception& error) { note_failure(error); }
      ) {}

void Keeper::work(pg::BlockingConnection& connection) {
    follow_key(connection);
    if (std::chrono::steady_clock::now() >= next_partitions_) {
        keep_partitions(connection);
        next_partitions_ = std::chrono::steady_clock::now() + partitions_every;
    }
    const SigningReport report =
        make_checkpoints(connection, *key_, clock_, options_.checkpoints, log_checkpoint);
    checkpoints_ += report.checkpoints;
    if (report.had_the_turn && report.broken.size() != broken_.exchange(report.broken.size())) {
        for (const core::Uuid& chain : report.broken) {
            spdlog::critical(
                "event=audit.broken chain={}: its events do not lead to its head, and it is not signed; "
                "phasezero audit verify says where",
                chain_name(chain)
            );
        }
    }
    last_failure_.clear();
}

void Keeper::keep_partitions(pg::BlockingConnection& connection) {
    connection.execute_script(make_partitions);
    if (options_.keep_months == 0) {
        return;
    }
    try {
        const RetirementReport report = retire_months(
            connection,
            *key_,
            clock_,
            month_before(clock_.now(), options_.keep_months),
            options_.checkpoints.folder,
            log_retirement
        );
        if (report.months > 0) {
            spdlog::info(
                "event=audit.retired months={} chains={} events={}",
                report.months,
                report.chains,
                report.events
            );
        }
    } catch (const RetirementError& error) {
        spdlog::error("event=audit.not_retired {}", error.what());
    }
}

void Keeper::follow_key(pg::BlockingConnection& connection) {
    const bool is_first = !key_;
    crypto::SigningKey key = current_signing_key(connection, options_.ring, clock_);
    if (!is_first && key.public_key().kid() == key_->public_key().kid()) {
        return;
    }
    publish(connection, key.public_key());
    spdlog::info("event=audit.key kid={}", key.public_key().kid());
    key_ = std::move(key);
}

/// The same failure again and again is one line.
void Keeper::note_failure(const std::exception& error) {
    ++failures_;
    if (error.what() != last_failure_) {
        last_failure_ = error.what();
        spdlog::error("event=audit.keeper_failed the chains are not signed: {}", last_failure_);
    }
}

void Keeper::publish(pg::BlockingConnection& connection, const crypto::PublicKey& key) {
    std::vector<crypto::PublicKey> all;
    const auto take_the_tables = [&] {
        for (const StoredSigningKey& stored : list_signing_keys(connection)) {
            all.push_back(stored.key);
        }
    };
    if (const auto& folder = options_.checkpoints.folder) {
        // A folder that has none takes what the table has; from then on only a key that this installation's
        // ring opens, which nobody can slip into the table.
        if (std::filesystem::exists(folder->keys())) {
            all.push_back(key);
        } else {
            take_the_tables();
        }
        folder->publish(all);
        all = folder->read_keys();
    } else {
        take_the_tables();
    }
    std::string set = crypto::KeySet(std::move(all)).to_json();
    const std::lock_guard lock(published_mutex_);
    published_ = std::move(set);
}

std::string Keeper::public_keys() const {
    const std::lock_guard lock(published_mutex_);
    return published_;
}

}  // namespace pz::audit
