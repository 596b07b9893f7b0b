// Any bytes: the chunked reader must stay within its limit, never take more than it is given, and decode the
// same whether the bytes come whole or one by one.
#include <pz/core/check.hpp>
#include <pz/http/chunked_reader.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace pz::http;  // NOLINT(google-build-using-namespace): a program of one function

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t limit = 64;  // small, so that short inputs reach it
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};

    ChunkedReader whole{limit};
    std::string body;
    const auto taken = whole.read(bytes, &body);
    PZ_CHECK(body.size() <= limit);
    PZ_CHECK(!taken || (*taken <= size && (whole.done() || *taken == size)));
    PZ_CHECK(!taken || whole.size() == body.size());

    ChunkedReader bytewise{limit};
    std::string same_body;
    std::size_t position = 0;
    bool failed = false;
    while (position < size && !bytewise.done() && !failed) {
        const auto one = bytewise.read(bytes.substr(position, 1), &same_body);
        failed = !one;
        position += failed ? 0 : *one;
    }
    PZ_CHECK(failed == !taken);
    PZ_CHECK(failed || (position == *taken && bytewise.done() == whole.done()));
    PZ_CHECK(body == same_body);
    return 0;
}
