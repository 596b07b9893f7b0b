// The signing keys in the database: their steps, who takes them, and what an instance makes of them.

#include "keys/keeper.hpp"
#include "keys/reencryption.hpp"
#include "keys/store.hpp"

#include <pz/core/config.hpp>
#include <pz/testkit/accounts.hpp>
#include <pz/testkit/database.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <barrier>
#include <thread>

namespace pz::identity::keys {

namespace {

using namespace std::chrono_literals;

constexpr core::Timestamp noon{std::chrono::sys_days{std::chrono::January / 15 / 2026} + 12h};
constexpr auto day = 24h;

crypto::FernetRing ring_of(const std::string& keys) {
    auto ring = crypto::FernetRing::parse(core::SecretString{keys});
    EXPECT_TRUE(ring.has_value());
    return std::move(ring).value();
}

std::string new_ring_key() {
    return crypto::FernetRing::generate_key().reveal();
}

template <class Condition>
bool eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) {
            return false;
        }
        std::this_thread::sleep_for(5ms);
    }
    return true;
}

class KeyStoreTest : public testing::Test {
 protected:
    std::vector<StoredKey> in_state(KeyState state) {
        std::vector<StoredKey> keys = store_.list();
        std::erase_if(keys, [&](const StoredKey& key) { return key.state != state; });
        return keys;
    }

    /// The kid of the only key in this state.
    std::string only(KeyState state) {
        const std::vector<StoredKey> keys = in_state(state);
        EXPECT_EQ(keys.size(), 1U) << static_cast<int>(state);
        return keys.empty() ? "" : keys.front().kid;
    }

    Keeper::Options keeper_options() {
        return {
            .database = database_.connection_string("pz_identity"),
            .ring = ring_,
            .schedule = {},
            .poll_every = 5ms,
        };
    }

    testkit::TestDatabase database_;
    std::string ring_key_ = new_ring_key();
    crypto::FernetRing ring_ = ring_of(ring_key_);
    core::FrozenClock clock_{noon};
    pg::BlockingConnection connection_ = database_.connect("pz_identity");
    KeyStore store_{connection_, ring_, clock_};
    const Schedule schedule_{};
};

TEST_F(KeyStoreTest, a_key_goes_through_its_states_by_the_schedule) {
    EXPECT_EQ(store_.advance(schedule_).size(), 2U);
    const std::string first = only(KeyState::active);
    const std::string second = only(KeyState::next);
    EXPECT_TRUE(store_.advance(schedule_).empty()) << "nothing is due";

    clock_.advance(30 * day);
    store_.advance(schedule_);
    EXPECT_EQ(only(KeyState::active), second);
    EXPECT_EQ(only(KeyState::retiring), first);
    const std::string third = only(KeyState::next);
    EXPECT_NE(third, first);

    clock_.advance(day);
    store_.advance(schedule_);
    EXPECT_EQ(only(KeyState::retired), first);
    EXPECT_TRUE(in_state(KeyState::retiring).empty());

    const std::vector<StoredKey> keys = store_.list();
    const auto oldest = std::ranges::find(keys, first, &StoredKey::kid);
    EXPECT_EQ(oldest->created_at, noon);
    EXPECT_EQ(oldest->activated_at, noon);
    EXPECT_EQ(oldest->retiring_at, noon + 30 * day);
    EXPECT_EQ(oldest->retired_at, noon + 31 * day);
    EXPECT_FALSE(oldest->private_key_encrypted) << "its private half is given up";
}

TEST_F(KeyStoreTest, many_instances_that_start_and_rotate_at_once_agree) {
    const auto all_advance = [&] {
        std::vector<pg::BlockingConnection> connections;
        for (int i = 0; i < 8; ++i) {
            connections.push_back(database_.connect("pz_identity"));
        }
        std::barrier ready{8};
        std::vector<std::jthread> instances;
        for (pg::BlockingConnection& connection : connections) {
            instances.emplace_back([&] {
                ready.arrive_and_wait();
                try {
                    KeyStore{connection, ring_, clock_}.advance(schedule_);
                } catch (const std::exception& error) {
                    ADD_FAILURE() << error.what();
                }
            });
        }
    };
    all_advance();
    EXPECT_EQ(store_.list().size(), 2U);
    const std::string second = only(KeyState::next);
    clock_.advance(30 * day);
    all_advance();
    EXPECT_EQ(store_.list().size(), 3U);
    EXPECT_EQ(only(KeyState::active), second);
}

TEST_F(KeyStoreTest, rotates_by_hand) {
    store_.advance(schedule_);
    const std::string first = only(KeyState::active);
    const std::string second = only(KeyState::next);
    store_.rotate();
    EXPECT_EQ(only(KeyState::active), second);
    EXPECT_EQ(only(KeyState::retiring), first);
    EXPECT_THROW(store_.retire(second), KeyError) << "it signs";
    EXPECT_THROW(store_.retire("unknown"), KeyError);
    store_.retire(first);
    EXPECT_EQ(only(KeyState::retired), first);
}

TEST_F(KeyStoreTest, rotates_to_the_staged_key_that_is_meant_and_no_other) {
    store_.advance(schedule_);
    const std::string second = only(KeyState::next);
    store_.rotate(second);
    EXPECT_THROW(store_.rotate(second), KeyError) << "it signs already";
    EXPECT_EQ(only(KeyState::active), second);
    EXPECT_EQ(in_state(KeyState::retiring).size(), 1U);
}

TEST_F(KeyStoreTest, names_in_its_events_whoever_moves_a_key) {
    store_.advance(schedule_);
    const core::Uuid person = core::Uuid::v7(clock_);
    const audit::Actor actor{.id = person, .type = audit::ActorType::person, .role = "platform_admin"};
    KeyStore{connection_, ring_, clock_, actor}.rotate();
    auto reader = database_.connect("pz_backup");
    EXPECT_EQ(
        reader.value("select count(*) from audit.event where action like 'key.%' and actor_id is null"), "2"
    ) << "the first two keys are the service's own doing";
    EXPECT_EQ(
        reader.value(
            "select string_agg(action, ' ' order by action) from audit.event where actor_id = $1",
            {person.to_string()}
        ),
        "key.active key.next key.retiring"
    );
}

TEST_F(KeyStoreTest, does_not_publish_more_keys_than_verifiers_take) {
    store_.advance(schedule_);
    for (std::size_t i = 0; i < max_retiring_keys; ++i) {
        store_.rotate();
    }
    EXPECT_THROW(store_.rotate(), KeyError);
    EXPECT_EQ(in_state(KeyState::retiring).size(), max_retiring_keys);
}

TEST_F(KeyStoreTest, revokes_in_every_state_and_somebody_always_signs) {
    store_.advance(schedule_);
    const std::string first = only(KeyState::active);
    const std::string second = only(KeyState::next);
    store_.revoke(first);
    EXPECT_EQ(only(KeyState::revoked), first);
    EXPECT_EQ(only(KeyState::active), second) << "the key that verifiers know already";
    const std::string third = only(KeyState::next);
    store_.revoke(third);
    EXPECT_EQ(only(KeyState::active), second);
    EXPECT_NE(only(KeyState::next), third);
    store_.rotate();
    store_.revoke(second);
    EXPECT_TRUE(store_.revoke(second).empty()) << "it is already";
    EXPECT_EQ(in_state(KeyState::revoked).size(), 3U);
    for (const StoredKey& key : in_state(KeyState::revoked)) {
        EXPECT_FALSE(key.private_key_encrypted);
        EXPECT_EQ(key.revoked_at, noon);
    }
    EXPECT_EQ(in_state(KeyState::active).size(), 1U);
    EXPECT_THROW(store_.revoke("unknown"), KeyError);
}

TEST_F(KeyStoreTest, does_not_sign_with_a_key_that_it_cannot_open) {
    store_.advance(schedule_);
    const std::string first = only(KeyState::active);
    const crypto::FernetRing other = ring_of(new_ring_key());
    KeyStore stranger{connection_, other, clock_};
    EXPECT_THROW(stranger.rotate(), KeyError);
    EXPECT_THROW(stranger.revoke(first), KeyError);
    EXPECT_EQ(only(KeyState::active), first) << "nothing has happened";
}

TEST_F(KeyStoreTest, the_database_itself_refuses_steps_that_do_not_exist) {
    store_.advance(schedule_);
    store_.rotate();
    const auto refuses = [&](std::string_view from, std::string_view to) {
        try {
            connection_.query(
                "update identity.signing_key set state = $2 where state = $1",
                {std::string{from}, std::string{to}}
            );
        } catch (const pg::BlockingError& error) {
            return error.sqlstate() == "23514" || error.sqlstate() == "23505";
        }
        return false;
    };
    EXPECT_TRUE(refuses("retiring", "active"));
    EXPECT_TRUE(refuses("retiring", "next"));
    EXPECT_TRUE(refuses("active", "next"));
    EXPECT_TRUE(refuses("active", "retired"));
    EXPECT_TRUE(refuses("next", "retiring"));
    EXPECT_TRUE(refuses("next", "active")) << "there is one already";
    store_.revoke(only(KeyState::retiring));
    for (const char* state : {"next", "active", "retiring", "retired"}) {
        EXPECT_TRUE(refuses("revoked", state)) << state;
    }
    EXPECT_THROW(connection_.execute_script("delete from identity.signing_key"), pg::BlockingError);
}

TEST_F(KeyStoreTest, reencrypts_what_an_older_key_encrypted) {
    store_.advance(schedule_);
    const std::string newer = new_ring_key();
    const crypto::FernetRing both = ring_of(newer + ',' + ring_key_);
    const EncryptedColumn column = encrypted_columns.front();
    const Reencryption done = reencrypt(connection_, column, both, clock_);
    EXPECT_EQ(done.entries, 2U);
    EXPECT_EQ(done.renewed, 2U);
    EXPECT_EQ(done.unreadable, 0U);
    EXPECT_EQ(reencrypt(connection_, column, both, clock_).renewed, 0U) << "once is enough";
    const crypto::FernetRing newer_alone = ring_of(newer);
    for (const StoredKey& key : store_.list()) {
        EXPECT_EQ(open_key(key, newer_alone, clock_.now()).public_key().kid(), key.kid);
    }
    EXPECT_EQ(reencrypt(connection_, column, ring_, clock_).unreadable, 2U)
        << "the old ring has no part in it";
    EXPECT_NO_THROW(KeyStore(connection_, newer_alone, clock_).rotate()) << "nothing was damaged";
}

TEST_F(KeyStoreTest, reencrypts_every_column_that_holds_secrets) {
    store_.advance(schedule_);
    connection_.query(
        "insert into identity.totp (person_id, secret_encrypted, created_at) values ($1, $2, now())",
        {std::string{testkit::acme_user.person}, ring_.encrypt(core::SecretString{"secret"}, noon)}
    );
    const crypto::FernetRing newer = ring_of(new_ring_key() + ',' + ring_key_);
    for (const EncryptedColumn& column : encrypted_columns) {
        const Reencryption done = reencrypt(connection_, column, newer, clock_);
        EXPECT_GE(done.renewed, 1U) << column.what;
        EXPECT_EQ(done.unreadable, 0U) << column.what;
    }
    // A column of this kind that nobody lists would lose its secrets with the old key.
    EXPECT_EQ(
        database_.connect_as_superuser().value(
            "select count(*)::text from information_schema.columns where table_schema = 'identity' and "
            "column_name like '%\\_encrypted'"
        ),
        std::to_string(encrypted_columns.size())
    );
}

TEST_F(KeyStoreTest, every_instance_follows_the_table_without_a_restart) {
    core::SystemClock clock;
    const Keeper one{keeper_options(), clock};
    const Keeper other{keeper_options(), clock};
    EXPECT_EQ(one.current()->jwks, other.current()->jwks);
    EXPECT_EQ(one.current()->published->keys().size(), 2U);
    const std::string first = one.current()->active.public_key().kid();
    const std::string etag = one.current()->etag;
    const auto both_sign_with = [&](const std::string& kid) {
        return eventually([&] {
            return one.current()->active.public_key().kid() == kid &&
                   other.current()->active.public_key().kid() == kid;
        });
    };
    KeyStore operator_store{connection_, ring_, clock};
    operator_store.rotate();
    const std::string second = only(KeyState::active);
    EXPECT_TRUE(both_sign_with(second));
    EXPECT_NE(one.current()->published->find(first), nullptr) << "retiring";
    EXPECT_NE(one.current()->etag, etag);
    const std::uint64_t generation = one.generation();
    operator_store.revoke(second);
    EXPECT_TRUE(both_sign_with(only(KeyState::active)));
    EXPECT_EQ(one.snapshot()->find(second), nullptr) << "no longer shown";
    EXPECT_GT(one.generation(), generation) << "verifiers forget what they remember";
}

TEST_F(KeyStoreTest, a_rotation_under_another_ring_leaves_the_last_good_keys_and_says_so) {
    core::SystemClock clock;
    const Keeper keeper{keeper_options(), clock};
    const std::string first = keeper.current()->active.public_key().kid();
    EXPECT_TRUE(keeper.ready());
    const crypto::FernetRing newer = ring_of(new_ring_key() + ',' + ring_key_);
    KeyStore elsewhere{connection_, newer, clock};
    elsewhere.rotate();  // what was staged is still ours to open; what is staged now is not
    elsewhere.rotate();
    EXPECT_TRUE(eventually([&] { return !keeper.ready(); }));
    EXPECT_NE(keeper.current()->active.public_key().kid(), only(KeyState::active));
}

TEST_F(KeyStoreTest, an_instance_outlives_the_loss_of_its_connection) {
    core::SystemClock clock;
    const Keeper keeper{keeper_options(), clock};
    database_.connect_as_superuser().query(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and "
        "usename = "
        "'pz_identity' and pid <> $1::int",
        {connection_.value("select pg_backend_pid()::text")}
    );
    KeyStore{connection_, ring_, clock}.rotate();
    const std::string second = only(KeyState::active);
    EXPECT_TRUE(eventually([&] { return keeper.current()->active.public_key().kid() == second; }));
    EXPECT_TRUE(keeper.ready());
}

TEST_F(KeyStoreTest, refuses_to_start_with_a_ring_that_does_not_open_the_keys) {
    store_.advance(schedule_);
    auto options = keeper_options();
    options.ring = ring_of(new_ring_key());
    EXPECT_THROW(Keeper(std::move(options), clock_), core::ConfigError);
}

}  // namespace

}  // namespace pz::identity::keys
