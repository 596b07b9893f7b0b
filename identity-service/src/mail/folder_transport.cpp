#include "mail/transport.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace pz::identity::mail {

FolderTransport::FolderTransport(std::filesystem::path folder) : folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
    std::filesystem::permissions(folder_, std::filesystem::perms::owner_all);
}

void FolderTransport::deliver(
    const core::Uuid& id, const std::string&, const std::string& message, std::stop_token
) {
    const std::filesystem::path file = folder_ / (id.to_string() + ".eml");
    const std::filesystem::path aside = file.string() + ".new";
    const int descriptor = ::open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0) {
        throw DeliveryError("the mail folder cannot be written: " + std::generic_category().message(errno));
    }
    const bool complete = ::write(descriptor, message.data(), message.size()) == std::ssize(message);
    const bool closed = ::close(descriptor) == 0;
    if (!complete || !closed || ::rename(aside.c_str(), file.c_str()) != 0) {
        throw DeliveryError("the mail folder cannot be written: " + std::generic_category().message(errno));
    }
}

}  // namespace pz::identity::mail
