#include "erasure_certificate.hpp"

#include <pz/audit/canonical.hpp>
#include <pz/crypto/jws.hpp>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <optional>

namespace pz::command {

namespace {

namespace json = boost::json;

constexpr std::string_view certificate_type = "pz-erasure-certificate";

struct Parts {
    json::object words;
    std::string jws;
};

std::optional<Parts> read(std::string_view text) {
    boost::system::error_code malformed;
    json::value document = json::parse(text, malformed);
    const json::object* object = malformed ? nullptr : document.if_object();
    const json::value* words = object != nullptr ? object->if_contains("certificate") : nullptr;
    const json::value* jws = object != nullptr ? object->if_contains("jws") : nullptr;
    if (words == nullptr || jws == nullptr || !words->is_object() || !jws->is_string() ||
        object->size() != 2) {
        return std::nullopt;
    }
    return Parts{words->get_object(), std::string{jws->get_string()}};
}

}  // namespace

std::string sign_certificate(const json::object& words, const crypto::SigningKey& key) {
    const std::string jws = crypto::sign_compact(certificate_type, audit::canonical(words), key);
    return json::serialize(json::object{{"certificate", words}, {"jws", jws}});
}

ErasureCertificate verify_certificate(std::string_view text, const crypto::KeySet& keys) {
    const std::optional<Parts> parts = read(text);
    const auto signed_words =
        crypto::parse_compact(parts ? std::string_view{parts->jws} : std::string_view{});
    if (!parts || !signed_words || signed_words->typ != certificate_type) {
        throw CertificateError("is no certificate of an erasure");
    }
    const crypto::PublicKey* key = keys.find(signed_words->kid);
    if (key == nullptr) {
        throw CertificateError("is signed with a key that is not among the public keys");
    }
    if (!crypto::verify(*signed_words, *key)) {
        throw CertificateError("is not what was signed");
    }
    try {
        if (audit::canonical(parts->words) != signed_words->payload) {
            throw CertificateError("is not what was signed");
        }
        return {
            .tenant = core::Uuid::parse(parts->words.at("tenant").as_string()).value(),
            .slug = std::string{parts->words.at("slug").as_string()},
            .erased_at = std::string{parts->words.at("erased_at").as_string()},
            .tables = static_cast<std::int64_t>(parts->words.at("tables").as_array().size()),
        };
    } catch (const CertificateError&) {
        throw;
    } catch (const std::exception&) {  // a number that is none of ours, or a member that is not there
        throw CertificateError("is not what was signed");
    }
}

}  // namespace pz::command
