// No input is a cursor: the fuzzer does not have the key. What is sealed opens for its own tenant and list
// and for no other, and a key that is accepted packs as the same bytes.
#include <pz/web/cursor.hpp>

#include <pz/core/check.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace pz;

template <class Value>
void check_key(std::string_view bytes) {
    if (const auto key = web::Key<Value>::unpack(bytes)) {
        PZ_CHECK(key->pack() == bytes);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto ring = crypto::FernetRing::parse(crypto::FernetRing::generate_key());
    static const web::CursorKeys keys{*ring};
    constexpr core::Uuid tenant{{1}};
    constexpr core::Uuid other_tenant{{2}};
    constexpr std::string_view list = "items newest";
    const std::string_view text{reinterpret_cast<const char*>(data), size};

    PZ_CHECK(!keys.open(text, tenant, list));

    const std::string cursor = keys.seal(text, tenant, list);
    const auto opened = keys.open(cursor, tenant, list);
    PZ_CHECK(!opened || *opened == text);
    PZ_CHECK(opened || size > 2048);
    PZ_CHECK(!keys.open(cursor, other_tenant, list));
    PZ_CHECK(!keys.open(cursor, tenant, std::string{list} + 'x'));
    PZ_CHECK(!keys.open(cursor + 'A', tenant, list));
    PZ_CHECK(!keys.open(cursor.substr(1), tenant, list));

    check_key<core::Timestamp>(text);
    check_key<std::int64_t>(text);
    check_key<std::string>(text);
    return 0;
}
