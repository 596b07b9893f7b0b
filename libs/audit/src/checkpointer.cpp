#include <pz/audit/checkpointer.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace pz::audit {

namespace {

/// Any number that nobody else locks.
constexpr const char* try_lock = "select pg_try_advisory_xact_lock(7235419283401176)";

/// bytea's text form, "\x…", and back.
std::string bytea_text(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text = "\\x";
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text += digits[byte >> 4];
        text += digits[byte & 0xF];
    }
    return text;
}

std::string bytea_bytes(std::string_view text) {
    std::string bytes;
    const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    for (std::size_t at = 2; at + 1 < text.size(); at += 2) {
        bytes += static_cast<char>(value(text[at]) * 16 + value(text[at + 1]));
    }
    return bytes;
}

/// Opened for appending, and on the disk before it is closed.
void append_durably(const std::filesystem::path& path, const std::string& lines) {
    const int file = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    const auto require = [&](bool good) {
        if (!good) {
            const std::error_code cause(errno, std::generic_category());
            if (file >= 0) {
                ::close(file);
            }
            throw std::runtime_error(
                "the file of checkpoints " + path.string() + " cannot be written: " + cause.message()
            );
        }
    };
    require(file >= 0);
    std::string_view rest = lines;
    while (!rest.empty()) {
        const ssize_t written = ::write(file, rest.data(), rest.size());
        require(written > 0);
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
    require(::fdatasync(file) == 0);
    ::close(file);
}

struct Signed {
    Checkpoint checkpoint;
    std::string frontier;
    std::string jws;
};

class PlatformTransaction {
 public:
    explicit PlatformTransaction(pg::BlockingConnection& connection) : connection_(connection) {
        connection_.execute_script(
            "begin; set local app.current_tenant = '00000000-0000-0000-0000-000000000000'"
        );
    }

    PlatformTransaction(const PlatformTransaction&) = delete;
    PlatformTransaction& operator=(const PlatformTransaction&) = delete;

    ~PlatformTransaction() {
        if (is_open_) {
            try {
                connection_.execute_script("rollback");
            } catch (const pg::BlockingError&) {  // NOLINT(bugprone-empty-catch): the server rolls back
            }
        }
    }

    void commit() {
        connection_.execute_script("commit");
        is_open_ = false;
    }

 private:
    pg::BlockingConnection& connection_;
    bool is_open_ = true;
};

}  // namespace

std::size_t make_checkpoints(
    pg::BlockingConnection& connection,
    const crypto::SigningKey& key,
    const core::Clock& clock,
    const CheckpointerOptions& options,
    const std::function<void(const Checkpoint&, const std::string& jws)>& publish
) {
    PlatformTransaction transaction(connection);
    if (connection.value(try_lock) != "t") {
        return 0;  // another process is at it
    }
    const core::Timestamp now = clock.now();
    const auto due = connection.query(
        "select chain, seq, hash, signed_seq, frontier from audit.unsigned_chains($1, $2)",
        {std::to_string(options.every_events), core::to_string(now - options.every)}
    );
    std::vector<Signed> all;
    std::string lines;
    for (const auto& row : due.rows) {
        const core::Uuid chain = *core::Uuid::parse(row.at(0).value());
        const std::int64_t seq = std::stoll(row.at(1).value());
        const std::int64_t signed_seq = std::stoll(row.at(3).value());
        auto frontier = MerkleFrontier::from_bytes(
            static_cast<std::uint64_t>(signed_seq), bytea_bytes(row.at(4).value())
        );
        const auto hash = digest_from_hex(std::string_view{row.at(2).value()}.substr(2));
        if (!frontier || !hash) {
            throw std::runtime_error("the last checkpoint of chain " + chain.to_string() + " is damaged");
        }
        const auto leaves = connection.query(
            "select audit.leaves($1, $2, $3)",
            {chain.to_string(), std::to_string(signed_seq), std::to_string(seq)}
        );
        for (const auto& leaf : leaves.rows) {
            frontier->add(digest_from_hex(std::string_view{leaf.at(0).value()}.substr(2)).value());
        }
        if (frontier->size() != static_cast<std::uint64_t>(seq)) {
            // Never sign over a hole: it would turn a crime into a fact.
            throw std::runtime_error(
                "events of chain " + chain.to_string() + " are missing; it is not signed"
            );
        }
        const Checkpoint checkpoint{chain, {seq, *hash}, frontier->root(), now};
        std::string jws = sign_checkpoint(checkpoint, key);
        lines += jws + "\n";
        all.push_back({checkpoint, frontier->to_bytes(), std::move(jws)});
    }
    if (all.empty()) {
        return 0;
    }
    if (!options.file.empty()) {
        append_durably(options.file, lines);
    }
    for (const Signed& one : all) {
        (void)connection.query(
            "select audit.keep_checkpoint($1, $2, $3, $4, $5, $6, $7)",
            {one.checkpoint.chain.to_string(),
             std::to_string(one.checkpoint.place.seq),
             bytea_text(crypto::bytes_of(one.checkpoint.place.hash)),
             bytea_text(one.frontier),
             key.public_key().kid(),
             one.jws,
             core::to_string(now)}
        );
    }
    transaction.commit();
    for (const Signed& one : all) {
        publish(one.checkpoint, one.jws);
    }
    return all.size();
}

}  // namespace pz::audit
