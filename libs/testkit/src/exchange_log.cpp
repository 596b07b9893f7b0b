#include "exchange_log.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>

namespace json = boost::json;

namespace pz::testkit {

namespace {

/// -1 when nothing is to be recorded. Open for the life of the program: several programs append to one file.
int log_file() {
    static const int file = [] {
        const char* path = std::getenv("PZ_TEST_EXCHANGES");
        return path == nullptr ? -1 : ::open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    }();
    return file;
}

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
}

bool is_secret(std::string_view member) {
    if (member.ends_with("_at")) {  // when a secret was set is none
        return false;
    }
    // A checkpoint's JWS is none, but whoever looks a record through for tokens could not tell.
    return member.contains("password") || member.contains("secret") || member == "token" || member == "jws" ||
           member.ends_with("_token");
}

/// The document keeps its shape, so that it can still be compared with a schema.
void redact(json::value& value) {
    if (auto* object = value.if_object()) {
        for (auto& member : *object) {
            if (is_secret(member.key()) && member.value().is_string()) {
                // As many characters as it had: the document says how long a secret may be.
                const json::string text = member.value().get_string();
                const auto characters = std::ranges::count_if(text, [](char c) {
                    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
                });
                member.value() = std::string(static_cast<std::size_t>(characters), '*');
            } else {
                redact(member.value());
            }
        }
    } else if (auto* array = value.if_array()) {
        std::ranges::for_each(*array, redact);
    } else if (const auto* number = value.if_double(); number != nullptr && !std::isfinite(*number)) {
        value = nullptr;  // 1e999 in a hostile body; written out it would not be JSON
    }
}

/// Adds "body" if the text is JSON; what is not JSON is left out.
void add_body(json::object& side, std::string_view text) {
    boost::system::error_code error;
    json::value body = json::parse(text, error);
    if (!error) {
        redact(body);
        side["body"] = std::move(body);
    }
}

/// The values of a query are left out too: a test may well have put a token there.
std::string without_values(std::string_view target) {
    std::string kept;
    bool in_value = false;
    for (const char c : target) {
        in_value = (in_value || (c == '=' && kept.contains('?'))) && c != '&';
        if (!in_value) {
            kept += c;
        }
    }
    return kept;
}

json::object headers_of(const Reply& reply) {
    json::object headers;
    for (const auto& [name, value] : reply.headers()) {
        const std::string key = lower(name);
        headers[key] = key == "set-cookie" ? "redacted" : value;
    }
    return headers;
}

}  // namespace

void log_exchange(
    const std::string& service,
    std::string_view method,
    std::string_view target,
    std::string_view request_body,
    const Reply& reply
) {
    if (log_file() == -1) {
        return;
    }
    json::object request;
    add_body(request, request_body);
    json::object response{
        {"status", reply.status()}, {"headers", headers_of(reply)}, {"size", reply.text().size()}
    };
    add_body(response, reply.text());
    const std::string line = json::serialize(json::object{
                                 {"service", service},
                                 {"method", method},
                                 {"target", without_values(target)},
                                 {"request", std::move(request)},
                                 {"response", std::move(response)}
                             }) +
                             '\n';
    // One write for one line: with O_APPEND, lines of different programs do not mix.
    if (::write(log_file(), line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
        throw ClientError{"the exchange could not be written to PZ_TEST_EXCHANGES"};
    }
}

}  // namespace pz::testkit
