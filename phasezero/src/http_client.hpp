#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace pz::command {

struct HttpAnswer {
    long status = 0;  ///< 0: nobody answered, and `error` says why
    std::string body;
    std::map<std::string, std::string> headers;  ///< names in lower case
    std::string error;
};

/// A small blocking HTTP client for readiness probes and the smoke test, on loopback only: it uses no proxy
/// and follows no redirect. Keeps its connections. `keep_going` is asked about every tenth of a second; false
/// ends the request.
class HttpClient {
 public:
    explicit HttpClient(std::function<bool()> keep_going = [] { return true; });
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;
    ~HttpClient();

    HttpAnswer request(
        const std::string& method,
        const std::string& url,
        const std::vector<std::string>& headers = {},
        const std::string& body = {},
        std::chrono::milliseconds limit = std::chrono::milliseconds{5'000}
    );

 private:
    void* handle_;  // CURL*
    std::function<bool()> keep_going_;
};

/// application/x-www-form-urlencoded.
[[nodiscard]] std::string form_encode(const std::vector<std::pair<std::string, std::string>>& fields);

}  // namespace pz::command
