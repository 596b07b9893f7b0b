#include <pz/web/cursor.hpp>

#include <pz/core/error.hpp>
#include <pz/core/text.hpp>

#include <gtest/gtest.h>

namespace pz::web {

struct Row {
    core::Uuid id;
    core::Timestamp created_at;
    std::string name;
    std::int32_t stars = 0;
};
PZ_DESCRIBE(Row, id, created_at, name, stars)

namespace {

const core::Uuid id = core::Uuid::parse("0197c0de-0000-7000-8000-000000000001").value();
const core::Uuid tenant = core::Uuid::parse("0197c0de-0000-7000-8000-00000000000a").value();
const core::Uuid other_tenant = core::Uuid::parse("0197c0de-0000-7000-8000-00000000000b").value();

core::Timestamp at(const char* text) {
    return core::parse_timestamp(text).value();
}

CursorKeys keys_of(const std::string& ring) {
    return CursorKeys{crypto::FernetRing::parse(core::SecretString{ring}).value()};
}

const std::string new_key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const std::string old_key = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

TEST(Cursor, opens_for_the_tenant_and_the_list_that_it_was_made_for) {
    const CursorKeys keys = keys_of(new_key);
    for (const std::string& key : {std::string{}, std::string{"k"}, std::string(900, '\0')}) {
        const std::string cursor = keys.seal(key, tenant, "list_items sort=\"title\"");
        EXPECT_EQ(keys.open(cursor, tenant, "list_items sort=\"title\""), key);
        EXPECT_EQ(keys.open(cursor, other_tenant, "list_items sort=\"title\""), std::nullopt);
        EXPECT_EQ(keys.open(cursor, tenant, "list_items sort=\"newest\""), std::nullopt);
        EXPECT_EQ(keys.open(cursor, tenant, "list_projects sort=\"title\""), std::nullopt);
    }
}

TEST(Cursor, does_not_open_when_a_single_bit_is_another) {
    const CursorKeys keys = keys_of(new_key);
    const std::string bytes = core::base64url_decode(keys.seal("the key", tenant, "list")).value();
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        std::string forged = bytes;
        forged[bit / 8] = static_cast<char>(forged[bit / 8] ^ (1 << bit % 8));
        EXPECT_EQ(keys.open(core::base64url_encode(forged), tenant, "list"), std::nullopt) << bit;
    }
}

TEST(Cursor, does_not_open_when_it_is_cut_or_longer_or_spelled_otherwise) {
    const CursorKeys keys = keys_of(new_key);
    const std::string good = keys.seal("the key", tenant, "list");
    for (std::size_t size = 0; size < good.size(); ++size) {
        EXPECT_EQ(keys.open(good.substr(0, size), tenant, "list"), std::nullopt);
        EXPECT_EQ(keys.open(good.substr(size + 1), tenant, "list"), std::nullopt);
    }
    for (const std::string& text : {good + 'A', good + '=', ' ' + good, std::string(5'000, 'A')}) {
        EXPECT_EQ(keys.open(text, tenant, "list"), std::nullopt) << text;
    }
}

TEST(Cursor, does_not_trade_bytes_between_list_and_key) {
    const CursorKeys keys = keys_of(new_key);
    const std::string bytes = core::base64url_decode(keys.seal("bc", tenant, "a")).value();
    const std::string mac = bytes.substr(2);
    EXPECT_EQ(keys.open(core::base64url_encode("c" + mac), tenant, "ab"), std::nullopt);
}

TEST(Cursor, outlives_a_rotation_of_the_keys) {
    const std::string cursor = keys_of(old_key).seal("key", tenant, "list");
    EXPECT_EQ(keys_of(new_key + ',' + old_key).open(cursor, tenant, "list"), "key");
    EXPECT_EQ(keys_of(new_key).open(cursor, tenant, "list"), std::nullopt);
    EXPECT_EQ(
        keys_of(new_key + ',' + old_key).seal("key", tenant, "list"),
        keys_of(new_key).seal("key", tenant, "list")
    ) << "the newest key signs";
}

TEST(Key, comes_back_as_it_was) {
    for (const char* text :
         {"0001-01-01T00:00:00Z",
          "1970-01-01T00:00:00Z",
          "2026-01-31T08:15:00.000001Z",
          "9999-12-31T00:00:00Z"}) {
        const Key<core::Timestamp> key{at(text), id};
        const auto read = Key<core::Timestamp>::unpack(key.pack());
        ASSERT_TRUE(read.has_value()) << text;
        EXPECT_EQ(read->value, key.value);
        EXPECT_EQ(read->id, id);
    }
    for (const std::string& text : {std::string{}, std::string{"a"}, std::string{"\xf0\x9f\xa4\x96"}}) {
        EXPECT_EQ(Key<std::string>::unpack(Key<std::string>{text, id}.pack()).value().value, text);
    }
    for (const std::int64_t number :
         {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1}, std::int64_t{7}}) {
        EXPECT_EQ(Key<std::int64_t>::unpack(Key<std::int64_t>{number, id}.pack()).value().value, number);
    }
}

TEST(Key, refuses_what_no_row_can_have) {
    const std::string uuid(16, 'u');
    EXPECT_FALSE(Key<core::Timestamp>::unpack(uuid));
    EXPECT_FALSE(Key<core::Timestamp>::unpack(std::string(7, '\0') + uuid));
    EXPECT_FALSE(Key<core::Timestamp>::unpack(std::string(9, '\0') + uuid));
    EXPECT_FALSE(Key<core::Timestamp>::unpack('\x7f' + std::string(7, '\xff') + uuid))
        << "behind the year 9999";
    EXPECT_FALSE(Key<core::Timestamp>::unpack('\x80' + std::string(7, '\0') + uuid)) << "before the year 1";
    EXPECT_FALSE(Key<std::string>::unpack(std::string(15, 'u')));
    EXPECT_FALSE(Key<std::string>::unpack("\xff" + uuid));
    EXPECT_FALSE(Key<std::string>::unpack(std::string(1, '\0') + uuid));
    EXPECT_FALSE(Key<std::int64_t>::unpack("short" + uuid));
}

TEST(Order, starts_before_every_row) {
    using Newest = Descending<&Row::created_at>;
    EXPECT_GT(Newest::after(std::nullopt).value, at("9999-12-30T23:59:59Z"));
    EXPECT_EQ(Newest::after(std::nullopt).id.to_string(), "ffffffff-ffff-ffff-ffff-ffffffffffff");
    EXPECT_LT(Ascending<&Row::created_at>::after(std::nullopt).value, at("1000-01-01T00:00:00Z"));
    EXPECT_EQ(Folded<&Row::name>::after(std::nullopt).value, "");
    EXPECT_EQ(Ascending<&Row::stars>::after(std::nullopt).value, std::numeric_limits<std::int32_t>::min());
    EXPECT_EQ(Descending<&Row::stars>::after(std::nullopt).value, std::numeric_limits<std::int32_t>::max());
}

TEST(Order, tells_by_the_row_too_many_that_there_is_another_page) {
    using Newest = Descending<&Row::created_at>;
    const Row first{id, at("2026-01-03T00:00:00Z"), "a"};
    const Row second{id, at("2026-01-02T00:00:00Z"), "b"};
    const Row third{id, at("2026-01-01T00:00:00Z"), "c"};
    const Page<Row> full = Newest::page({first, second, third}, 2);
    ASSERT_EQ(full.items.size(), 2U);
    EXPECT_EQ(Newest::after(full.next_key).value, second.created_at) << "the last row that is shown";
    const Page<Row> last = Newest::page({first, second}, 2);
    EXPECT_EQ(last.items.size(), 2U);
    EXPECT_FALSE(last.next_key.has_value());
    EXPECT_FALSE(Newest::page({}, 2).next_key.has_value());
}

TEST(Order, refuses_the_key_of_another_kind_of_list) {
    const std::string by_name = Key<std::string>{"a name", id}.pack();
    try {
        (void)Descending<&Row::created_at>::after(by_name);
        ADD_FAILURE();
    } catch (const core::ApiError& error) {
        EXPECT_EQ(error.status(), 422U);
        EXPECT_EQ(error.field_errors().at(0).loc, "query.cursor");
    }
}

}  // namespace

}  // namespace pz::web
