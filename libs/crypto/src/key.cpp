#include <pz/crypto/key.hpp>

#include "openssl_handles.hpp"

#include <pz/core/check.hpp>
#include <pz/core/json.hpp>
#include <pz/core/text.hpp>
#include <pz/crypto/digest.hpp>
#include <pz/crypto/jws.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>

namespace json = boost::json;

namespace pz::crypto {

namespace {

constexpr std::size_t max_set_size = std::size_t{64} * 1024;
constexpr std::size_t max_keys = 16;
constexpr std::size_t coordinate_size = 32;  // P-256 and Ed25519
constexpr std::size_t min_modulus_bytes = 2048 / 8;
constexpr std::size_t max_modulus_bytes = 4096 / 8;  // bounds what one verification costs

constexpr std::array<const char*, 6> rsa_private_members{"d", "p", "q", "dp", "dq", "qi"};
constexpr std::array<std::string_view, 8> secret_members{"d", "p", "q", "dp", "dq", "qi", "oth", "k"};

enum class Part : std::uint8_t { public_only, with_private };

/// Reads members of one JWK and remembers the first thing that was wrong, so that the callers read straight
/// on.
class JwkReader {
 public:
    explicit JwkReader(const json::object& jwk) : jwk_(jwk) {}

    void refuse(KeyError error) {
        if (!error_) {
            error_ = error;
        }
    }

    [[nodiscard]] std::optional<KeyError> error() const noexcept { return error_; }

    [[nodiscard]] bool has(std::string_view name) const { return jwk_.if_contains(name) != nullptr; }

    std::optional<std::string> text(std::string_view name) {
        const json::value* member = jwk_.if_contains(name);
        if (member == nullptr) {
            return std::nullopt;
        }
        if (!member->is_string()) {
            refuse(KeyError::malformed);
            return std::nullopt;
        }
        return std::string{member->get_string()};
    }

    std::string required_text(std::string_view name) {
        auto value = text(name);
        if (!value) {
            refuse(KeyError::malformed);
        }
        return std::move(value).value_or("");
    }

    core::SecretString bytes(std::string_view name) {
        auto decoded = core::base64url_decode(required_text(name));
        if (!decoded || decoded->empty()) {
            refuse(KeyError::malformed);
            return {};
        }
        return core::SecretString{std::move(*decoded)};
    }

    /// RFC 7518 wants coordinates at full length: a shorter spelling is another spelling of the same key.
    core::SecretString coordinate(std::string_view name) {
        core::SecretString value = bytes(name);
        if (value.reveal().size() != coordinate_size) {
            refuse(KeyError::malformed);
        }
        return value;
    }

    /// Base64urlUInt: no leading zero byte.
    BigNumber integer(std::string_view name) {
        const core::SecretString value = bytes(name);
        const std::string& digits = value.reveal();
        if (digits.empty() || digits.front() == '\0' || digits.size() > max_modulus_bytes) {
            refuse(KeyError::malformed);
            return BigNumber{BN_new()};
        }
        return BigNumber{BN_bin2bn(as_bytes(digits), static_cast<int>(digits.size()), nullptr)};
    }

    /// "alg", "use" and "key_ops" may be absent, but must not speak against what we want the key for.
    void check_purpose(Algorithm algorithm, std::string_view operation) {
        if (text("alg").value_or(std::string{algorithm_name(algorithm)}) != algorithm_name(algorithm) ||
            text("use").value_or("sig") != "sig") {
            refuse(KeyError::unsupported);
        }
        const json::value* operations = jwk_.if_contains("key_ops");
        if (operations == nullptr) {
            return;
        }
        if (!operations->is_array()) {
            refuse(KeyError::malformed);
        } else if (std::ranges::none_of(operations->get_array(), [&](const json::value& name) {
                       return name.is_string() && name.get_string() == operation;
                   })) {
            refuse(KeyError::unsupported);
        }
    }

 private:
    const json::object& jwk_;
    std::optional<KeyError> error_;
};

/// What a JWK holds, whichever half was wanted.
struct Material {
    Algorithm algorithm{};
    std::string members;  ///< the thumbprint's members in their order, without the braces
    EvpPkey key;
};

/// The moduli of the ROCA weakness (CVE-2017-15361) are powers of 65537 modulo every small prime; of a sound
/// modulus this is true with a probability of about 2^-27.
bool has_roca_fingerprint(const BIGNUM* modulus) {
    constexpr std::array primes{3U,   5U,   7U,   11U,  13U,  17U,  19U,  23U,  29U,  31U,  37U,  41U,  43U,
                                47U,  53U,  59U,  61U,  67U,  71U,  73U,  79U,  83U,  89U,  97U,  101U, 103U,
                                107U, 109U, 113U, 127U, 131U, 137U, 139U, 149U, 151U, 157U, 163U, 167U};
    return std::ranges::all_of(primes, [modulus](unsigned prime) {
        const BN_ULONG residue = BN_mod_word(modulus, prime);
        const unsigned generator = 65'537U % prime;
        unsigned power = 1;
        do {
            if (power == residue) {
                return true;
            }
            power = power * generator % prime;
        } while (power != 1);
        return false;
    });
}

EvpPkey key_from(const char* type, const OSSL_PARAM_BLD* builder, Part part) {
    const Params params{OSSL_PARAM_BLD_to_param(const_cast<OSSL_PARAM_BLD*>(builder))};
    const EvpPkeyContext context{EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)};
    PZ_CHECK(params && context && EVP_PKEY_fromdata_init(context.get()) == 1);
    EVP_PKEY* key = nullptr;
    const int selection = part == Part::with_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
    // Fails for a point off the curve.
    return EvpPkey{EVP_PKEY_fromdata(context.get(), &key, selection, params.get()) == 1 ? key : nullptr};
}

Material read_ec(JwkReader& jwk, Part part) {
    Material material{.algorithm = Algorithm::es256, .members = {}, .key = {}};
    if (jwk.required_text("crv") != "P-256") {
        jwk.refuse(KeyError::unsupported);
        return material;
    }
    const core::SecretString x = jwk.coordinate("x");
    const core::SecretString y = jwk.coordinate("y");
    const core::SecretString d = part == Part::with_private ? jwk.coordinate("d") : core::SecretString{};
    if (jwk.error()) {
        return material;
    }
    const std::string point = '\x04' + x.reveal() + y.reveal();
    const BigNumber scalar{BN_bin2bn(as_bytes(d.reveal()), static_cast<int>(d.reveal().size()), nullptr)};
    const ParamBuilder builder{OSSL_PARAM_BLD_new()};
    PZ_CHECK(
        OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(
            builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()
        ) == 1 &&
        (part == Part::public_only ||
         OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, scalar.get()) == 1)
    );
    material.key = key_from("EC", builder.get(), part);
    material.members = R"("crv":"P-256","kty":"EC","x":")" + core::base64url_encode(x.reveal()) +
                       R"(","y":")" + core::base64url_encode(y.reveal()) + '"';
    return material;
}

Material read_okp(JwkReader& jwk, Part part) {
    Material material{.algorithm = Algorithm::eddsa, .members = {}, .key = {}};
    if (jwk.required_text("crv") != "Ed25519") {
        jwk.refuse(KeyError::unsupported);
        return material;
    }
    const core::SecretString x = jwk.coordinate("x");
    const core::SecretString d = part == Part::with_private ? jwk.coordinate("d") : core::SecretString{};
    if (jwk.error()) {
        return material;
    }
    material.key.reset(
        part == Part::with_private
            ? EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, as_bytes(d.reveal()), coordinate_size)
            : EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, as_bytes(x.reveal()), coordinate_size)
    );
    material.members = R"("crv":"Ed25519","kty":"OKP","x":")" + core::base64url_encode(x.reveal()) + '"';
    return material;
}

Material read_rsa(JwkReader& jwk, Part part) {
    Material material{.algorithm = Algorithm::rs256, .members = {}, .key = {}};
    const BigNumber n = jwk.integer("n");
    const BigNumber e = jwk.integer("e");
    const ParamBuilder builder{OSSL_PARAM_BLD_new()};
    PZ_CHECK(
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) == 1 &&
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) == 1
    );
    std::vector<BigNumber> secrets;
    if (part == Part::with_private) {
        constexpr std::array parameters{
            OSSL_PKEY_PARAM_RSA_D,
            OSSL_PKEY_PARAM_RSA_FACTOR1,
            OSSL_PKEY_PARAM_RSA_FACTOR2,
            OSSL_PKEY_PARAM_RSA_EXPONENT1,
            OSSL_PKEY_PARAM_RSA_EXPONENT2,
            OSSL_PKEY_PARAM_RSA_COEFFICIENT1
        };
        for (std::size_t i = 0; i < parameters.size(); ++i) {
            secrets.push_back(jwk.integer(rsa_private_members[i]));
            PZ_CHECK(OSSL_PARAM_BLD_push_BN(builder.get(), parameters[i], secrets.back().get()) == 1);
        }
    }
    if (jwk.error()) {
        return material;
    }
    const auto modulus_bytes = static_cast<std::size_t>(BN_num_bytes(n.get()));
    const bool sound_exponent =
        BN_is_odd(e.get()) == 1 && BN_num_bits(e.get()) >= 17 && BN_num_bits(e.get()) <= 32;
    if (modulus_bytes < min_modulus_bytes || !sound_exponent || has_roca_fingerprint(n.get())) {
        jwk.refuse(KeyError::weak);
        return material;
    }
    material.key = key_from("RSA", builder.get(), part);
    material.members =
        R"("e":")" + jwk.required_text("e") + R"(","kty":"RSA","n":")" + jwk.required_text("n") + '"';
    return material;
}

std::expected<Material, KeyError> read_material(JwkReader& jwk, Part part) {
    const ErrorQueueGuard guard;
    const std::string type = jwk.required_text("kty");
    Material material;
    if (type == "EC") {
        material = read_ec(jwk, part);
    } else if (type == "OKP") {
        material = read_okp(jwk, part);
    } else if (type == "RSA") {
        material = read_rsa(jwk, part);
    } else {
        jwk.refuse(KeyError::unsupported);
    }
    jwk.check_purpose(material.algorithm, part == Part::with_private ? "sign" : "verify");
    if (const auto error = jwk.error()) {
        return std::unexpected(*error);
    }
    if (!material.key) {
        return std::unexpected(KeyError::invalid);
    }
    return material;
}

const char* digest_of(Algorithm algorithm) noexcept {
    return algorithm == Algorithm::eddsa ? nullptr : "SHA2-256";  // Ed25519 hashes by itself
}

/// r || s to DER, which is what OpenSSL takes; empty unless it is exactly 64 bytes.
std::string der_from_jose(std::string_view signature) {
    if (signature.size() != 2 * coordinate_size) {
        return {};
    }
    const unsigned char* bytes = as_bytes(signature);
    const EcdsaSignature parts{ECDSA_SIG_new()};
    PZ_CHECK(
        ECDSA_SIG_set0(
            parts.get(),
            BN_bin2bn(bytes, coordinate_size, nullptr),
            BN_bin2bn(bytes + coordinate_size, coordinate_size, nullptr)
        ) == 1
    );
    std::string der(80, '\0');
    auto* out = reinterpret_cast<unsigned char*>(der.data());
    der.resize(static_cast<std::size_t>(i2d_ECDSA_SIG(parts.get(), &out)));
    return der;
}

std::string jose_from_der(std::string_view der) {
    const unsigned char* in = as_bytes(der);
    const EcdsaSignature parts{d2i_ECDSA_SIG(nullptr, &in, static_cast<long>(der.size()))};
    PZ_CHECK(parts != nullptr);
    std::string signature(2 * coordinate_size, '\0');
    auto* out = reinterpret_cast<unsigned char*>(signature.data());
    PZ_CHECK(
        BN_bn2binpad(ECDSA_SIG_get0_r(parts.get()), out, coordinate_size) == coordinate_size &&
        BN_bn2binpad(ECDSA_SIG_get0_s(parts.get()), out + coordinate_size, coordinate_size) == coordinate_size
    );
    return signature;
}

/// In JOSE form; nullopt if OpenSSL refuses the key.
std::optional<std::string> sign_with(EVP_PKEY* key, Algorithm algorithm, std::string_view bytes) {
    const ErrorQueueGuard guard;
    const EvpMdContext context{EVP_MD_CTX_new()};
    std::string signature(max_modulus_bytes, '\0');
    std::size_t size = signature.size();
    if (EVP_DigestSignInit_ex(context.get(), nullptr, digest_of(algorithm), nullptr, nullptr, key, nullptr) !=
            1 ||
        EVP_DigestSign(
            context.get(),
            reinterpret_cast<unsigned char*>(signature.data()),
            &size,
            as_bytes(bytes),
            bytes.size()
        ) != 1) {
        return std::nullopt;
    }
    signature.resize(size);
    return algorithm == Algorithm::es256 ? jose_from_der(signature) : signature;
}

std::string base64url_of(const EVP_PKEY* key, const char* parameter) {
    BIGNUM* number = nullptr;
    PZ_CHECK(EVP_PKEY_get_bn_param(key, parameter, &number) == 1);
    const BigNumber owner{number};
    std::string bytes(coordinate_size, '\0');
    PZ_CHECK(BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()), coordinate_size) > 0);
    std::string text = core::base64url_encode(bytes);
    core::wipe(bytes.data(), bytes.size());
    return text;
}

}  // namespace

std::string_view algorithm_name(Algorithm algorithm) noexcept {
    switch (algorithm) {
        case Algorithm::es256:
            return "ES256";
        case Algorithm::rs256:
            return "RS256";
        case Algorithm::eddsa:
            return "EdDSA";
    }
    return {};
}

struct PublicKey::State {
    Algorithm algorithm;
    std::string members;
    std::string kid;
    /// Ready to verify; each verification works on a copy, because setting a context up costs as much as a
    /// hash of a token (ES256 66 µs from scratch, 62 µs with a copy).
    EvpMdContext prepared;
};

namespace {

std::string thumbprint_of(const std::string& members) {
    return core::base64url_encode(bytes_of(sha256('{' + members + '}')));
}

std::string kid_of(JwkReader& jwk, const std::string& members) {
    std::string kid = jwk.text("kid").value_or(thumbprint_of(members));
    if (kid.empty() || kid.size() > max_kid_size) {
        jwk.refuse(KeyError::malformed);
    }
    return kid;
}

EvpMdContext prepare(const Material& material) {
    EvpMdContext context{EVP_MD_CTX_new()};
    PZ_CHECK(
        EVP_DigestVerifyInit_ex(
            context.get(),
            nullptr,
            digest_of(material.algorithm),
            nullptr,
            nullptr,
            material.key.get(),
            nullptr
        ) == 1
    );
    return context;
}

}  // namespace

std::expected<PublicKey, KeyError> PublicKey::read(const json::object& object) {
    JwkReader jwk{object};
    if (jwk.text("kty") == "oct" ||
        std::ranges::any_of(secret_members, [&](auto name) { return jwk.has(name); })) {
        return std::unexpected(KeyError::not_public);
    }
    const auto material = read_material(jwk, Part::public_only);
    if (!material) {
        return std::unexpected(material.error());
    }
    std::string kid = kid_of(jwk, material->members);
    if (const auto error = jwk.error()) {
        return std::unexpected(*error);
    }
    return PublicKey{std::make_shared<const State>(
        material->algorithm, material->members, std::move(kid), prepare(*material)
    )};
}

std::expected<PublicKey, KeyError> PublicKey::parse(std::string_view jwk) {
    if (jwk.size() > max_set_size) {
        return std::unexpected(KeyError::too_large);
    }
    const auto document = core::parse_json(jwk);
    if (!document || !document->is_object()) {
        return std::unexpected(KeyError::malformed);
    }
    return read(document->get_object());
}

Algorithm PublicKey::algorithm() const noexcept {
    return state_->algorithm;
}

const std::string& PublicKey::kid() const noexcept {
    return state_->kid;
}

std::string PublicKey::thumbprint() const {
    return thumbprint_of(state_->members);
}

std::string PublicKey::to_jwk() const {
    std::string jwk = '{' + state_->members + R"(,"alg":")";
    jwk += algorithm_name(state_->algorithm);
    jwk += R"(","use":"sig","kid":)";
    core::write_json(jwk, state_->kid);
    return jwk + '}';
}

bool PublicKey::verify(std::string_view signed_bytes, std::string_view signature) const {
    const ErrorQueueGuard guard;
    std::string der;
    if (state_->algorithm == Algorithm::es256) {
        der = der_from_jose(signature);
        signature = der;
    }
    if (signature.empty()) {
        return false;
    }
    const EvpMdContext context{EVP_MD_CTX_new()};
    PZ_CHECK(EVP_MD_CTX_copy_ex(context.get(), state_->prepared.get()) == 1);
    return EVP_DigestVerify(
               context.get(),
               as_bytes(signature),
               signature.size(),
               as_bytes(signed_bytes),
               signed_bytes.size()
           ) == 1;
}

struct SigningKey::State {
    PublicKey public_key;
    EvpPkey key;
    core::SecretString jwk;
};

SigningKey SigningKey::generate() {
    const EvpPkey key{EVP_EC_gen("P-256")};
    if (!key) {
        throw std::runtime_error("OpenSSL could not generate a P-256 key");
    }
    const std::string public_members = R"({"kty":"EC","crv":"P-256","x":")" +
                                       base64url_of(key.get(), OSSL_PKEY_PARAM_EC_PUB_X) + R"(","y":")" +
                                       base64url_of(key.get(), OSSL_PKEY_PARAM_EC_PUB_Y) + '"';
    const core::SecretString d{base64url_of(key.get(), OSSL_PKEY_PARAM_PRIV_KEY)};
    auto made = parse(core::SecretString{public_members + R"(,"d":")" + d.reveal() + "\"}"});
    PZ_CHECK(made.has_value());
    return std::move(*made);
}

std::expected<SigningKey, KeyError> SigningKey::parse(const core::SecretString& text) {
    if (text.reveal().size() > max_set_size) {
        return std::unexpected(KeyError::too_large);
    }
    const auto document = core::parse_json(text.reveal());
    if (!document || !document->is_object()) {
        return std::unexpected(KeyError::malformed);
    }
    JwkReader jwk{document->get_object()};
    if (!jwk.has("d")) {
        return std::unexpected(KeyError::not_private);
    }
    auto material = read_material(jwk, Part::with_private);
    if (!material) {
        return std::unexpected(material.error());
    }
    std::string public_jwk = '{' + material->members + R"(,"kid":)";
    core::write_json(public_jwk, kid_of(jwk, material->members));
    if (const auto error = jwk.error()) {
        return std::unexpected(*error);
    }
    auto public_key = PublicKey::parse(public_jwk + '}');
    if (!public_key) {
        return std::unexpected(public_key.error());
    }
    // The halves may not belong together, or the parts of one not to each other; then nothing we sign would
    // verify.
    constexpr std::string_view probe = "pairwise check";
    const auto signature = sign_with(material->key.get(), material->algorithm, probe);
    if (!signature || !public_key->verify(probe, *signature)) {
        return std::unexpected(KeyError::invalid);
    }
    return SigningKey{std::make_shared<const State>(std::move(*public_key), std::move(material->key), text)};
}

const PublicKey& SigningKey::public_key() const noexcept {
    return state_->public_key;
}

core::SecretString SigningKey::to_jwk() const {
    return state_->jwk;
}

std::string SigningKey::sign(std::string_view bytes) const {
    auto signature = sign_with(state_->key.get(), state_->public_key.algorithm(), bytes);
    if (!signature) {
        throw std::runtime_error("OpenSSL could not sign");
    }
    return std::move(*signature);
}

KeySet::KeySet(std::vector<PublicKey> keys) : keys_(std::move(keys)) {
    for (const PublicKey& key : keys_) {
        PZ_CHECK(find(key.kid()) == &key);
    }
}

std::expected<KeySet, KeyError> KeySet::parse(std::string_view text) {
    if (text.size() > max_set_size) {
        return std::unexpected(KeyError::too_large);
    }
    const auto document = core::parse_json(text);
    if (!document || !document->is_object()) {
        return std::unexpected(KeyError::malformed);
    }
    const json::value* members = document->get_object().if_contains("keys");
    if (members == nullptr || !members->is_array()) {
        return std::unexpected(KeyError::malformed);
    }
    if (members->get_array().size() > max_keys) {
        return std::unexpected(KeyError::too_large);
    }
    std::vector<PublicKey> keys;
    std::vector<std::string> kids;
    for (const json::value& member : members->get_array()) {
        if (!member.is_object()) {
            return std::unexpected(KeyError::malformed);
        }
        auto key = PublicKey::read(member.get_object());
        if (!key && key.error() != KeyError::unsupported) {
            return std::unexpected(key.error());
        }
        auto kid = JwkReader{member.get_object()}.text("kid");
        if (!kid || std::ranges::find(kids, *kid) != kids.end()) {
            return std::unexpected(KeyError::ambiguous);
        }
        kids.push_back(std::move(*kid));
        if (key) {
            keys.push_back(std::move(*key));
        }
    }
    if (keys.empty()) {
        return std::unexpected(KeyError::nothing_usable);
    }
    return KeySet{std::move(keys)};
}

const PublicKey* KeySet::find(std::string_view kid) const noexcept {
    const auto found = std::ranges::find(keys_, kid, &PublicKey::kid);
    return found == keys_.end() ? nullptr : &*found;
}

std::string KeySet::to_json() const {
    std::string text = R"({"keys":[)";
    for (const PublicKey& key : keys_) {
        text += (text.back() == '[' ? "" : ",") + key.to_jwk();
    }
    return text + "]}";
}

}  // namespace pz::crypto
