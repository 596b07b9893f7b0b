#pragma once

#include <pz/core/text.hpp>
#include <pz/crypto/jws.hpp>
#include <pz/crypto/key.hpp>

#include <boost/json/parse.hpp>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

/// Tokens that an attacker may send who has seen a good token and knows the public key. Some carry a right
/// signature over a header that must not be obeyed: the attacker then is a careless issuer.
namespace pz::crypto::attack {

struct Token {
    std::string name;
    std::string text;
};

class Matrix {
 public:
    /// `payload` is one that would be accepted in a good token.
    Matrix(const SigningKey& key, std::string payload)
        : key_(key),
          payload_(std::move(payload)),
          header_(R"({"alg":"ES256","typ":"at+jwt","kid":")" + key.public_key().kid() + "\"}") {
        none();
        symmetric();
        other_algorithms();
        forbidden_headers();
        key_identifiers();
        signatures();
        spellings();
        structures();
        broken_headers();
        oversize();
        tampered();
    }

    [[nodiscard]] const std::vector<Token>& tokens() const noexcept { return tokens_; }

    /// A good token over any header text.
    [[nodiscard]] std::string signed_with(std::string_view header) const {
        const std::string input = core::base64url_encode(header) + '.' + core::base64url_encode(payload_);
        return input + '.' + core::base64url_encode(key_.sign(input));
    }

    [[nodiscard]] std::string good() const { return signed_with(header_); }

 private:
    void add(std::string name, std::string text) { tokens_.push_back({std::move(name), std::move(text)}); }

    [[nodiscard]] std::string input_of(std::string_view header) const {
        return core::base64url_encode(header) + '.' + core::base64url_encode(payload_);
    }

    [[nodiscard]] std::string header_with(std::string_view extra) const {
        return header_.substr(0, header_.size() - 1) + ',' + std::string{extra} + '}';
    }

    [[nodiscard]] std::string header_for(std::string_view algorithm) const {
        return R"({"alg":")" + std::string{algorithm} + R"(","typ":"at+jwt","kid":")" +
               key_.public_key().kid() + "\"}";
    }

    void none() {
        for (unsigned mask = 0; mask < 16; ++mask) {
            std::string spelling = "none";
            for (unsigned i = 0; i < spelling.size(); ++i) {
                spelling[i] = (mask >> i & 1U) != 0 ? static_cast<char>(spelling[i] - 32) : spelling[i];
            }
            add("alg " + spelling + ", no signature", input_of(header_for(spelling)) + '.');
            add("alg " + spelling + ", signature", signed_with(header_for(spelling)));
        }
        add("alg empty", signed_with(header_for("")));
    }

    /// The public key as an HMAC secret, in each form in which a library may hold it.
    void symmetric() {
        const auto jwk = boost::json::parse(key_.public_key().to_jwk());
        const std::string x{jwk.at("x").as_string()};
        const std::string y{jwk.at("y").as_string()};
        const std::string raw_x = core::base64url_decode(x).value();
        const std::string raw_y = core::base64url_decode(y).value();
        const std::string point = '\x04' + raw_x + raw_y;
        constexpr std::string_view spki{
            "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03"
            "\x42\x00",
            26
        };
        const std::string der = std::string{spki} + point;
        std::string base64(128, '\0');
        base64.resize(static_cast<std::size_t>(EVP_EncodeBlock(
            reinterpret_cast<unsigned char*>(base64.data()),
            reinterpret_cast<const unsigned char*>(der.data()),
            static_cast<int>(der.size())
        )));
        const std::string pem = "-----BEGIN PUBLIC KEY-----\n" + base64.substr(0, 64) + '\n' +
                                base64.substr(64) + "\n-----END PUBLIC KEY-----\n";
        const std::vector<std::pair<std::string, std::string>> secrets{
            {"JWK", key_.public_key().to_jwk()},
            {"JWK set", R"({"keys":[)" + key_.public_key().to_jwk() + "]}"},
            {"PEM", pem},
            {"PEM without last newline", pem.substr(0, pem.size() - 1)},
            {"PEM body", base64},
            {"DER", der},
            {"point", point},
            {"compressed point", (raw_y.back() % 2 == 0 ? '\x02' : '\x03') + raw_x},
            {"x", raw_x},
            {"x and y", raw_x + raw_y},
            {"x as text", x},
            {"kid", key_.public_key().kid()},
            {"empty", ""},
        };
        for (const auto& [name, secret] : secrets) {
            add("HS256 with the public key, " + name, with_hmac("HS256", EVP_sha256(), secret));
        }
        add("HS384 with the public key, PEM", with_hmac("HS384", EVP_sha384(), pem));
        add("HS512 with the public key, PEM", with_hmac("HS512", EVP_sha512(), pem));
        add("hs256 with the public key, PEM", with_hmac("hs256", EVP_sha256(), pem));
        add("HMAC with the public key under alg ES256", with_hmac("ES256", EVP_sha256(), pem));
    }

    [[nodiscard]] std::string with_hmac(
        std::string_view algorithm, const EVP_MD* digest, const std::string& secret
    ) const {
        const std::string input = input_of(header_for(algorithm));
        std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
        unsigned size = 0;
        HMAC(
            digest,
            secret.data(),
            static_cast<int>(secret.size()),
            reinterpret_cast<const unsigned char*>(input.data()),
            input.size(),
            mac.data(),
            &size
        );
        return input + '.' + core::base64url_encode({reinterpret_cast<const char*>(mac.data()), size});
    }

    void other_algorithms() {
        for (const char* name :
             {"ES384",  "ES512",        "ES256K", "RS256",   "RS384",   "RS512",    "PS256",
              "PS384",  "PS512",        "EdDSA",  "Ed25519", "es256",   "Es256",    "ES256 ",
              " ES256", "ES256\\u0000", "SHA256", "dir",     "A256GCM", "RSA-OAEP", "*"}) {
            add(std::string{"alg "} + name + " over an ES256 signature", signed_with(header_for(name)));
        }
    }

    void forbidden_headers() {
        const std::string jwk = SigningKey::generate().public_key().to_jwk();
        for (const std::string& extra :
             {std::string{R"("jku":"http://127.0.0.1:9/jwks.json")"},
              std::string{R"("jku":null)"},
              std::string{R"("x5u":"http://127.0.0.1:9/cert.pem")"},
              R"("jwk":)" + jwk,
              std::string{R"("jwk":{})"},
              std::string{R"("x5c":["MIIB"])"},
              std::string{R"("crit":[])"},
              std::string{R"("crit":["exp"],"exp":1)"},
              std::string{R"("crit":["alg"])"},
              std::string{R"("crit":"b64")"},
              std::string{R"("b64":false,"crit":["b64"])"},
              std::string{R"("b64":true)"},
              std::string{R"("zip":"DEF")"},
              std::string{R"("enc":"A256GCM")"}}) {
            add("header " + extra.substr(0, 24), signed_with(header_with(extra)));
        }
    }

    void key_identifiers() {
        for (const std::string& kid :
             {std::string{R"("../../../../../../dev/null")"},
              std::string{R"("/dev/null")"},
              std::string{R"("file:///etc/passwd")"},
              std::string{R"("http://127.0.0.1:9/")"},
              std::string{R"("' OR 1=1 --")"},
              std::string{R"("x'; DROP TABLE key; --")"},
              std::string{R"("%2e%2e%2f")"},
              std::string{R"("|id")"},
              std::string{R"x("$(id)")x"},
              std::string{R"("\u0000")"},
              std::string{R"("*")"},
              std::string{R"("")"},
              std::string{"null"},
              std::string{"0"},
              std::string{"[]"},
              std::string{"{}"},
              std::string{"true"},
              '"' + std::string(65, 'k') + '"',
              '"' + std::string(4'000, 'k') + '"',
              '"' + key_.public_key().kid() + " \"",
              '"' + key_.public_key().kid() + "\\u0000\"",
              '"' + key_.public_key().kid().substr(1) + '"'}) {
            add("kid " + kid.substr(0, 40),
                signed_with(R"({"alg":"ES256","typ":"at+jwt","kid":)" + kid + '}'));
        }
        add("no kid", signed_with(R"({"alg":"ES256","typ":"at+jwt"})"));
        add("kid in another case",
            signed_with(R"({"alg":"ES256","typ":"at+jwt","KID":")" + key_.public_key().kid() + "\"}"));
    }

    void signatures() {
        const std::string input = input_of(header_);
        const std::string good = key_.sign(input);
        const std::string r = good.substr(0, 32);
        const std::string s = good.substr(32);
        const std::string zero(32, '\0');
        const std::string one = std::string(31, '\0') + '\1';
        constexpr std::string_view order_text{
            "\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff"
            "\xbc\xe6\xfa\xad\xa7\x17\x9e\x84\xf3\xb9\xca\xc2\xfc\x63\x25\x51",
            32
        };
        const std::string order{order_text};
        const auto der_integer = [](const std::string& bytes) {
            const std::string padded = (bytes.front() & '\x80') != 0 ? '\0' + bytes : bytes;
            return '\x02' + std::string{static_cast<char>(padded.size())} + padded;
        };
        const std::string body = der_integer(r) + der_integer(s);
        for (const auto& [name, bytes] : std::vector<std::pair<std::string, std::string>>{
                 {"empty", ""},
                 {"DER", '\x30' + std::string{static_cast<char>(body.size())} + body},
                 {"one byte short", good.substr(0, 63)},
                 {"first byte missing", good.substr(1)},
                 {"r only", r},
                 {"one byte more", good + '\0'},
                 {"one zero in front", '\0' + good},
                 {"both halves with a zero in front", '\0' + r + '\0' + s},
                 {"both halves of 64 bytes", zero + r + zero + s},
                 {"twice", good + good},
                 {"halves exchanged", s + r},
                 {"all zero", zero + zero},
                 {"r zero", zero + s},
                 {"s zero", r + zero},
                 {"r zero, s one", zero + one},
                 {"r one, s zero", one + zero},
                 {"r one, s one", one + one},
                 {"r is the order", order + s},
                 {"s is the order", r + order},
                 {"both are the order", order + order},
                 {"all ones", std::string(64, '\xff')},
                 {"the text of a signature", core::base64url_encode(good)},
             }) {
            add("signature " + name, input + '.' + core::base64url_encode(bytes));
        }
    }

    void spellings() {
        const std::string token = good();
        const std::size_t first = token.find('.');
        const std::size_t second = token.rfind('.');
        const std::string header = token.substr(0, first);
        const std::string payload = token.substr(first + 1, second - first - 1);
        const std::string signature = token.substr(second + 1);
        add("padding behind the signature", token + "==");
        add("one pad behind the signature", token + "=");
        add("padding behind the header", header + "=." + payload + '.' + signature);
        add("padding behind the payload", header + '.' + payload + "=." + signature);
        constexpr std::string_view alphabet =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        for (std::size_t spare = 1; spare < 16; ++spare) {
            // 64 bytes leave four unused bits in the last character.
            std::string changed = signature;
            changed.back() = alphabet[alphabet.find(changed.back()) + spare];
            add("spare bits of the signature " + std::to_string(spare),
                header + '.' + payload + '.' + changed);
        }
        for (const char* space : {" ", "\n", "\r\n", "\t", "\v", "%20", "\xc2\xa0"}) {
            add("space in front", space + token);
            add("space behind", token + space);
            add("space in the header", token.substr(0, 8) + space + token.substr(8));
            add("space in the signature", token.substr(0, second + 9) + space + token.substr(second + 9));
        }
        add("NUL behind", token + '\0');
        add("NUL and more behind", token + '\0' + "x");
        for (const char* foreign : {"+", "/", ",", "*", "\xe2\x80\x8b"}) {
            add("foreign character", token.substr(0, second + 5) + foreign + token.substr(second + 6));
        }
    }

    void structures() {
        const std::string token = good();
        const std::size_t first = token.find('.');
        const std::size_t second = token.rfind('.');
        const std::string header = token.substr(0, first);
        const std::string payload = token.substr(first + 1, second - first - 1);
        const std::string signature = token.substr(second + 1);
        for (const std::string& text :
             {std::string{},
              std::string{"."},
              std::string{".."},
              std::string{"..."},
              std::string{"...."},
              header,
              header + '.' + payload,
              header + ".." + signature,
              '.' + payload + '.' + signature,
              header + '.' + payload + '.',
              token + '.',
              '.' + token,
              token + ".e30",
              token + '.' + signature,
              header + ".." + payload + ".." + signature,
              "Bearer " + token,
              '"' + token + '"',
              token + ',' + token,
              R"({"payload":")" + payload + R"(","protected":")" + header + R"(","signature":")" + signature +
                  "\"}",
              R"({"payload":")" + payload + R"(","signatures":[{"protected":")" + header +
                  R"(","signature":")" + signature + "\"}]}",
              std::string{"null"},
              std::string{"undefined"},
              std::string{"{}"},
              std::string(3, '\0')}) {
            add("structure " + text.substr(0, 12), text);
        }
    }

    void broken_headers() {
        const std::string kid = R"("kid":")" + key_.public_key().kid() + '"';
        const std::string alg = R"("alg":"ES256")";
        const std::string typ = R"("typ":"at+jwt")";
        for (const std::string& text :
             {std::string{},
              std::string{"null"},
              std::string{"[]"},
              std::string{"\"ES256\""},
              std::string{"1"},
              '[' + header_ + ']',
              header_ + header_,
              header_ + 'x',
              header_.substr(0, header_.size() - 1),
              "\xef\xbb\xbf" + header_,
              header_ + '\0',
              "/**/" + header_,
              '{' + kid + ',' + typ + '}',
              R"({"alg":null,)" + kid + ',' + typ + '}',
              R"({"alg":["ES256"],)" + kid + ',' + typ + '}',
              R"({"alg":256,)" + kid + ',' + typ + '}',
              R"({"ALG":"ES256",)" + kid + ',' + typ + '}',
              R"({"alg":"none",)" + alg + ',' + kid + ',' + typ + '}',
              '{' + alg + R"(,"alg":"none",)" + kid + ',' + typ + '}',
              '{' + alg + ',' + alg + ',' + kid + ',' + typ + '}',
              '{' + alg + R"(,"\u0061lg":"none",)" + kid + ',' + typ + '}',
              '{' + alg + ',' + kid + ',' + kid + ',' + typ + '}',
              '{' + alg + ',' + kid + ',' + typ + R"(,"typ":"at+jwt"})",
              '{' + alg + ',' + kid + R"(,"typ":1})",
              '{' + alg + ',' + kid + R"(,"typ":["at+jwt"]})",
              header_with("\"x\":\"\xff\""),
              header_with(R"("x":"\u0000")"),
              header_with(R"("x":NaN)"),
              header_with(R"("x":1,)"),
              header_with(R"('x':1)"),
              header_with(R"("x":12345678901234567890)"),
              header_with("\"x\":" + std::string(40, '[') + std::string(40, ']'))}) {
            add("header " + text.substr(0, 40), signed_with(text));
        }
    }

    void oversize() {
        const std::string token = good();
        add("padded to 8 KB and one byte", token + std::string(max_jws_size + 1 - token.size(), 'A'));
        add("header of 9 KB", signed_with(header_with("\"x\":\"" + std::string(9'000, 'x') + '"')));
        add("1 MB", token + std::string(1'000'000, 'A'));
        add("1 MB of dots", std::string(1'000'000, '.'));
    }

    void tampered() {
        const std::string token = good();
        const std::size_t first = token.find('.');
        const std::size_t second = token.rfind('.');
        for (std::size_t at = 2; at < token.size() - 1; at += token.size() / 24) {
            if (at != first && at != second) {
                std::string changed = token;
                changed[at] = changed[at] == 'A' ? 'B' : 'A';
                add("changed at " + std::to_string(at), changed);
            }
        }
        const std::string input = input_of(header_);
        add("signed by another key",
            input + '.' + core::base64url_encode(SigningKey::generate().sign(input)));
        add("signature of another text", input + '.' + core::base64url_encode(key_.sign(input + 'A')));
        add("signature of the decoded text",
            input + '.' + core::base64url_encode(key_.sign(header_ + '.' + payload_)));
        add("signature of the payload", input + '.' + core::base64url_encode(key_.sign(payload_)));
    }

    const SigningKey& key_;
    std::string payload_;
    std::string header_;
    std::vector<Token> tokens_;
};

}  // namespace pz::crypto::attack
