// A real database that somebody with every right has been at, and exports that were on the way for a while.

#include <pz/audit/source.hpp>

#include <pz/audit/chain.hpp>
#include <pz/audit/event.hpp>
#include <pz/testkit/database.hpp>

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

namespace pz::audit {

namespace {

using core::Uuid;

constexpr int events = 30;

class AuditSource : public ::testing::Test {
 protected:
    AuditSource() {
        append(events);
        sign();
    }

    /// To both chains, in one transaction each.
    void append(int count) {
        auto connection = database_.connect("pz_identity");
        for (int i = 0; i < count; ++i) {
            for (const Uuid& chain : {chain_, other_}) {
                Event event;
                event.chain = chain;
                event.id = Uuid::v7(core::SystemClock{});
                event.time = core::SystemClock{}.now();
                event.action = "item.created";
                event.actor.id = event.id;
                event.targets = {{"item", "i-" + std::to_string(i)}};
                event.impersonation = {event.id, "ro", "", ""};
                const OpenBody body = event.open_body();
                (void)connection.query(
                    "select audit.append($1, $2, $3, $4, $5, $6, $7, $6, $8, $9)",
                    {chain.to_string(),
                     event.id.to_string(),
                     core::to_string(event.time),
                     event.action,
                     "success",
                     event.id.to_string(),
                     event.targets.front().id,
                     body.before,
                     body.after}
                );
            }
        }
    }

    /// A checkpoint of where the chain stands, kept outside the database and in it.
    void sign() {
        auto superuser = database_.connect_as_superuser();
        const std::string hex = superuser.value(
            "select encode(hash, 'hex') from audit.chain_head where tenant_id = $1", {chain_.to_string()}
        );
        const std::int64_t seq = std::stoll(
            superuser.value("select seq from audit.chain_head where tenant_id = $1", {chain_.to_string()})
        );
        const std::string jws = sign_checkpoint({chain_, {seq, *digest_from_hex(hex)}, {}, {}}, key_);
        outside_ += jws + "\n";
        (void)superuser.query(
            "insert into audit.checkpoint (tenant_id, seq, hash, event_at, frontier, kid, jws, made_at) "
            "values ($1, $2, decode($3, 'hex'), now(), '', $4, $5, now())",
            {chain_.to_string(), std::to_string(seq), hex, key_.public_key().kid(), jws}
        );
    }

    /// As somebody who owns the machine: no trigger, no policy.
    void tamper(const std::string& sql) {
        auto superuser = database_.connect_as_superuser();
        superuser.execute_script("set session_replication_role = replica");
        (void)superuser.query(sql + " and tenant_id = '" + chain_.to_string() + "'");
    }

    Report verify(const std::optional<Uuid>& chain = std::nullopt) {
        auto connection = database_.connect("pz_backup");
        std::istringstream lines(outside_);
        return verify_database(connection, chain, &keys_, read_checkpoints(lines, keys_));
    }

    std::string broken(std::int64_t seq, const char* kind) const {
        return "broken chain=" + chain_.to_string() + " seq=" + std::to_string(seq) + " kind=" + kind;
    }

    std::string exported(const Uuid& chain) {
        auto connection = database_.connect("pz_backup");
        std::ostringstream out;
        write_export(connection, chain, out);
        return out.str();
    }

    Report verify_text(const std::string& text) {
        std::istringstream lines(text);
        return verify_export(lines, std::nullopt, keys_);
    }

    testkit::TestDatabase database_;
    crypto::SigningKey key_ = crypto::SigningKey::generate();
    crypto::KeySet keys_{{key_.public_key()}};
    Uuid chain_ = Uuid::v7(core::SystemClock{});
    Uuid other_ = Uuid::v7(core::SystemClock{});
    std::string outside_;
};

TEST_F(AuditSource, an_untouched_database_is_ok) {
    EXPECT_EQ(verify(chain_).to_string(), "ok chains=1 events=30 checkpoints=2");
    EXPECT_EQ(verify().to_string(), "ok chains=2 events=60 checkpoints=2");
    append(5);
    EXPECT_EQ(verify().to_string(), "ok chains=2 events=70 checkpoints=2");
    EXPECT_THROW(verify(Uuid::v7(core::SystemClock{})), VerifyError);
}

TEST_F(AuditSource, finds_an_edited_body) {
    tamper(
        "update audit.event set body = convert_to(replace(convert_from(body, 'UTF8'), 'created', 'deleted'), "
        "'UTF8') where seq = 7"
    );
    EXPECT_EQ(verify().to_string(), broken(7, "edit"));
    EXPECT_EQ(verify(other_).to_string(), "ok chains=1 events=30 checkpoints=0");
}

TEST_F(AuditSource, finds_every_edited_column) {
    for (const char* change :
         {"action = 'x.y'",
          "outcome = 'refused'",
          "actor_id = tenant_id",
          "actor_id = null",
          "target_id = 'i-x'",
          "target_id = null",
          "impersonation_id = null",
          "id = tenant_id",
          "at = at + interval '1 microsecond'",
          "hash = sha256(hash)"}) {
        auto superuser = database_.connect_as_superuser();
        superuser.execute_script("create table kept as select * from audit.event where seq = 9");
        tamper(std::string{"update audit.event set "} + change + " where seq = 9");
        EXPECT_EQ(verify(chain_).to_string(), broken(9, "edit")) << change;
        tamper("delete from audit.event where seq = 9");
        superuser.execute_script(
            "set session_replication_role = replica; insert into audit.event select * from kept "
            "where tenant_id = '" +
            chain_.to_string() + "'; drop table kept"
        );
        EXPECT_EQ(verify(chain_).breach, std::nullopt) << change;
    }
}

TEST_F(AuditSource, finds_a_deleted_event_and_a_cut_end) {
    tamper("delete from audit.event where seq = 11");
    EXPECT_EQ(verify().to_string(), broken(11, "gap"));
    tamper("delete from audit.event where seq >= 11");
    EXPECT_EQ(verify().to_string(), broken(11, "truncated"));
    // With a head that knows nothing of it, only what was signed does.
    tamper(
        "update audit.chain_head set seq = 10, hash = (select hash from audit.event e where e.tenant_id = "
        "chain_head.tenant_id and e.seq = 10) where true"
    );
    tamper("delete from audit.checkpoint where true");
    EXPECT_EQ(verify().to_string(), broken(11, "truncated"));
    outside_.clear();
    EXPECT_EQ(verify(chain_).to_string(), "ok chains=1 events=10 checkpoints=0")
        << "nobody can tell without a checkpoint from outside, which is why there is one";
}

TEST_F(AuditSource, finds_swapped_bodies) {
    tamper(
        "update audit.event set body = (select e.body from audit.event e where e.tenant_id = "
        "audit.event.tenant_id and e.seq = 9 - audit.event.seq) where seq in (4, 5)"
    );
    EXPECT_EQ(verify().to_string(), broken(4, "order"));
}

TEST_F(AuditSource, finds_a_chain_that_is_gone) {
    tamper("delete from audit.event where true");
    tamper("delete from audit.chain_head where true");
    tamper("delete from audit.checkpoint where true");
    EXPECT_EQ(verify().to_string(), broken(1, "truncated"));
}

TEST_F(AuditSource, an_export_verifies_with_the_public_keys_alone) {
    const std::string text = exported(chain_);
    EXPECT_EQ(verify_text(text).to_string(), "ok chains=1 events=30 checkpoints=1");
    EXPECT_EQ(verify_text(text + exported(other_)).to_string(), "ok chains=2 events=60 checkpoints=1");
}

TEST_F(AuditSource, an_export_that_was_changed_on_the_way_is_broken) {
    const std::string text = exported(chain_);
    const auto line = [&](int number) {
        std::size_t at = 0;
        for (int i = 0; i < number; ++i) {
            at = text.find('\n', at) + 1;
        }
        return at;
    };
    std::string edited = text;
    edited.replace(edited.find("item.created", line(5)), 12, "item.deleted");
    EXPECT_EQ(verify_text(edited).to_string(), broken(5, "edit"));
    EXPECT_EQ(verify_text(text.substr(0, line(5)) + text.substr(line(6))).to_string(), broken(5, "gap"));
    EXPECT_EQ(verify_text(text.substr(0, line(6)) + text.substr(line(5))).to_string(), broken(5, "fork"));
    for (const std::size_t cut : {line(6), line(6) + 20, text.size() - 1}) {
        EXPECT_EQ(verify_text(text.substr(0, cut)).breach->kind, BreachKind::truncated) << cut;
    }
    // An end that was written to fit: the checkpoint in front knows better.
    const std::string short_text = text.substr(0, line(6)) + R"({"type":"end","seq":5,"hash":")" +
                                   text.substr(text.find(R"("hash":")", line(5)) + 8, 64) + "\"}\n";
    EXPECT_EQ(verify_text(short_text).to_string(), broken(6, "truncated"));
}

TEST_F(AuditSource, what_is_no_export_or_signed_by_another_key_cannot_be_verified) {
    const std::string text = exported(chain_);
    for (const std::string& nonsense :
         {std::string{},
          std::string{"x\n"},
          std::string{"{}\n"},
          "{\"type\":\"end\"}\n" + text,
          text + text.substr(0, 9) + "\n"}) {
        EXPECT_THROW(verify_text(nonsense), VerifyError) << nonsense.substr(0, 40);
    }
    keys_ = crypto::KeySet{{crypto::SigningKey::generate().public_key()}};
    EXPECT_THROW(verify_text(text), VerifyError);
    EXPECT_THROW(verify(), VerifyError);
}

TEST_F(AuditSource, a_checkpoint_that_was_half_written_is_passed_over) {
    outside_ += outside_.substr(0, 30);
    EXPECT_EQ(verify(chain_).to_string(), "ok chains=1 events=30 checkpoints=2");
}

}  // namespace

}  // namespace pz::audit
