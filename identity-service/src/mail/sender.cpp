#include "mail/sender.hpp"

#include "mail/letters.hpp"

#include <pz/core/json.hpp>
#include <pz/core/text.hpp>
#include <pz/crypto/digest.hpp>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace pz::identity::mail {

namespace {

using namespace std::chrono_literals;

constexpr auto pause_between_looks = 500ms;
constexpr auto kept_when_finished = std::chrono::days{7};
constexpr auto pause_between_sweeps = 1h;

/// As PostgreSQL's decode(…, 'hex') reads it.
std::string hash_hex_of(std::string_view token) {
    return fmt::format("{:02x}", fmt::join(crypto::sha256(token), ""));
}

}  // namespace

Sender::Sender(Options options)
    : options_(std::move(options)),
      work_(
          {.database = options_.database, .every = pause_between_looks},
          [this](pg::BlockingConnection& connection, const std::stop_token& stop) { work(connection, stop); },
          [](const std::exception& error) { spdlog::warn("mail waits: {}", error.what()); }
      ) {}

void Sender::work(pg::BlockingConnection& connection, const std::stop_token& stop) {
    send_due(connection, stop);
    if (std::chrono::steady_clock::now() >= next_sweep_) {
        sweep(connection, options_.clock->now() - kept_when_finished);
        next_sweep_ = std::chrono::steady_clock::now() + pause_between_sweeps;
    }
}

void Sender::send_due(pg::BlockingConnection& connection, const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        const std::optional<Claimed> mail = claim_due(connection, options_.clock->now());
        if (!mail) {
            return;
        }
        send(connection, *mail, stop);
    }
}

void Sender::send(pg::BlockingConnection& connection, const Claimed& mail, const std::stop_token& stop) {
    const std::optional<Letter> letter = write(connection, mail);
    if (!letter) {
        finish(connection, mail.id, Outcome::dropped, options_.clock->now());
        return;
    }
    const std::string id = mail.id.to_string();
    try {
        if (!is_address(letter->to)) {
            throw DeliveryError("the address cannot be written to", /*final=*/true);
        }
        const core::Timestamp now = options_.clock->now();
        options_.transport->deliver(mail.id, letter->to, compose(*letter, options_.from, mail.id, now), stop);
        ++sent_;
        spdlog::info("event=mail.sent mail={} kind={}", id, core::enum_text(mail.kind));
        finish(connection, mail.id, Outcome::sent, options_.clock->now());
    } catch (const DeliveryError& error) {
        if (stop.stop_requested()) {
            return;  // the next process goes on
        }
        ++failed_;
        note_failure(connection, mail.id, error.what());
        if (error.is_final() || mail.attempts >= max_attempts) {
            ++given_up_;
            finish(connection, mail.id, Outcome::given_up, options_.clock->now());
            spdlog::error("event=mail.given_up mail={} attempts={}: {}", id, mail.attempts, error.what());
        } else {
            spdlog::warn(
                "mail is tried again later: mail={} attempts={}: {}", id, mail.attempts, error.what()
            );
        }
    }
}

std::optional<Letter> Sender::write(pg::BlockingConnection& connection, const Claimed& mail) const {
    const std::string token = core::random_token(32);
    const std::string hash = hash_hex_of(token);
    const core::Timestamp now = options_.clock->now();
    const core::Timestamp link_end = now + link_lifetime;
    switch (mail.kind) {
        case Kind::invitation: {
            const auto link = renew_invitation_link(connection, mail.invitation.value(), hash, now, link_end);
            if (link) {
                const auth::Role role = core::enum_from_text<auth::Role>(link->role).value();
                return invitation_letter(
                    link->email, link->organization, role, options_.console_origin, token
                );
            }
            break;
        }
        case Kind::password_reset: {
            const auto email = renew_reset_link(connection, mail, hash, now, link_end);
            if (email) {
                return password_reset_letter(*email, options_.console_origin, token);
            }
            break;
        }
        case Kind::support_started:
        case Kind::support_wanted:
        case Kind::support_ended: {
            const auto session = describe_session(connection, mail.impersonation.value());
            if (session) {
                return support_letter(mail.recipient.value(), mail.kind, *session, options_.console_origin);
            }
            break;
        }
        case Kind::support_digest: {
            const auto week = describe_week(connection, mail.tenant.value(), now);
            if (!week.empty()) {
                return support_digest_letter(mail.recipient.value(), week, options_.console_origin);
            }
            break;
        }
        case Kind::password_changed:
            return password_changed_letter(mail.recipient.value(), options_.console_origin);
    }
    return std::nullopt;
}

}  // namespace pz::identity::mail
