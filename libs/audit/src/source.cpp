#include <pz/audit/source.hpp>

#include "binary.hpp"

#include <pz/audit/chain.hpp>
#include <pz/audit/export.hpp>
#include <pz/core/json.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <istream>
#include <ostream>
#include <set>
#include <string_view>
#include <utility>

namespace json = boost::json;

namespace pz::audit {

namespace {

constexpr std::string_view body_marker = ",\"body\":";

std::optional<core::Uuid> read_optional_uuid(const std::optional<std::string_view>& value) {
    return value ? std::optional{read_uuid(*value)} : std::nullopt;
}

std::string literal(const core::Uuid& id) {
    return "'" + id.to_string() + "'::uuid";
}

/// Ends the snapshot whatever happens.
class Snapshot {
 public:
    explicit Snapshot(pg::BlockingConnection& connection) : connection_(connection) {
        connection_.execute_script("begin isolation level repeatable read read only");
    }

    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;

    ~Snapshot() {
        try {
            connection_.execute_script("rollback");
        } catch (const pg::BlockingError&) {  // NOLINT(bugprone-empty-catch): the connection is gone, and so
                                              // is the snapshot
        }
    }

 private:
    pg::BlockingConnection& connection_;
};

const char* reason_of(CheckpointError error) {
    switch (error) {
        case CheckpointError::malformed:
            return "is no checkpoint";
        case CheckpointError::unknown_key:
            return "was signed by a key that is not among those given";
        case CheckpointError::forged:
            return "was not signed by the key that it names";
    }
    return "";
}

[[noreturn]] void refuse(std::size_t line, const std::string& why) {
    throw VerifyError("line " + std::to_string(line) + " " + why);
}

/// Every compact JWS begins so. One that is not whole was cut off when the machine died while it was written;
/// what it would have said stands on a later line.
bool begins_like_a_jws(std::string_view line) {
    constexpr std::string_view beginning = "eyJ";
    return line.substr(0, beginning.size()) == beginning.substr(0, line.size());
}

void merge(SignedPlaces& into, const SignedPlaces& from) {
    for (const auto& [chain, places] : from) {
        into[chain].insert(into[chain].end(), places.begin(), places.end());
    }
}

SignedPlaces table_checkpoints(
    pg::BlockingConnection& connection, const std::optional<core::Uuid>& chain, const crypto::KeySet& keys
) {
    SignedPlaces places;
    const std::string select =
        "select jws from audit.checkpoint" + (chain ? " where tenant_id = " + literal(*chain) : "");
    connection.copy_rows(select, [&](pg::BlockingConnection::BinaryRow row) {
        const auto checkpoint = verify_checkpoint(row[0].value_or(""), keys);
        if (!checkpoint) {
            throw VerifyError(std::string{"a checkpoint of the database "} + reason_of(checkpoint.error()));
        }
        places[checkpoint->chain].push_back(checkpoint->place);
    });
    return places;
}

/// The last retirement of each chain; with keys, only what was signed counts.
std::map<core::Uuid, Place> table_retirements(
    pg::BlockingConnection& connection, const crypto::KeySet* keys, std::optional<Breach>& breach
) {
    std::map<core::Uuid, Place> places;
    connection.copy_rows(
        "select distinct on (tenant_id) tenant_id, seq, hash, jws from audit.retirement "
        "order by tenant_id, seq desc",
        [&](pg::BlockingConnection::BinaryRow row) {
            const core::Uuid chain = read_uuid(row[0].value());
            const Place place{read_integer(row[1].value()), read_digest(row[2].value())};
            places[chain] = place;
            if (keys == nullptr) {
                return;
            }
            const auto retirement = verify_retirement(row[3].value_or(""), *keys);
            if (!retirement && retirement.error() == CheckpointError::unknown_key) {
                throw VerifyError(
                    std::string{"a retirement of the database "} + reason_of(retirement.error())
                );
            }
            const bool is_signed = retirement && retirement->chain == chain &&
                                   retirement->place.seq == place.seq && retirement->place.hash == place.hash;
            if (!is_signed && !breach) {
                breach = Breach{chain, 1, BreachKind::gap};  // nobody has retired them
            }
        }
    );
    return places;
}

std::optional<Breach> verify_chain(
    pg::BlockingConnection& connection,
    const core::Uuid& chain,
    const std::optional<Place>& head,
    std::vector<Place> signed_places,
    const Place& retired,
    Report& report
) {
    ChainVerifier verifier(chain, std::move(signed_places), retired);
    std::optional<Breach> breach;
    connection.copy_rows(
        "select seq, body, hash, id, at, action, outcome, actor_id, target_id, impersonation_id "
        "from audit.event where tenant_id = " +
            literal(chain) + " order by at, seq",
        [&](pg::BlockingConnection::BinaryRow row) {
            if (breach) {
                return;
            }
            const EventColumns columns{
                read_uuid(row[3].value()),
                read_time(row[4].value()),
                row[5].value(),
                row[6].value(),
                read_optional_uuid(row[7]),
                row[8],
                read_optional_uuid(row[9])
            };
            breach = verifier.add(
                {read_integer(row[0].value()), row[1].value(), read_digest(row[2].value()), &columns}
            );
        }
    );
    report.events += verifier.events();
    report.retired += retired.seq;
    return breach ? breach : verifier.finish(head);
}

/// The line as far as its form goes; throws VerifyError for anything that is no line of an export.
json::object parse_line(std::string_view text, std::size_t number) {
    boost::system::error_code malformed;
    json::value value = json::parse(text, malformed);
    if (malformed || !value.is_object()) {
        refuse(number, "is no line of an export");
    }
    return std::move(value.as_object());
}

std::string text_of(const json::object& line, std::string_view name, std::size_t number) {
    const json::value* value = line.if_contains(name);
    if (value == nullptr || !value->is_string()) {
        refuse(number, "has no " + std::string{name});
    }
    return std::string{value->get_string()};
}

std::int64_t seq_of(const json::object& line, std::size_t number) {
    const json::value* value = line.if_contains("seq");
    if (value == nullptr || !value->is_int64()) {
        refuse(number, "has no seq");
    }
    return value->get_int64();
}

crypto::Sha256Digest hash_of(const json::object& line, std::string_view name, std::size_t number) {
    const auto digest = digest_from_hex(text_of(line, name, number));
    if (!digest) {
        refuse(number, "has no hash");
    }
    return *digest;
}

/// One chain of an export, from its first line to its last.
struct Section {
    core::Uuid chain;
    ChainVerifier verifier;
    bool is_wanted = true;
};

}  // namespace

std::string Report::to_string() const {
    if (breach) {
        return breach->to_string();
    }
    return "ok chains=" + std::to_string(chains) + " events=" + std::to_string(events) +
           " checkpoints=" + std::to_string(checkpoints) +
           (retired > 0 ? " retired=" + std::to_string(retired) : "");
}

SignedPlaces read_checkpoints(std::istream& lines, const crypto::KeySet& keys) {
    SignedPlaces places;
    std::size_t number = 0;
    for (std::string line; std::getline(lines, line);) {
        ++number;
        if (lines.eof()) {
            break;  // without its newline: never finished
        }
        auto checkpoint = verify_checkpoint(line, keys);
        if (!checkpoint && checkpoint.error() == CheckpointError::malformed) {
            checkpoint = verify_retirement(line, keys);
        }
        if (!checkpoint && checkpoint.error() == CheckpointError::malformed && begins_like_a_jws(line)) {
            continue;
        }
        if (!checkpoint) {
            refuse(number, std::string{"of the checkpoints "} + reason_of(checkpoint.error()));
        }
        places[checkpoint->chain].push_back(checkpoint->place);
    }
    return places;
}

Report verify_database(
    pg::BlockingConnection& connection,
    const std::optional<core::Uuid>& chain,
    const crypto::KeySet* keys,
    SignedPlaces outside
) {
    const Snapshot snapshot(connection);
    if (keys != nullptr) {
        merge(outside, table_checkpoints(connection, chain, *keys));
    }
    std::map<core::Uuid, Place> heads;
    connection.copy_rows(
        "select tenant_id, seq, hash from audit.chain_head",
        [&](pg::BlockingConnection::BinaryRow row) {
            heads[read_uuid(row[0].value())] = {read_integer(row[1].value()), read_digest(row[2].value())};
        }
    );
    std::set<core::Uuid> chains;
    for (const auto& [id, head] : heads) {
        chains.insert(id);
    }
    for (const auto& [id, places] : outside) {
        chains.insert(id);
    }
    connection.copy_rows(
        "select tenant_id from audit.event group by tenant_id",
        [&](pg::BlockingConnection::BinaryRow row) { chains.insert(read_uuid(row[0].value())); }
    );
    if (chain && !chains.contains(*chain)) {
        throw VerifyError("there is no chain " + chain_name(*chain));
    }
    Report report;
    const std::map<core::Uuid, Place> retirements = table_retirements(connection, keys, report.breach);
    if (report.breach) {
        return report;
    }
    for (const core::Uuid& id : chains) {
        if (chain && *chain != id) {
            continue;
        }
        const auto retired = retirements.find(id);
        const auto head = heads.find(id);
        std::vector<Place> places = outside[id];
        report.checkpoints += static_cast<std::int64_t>(places.size());
        report.breach = verify_chain(
            connection,
            id,
            head == heads.end() ? Place{} : head->second,
            std::move(places),
            retired == retirements.end() ? Place{} : retired->second,
            report
        );
        if (report.breach) {
            return report;
        }
        ++report.chains;
    }
    return report;
}

Report verify_export(
    std::istream& lines, const std::optional<core::Uuid>& chain, const crypto::KeySet& keys
) {
    Report report;
    std::optional<Section> section;
    std::size_t number = 0;
    bool found = false;
    std::string line;
    while (std::getline(lines, line)) {
        ++number;
        if (section && !lines.eof() && line.starts_with("{\"type\":\"event\"")) {
            // {"type":"event","seq":…,"hash":"…","body":…}: the body's bytes are what was hashed.
            const std::size_t at = line.find(body_marker);
            if (at == std::string::npos || !line.ends_with('}')) {
                refuse(number, "is no line of an export");
            }
            const json::object envelope = parse_line(line.substr(0, at) + "}", number);
            const std::size_t begin = at + body_marker.size();
            const std::string_view body = std::string_view{line}.substr(begin, line.size() - begin - 1);
            report.breach = section->is_wanted
                                ? section->verifier.add(
                                      {seq_of(envelope, number), body, hash_of(envelope, "hash", number)}
                                  )
                                : std::nullopt;
            if (report.breach) {
                return report;
            }
            continue;
        }
        if (lines.eof()) {
            break;  // cut off in the middle of a line
        }
        const json::object object = parse_line(line, number);
        const std::string type = text_of(object, "type", number);
        if (type == "begin" && !section) {
            const auto id = parse_chain(text_of(object, "chain", number));
            const json::value* jws = object.if_contains("checkpoints");
            if (!id || jws == nullptr || !jws->is_array()) {
                refuse(number, "begins no chain");
            }
            std::vector<Place> places;
            for (const json::value& text : jws->get_array()) {
                const auto checkpoint =
                    verify_checkpoint(text.is_string() ? std::string_view{text.get_string()} : "", keys);
                if (!checkpoint) {
                    refuse(number, std::string{"has a checkpoint that "} + reason_of(checkpoint.error()));
                }
                if (checkpoint->chain == *id) {
                    places.push_back(checkpoint->place);
                }
            }
            const bool is_wanted = !chain || *chain == *id;
            Place before;
            if (object.contains("retired")) {
                const auto retirement = verify_retirement(text_of(object, "retired", number), keys);
                if (!retirement) {
                    refuse(number, std::string{"has a retirement that "} + reason_of(retirement.error()));
                }
                if (retirement->chain != *id) {
                    refuse(number, "has another chain's retirement");
                }
                before = retirement->place;
            }
            report.retired += is_wanted ? before.seq : 0;
            found = found || is_wanted;
            report.checkpoints += is_wanted ? static_cast<std::int64_t>(places.size()) : 0;
            section.emplace(*id, ChainVerifier(*id, std::move(places), before), is_wanted);
        } else if (type == "end" && section) {
            const Place head{seq_of(object, number), hash_of(object, "hash", number)};
            report.breach = section->is_wanted ? section->verifier.finish(head) : std::nullopt;
            if (report.breach) {
                return report;
            }
            report.events += section->verifier.events();
            report.chains += section->is_wanted ? 1 : 0;
            section.reset();
        } else {
            refuse(number, "is out of place in an export");
        }
    }
    if (section) {
        report.breach = Breach{section->chain, section->verifier.last().seq + 1, BreachKind::truncated};
        return report;
    }
    if (number == 0 || !found) {
        throw VerifyError(
            number == 0 ? "the export is empty"
                        : "the export has no chain" + (chain ? " " + chain_name(*chain) : std::string{})
        );
    }
    return report;
}

void write_export(pg::BlockingConnection& connection, const core::Uuid& chain, std::ostream& out) {
    const Snapshot snapshot(connection);
    std::vector<std::string> checkpoints;
    connection.copy_rows(
        "select jws from audit.checkpoint where tenant_id = " + literal(chain) + " order by seq",
        [&](pg::BlockingConnection::BinaryRow row) { checkpoints.emplace_back(row[0].value()); }
    );
    std::optional<std::string> retirement;
    connection.copy_rows(
        "select jws from audit.retirement where tenant_id = " + literal(chain) + " order by seq desc limit 1",
        [&](pg::BlockingConnection::BinaryRow row) { retirement = std::string{row[0].value()}; }
    );
    std::string line;
    append_export_begin(line, chain, checkpoints, retirement);
    out << line;
    connection.copy_rows(
        "select seq, hash, body from audit.event where tenant_id = " + literal(chain) + " order by at, seq",
        [&](pg::BlockingConnection::BinaryRow row) {
            line.clear();
            append_export_event(
                line, read_integer(row[0].value()), read_digest(row[1].value()), row[2].value()
            );
            out << line;
        }
    );
    Place head;
    connection.copy_rows(
        "select seq, hash from audit.chain_head where tenant_id = " + literal(chain),
        [&](pg::BlockingConnection::BinaryRow row) {
            head = {read_integer(row[0].value()), read_digest(row[1].value())};
        }
    );
    line.clear();
    append_export_end(line, head);
    out << line;
}

}  // namespace pz::audit
