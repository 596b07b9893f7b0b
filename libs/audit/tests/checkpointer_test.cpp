// Who signs what, when, and what a proof under a signature is worth.

#include <pz/audit/checkpointer.hpp>

#include <pz/audit/chain.hpp>
#include <pz/audit/event.hpp>
#include <pz/audit/proof.hpp>
#include <pz/audit/source.hpp>
#include <pz/testkit/database.hpp>
#include <pz/testkit/temporary_directory.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace pz::audit {

namespace {

using core::Uuid;
using namespace std::chrono_literals;

class AuditCheckpointer : public ::testing::Test {
 protected:
    void append(int count) {
        auto connection = database_.connect("pz_identity");
        for (int i = 0; i < count; ++i) {
            Event event;
            event.chain = chain_;
            event.id = Uuid::v7(core::SystemClock{});
            event.time = clock_.now();
            event.action = "item.created";
            const OpenBody body = event.open_body();
            (void)connection.query(
                "select audit.append($1, $2, $3, 'item.created', 'success', null, null, null, $4, $5)",
                {chain_.to_string(),
                 event.id.to_string(),
                 core::to_string(event.time),
                 body.before,
                 body.after}
            );
        }
    }

    SigningReport run() {
        auto connection = database_.connect("pz_admin");
        return make_checkpoints(
            connection,
            key_,
            clock_,
            {.every_events = 10, .every = 60s, .folder = Folder{directory_.path()}},
            [&](const Checkpoint& checkpoint, const std::string&) {
                published_.push_back(checkpoint.place.seq);
            }
        );
    }

    [[nodiscard]] std::filesystem::path file() const { return Folder{directory_.path()}.checkpoints(); }

    testkit::TemporaryDirectory directory_{"checkpoints"};
    testkit::TestDatabase database_;
    core::FrozenClock clock_{core::SystemClock{}.now()};
    crypto::SigningKey key_ = crypto::SigningKey::generate();
    crypto::KeySet keys_{{key_.public_key()}};
    Uuid chain_ = Uuid::v7(core::SystemClock{});
    std::vector<std::int64_t> published_;
};

TEST_F(AuditCheckpointer, signs_after_so_many_events_or_so_long) {
    EXPECT_EQ(run().checkpoints, 0U);
    append(3);
    EXPECT_EQ(run().checkpoints, 1U) << "a chain that was never signed is signed at once";
    append(9);
    EXPECT_EQ(run().checkpoints, 0U);
    append(1);
    EXPECT_EQ(run().checkpoints, 1U);
    append(1);
    clock_.advance(59s);
    EXPECT_EQ(run().checkpoints, 0U);
    clock_.advance(1s);
    EXPECT_EQ(run().checkpoints, 1U);
    clock_.advance(600s);
    EXPECT_EQ(run().checkpoints, 0U) << "nothing new";
    EXPECT_EQ(published_, (std::vector<std::int64_t>{3, 13, 14}));

    std::ifstream lines(file());
    auto backup = database_.connect("pz_backup");
    EXPECT_EQ(
        verify_database(backup, chain_, &keys_, read_checkpoints(lines, keys_)).to_string(),
        "ok chains=1 events=14 checkpoints=6"
    );
}

TEST_F(AuditCheckpointer, signs_no_chain_whose_events_do_not_lead_to_its_head_and_all_others) {
    append(3);
    EXPECT_EQ(run().checkpoints, 1U);
    for (const char* crime :
         {"delete from audit.event where seq = 7",
          "update audit.event set body = body || '\\x20' where seq = 8",
          "update audit.event set hash = sha256(hash) where seq = 9",
          "update audit.chain_head set hash = sha256(hash) where true",
          "update audit.chain_head set seq = seq + 1 where true"}) {
        chain_ = Uuid::v7(core::SystemClock{});
        append(12);
        auto superuser = database_.connect_as_superuser();
        superuser.execute_script(
            std::string{"set session_replication_role = replica; "} + crime + " and tenant_id = '" +
            chain_.to_string() + "'"
        );
        const Uuid broken = std::exchange(chain_, Uuid::v7(core::SystemClock{}));
        append(10);
        const SigningReport report = run();
        EXPECT_EQ(report.checkpoints, 1U) << crime;
        EXPECT_THAT(report.broken, testing::Contains(broken)) << crime;
    }
}

TEST_F(AuditCheckpointer, the_file_is_only_added_to_and_forgives_a_line_that_was_cut_off) {
    append(3);
    EXPECT_EQ(run().checkpoints, 1U);
    std::ofstream(file(), std::ios::app) << "eyJhbGciOiJFUzI1Ni";  // as a machine that died leaves it
    append(10);
    EXPECT_EQ(run().checkpoints, 1U);
    std::ifstream lines(file());
    EXPECT_EQ(read_checkpoints(lines, keys_).at(chain_).size(), 2U);
}

TEST_F(AuditCheckpointer, keeps_nothing_in_the_table_that_is_not_in_the_file) {
    append(3);
    std::filesystem::create_directory(file());  // in the place of the file
    EXPECT_THROW(run(), std::runtime_error);
    auto superuser = database_.connect_as_superuser();
    EXPECT_EQ(superuser.value("select count(*) from audit.checkpoint"), "0");
}

TEST_F(AuditCheckpointer, tenants_neither_sign_nor_see_what_is_due) {
    auto connection = database_.connect("pz_app");
    for (const char* statement :
         {"select * from audit.unsigned_chains(1, now())",
          "select audit.links(gen_random_uuid(), 0, now(), 1)"}) {
        EXPECT_THROW(connection.execute_script(statement), pg::BlockingError) << statement;
    }
}

TEST_F(AuditCheckpointer, an_event_under_a_checkpoint_has_a_proof) {
    append(13);
    EXPECT_EQ(run().checkpoints, 1U);
    append(2);
    auto backup = database_.connect("pz_backup");
    for (std::int64_t seq = 1; seq <= 13; ++seq) {
        const EventProof proof = prove_event(backup, chain_, seq);
        const EventProof read = EventProof::parse(proof.to_json());
        EXPECT_TRUE(verify_proof(read, keys_)) << seq;
        EventProof forged = read;
        forged.body.replace(forged.body.find("created"), 7, "deleted");
        EXPECT_FALSE(verify_proof(forged, keys_)) << seq;
        forged = read;
        forged.seq = seq == 1 ? 2 : seq - 1;
        EXPECT_FALSE(verify_proof(forged, keys_)) << seq;
        forged = read;
        forged.hashes.front()[0] ^= 1;
        EXPECT_FALSE(verify_proof(forged, keys_)) << seq;
    }
    EXPECT_THROW((void)prove_event(backup, chain_, 14), VerifyError);
    EXPECT_THROW((void)prove_event(backup, chain_, 0), VerifyError);
    const crypto::KeySet others{{crypto::SigningKey::generate().public_key()}};
    EXPECT_THROW((void)verify_proof(prove_event(backup, chain_, 1), others), VerifyError);
    EXPECT_THROW((void)EventProof::parse("{}"), VerifyError);
}

}  // namespace

}  // namespace pz::audit
