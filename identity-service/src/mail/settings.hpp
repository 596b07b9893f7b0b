#pragma once

#include "mail/sender.hpp"

#include <pz/core/config.hpp>
#include <pz/web/measurement.hpp>

#include <memory>
#include <string>
#include <vector>

namespace pz::identity::mail {

/// How mail leaves: by SMTP, into a folder, or not at all (it waits in the queue).
struct Settings {
    std::string smtp_url;
    Mailbox from;
    core::SecretString user;
    core::SecretString password;
    std::string folder;
    std::string console_origin;
};

/// Throws core::ConfigError.
[[nodiscard]] Settings read_settings(core::Config& config, const std::string& console_origin);

/// Null, and a warning, when mail has no way out.
[[nodiscard]] std::unique_ptr<Sender> start_sender(
    const Settings& settings, const core::SecretString& database, const core::Clock& clock
);

void measure(const Sender& sender, std::vector<web::Measurement>& out);

}  // namespace pz::identity::mail
