#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// The letters that the shared world's identity-service has sent: files in its mail folder.
namespace pz::identity {

struct TestLetter {
    std::string message;  ///< as it is in the file, with its broken lines joined
    std::string link;     ///< the whole of it
    std::string token;    ///< what stands behind its '#'; empty: none
};

/// Oldest first.
[[nodiscard]] std::vector<TestLetter> letters_to(std::string_view address);

/// The newest letter to the address, as soon as there are so many. Throws testkit::ClientError at the limit.
[[nodiscard]] TestLetter wait_for_letter(std::string_view address, std::size_t count = 1);

/// Returns when nothing that was queued so far is still waiting.
void wait_until_mail_is_done();

}  // namespace pz::identity
