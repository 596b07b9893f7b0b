#include "mail/repository.hpp"

#include <pz/core/json.hpp>

#include <array>

namespace pz::identity::mail {

namespace {

// Taken and put off in one statement, so that no transaction stays open while a server thinks. A process that
// dies meanwhile leaves the mail for the next attempt.
constexpr pg::Query claim{"mail.claim", R"sql(
    UPDATE identity.mail
       SET attempts = attempts + 1,
           next_attempt_at = $1::timestamptz + least(interval '1 minute' * 2 ^ attempts, interval '1 hour')
     WHERE id = (SELECT id FROM identity.mail
                  WHERE next_attempt_at <= $1::timestamptz
                  ORDER BY next_attempt_at
                  LIMIT 1
                    FOR UPDATE SKIP LOCKED)
    RETURNING id, kind, recipient, invitation_id, attempts, tenant_id, impersonation_id)sql"};

constexpr pg::Query link_invitation{"mail.link_invitation", R"sql(
    UPDATE identity.invitation i
       SET link_hash = decode($2::text, 'hex'), link_expires_at = $4::timestamptz, link_failures = 0
      FROM platform.tenant t
     WHERE i.id = $1::uuid AND i.state = 'pending' AND i.expires_at > $3::timestamptz
       AND t.id = i.tenant_id AND t.state IN ('trial', 'active', 'read_only')
    RETURNING i.email, i.role, t.name)sql"};

// Counted here, where mails go out one after the other: requests come in at the same time.
constexpr pg::Query link_reset{"mail.link_reset", R"sql(
    INSERT INTO identity.password_reset AS r (person_id, link_hash, link_expires_at)
    SELECT p.id, decode($2::text, 'hex'), $4::timestamptz
      FROM identity.mail m
      JOIN identity.person p ON p.email_folded = lower(m.recipient)
     WHERE m.id = $1::uuid AND p.state = 'active'
       AND 3 > (SELECT count(*) FROM identity.mail sent
                 WHERE sent.recipient_key = m.recipient_key AND sent.kind = 'password_reset'
                   AND sent.outcome = 'sent' AND sent.done_at > $3::timestamptz - interval '15 minutes')
    ON CONFLICT (person_id) DO UPDATE
       SET link_hash = excluded.link_hash, link_expires_at = excluded.link_expires_at, used_at = NULL
    RETURNING (SELECT email FROM identity.person WHERE id = r.person_id))sql"};

constexpr pg::Query find_support_session{"mail.find_support_session", R"sql(
    SELECT t.name, coalesce(i.agent_name, ''), i.mode, coalesce(i.reason, ''), coalesce(i.ticket, ''), i.minutes,
           i.request_count, to_char(i.requested_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')
      FROM platform.impersonation_session i
      JOIN platform.tenant t ON t.id = i.tenant_id
     WHERE i.id = $1::uuid)sql"};

constexpr pg::Query list_support_week{"mail.list_support_week", R"sql(
    SELECT t.name, coalesce(i.agent_name, ''), i.mode, coalesce(i.reason, ''), coalesce(i.ticket, ''), i.minutes,
           i.request_count, to_char(i.requested_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')
      FROM platform.impersonation_session i
      JOIN platform.tenant t ON t.id = i.tenant_id
     WHERE i.tenant_id = $1::uuid AND i.requested_at > $2::timestamptz - interval '7 days'
     ORDER BY i.requested_at LIMIT 50)sql"};

constexpr pg::Query finish_mail{"mail.finish", R"sql(
    UPDATE identity.mail
       SET next_attempt_at = NULL, outcome = $2::text, done_at = $3::timestamptz, recipient = NULL
     WHERE id = $1::uuid)sql"};

constexpr pg::Query fail_mail{"mail.fail", R"sql(
    UPDATE identity.mail SET last_error = $2::text WHERE id = $1::uuid)sql"};

constexpr pg::Query sweep_mail{"mail.sweep", R"sql(
    DELETE FROM identity.mail WHERE created_at < $1::timestamptz AND next_attempt_at IS NULL)sql"};

core::Uuid uuid_of(const std::optional<std::string>& text) {
    return core::Uuid::parse(text.value()).value();
}

std::optional<core::Uuid> optional_uuid_of(const std::optional<std::string>& text) {
    return text ? std::optional{uuid_of(text)} : std::nullopt;
}

SupportStory story_of(const pg::TextResult::Row& row) {
    return {
        .organization = row[0].value(),
        .agent = row[1].value(),
        .mode = row[2].value(),
        .reason = row[3].value(),
        .ticket = row[4].value(),
        .minutes = row[5].value(),
        .requests = row[6].value(),
        .requested_at = row[7].value(),
    };
}

}  // namespace

std::optional<Claimed> claim_due(pg::BlockingConnection& connection, core::Timestamp now) {
    const pg::TextResult result = connection.query(claim.sql(), {core::to_string(now)});
    if (result.rows.empty()) {
        return std::nullopt;
    }
    const pg::TextResult::Row& row = result.rows.front();
    return Claimed{
        .id = uuid_of(row[0]),
        .kind = core::enum_from_text<Kind>(row[1].value()).value(),
        .recipient = row[2],
        .invitation = optional_uuid_of(row[3]),
        .tenant = optional_uuid_of(row[5]),
        .impersonation = optional_uuid_of(row[6]),
        .attempts = std::stoi(row[4].value()),
    };
}

std::optional<InvitationLink> renew_invitation_link(
    pg::BlockingConnection& connection,
    const core::Uuid& invitation,
    const std::string& hash_hex,
    core::Timestamp now,
    core::Timestamp link_end
) {
    const pg::TextResult result = connection.query(
        link_invitation.sql(),
        {invitation.to_string(), hash_hex, core::to_string(now), core::to_string(link_end)}
    );
    if (result.rows.empty()) {
        return std::nullopt;
    }
    const pg::TextResult::Row& row = result.rows.front();
    return InvitationLink{row[0].value(), row[1].value(), row[2].value()};
}

std::optional<std::string> renew_reset_link(
    pg::BlockingConnection& connection,
    const Claimed& mail,
    const std::string& hash_hex,
    core::Timestamp now,
    core::Timestamp link_end
) {
    const pg::TextResult result = connection.query(
        link_reset.sql(), {mail.id.to_string(), hash_hex, core::to_string(now), core::to_string(link_end)}
    );
    return result.rows.empty() ? std::nullopt : result.rows.front()[0];
}

std::optional<SupportStory> describe_session(pg::BlockingConnection& connection, const core::Uuid& session) {
    const pg::TextResult result = connection.query(find_support_session.sql(), {session.to_string()});
    return result.rows.empty() ? std::nullopt : std::optional{story_of(result.rows.front())};
}

std::vector<SupportStory> describe_week(
    pg::BlockingConnection& connection, const core::Uuid& tenant, core::Timestamp now
) {
    std::vector<SupportStory> stories;
    const pg::TextResult result =
        connection.query(list_support_week.sql(), {tenant.to_string(), core::to_string(now)});
    for (const auto& row : result.rows) {
        stories.push_back(story_of(row));
    }
    return stories;
}

void finish(pg::BlockingConnection& connection, const core::Uuid& id, Outcome outcome, core::Timestamp now) {
    connection.query(
        finish_mail.sql(), {id.to_string(), std::string{core::enum_text(outcome)}, core::to_string(now)}
    );
}

void note_failure(pg::BlockingConnection& connection, const core::Uuid& id, const std::string& reason) {
    connection.query(fail_mail.sql(), {id.to_string(), reason});
}

void sweep(pg::BlockingConnection& connection, core::Timestamp before) {
    connection.query(sweep_mail.sql(), {core::to_string(before)});
}

std::span<const pg::Query> queries() {
    static constexpr std::array all{
        claim,
        link_invitation,
        link_reset,
        find_support_session,
        list_support_week,
        finish_mail,
        fail_mail,
        sweep_mail
    };
    return all;
}

}  // namespace pz::identity::mail
