#include "http_client.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <string_view>

namespace pz::command {

namespace {

std::size_t append_body(char* data, std::size_t size, std::size_t count, void* target) {
    static_cast<std::string*>(target)->append(data, size * count);
    return size * count;
}

std::size_t keep_header(char* data, std::size_t size, std::size_t count, void* target) {
    const std::string_view line{data, size * count};
    if (const std::size_t colon = line.find(':'); colon != std::string_view::npos) {
        std::string name{line.substr(0, colon)};
        std::ranges::transform(name, name.begin(), [](unsigned char c) {
            return static_cast<char>(std::tolower(c));
        });
        std::string_view value = line.substr(colon + 1);
        while (!value.empty() && (value.front() == ' ' || value.back() <= ' ')) {
            value.front() == ' ' ? value.remove_prefix(1) : value.remove_suffix(1);
        }
        static_cast<HttpAnswer*>(target)->headers[name] = value;
    }
    return line.size();
}

int ask_whether_to_go_on(void* keep_going, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return (*static_cast<std::function<bool()>*>(keep_going))() ? 0 : 1;
}

}  // namespace

HttpClient::HttpClient(std::function<bool()> keep_going)
    : handle_(curl_easy_init()), keep_going_(std::move(keep_going)) {}

HttpClient::~HttpClient() {
    curl_easy_cleanup(handle_);
}

HttpAnswer HttpClient::request(
    const std::string& method,
    const std::string& url,
    const std::vector<std::string>& headers,
    const std::string& body,
    std::chrono::milliseconds limit
) {
    HttpAnswer answer;
    std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> list{nullptr, &curl_slist_free_all};
    for (const std::string& header : headers) {
        list.reset(curl_slist_append(list.release(), header.c_str()));
    }
    curl_easy_reset(handle_);  // keeps the connections
    curl_easy_setopt(handle_, CURLOPT_URL, url.c_str());
    curl_easy_setopt(handle_, CURLOPT_CUSTOMREQUEST, method.c_str());
    curl_easy_setopt(handle_, CURLOPT_HTTPHEADER, list.get());
    if (!body.empty()) {
        curl_easy_setopt(handle_, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
        curl_easy_setopt(handle_, CURLOPT_POSTFIELDS, body.c_str());
    }
    curl_easy_setopt(
        handle_, CURLOPT_PROXY, ""
    );  // an http_proxy of the caller must not see loopback traffic
    curl_easy_setopt(handle_, CURLOPT_PROTOCOLS_STR, "http");
    curl_easy_setopt(handle_, CURLOPT_IPRESOLVE, static_cast<long>(CURL_IPRESOLVE_V4));
    curl_easy_setopt(handle_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle_, CURLOPT_TIMEOUT_MS, static_cast<long>(limit.count()));
    curl_easy_setopt(handle_, CURLOPT_WRITEFUNCTION, append_body);
    curl_easy_setopt(handle_, CURLOPT_WRITEDATA, &answer.body);
    curl_easy_setopt(handle_, CURLOPT_HEADERFUNCTION, keep_header);
    curl_easy_setopt(handle_, CURLOPT_HEADERDATA, &answer);
    curl_easy_setopt(handle_, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(handle_, CURLOPT_XFERINFOFUNCTION, ask_whether_to_go_on);
    curl_easy_setopt(handle_, CURLOPT_XFERINFODATA, &keep_going_);
    if (const CURLcode code = curl_easy_perform(handle_); code != CURLE_OK) {
        answer.error = curl_easy_strerror(code);
        return answer;
    }
    curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &answer.status);
    return answer;
}

std::string form_encode(const std::vector<std::pair<std::string, std::string>>& fields) {
    constexpr std::string_view unreserved =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    std::string out;
    const auto append = [&](std::string_view text) {
        for (const char c : text) {
            out += unreserved.contains(c) ? std::string{c}
                                          : fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    };
    for (const auto& [name, value] : fields) {
        out += out.empty() ? "" : "&";
        append(name);
        out += '=';
        append(value);
    }
    return out;
}

}  // namespace pz::command
