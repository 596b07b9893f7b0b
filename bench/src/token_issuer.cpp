#include "token_issuer.hpp"

#include "data_set.hpp"

#include <pz/auth/claims.hpp>
#include <pz/core/clock.hpp>
#include <pz/crypto/jws.hpp>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace pz::bench {

TokenIssuer::TokenIssuer()
    : key_(crypto::SigningKey::generate()), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (listener_ == -1 || ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
        ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        throw std::runtime_error{"cannot listen on a loopback port for the key set"};
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread{[this] { serve(); }};
}

TokenIssuer::~TokenIssuer() {
    ::shutdown(listener_, SHUT_RDWR);  // wakes accept()
    thread_.join();
    ::close(listener_);
}

std::vector<std::string> TokenIssuer::issue(int tenants) const {
    std::vector<std::string> tokens;
    for (int number = 1; number <= tenants; ++number) {
        tokens.push_back(issue_for(number));
    }
    return tokens;
}

std::string TokenIssuer::issue_for(int tenant) const {
    return issue_to(
        {.tenant = DataSet::tenant(tenant),
         .person = DataSet::person(tenant),
         .session = DataSet::session(tenant),
         .role = auth::Role::admin}
    );
}

std::string TokenIssuer::issue_to(const Holder& holder) const {
    const core::SystemClock clock;
    const core::Timestamp now = clock.now();
    auth::AccessClaims claims;
    claims.issuer = issuer();
    claims.audience = {audience};
    claims.client_id = "phasezero-bench";
    claims.person = holder.person;
    claims.token_id = core::Uuid::v7(clock);
    claims.issued_at = now;
    claims.not_before = now;
    claims.expires_at = now + auth::max_token_lifetime;
    claims.auth_time = now;
    claims.amr = {"pwd"};
    claims.tenant = holder.tenant;
    claims.role = holder.role;
    claims.session = holder.session;
    claims.tenant_epoch = 1;
    claims.person_epoch = 1;
    claims.scope = "api";
    return crypto::sign_compact(auth::access_token_type, auth::to_payload(claims), key_);
}

void TokenIssuer::serve() const {
    const std::string body = crypto::KeySet{{key_.public_key()}}.to_json();
    const std::string answer = fmt::format(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: "
        "close\r\n\r\n{}",
        body.size(),
        body
    );
    for (int connection = 0; (connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) != -1;) {
        std::string request;
        char buffer[4096];
        for (ssize_t size = 0; request.find("\r\n\r\n") == std::string::npos;) {
            size = ::recv(connection, buffer, sizeof buffer, 0);
            if (size <= 0) {
                break;
            }
            request.append(buffer, static_cast<std::size_t>(size));
        }
        ::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
        ::close(connection);
    }
}

}  // namespace pz::bench
