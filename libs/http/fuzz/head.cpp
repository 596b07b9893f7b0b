// Any bytes: the head parser must not read outside them, must find the same end however they are cut, and
// every view of an accepted head must lie inside it and keep the rules.
#include <pz/core/check.hpp>
#include <pz/http/head_parser.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

using namespace pz::http;  // NOLINT(google-build-using-namespace): a program of one function

namespace {

void check_inside(std::string_view part, std::string_view whole) {
    PZ_CHECK(part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
    for (const char c : part) {
        PZ_CHECK(c != '\0' && c != '\r' && c != '\n');
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    const HeadLimits limits;
    const auto end = find_head_end(bytes, 0, limits);

    // Seen in two steps, cut where the last byte says: the same end, or an error in either.
    if (size > 1) {
        const std::size_t cut = data[size - 1] % size;
        const auto first = find_head_end(bytes.substr(0, cut), 0, limits);
        if (first && *first == 0) {
            const auto second = find_head_end(bytes, cut, limits);
            PZ_CHECK(end.has_value() == second.has_value());
            PZ_CHECK(!end || *end == *second);
        } else if (first) {
            PZ_CHECK(end && *end == *first);
        }
    }

    RequestHead head;
    static_cast<void>(parse_head(bytes, limits, head));
    if (!end || *end == 0) {
        return 0;
    }
    const std::string_view whole = bytes.substr(0, *end);
    if (!parse_head(whole, limits, head)) {
        return 0;
    }
    PZ_CHECK(head.size() == *end && *end <= limits.head_bytes);
    PZ_CHECK(head.target().starts_with('/') && head.target().size() <= limits.target_bytes);
    PZ_CHECK(head.path().size() + head.query().size() <= head.target().size());
    PZ_CHECK(!head.host().empty());
    PZ_CHECK(!head.chunked() || head.content_length() == 0);
    check_inside(head.target(), whole);
    for (std::size_t i = 0; i < head.field_count(); ++i) {
        const HeaderField field = head.field(i);
        PZ_CHECK(!field.name.empty());
        check_inside(field.name, whole);
        check_inside(field.value, whole);
        PZ_CHECK(head.find(field.name).has_value());
    }
    return 0;
}
