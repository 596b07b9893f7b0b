#include "mailbox.hpp"

#include <pz/core/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <iostream>

namespace pz::command {

namespace fs = std::filesystem;

namespace {

std::string base64_decode(std::string text) {
    while (text.ends_with('=')) {
        text.pop_back();
    }
    std::ranges::replace(text, '+', '-');
    std::ranges::replace(text, '/', '_');
    return core::base64url_decode(text).value_or("");
}

/// RFC 2047: the white space between two encoded words is none.
std::string decode_header(std::string_view text) {
    constexpr std::string_view begin = "=?UTF-8?B?";
    std::string out;
    while (!text.empty()) {
        const std::size_t start = text.find(begin);
        const std::size_t end =
            start == std::string_view::npos ? start : text.find("?=", start + begin.size());
        if (end == std::string_view::npos) {
            return out + std::string{text};
        }
        const std::string_view before = text.substr(0, start);
        if (out.empty() || before.find_first_not_of(' ') != std::string_view::npos) {
            out += before;
        }
        out += base64_decode(std::string{text.substr(start + begin.size(), end - start - begin.size())});
        text.remove_prefix(end + 2);
    }
    return out;
}

std::string decode_quoted_printable(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        unsigned byte = 0;
        if (text.starts_with("=\r\n")) {
            text.remove_prefix(3);
        } else if (text.starts_with("\r\n")) {
            out += '\n';
            text.remove_prefix(2);
        } else if (text.front() == '=' && text.size() >= 3 &&
                   std::from_chars(text.data() + 1, text.data() + 3, byte, 16).ec == std::errc{}) {
            out += static_cast<char>(byte);
            text.remove_prefix(3);
        } else {
            out += text.front();
            text.remove_prefix(1);
        }
    }
    return out;
}

/// The header's value with its folded lines joined.
std::string header(std::string_view head, const std::string& name) {
    const std::string wanted = "\r\n" + name + ": ";
    const std::size_t start = head.find(wanted);
    if (start == std::string_view::npos) {
        return {};
    }
    std::string_view rest = head.substr(start + wanted.size());
    std::string value;
    while (true) {
        const std::size_t end = std::min(rest.find("\r\n"), rest.size());
        value += rest.substr(0, end);
        if (!rest.substr(end).starts_with("\r\n ")) {
            return decode_header(value);
        }
        rest.remove_prefix(end + 2);
    }
}

std::string first_link(std::string_view text) {
    const std::size_t start = text.find("\nhttp");
    if (start == std::string_view::npos) {
        return {};
    }
    text.remove_prefix(start + 1);
    return std::string{text.substr(0, text.find_first_of(" \n"))};
}

}  // namespace

LocalLetter read_letter(std::string_view message) {
    const std::size_t end = std::min(message.find("\r\n\r\n"), message.size());
    const std::string head = "\r\n" + std::string{message.substr(0, end)};
    LocalLetter letter;
    letter.date = header(head, "Date");
    letter.to = header(head, "To");
    letter.subject = header(head, "Subject");
    letter.text = decode_quoted_printable(message.substr(std::min(end + 4, message.size())));
    letter.link = first_link(letter.text);
    return letter;
}

std::vector<fs::path> list_letters(const fs::path& folder) {
    std::vector<fs::path> letters;
    std::error_code none;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, none)) {
        if (entry.path().extension() == ".eml") {
            letters.push_back(entry.path());
        }
    }
    std::ranges::sort(letters, std::greater{});  // the names begin with the time
    return letters;
}

ExitCode show_mail(const Workspace& workspace, int number, int limit) {
    const std::vector<fs::path> letters = list_letters(workspace.mail());
    if (number > 0) {
        if (static_cast<std::size_t>(number) > letters.size()) {
            throw CommandError(ExitCode::usage, fmt::format("there is no letter {}", number));
        }
        const LocalLetter letter = read_letter(read_file(letters[static_cast<std::size_t>(number) - 1]));
        std::cout << fmt::format(
            "To: {}\nDate: {}\nSubject: {}\n\n{}", letter.to, letter.date, letter.subject, letter.text
        );
        return ExitCode::success;
    }
    if (letters.empty()) {
        std::cout << "no letters in " << workspace.mail().string() << '\n';
    }
    int count = 0;
    for (const fs::path& path : letters) {
        if (++count > limit) {
            std::cout << fmt::format(
                "… and {} more (--lines)\n", letters.size() - static_cast<std::size_t>(limit)
            );
            break;
        }
        const LocalLetter letter = read_letter(read_file(path));
        std::cout << fmt::format("{:3}  {}  {}  {}\n", count, letter.date, letter.to, letter.subject);
        if (!letter.link.empty()) {
            std::cout << letter.link << '\n';
        }
    }
    return ExitCode::success;
}

}  // namespace pz::command
