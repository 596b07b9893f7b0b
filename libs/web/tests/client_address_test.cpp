#include <pz/web/client_address.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace pz::web {

namespace {

constexpr const char* proxy = "10.0.0.1";

/// The address of a request with these X-Forwarded-For fields, which came from `proxy`.
std::string address_of(const std::vector<std::string>& fields, unsigned trusted_hops) {
    std::string bytes = "GET / HTTP/1.1\r\nHost: x\r\n";
    for (const std::string& field : fields) {
        bytes += field + "\r\n";
    }
    bytes += "\r\n";
    http::RequestHead head;
    EXPECT_TRUE(http::parse_head(bytes, {}, head).has_value()) << bytes;
    return client_address(head, proxy, trusted_hops).to_string();
}

TEST(ClientAddress, is_the_peer_when_no_hop_is_trusted) {
    EXPECT_EQ(address_of({}, 0), proxy);
    EXPECT_EQ(address_of({"X-Forwarded-For: 192.0.2.1"}, 0), proxy);
}

TEST(ClientAddress, is_the_entry_that_the_trusted_hop_appended) {
    EXPECT_EQ(address_of({"X-Forwarded-For: 192.0.2.1"}, 1), "192.0.2.1");
    EXPECT_EQ(address_of({"X-Forwarded-For: 192.0.2.1, 192.0.2.2"}, 1), "192.0.2.2");
    EXPECT_EQ(address_of({"X-Forwarded-For: 192.0.2.1, 192.0.2.2"}, 2), "192.0.2.1");
    EXPECT_EQ(address_of({"x-forwarded-for: 192.0.2.1", "X-FORWARDED-FOR: 192.0.2.2"}, 1), "192.0.2.2");
    EXPECT_EQ(address_of({"x-forwarded-for: 192.0.2.1", "X-FORWARDED-FOR: 192.0.2.2"}, 2), "192.0.2.1");
    EXPECT_EQ(address_of({"X-Forwarded-For:192.0.2.1 ,\t2001:DB8::1 "}, 1), "2001:db8::1");
}

TEST(ClientAddress, is_the_same_with_zero_to_five_forged_entries) {  // T46
    const std::vector<std::string> forgeries{"203.0.113.9", "::1", "127.0.0.1", "unknown", "192.0.2.1"};
    for (std::size_t count = 0; count <= forgeries.size(); ++count) {
        std::string in_one;
        std::vector<std::string> in_many;
        for (const std::string& forged : std::vector(forgeries.begin(), forgeries.begin() + long(count))) {
            in_one += forged + ", ";
            in_many.push_back("X-Forwarded-For: " + forged);
        }
        in_many.emplace_back("X-Forwarded-For: 198.51.100.7");
        EXPECT_EQ(address_of({"X-Forwarded-For: " + in_one + "198.51.100.7"}, 1), "198.51.100.7");
        EXPECT_EQ(address_of(in_many, 1), "198.51.100.7");
        EXPECT_EQ(address_of({"X-Forwarded-For: " + in_one + "198.51.100.7, 10.0.0.2"}, 2), "198.51.100.7");
        EXPECT_EQ(address_of(in_many, 0), proxy);
    }
}

TEST(ClientAddress, is_the_peer_when_the_place_of_the_entry_is_empty_or_no_address) {
    for (const char* value :
         {"",
          ",",
          "192.0.2.1,",
          "192.0.2.1, unknown",
          "192.0.2.1:80",
          "[2001:db8::1]",
          "fe80::1%eth0",
          "192.0.2.256",
          "1.2.3",
          "0x7f.1.1.1",
          "::ffff:1.2.3.4.5",
          "192.0.2.1, ' or 1=1 --"}) {
        EXPECT_EQ(address_of({std::string{"X-Forwarded-For: "} + value}, 1), proxy) << value;
    }
    EXPECT_EQ(address_of({"X-Forwarded-For: 192.0.2.1"}, 2), proxy);
    EXPECT_EQ(address_of({"X-Forwarded-For: 192.0.2.1, 192.0.2.2"}, 3), proxy);
    EXPECT_EQ(address_of({"Forwarded: for=192.0.2.1", "X-Real-IP: 192.0.2.1"}, 1), proxy);
}

TEST(ClientAddress, has_one_value_for_one_address) {
    EXPECT_EQ(ClientAddress::parse("::ffff:192.0.2.1"), ClientAddress::parse("192.0.2.1"));
    EXPECT_EQ(ClientAddress::parse("2001:DB8:0::1"), ClientAddress::parse("2001:db8::1"));
}

TEST(ClientAddress, counts_a_v6_network_as_one_and_v4_addresses_each) {
    const auto network = [](const char* text) { return ClientAddress::parse(text).value().network(); };
    EXPECT_EQ(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::9"));
    EXPECT_NE(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
    EXPECT_NE(network("192.0.2.1"), network("192.0.2.2"));
}

}  // namespace

}  // namespace pz::web
