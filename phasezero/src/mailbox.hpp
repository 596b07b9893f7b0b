#pragma once

#include "exit_code.hpp"
#include "workspace.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

/// The letters that identity-service wrote into the local mail folder instead of sending them.
namespace pz::command {

/// A letter as a person reads it.
struct LocalLetter {
    std::string date;
    std::string to;
    std::string subject;
    std::string text;
    std::string link;  ///< the first one in the text; empty: none
};

/// Reads what identity-service writes: RFC 5322 with folded lines, encoded words (base64) and
/// quoted-printable. No reader of mail from elsewhere.
[[nodiscard]] LocalLetter read_letter(std::string_view message);

/// The files of a mail folder, newest first.
[[nodiscard]] std::vector<std::filesystem::path> list_letters(const std::filesystem::path& folder);

/// `phasezero mail`: the letters, newest first, each with its link on a line of its own. With a number from
/// that list, the whole of one.
[[nodiscard]] ExitCode show_mail(const Workspace& workspace, int number, int limit);

}  // namespace pz::command
