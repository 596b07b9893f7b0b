#include <pz/testkit/client.hpp>

#include "exchange_log.hpp"

#include <arpa/inet.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <curl/curl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <optional>

namespace pz::testkit {

namespace {

constexpr long request_limit_seconds = 30;

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) {
        return std::tolower(x) == std::tolower(y);
    });
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blank = " \t\r\n";
    const auto first = text.find_first_not_of(blank);
    return first == std::string_view::npos ? std::string_view{}
                                           : text.substr(first, text.find_last_not_of(blank) - first + 1);
}

/// "Name: value" into a pair; nullopt for the status line and the empty line.
std::optional<std::pair<std::string, std::string>> parse_field(std::string_view line) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || line.starts_with("HTTP/")) {
        return std::nullopt;
    }
    return std::pair{
        std::string{trimmed(line.substr(0, colon))}, std::string{trimmed(line.substr(colon + 1))}
    };
}

std::size_t append_body(char* data, std::size_t size, std::size_t count, void* out) {
    static_cast<std::string*>(out)->append(data, size * count);
    return size * count;
}

std::size_t append_header(char* data, std::size_t size, std::size_t count, void* out) {
    const std::string_view line{data, size * count};
    auto& headers = *static_cast<Reply::Headers*>(out);
    if (line.starts_with("HTTP/")) {
        headers.clear();  // an interim answer (100 Continue) came before
    }
    if (auto field = parse_field(line)) {
        headers.push_back(*std::move(field));
    }
    return size * count;
}

}  // namespace

std::string Reply::header(std::string_view name) const {
    const auto found = std::ranges::find_if(headers_, [&](const auto& field) {
        return equal_ignoring_case(field.first, name);
    });
    return found == headers_.end() ? std::string{} : found->second;
}

boost::json::value Reply::json() const {
    boost::json::error_code error;
    auto value = boost::json::parse(body_, error);
    if (error) {
        throw ClientError{"status " + std::to_string(status_) + ", expected JSON: " + body_};
    }
    return value;
}

std::string Reply::field(std::string_view name) const {
    const auto document = json();
    const auto* object = document.if_object();
    const auto* value = object == nullptr ? nullptr : object->if_contains(name);
    if (value == nullptr || !value->is_string()) {
        throw ClientError{
            "status " + std::to_string(status_) + ", expected a string \"" + std::string{name} +
            "\": " + body_
        };
    }
    return std::string{value->get_string()};
}

struct Client::Handle {
    Handle() {
        static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
        easy = initialised == CURLE_OK ? curl_easy_init() : nullptr;
        if (easy == nullptr) {
            throw ClientError{"libcurl does not start"};
        }
    }

    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;

    ~Handle() { curl_easy_cleanup(easy); }

    CURL* easy;
};

Client::Client(std::string origin, std::string service)
    : origin_(std::move(origin)), service_(std::move(service)), handle_(std::make_unique<Handle>()) {}

Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Client&& Client::with(std::string_view name, std::string_view value) && {
    headers_.emplace_back(name, value);
    return std::move(*this);
}

Client& Client::with(std::string_view name, std::string_view value) & {
    headers_.emplace_back(name, value);
    return *this;
}

Reply Client::get(std::string_view path) {
    return perform("GET", path, {}, {});
}

Reply Client::post(std::string_view path, const boost::json::value& body) {
    return perform("POST", path, "application/json", boost::json::serialize(body));
}

Reply Client::put(std::string_view path, const boost::json::value& body) {
    return perform("PUT", path, "application/json", boost::json::serialize(body));
}

Reply Client::patch(std::string_view path, const boost::json::value& body) {
    return perform("PATCH", path, "application/json", boost::json::serialize(body));
}

Reply Client::del(std::string_view path) {
    return perform("DELETE", path, {}, {});
}

Reply Client::post_form(
    std::string_view path, const std::vector<std::pair<std::string, std::string>>& fields
) {
    std::string body;
    const auto append_encoded = [&](const std::string& text) {
        char* encoded = curl_easy_escape(handle_->easy, text.data(), static_cast<int>(text.size()));
        body += encoded;
        curl_free(encoded);
    };
    for (const auto& [name, value] : fields) {
        if (!body.empty()) {
            body += '&';
        }
        append_encoded(name);
        body += '=';
        append_encoded(value);
    }
    return perform("POST", path, "application/x-www-form-urlencoded", body);
}

Reply Client::send(std::string_view method, std::string_view path, std::string_view body) {
    return perform(method, path, {}, body);
}

Reply Client::perform(
    std::string_view method, std::string_view path, std::string_view content_type, std::string_view body
) {
    const std::string verb{method};
    const std::string url = origin_ + std::string{path};
    CURL* easy = handle_->easy;
    curl_easy_reset(easy);  // keeps the connection

    std::string reply_body;
    Reply::Headers reply_headers;
    curl_slist* lines = curl_slist_append(nullptr, "Expect:");  // no waiting for 100 Continue
    lines = curl_slist_append(
        lines, content_type.empty() ? "Content-Type:" : ("Content-Type: " + std::string{content_type}).c_str()
    );
    for (const auto& [name, value] : headers_) {
        // libcurl's spelling of a header without a value is a semicolon.
        lines = curl_slist_append(lines, (value.empty() ? name + ";" : name + ": " + value).c_str());
    }
    const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> owner{lines, &curl_slist_free_all};

    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, request_limit_seconds);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, lines);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &append_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &reply_body);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &append_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &reply_headers);
    if (verb == "HEAD") {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else {
        if (!body.empty() || verb == "POST" || verb == "PUT" || verb == "PATCH") {
            curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
            curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, body.data());
        }
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, verb.c_str());
    }
    if (const CURLcode code = curl_easy_perform(easy); code != CURLE_OK) {
        throw ClientError{verb + " " + url + ": " + curl_easy_strerror(code)};
    }
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    Reply reply{static_cast<int>(status), std::move(reply_headers), std::move(reply_body)};
    if (!service_.empty()) {
        log_exchange(service_, method, path, body, reply);
    }
    return reply;
}

RawConnection::RawConnection(std::uint16_t port, std::chrono::milliseconds limit)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), limit_(limit) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        ::close(socket_);
        throw ClientError{"nobody listens on port " + std::to_string(port)};
    }
}

RawConnection& RawConnection::operator=(RawConnection&& other) noexcept {
    std::swap(socket_, other.socket_);
    std::swap(limit_, other.limit_);
    std::swap(received_, other.received_);
    return *this;
}

RawConnection::~RawConnection() {
    if (socket_ != -1) {
        ::close(socket_);
    }
}

bool RawConnection::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

void RawConnection::shut_down_sending() noexcept {
    ::shutdown(socket_, SHUT_WR);
}

bool RawConnection::read_more() {
    pollfd waiting{.fd = socket_, .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, static_cast<int>(limit_.count())) != 1) {
        throw ClientError{"nothing came within the limit; before that: " + received_};
    }
    char buffer[16 * 1024];
    const ssize_t size = ::recv(socket_, buffer, sizeof buffer, 0);
    if (size <= 0) {  // a reset is an end too: the other side had unread bytes of ours
        return false;
    }
    received_.append(buffer, static_cast<std::size_t>(size));
    return true;
}

Reply RawConnection::receive() {
    constexpr std::string_view end_of_head = "\r\n\r\n";
    std::size_t head_size = 0;
    while ((head_size = received_.find(end_of_head)) == std::string::npos) {
        if (!read_more()) {
            throw ClientError{"closed within the head of an answer: " + received_};
        }
    }
    head_size += end_of_head.size();
    const std::string head = received_.substr(0, head_size);
    int status = 0;
    if (!head.starts_with("HTTP/1.1 ") ||
        std::from_chars(head.data() + 9, head.data() + 12, status).ec != std::errc{}) {
        throw ClientError{"not an answer: " + head};
    }
    Reply::Headers headers;
    std::size_t body_size = 0;
    bool chunked = false;
    for (std::size_t begin = 0, end = 0; (end = head.find("\r\n", begin)) != std::string::npos;
         begin = end + 2) {
        auto field = parse_field(std::string_view{head}.substr(begin, end - begin));
        if (!field) {
            continue;
        }
        if (equal_ignoring_case(field->first, "Content-Length")) {
            std::from_chars(field->second.data(), field->second.data() + field->second.size(), body_size);
        }
        chunked = chunked || equal_ignoring_case(field->first, "Transfer-Encoding");
        headers.push_back(*std::move(field));
    }
    if (chunked) {
        std::string body = receive_chunks(head_size);
        return Reply{status, std::move(headers), std::move(body)};
    }
    read_until(head_size + body_size);
    Reply reply{status, std::move(headers), received_.substr(head_size, body_size)};
    received_.erase(0, head_size + body_size);
    return reply;
}

void RawConnection::read_until(std::size_t size) {
    while (received_.size() < size) {
        if (!read_more()) {
            throw ClientError{"closed within the body of an answer: " + received_};
        }
    }
}

std::string RawConnection::receive_chunks(std::size_t head_size) {
    std::string body;
    std::size_t at = head_size;
    for (std::size_t size = 1; size != 0;) {
        std::size_t line_end = 0;
        while ((line_end = received_.find("\r\n", at)) == std::string::npos) {
            read_until(received_.size() + 1);
        }
        if (std::from_chars(received_.data() + at, received_.data() + line_end, size, 16).ec != std::errc{}) {
            throw ClientError{"not a chunk: " + received_.substr(at)};
        }
        at = line_end + 2;
        read_until(at + size + 2);
        body.append(received_, at, size);
        at += size + 2;  // our services send no trailers
    }
    received_.erase(0, at);
    return body;
}

std::string RawConnection::receive_some() {
    if (received_.empty()) {
        read_more();
    }
    return std::exchange(received_, {});
}

std::string RawConnection::receive_until_closed() {
    while (read_more()) {
    }
    return std::exchange(received_, {});
}

bool RawConnection::closes_without_a_word() {
    try {
        return receive_until_closed().empty();
    } catch (const ClientError&) {
        return false;
    }
}

}  // namespace pz::testkit
