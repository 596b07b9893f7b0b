#include <pz/archive/tar.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>

namespace pz::archive {

namespace {

constexpr std::size_t block = 512;

std::size_t padding_of(std::size_t size) noexcept {
    return (block - size % block) % block;
}

/// A numeric field: octal digits and a NUL.
void put_number(std::string& header, std::size_t at, std::size_t width, std::uint64_t number) {
    const std::string digits = fmt::format("{:0{}o}", number, width - 1);
    std::ranges::copy(digits, header.begin() + static_cast<std::ptrdiff_t>(at));
}

/// Sum of all bytes, with blanks where the sum itself stands.
std::uint64_t checksum_of(std::string header) {
    std::fill_n(header.begin() + 148, 8, ' ');
    return std::accumulate(header.begin(), header.end(), std::uint64_t{0}, [](std::uint64_t sum, char c) {
        return sum + static_cast<unsigned char>(c);
    });
}

std::optional<std::uint64_t> number_at(const std::string& header, std::size_t at, std::size_t width) {
    std::string_view text = std::string_view{header}.substr(at, width);
    text = text.substr(0, text.find_first_of(std::string_view{"\0 ", 2}));
    std::uint64_t number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number, 8);
    if (failure != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return number;
}

}  // namespace

void append_tar_entry(std::string& out, std::string_view name, std::string_view content) {
    std::string header(block, '\0');
    std::ranges::copy(name.substr(0, 100), header.begin());
    put_number(header, 100, 8, 0600);
    put_number(header, 108, 8, 0);
    put_number(header, 116, 8, 0);
    put_number(header, 124, 12, content.size());
    put_number(header, 136, 12, 0);
    header[156] = '0';
    std::ranges::copy(
        std::string_view{
            "ustar\0"
            "00",
            8
        },
        header.begin() + 257
    );
    put_number(header, 148, 7, checksum_of(header));
    header[155] = ' ';
    out.append(header).append(content).append(padding_of(content.size()), '\0');
}

void append_tar_end(std::string& out) {
    out.append(2 * block, '\0');
}

TarReader::TarReader(std::filesystem::path path) : path_(std::move(path)), file_(path_, std::ios::binary) {
    if (!file_) {
        fail("cannot be read");
    }
}

std::optional<TarEntry> TarReader::next() {
    const std::string header = read(block);
    if (header.find_first_not_of('\0') == std::string::npos) {
        return std::nullopt;
    }
    const std::optional<std::uint64_t> sum = number_at(header, 148, 8);
    const std::optional<std::uint64_t> size = number_at(header, 124, 12);
    if (!sum || *sum != checksum_of(header) || !size || header[156] != '0') {
        fail("is damaged, or no archive of ours");
    }
    if (*size > max_entry) {
        fail("has an entry that is too large");
    }
    TarEntry entry{.name = header.substr(0, std::min<std::size_t>(header.find('\0'), 100)), .content = {}};
    entry.content = read(static_cast<std::size_t>(*size));
    static_cast<void>(read(padding_of(entry.content.size())));
    return entry;
}

void TarReader::fail(const std::string& what) const {
    throw ArchiveError(path_.string() + " " + what);
}

std::string TarReader::read(std::size_t size) {
    std::string bytes(size, '\0');
    file_.read(bytes.data(), static_cast<std::streamsize>(size));
    if (file_.gcount() != static_cast<std::streamsize>(size)) {
        fail("is cut off");
    }
    return bytes;
}

}  // namespace pz::archive
