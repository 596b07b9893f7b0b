#include "passwords/policy.hpp"

#include <pz/core/error.hpp>
#include <pz/core/json.hpp>
#include <pz/core/text.hpp>

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

namespace pz::identity::passwords {

namespace {

// One literal of many lines: the text lies in the program's read-only pages and nothing is built at start.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Woverlength-strings"
constexpr std::string_view blocked_list =
#include "passwords/blocked_list.inc"
    ;
#pragma clang diagnostic pop

/// Product names: everybody here would think of them first.
constexpr std::array<std::string_view, 2> product_words{"phasezero", "numbersence"};
/// Shorter words are found in too much that has nothing to do with them.
constexpr std::size_t shortest_word = 4;
/// What a password must still have without the words that do not count.
constexpr std::size_t shortest_rest = 8;
/// A piece that repeats is the whole password when it is shorter than this.
constexpr std::size_t shortest_piece = 8;

constexpr bool is_letter(char c) noexcept {
    return c >= 'a' && c <= 'z';
}

std::string fold(std::string_view text) {
    std::string folded{text};
    std::ranges::transform(folded, folded.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    });
    return folded;
}

/// The list is sorted by bytes, one entry a line.
bool is_listed(std::string_view word) noexcept {
    std::size_t low = 0;
    std::size_t high = blocked_list.size();
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        const std::size_t before =
            middle == 0 ? std::string_view::npos : blocked_list.rfind('\n', middle - 1);
        const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
        const std::size_t end = blocked_list.find('\n', begin);
        const std::string_view line = blocked_list.substr(begin, end - begin);
        if (line == word) {
            return true;
        }
        if (line < word) {
            low = end + 1;
        } else {
            high = begin;
        }
    }
    return false;
}

/// Without what is no letter at both ends: "2024summer!!" is "summer".
std::string_view core_of(std::string_view folded) noexcept {
    while (!folded.empty() && !is_letter(folded.front())) {
        folded.remove_prefix(1);
    }
    while (!folded.empty() && !is_letter(folded.back())) {
        folded.remove_suffix(1);
    }
    return folded;
}

/// The letters that digits and symbols usually stand for.
std::string spelt_out(std::string_view core) {
    std::string text{core};
    std::ranges::transform(text, text.begin(), [](char c) {
        switch (c) {
            case '0':
                return 'o';
            case '1':
            case '!':
                return 'i';
            case '3':
                return 'e';
            case '4':
            case '@':
                return 'a';
            case '5':
            case '$':
                return 's';
            case '7':
                return 't';
            default:
                return c;
        }
    });
    return text;
}

bool is_common(std::string_view folded) {
    const std::string_view core = core_of(folded);
    return is_listed(folded) || is_listed(core) || is_listed(spelt_out(core));
}

/// The length of the shortest piece whose repetition, the last one perhaps cut, is the text.
std::size_t piece_size(std::string_view text) {
    std::vector<std::size_t> border(text.size() + 1, 0);  // of each prefix, the longest that is also its end
    for (std::size_t end = 2; end <= text.size(); ++end) {
        std::size_t size = border[end - 1];
        while (size > 0 && text[size] != text[end - 1]) {
            size = border[size];
        }
        border[end] = text[size] == text[end - 1] ? size + 1 : 0;
    }
    return text.size() - border.back();
}

/// 123456789012, abcdefghijkl, and backwards.
bool is_run(std::string_view text) noexcept {
    const auto follows = [&](int step) {
        return std::ranges::adjacent_find(text, [step](char before, char after) {
                   const bool wraps =
                       step == 1 ? before == '9' && after == '0' : before == '0' && after == '9';
                   return after - before != step && !wraps;
               }) == text.end();
    };
    return follows(1) || follows(-1);
}

/// Letters and digits only, so that "phase-zero" and "Acme Robotics" are found however they are written.
std::string squeezed(std::string_view text) {
    std::string folded = fold(text);
    std::erase_if(folded, [](char c) {
        return static_cast<unsigned char>(c) < 0x80 && !is_letter(c) && (c < '0' || c > '9');
    });
    return folded;
}

void remove_all(std::string& text, const std::string& word) {
    if (word.size() < shortest_word) {
        return;
    }
    for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at)) {
        text.erase(at, word.size());
    }
}

/// Each organization's name counts as a whole and by its words.
std::vector<std::string> parts_of(std::string_view text, std::string_view separators) {
    std::vector<std::string> parts{squeezed(text)};
    while (!text.empty()) {
        const std::size_t end = std::min(text.find_first_of(separators), text.size());
        parts.push_back(squeezed(text.substr(0, end)));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

void append(std::vector<std::string>& to, std::vector<std::string> more) {
    std::ranges::move(more, std::back_inserter(to));
}

std::size_t size_without_words(
    std::string_view password, std::string_view email, std::span<const std::string> words
) {
    std::vector<std::string> worthless(product_words.begin(), product_words.end());
    const std::size_t at = std::min(email.find('@'), email.size());
    append(worthless, parts_of(email.substr(0, at), ".-_+"));
    append(worthless, parts_of(email.substr(std::min(at + 1, email.size())), "."));
    for (const std::string& word : words) {
        append(worthless, parts_of(word, " -_."));
    }
    // The longest first: what is left of it must not be counted because its first half went alone.
    std::ranges::sort(worthless, std::ranges::greater{}, &std::string::size);
    std::string rest = squeezed(password);
    for (const std::string& word : worthless) {
        remove_all(rest, word);
    }
    return core::utf8_length(rest);
}

const char* sentence_for(Weakness weakness) {
    switch (weakness) {
        case Weakness::too_short:
            return "must have at least 12 characters";
        case Weakness::too_long:
            return "must have at most 128 characters";
        case Weakness::too_common:
            return "is one of the passwords that are tried first";
        case Weakness::too_predictable:
            return "repeats one short piece, or counts";
        case Weakness::about_you:
            return "is too close to the e-mail address, the organization or the product";
    }
    return "cannot be used";
}

}  // namespace

std::optional<Weakness> find_weakness(
    std::string_view password, std::string_view email, std::span<const std::string> words
) {
    const std::size_t length = core::utf8_length(password);
    if (length < shortest_password) {
        return Weakness::too_short;
    }
    if (length > longest_password) {
        return Weakness::too_long;
    }
    const std::string folded = fold(password);
    if (is_common(folded)) {
        return Weakness::too_common;
    }
    const std::size_t piece = piece_size(folded);
    if (2 * piece <= folded.size()) {
        if (piece < shortest_piece) {
            return Weakness::too_predictable;
        }
        if (is_common(std::string_view{folded}.substr(0, piece))) {
            return Weakness::too_common;
        }
    }
    if (is_run(folded)) {
        return Weakness::too_predictable;
    }
    const std::string squeezed_password = squeezed(password);
    const std::size_t rest = size_without_words(password, email, words);
    if (rest < core::utf8_length(squeezed_password) && rest < shortest_rest) {
        return Weakness::about_you;
    }
    return std::nullopt;
}

void require_strong(
    const core::SecretString& password,
    std::string_view email,
    std::span<const std::string> words,
    std::string_view loc
) {
    if (const auto weakness = find_weakness(password.reveal(), email, words)) {
        throw core::invalid(
            std::string{loc}, sentence_for(*weakness), std::string{core::enum_text(*weakness)}
        );
    }
}

std::size_t blocked_list_size() noexcept {
    return static_cast<std::size_t>(std::ranges::count(blocked_list, '\n'));
}

}  // namespace pz::identity::passwords
