#include <pz/web/cursor.hpp>

#include <pz/core/error.hpp>
#include <pz/core/text.hpp>

#include <algorithm>

namespace pz::web {

namespace {

constexpr std::size_t mac_size = 16;
constexpr std::size_t id_size = 16;
constexpr std::size_t max_cursor_size = 4096;

std::string_view bytes_of(const core::Uuid& id) {
    return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

/// `list` holds no NUL, so that no two of the parts can trade bytes.
std::string mac_of(
    const crypto::Sha256Digest& secret, const core::Uuid& tenant, std::string_view list, std::string_view key
) {
    std::string message;
    message.reserve(id_size + list.size() + 1 + key.size());
    message += bytes_of(tenant);
    message += list;
    message += '\0';
    message += key;
    const crypto::Sha256Digest digest = crypto::hmac_sha256(crypto::bytes_of(secret), message);
    return std::string{crypto::bytes_of(digest).substr(0, mac_size)};
}

std::string pack_integer(std::int64_t value) {
    std::string bytes;
    for (int shift = 56; shift >= 0; shift -= 8) {
        bytes += static_cast<char>(static_cast<std::uint64_t>(value) >> shift & 0xFF);
    }
    return bytes;
}

std::optional<std::int64_t> unpack_integer(std::string_view bytes) noexcept {
    if (bytes.size() != sizeof(std::int64_t)) {
        return std::nullopt;
    }
    std::uint64_t value = 0;
    for (const char c : bytes) {
        value = value << 8 | static_cast<unsigned char>(c);
    }
    return static_cast<std::int64_t>(value);
}

}  // namespace

CursorKeys::CursorKeys(const crypto::FernetRing& ring)
    : secrets_(ring.derive_keys("phasezero list cursor")) {}

std::string CursorKeys::seal(std::string_view key, const core::Uuid& tenant, std::string_view list) const {
    return core::base64url_encode(std::string{key} + mac_of(secrets_.front(), tenant, list, key));
}

std::optional<std::string> CursorKeys::open(
    std::string_view cursor, const core::Uuid& tenant, std::string_view list
) const noexcept {
    if (cursor.size() > max_cursor_size) {
        return std::nullopt;
    }
    std::optional<std::string> bytes = core::base64url_decode(cursor);
    if (!bytes || bytes->size() < mac_size) {
        return std::nullopt;
    }
    const std::string_view key = std::string_view{*bytes}.substr(0, bytes->size() - mac_size);
    const std::string_view mac = std::string_view{*bytes}.substr(key.size());
    const bool ours = std::ranges::any_of(secrets_, [&](const crypto::Sha256Digest& secret) {
        return crypto::equal_in_constant_time(mac_of(secret, tenant, list, key), mac);
    });
    if (!ours) {
        return std::nullopt;
    }
    bytes->resize(key.size());
    return bytes;
}

template <class Value>
std::string Key<Value>::pack() const {
    std::string bytes;
    if constexpr (std::is_same_v<Value, core::Timestamp>) {
        bytes = pack_integer(value.time_since_epoch().count());
    } else if constexpr (std::is_same_v<Value, std::string>) {
        bytes = value;
    } else {
        bytes = pack_integer(value);
    }
    bytes += bytes_of(id);
    return bytes;
}

template <class Value>
std::optional<Key<Value>> Key<Value>::unpack(std::string_view bytes) noexcept {
    if (bytes.size() < id_size) {
        return std::nullopt;
    }
    const std::string_view text = bytes.substr(0, bytes.size() - id_size);
    Key key;
    std::ranges::copy(bytes.substr(text.size()), key.id.bytes.begin());
    if constexpr (std::is_same_v<Value, std::string>) {
        if (!core::is_utf8(text) || text.find('\0') != std::string_view::npos) {
            return std::nullopt;
        }
        key.value = text;
    } else {
        const std::optional<std::int64_t> number = unpack_integer(text);
        if (!number) {
            return std::nullopt;
        }
        if constexpr (std::is_same_v<Value, core::Timestamp>) {
            // The service's own range; PostgreSQL's ends earlier than 64 bits do.
            key.value = core::Timestamp{std::chrono::microseconds{*number}};
            using std::chrono::sys_days, std::chrono::year;
            if (key.value < sys_days{year{1} / 1 / 1} || key.value > sys_days{year{9999} / 12 / 31}) {
                return std::nullopt;
            }
        } else {
            key.value = *number;
        }
    }
    return key;
}

template struct Key<core::Timestamp>;
template struct Key<std::int64_t>;
template struct Key<std::string>;

namespace detail {

void refuse_cursor() {
    throw core::invalid("query.cursor", "is not a cursor of this list", "wrong_format");
}

}  // namespace detail

}  // namespace pz::web
