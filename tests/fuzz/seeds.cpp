#include "seeds.hpp"

#include <pz/core/text.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace json = boost::json;

namespace pz::fuzz {

namespace {

enum class Take : std::uint8_t {
    file,      ///< the file as it is
    strings,   ///< every string in a JSON document
    keys,      ///< every object in a JSON document that is a key or a set of keys
    requests,  ///< the member bytes_b64 of each entry
    bodies,    ///< what follows the head in those
    quoted,    ///< every string, as a JSON document of its own
    assigned,  ///< every string, as the value of a form field
};

struct Source {
    std::string_view target;
    std::string_view path;  ///< a file, or a folder with all its files
    Take take;
};

constexpr std::array sources{
    Source{"base64url", "fernet/invalid.json", Take::strings},
    Source{"base64url", "jose-rfc", Take::file},
    Source{"chunked", "http1-gunicorn/requests.json", Take::bodies},
    Source{"chunked", "http1-llhttp/requests.json", Take::bodies},
    Source{"chunked", "http1-probe/requests.json", Take::bodies},
    Source{"cookie", "cookies/parser.json", Take::strings},
    Source{"fernet", "fernet/generate.json", Take::strings},
    Source{"fernet", "fernet/invalid.json", Take::strings},
    Source{"fernet", "fernet/verify.json", Take::strings},
    Source{"form", "crs-payloads/requests.json", Take::strings},
    Source{"form", "naughty-strings/blns.json", Take::assigned},
    Source{"head", "http1-gunicorn/requests.json", Take::requests},
    Source{"head", "http1-llhttp/requests.json", Take::requests},
    Source{"head", "http1-probe/requests.json", Take::requests},
    Source{"json", "json-parsing", Take::file},
    Source{"json", "naughty-strings/blns.json", Take::quoted},
    Source{"jwk_set", "jose-cookbook/jwk", Take::file},
    Source{"jwk_set", "jose-rfc", Take::file},
    Source{"jwk_set", "wycheproof/json_web_key_test.json", Take::keys},
    Source{"jwk_set", "wycheproof/json_web_signature_test.json", Take::keys},
    Source{"jws", "jose-rfc", Take::file},
    Source{"jws", "wycheproof/json_web_signature_test.json", Take::strings},
    Source{"phc", "argon2/vectors.json", Take::strings},
    Source{"query", "formats/date-time.json", Take::strings},
    Source{"query", "formats/uuid.json", Take::strings},
    Source{"query", "naughty-strings/blns.json", Take::strings},
    Source{"query", "url/percent-encoding.json", Take::strings},
    Source{"query", "url/urltestdata.json", Take::strings},
    Source{"uuid", "formats/uuid.json", Take::strings},
};

std::string read(const std::filesystem::path& file) {
    std::ifstream in{file, std::ios::binary};
    std::string content{std::istreambuf_iterator<char>{in}, {}};
    if (!in) {
        throw std::runtime_error("cannot read " + file.string());
    }
    return content;
}

/// RFC 4648 section 4, padded.
std::string base64_decode(std::string_view text) {
    std::string url_safe{text.substr(0, text.find('='))};
    std::ranges::replace(url_safe, '+', '-');
    std::ranges::replace(url_safe, '/', '_');
    return core::base64url_decode(url_safe).value();
}

void add_from_text(std::string_view text, Take take, std::set<std::string>& seeds) {
    if (take == Take::quoted) {
        seeds.insert(json::serialize(json::value(text)));
    } else if (take == Take::assigned) {
        seeds.insert("name=" + std::string{text});
    } else if (take == Take::strings) {
        seeds.emplace(text);
    }
}

void add_from_tree(const json::value& tree, Take take, std::set<std::string>& seeds) {
    if (tree.is_string()) {
        add_from_text(tree.get_string(), take, seeds);
    } else if (tree.is_array()) {
        for (const json::value& element : tree.get_array()) {
            add_from_tree(element, take, seeds);
        }
    } else if (tree.is_object()) {
        const json::object& object = tree.get_object();
        if (take == Take::keys && (object.contains("kty") || object.contains("keys"))) {
            seeds.insert(json::serialize(object));
        }
        for (const auto& member : object) {
            add_from_tree(member.value(), take, seeds);
        }
    }
}

void add_requests(const json::array& entries, Take take, std::set<std::string>& seeds) {
    for (const json::value& entry : entries) {
        const std::string request = base64_decode(entry.at("bytes_b64").as_string());
        const std::size_t head_end = request.find("\r\n\r\n");
        if (take == Take::requests) {
            seeds.insert(request);
        } else if (head_end != std::string::npos) {
            seeds.insert(request.substr(head_end + 4));
        }
    }
}

void add_from_file(const std::filesystem::path& file, Take take, std::set<std::string>& seeds) {
    std::string content = read(file);
    if (take == Take::file) {
        seeds.insert(std::move(content));
        return;
    }
    const json::value tree = json::parse(content);
    if (take == Take::requests || take == Take::bodies) {
        add_requests(tree.as_array(), take, seeds);
    } else {
        add_from_tree(tree, take, seeds);
    }
}

}  // namespace

std::filesystem::path vector_folder() {
    const char* given =
        std::getenv("PZ_TESTDATA");  // NOLINT(concurrency-mt-unsafe): before any thread starts
    return given != nullptr ? std::filesystem::path{given}
                            : std::filesystem::path{PZ_SOURCE_DIR} / ".." / "shared" / "testdata";
}

bool has_vectors(std::string_view target) {
    return std::ranges::any_of(sources, [&](const Source& source) { return source.target == target; });
}

std::set<std::string> seeds_for(std::string_view target, const std::filesystem::path& vector_folder) {
    std::set<std::string> seeds;
    for (const Source& source : sources) {
        if (source.target != target) {
            continue;
        }
        const std::filesystem::path path = vector_folder / source.path;
        if (!std::filesystem::is_directory(path)) {
            add_from_file(path, source.take, seeds);
            continue;
        }
        for (const auto& entry : std::filesystem::directory_iterator{path}) {
            if (entry.is_regular_file() && entry.path().filename() != "SOURCE.md") {
                add_from_file(entry.path(), source.take, seeds);
            }
        }
    }
    return seeds;
}

}  // namespace pz::fuzz
