#include "mail/settings.hpp"

#include <spdlog/spdlog.h>

#include <filesystem>

namespace pz::identity::mail {

Settings read_settings(core::Config& config, const std::string& console_origin) {
    Settings settings;
    settings.console_origin = console_origin;
    settings.smtp_url = config.text(
        "PZ_SMTP_URL",
        "",
        "mail server: smtp://host:587 (STARTTLS is required, except on loopback) or smtps://host; empty: "
        "PZ_MAIL_FOLDER"
    );
    if (!settings.smtp_url.empty() && !settings.smtp_url.starts_with("smtp://") &&
        !settings.smtp_url.starts_with("smtps://")) {
        throw core::ConfigError("PZ_SMTP_URL must begin with smtp:// or smtps://");
    }
    if (settings.smtp_url.contains('@')) {
        throw core::ConfigError("PZ_SMTP_URL must not hold a password; PZ_SMTP_USER and PZ_SMTP_PASSWORD do");
    }
    const std::string from = config.text(
        "PZ_SMTP_FROM",
        "Phase Zero <no-reply@localhost>",
        "who letters come from: Name <address>, or the address"
    );
    const std::optional<Mailbox> mailbox = Mailbox::parse(from);
    if (!mailbox) {
        throw core::ConfigError(
            "PZ_SMTP_FROM must be an e-mail address, or Name <address>, but is \"" + from + "\""
        );
    }
    settings.from = *mailbox;
    settings.user = config.secret("PZ_SMTP_USER", "account at the mail server; none: no sign-in")
                        .value_or(core::SecretString{});
    settings.password = config.secret("PZ_SMTP_PASSWORD", "its password").value_or(core::SecretString{});
    settings.folder = config.text(
        "PZ_MAIL_FOLDER",
        "",
        "without PZ_SMTP_URL: the folder that letters are written into; empty: they wait"
    );
    return settings;
}

std::unique_ptr<Sender> start_sender(
    const Settings& settings, const core::SecretString& database, const core::Clock& clock
) {
    std::unique_ptr<Transport> transport;
    if (!settings.smtp_url.empty()) {
        transport = std::make_unique<SmtpTransport>(SmtpTransport::Options{
            .url = settings.smtp_url,
            .from = settings.from.address,
            .user = settings.user,
            .password = settings.password,
            .require_tls = !is_loopback_url(settings.smtp_url),
        });
    } else if (!settings.folder.empty()) {
        try {
            transport = std::make_unique<FolderTransport>(settings.folder);
        } catch (const std::filesystem::filesystem_error& error) {
            throw core::ConfigError(std::string{"PZ_MAIL_FOLDER cannot be used: "} + error.what());
        }
    } else {
        spdlog::warn("mail waits: neither PZ_SMTP_URL nor PZ_MAIL_FOLDER is set");
        return nullptr;
    }
    return std::make_unique<Sender>(Sender::Options{
        .database = database,
        .console_origin = settings.console_origin,
        .from = settings.from,
        .transport = std::move(transport),
        .clock = &clock,
    });
}

void measure(const Sender& sender, std::vector<web::Measurement>& out) {
    const Sender::Counters counters = sender.counters();
    const auto add = [&](std::string_view name, std::string_view help, std::uint64_t count) {
        out.push_back({
            .name = name,
            .help = help,
            .kind = web::Measurement::Kind::counter,
            .value = static_cast<double>(count),
        });
    };
    add("phasezero_mail_sent_total", "Letters that went out", counters.sent);
    add("phasezero_mail_failures_total", "Attempts to send a letter that failed", counters.failed);
    add("phasezero_mail_given_up_total", "Letters that will not be tried again", counters.given_up);
}

}  // namespace pz::identity::mail
