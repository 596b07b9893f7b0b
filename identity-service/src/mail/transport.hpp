#pragma once

#include "mail/message.hpp"

#include <pz/core/secret.hpp>

#include <filesystem>
#include <stdexcept>
#include <stop_token>
#include <string>

namespace pz::identity::mail {

/// A letter did not go out. what() names no address and is fit for the log.
class DeliveryError : public std::runtime_error {
 public:
    explicit DeliveryError(const std::string& reason, bool final = false)
        : std::runtime_error(reason), final_(final) {}

    /// The other side will never take it: no use in trying again.
    [[nodiscard]] bool is_final() const noexcept { return final_; }

 private:
    bool final_;
};

/// The way out for letters. Blocks; used by one thread.
class Transport {
 public:
    virtual ~Transport() = default;
    /// @param message what compose() made
    /// @param stop ends a delivery that is under way, as a DeliveryError
    virtual void deliver(
        const core::Uuid& id, const std::string& to, const std::string& message, std::stop_token stop
    ) = 0;
};

/// To a mail server: SMTP (RFC 5321) by libcurl.
class SmtpTransport final : public Transport {
 public:
    struct Options {
        std::string url;   ///< smtp://host:port or smtps://host:port
        std::string from;  ///< the envelope's sender
        core::SecretString user;
        core::SecretString password;
        /// With smtp://: STARTTLS (RFC 3207) or nothing is sent. The certificate is always verified.
        bool require_tls = true;
    };

    explicit SmtpTransport(Options options) : options_(std::move(options)) {}

    void deliver(
        const core::Uuid& id, const std::string& to, const std::string& message, std::stop_token stop
    ) override;

 private:
    Options options_;
};

/// Into files of a folder, for running locally and for tests: <id>.eml, complete or not there. The names sort
/// by time.
class FolderTransport final : public Transport {
 public:
    /// Makes the folder, for our account alone.
    explicit FolderTransport(std::filesystem::path folder);

    void deliver(
        const core::Uuid& id, const std::string& to, const std::string& message, std::stop_token stop
    ) override;

 private:
    std::filesystem::path folder_;
};

/// True for a URL whose host is this machine: localhost, 127.0.0.0/8, [::1].
[[nodiscard]] bool is_loopback_url(std::string_view url);

}  // namespace pz::identity::mail
