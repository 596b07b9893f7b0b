#include <pz/audit/export.hpp>

#include <pz/audit/canonical.hpp>
#include <pz/audit/chain.hpp>
#include <pz/audit/checkpoint.hpp>

namespace pz::audit {

void append_export_begin(
    std::string& out,
    const core::Uuid& chain,
    const std::vector<std::string>& checkpoints,
    const std::optional<std::string>& retirement
) {
    out += R"({"type":"begin","chain":")" + chain_name(chain) + R"(","checkpoints":[)";
    for (const std::string& jws : checkpoints) {
        out += &jws == checkpoints.data() ? "" : ",";
        append_canonical(out, std::string_view{jws});
    }
    out += ']';
    if (retirement) {
        out += R"(,"retired":)";
        append_canonical(out, std::string_view{*retirement});
    }
    out += "}\n";
}

void append_export_event(
    std::string& out, std::int64_t seq, const crypto::Sha256Digest& hash, std::string_view body
) {
    out += R"({"type":"event","seq":)";
    append_canonical(out, seq);
    out += R"(,"hash":")" + to_hex(hash) + R"(","body":)";
    out += body;
    out += "}\n";
}

void append_export_end(std::string& out, const Place& head) {
    out += R"({"type":"end","seq":)";
    append_canonical(out, head.seq);
    out += R"(,"hash":")" + to_hex(head.hash) + "\"}\n";
}

}  // namespace pz::audit
