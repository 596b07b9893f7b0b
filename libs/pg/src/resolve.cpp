#include "resolve.hpp"

#include <pz/pg/error.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <libpq-fe.h>

#include <algorithm>
#include <memory>
#include <string_view>
#include <vector>

namespace asio = boost::asio;

namespace pz::pg {

namespace {

std::vector<std::string> split_hosts(std::string_view hosts) {
    std::vector<std::string> parts;
    while (true) {
        const std::size_t comma = hosts.find(',');
        parts.emplace_back(hosts.substr(0, comma));
        if (comma == std::string_view::npos) {
            return parts;
        }
        hosts.remove_prefix(comma + 1);
    }
}

bool needs_no_resolution(const std::string& host) {
    boost::system::error_code not_an_address;
    asio::ip::make_address(host, not_an_address);
    return host.empty() || host.front() == '/' || host.front() == '@' || !not_an_address;
}

}  // namespace

std::string connection_keyword(const std::string& connection_string, const char* keyword) {
    char* message = nullptr;
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
        PQconninfoParse(connection_string.c_str(), &message), &PQconninfoFree
    );
    if (options == nullptr) {
        PQfreemem(message);  // may quote the string, and with it a password
        throw Error("08001", {}, {}, "the connection string is malformed");
    }
    for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
        if (std::string_view{option->keyword} == keyword && option->val != nullptr) {
            return option->val;
        }
    }
    return {};
}

asio::awaitable<std::string> resolve_hosts(std::string connection_string) {
    const std::vector<std::string> hosts = split_hosts(connection_keyword(connection_string, "host"));
    if (!connection_keyword(connection_string, "hostaddr").empty() ||
        std::ranges::all_of(hosts, needs_no_resolution)) {
        co_return std::string{};
    }
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    asio::ip::tcp::resolver resolver(executor);
    std::string addresses;
    for (const std::string& host : hosts) {
        if (!addresses.empty() || &host != hosts.data()) {
            addresses += ',';
        }
        if (host.empty() || host.front() == '/' || host.front() == '@') {
            continue;  // an empty address: libpq then uses the host
        }
        boost::system::error_code failure;
        const auto found =
            co_await resolver.async_resolve(host, "", asio::redirect_error(asio::use_awaitable, failure));
        if (failure) {
            throw Error("08001", {}, {}, "cannot resolve " + host + ": " + failure.message());
        }
        addresses += found.begin()->endpoint().address().to_string();
    }
    co_return addresses;
}

}  // namespace pz::pg
