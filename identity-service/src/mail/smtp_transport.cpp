#include "mail/transport.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace pz::identity::mail {

namespace {

constexpr long connect_seconds = 5;
constexpr long total_seconds = 25;

struct Unread {
    std::string_view bytes;
};

std::size_t read_message(char* out, std::size_t size, std::size_t count, void* state) noexcept {
    auto& unread = *static_cast<Unread*>(state);
    const std::size_t part = std::min(size * count, unread.bytes.size());
    std::memcpy(out, unread.bytes.data(), part);
    unread.bytes.remove_prefix(part);
    return part;
}

int check_stop(void* state, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept {
    return static_cast<std::stop_token*>(state)->stop_requested() ? 1 : 0;
}

template <class Value>
void set(CURL* handle, CURLoption option, Value value) {
    if (const CURLcode code = curl_easy_setopt(handle, option, value); code != CURLE_OK) {
        throw DeliveryError(curl_easy_strerror(code));
    }
}

/// The server's verdict on this letter; a refused sign-in or a full mailbox may be different later.
bool is_final(CURLcode code, long reply) {
    return code != CURLE_LOGIN_DENIED && (reply == 550 || reply == 551 || reply == 553 || reply == 554);
}

}  // namespace

void SmtpTransport::deliver(
    const core::Uuid&, const std::string& to, const std::string& message, std::stop_token stop
) {
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle(curl_easy_init(), &curl_easy_cleanup);
    const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> recipients(
        curl_slist_append(nullptr, ('<' + to + '>').c_str()), &curl_slist_free_all
    );
    if (!handle || !recipients) {
        throw DeliveryError("out of memory");
    }
    const std::string sender = '<' + options_.from + '>';
    Unread unread{message};
    set(handle.get(), CURLOPT_URL, options_.url.c_str());
    set(handle.get(), CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    set(handle.get(), CURLOPT_PROXY, "");
    set(handle.get(), CURLOPT_NOSIGNAL, 1L);
    set(handle.get(),
        CURLOPT_USE_SSL,
        static_cast<long>(options_.require_tls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
    set(handle.get(), CURLOPT_CONNECTTIMEOUT, connect_seconds);
    set(handle.get(), CURLOPT_TIMEOUT, total_seconds);
    set(handle.get(), CURLOPT_MAIL_FROM, sender.c_str());
    set(handle.get(), CURLOPT_MAIL_RCPT, recipients.get());
    set(handle.get(), CURLOPT_UPLOAD, 1L);
    set(handle.get(), CURLOPT_READFUNCTION, &read_message);
    set(handle.get(), CURLOPT_READDATA, static_cast<void*>(&unread));
    set(handle.get(), CURLOPT_NOPROGRESS, 0L);
    set(handle.get(), CURLOPT_XFERINFOFUNCTION, &check_stop);
    set(handle.get(), CURLOPT_XFERINFODATA, static_cast<void*>(&stop));
    if (!options_.user.reveal().empty()) {
        set(handle.get(), CURLOPT_USERNAME, options_.user.reveal().c_str());
        set(handle.get(), CURLOPT_PASSWORD, options_.password.reveal().c_str());
    }
    const CURLcode code = curl_easy_perform(handle.get());
    if (code != CURLE_OK) {
        long reply = 0;
        curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &reply);
        throw DeliveryError(
            fmt::format("{} (last reply {})", curl_easy_strerror(code), reply), is_final(code, reply)
        );
    }
}

bool is_loopback_url(std::string_view url) {
    const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed(curl_url(), &curl_url_cleanup);
    char* host = nullptr;
    if (curl_url_set(parsed.get(), CURLUPART_URL, std::string{url}.c_str(), 0) != CURLUE_OK ||
        curl_url_get(parsed.get(), CURLUPART_HOST, &host, 0) != CURLUE_OK) {
        return false;
    }
    const std::string name = host;
    curl_free(host);
    const bool dotted_127 =
        name.starts_with("127.") && name.find_first_not_of("0123456789.") == std::string::npos;
    return name == "localhost" || name == "[::1]" || dotted_127;
}

}  // namespace pz::identity::mail
