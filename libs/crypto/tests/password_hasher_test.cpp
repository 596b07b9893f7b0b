#include <pz/crypto/password_hasher.hpp>

#include "vectors.hpp"

#include <pz/core/error.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <latch>
#include <optional>
#include <thread>
#include <vector>

namespace asio = boost::asio;

namespace pz::crypto {
namespace {

using namespace std::chrono_literals;

constexpr Argon2Cost cheap{.memory_kib = 64, .iterations = 1};

/// Runs one awaitable to its end on a loop of its own.
template <class T>
T run(asio::awaitable<T> task) {
    asio::io_context loop;
    std::exception_ptr failure;
    std::optional<T> result;
    asio::co_spawn(loop, std::move(task), [&](std::exception_ptr thrown, T value) {
        failure = thrown;
        result = std::move(value);
    });
    loop.run();
    if (failure) {
        std::rethrow_exception(failure);
    }
    return std::move(*result);
}

core::SecretString secret(std::string text) {
    return core::SecretString{std::move(text)};
}

TEST(PasswordHasher, verifies_the_password_it_hashed_and_no_other) {
    PasswordHasher hasher{{.cost = cheap}};
    const std::string phc = run(hasher.hash(secret("correct horse")));
    EXPECT_TRUE(phc.starts_with("$argon2id$v=19$m=64,t=1,p=1$")) << phc;
    EXPECT_TRUE(run(hasher.verify(phc, secret("correct horse"))));
    EXPECT_FALSE(run(hasher.verify(phc, secret("correct horsf"))));
    EXPECT_NE(run(hasher.hash(secret("correct horse"))), phc) << "the salt must differ";
}

TEST(PasswordHasher, default_cost_is_the_documented_one) {
    PasswordHasher hasher;
    const std::string phc = run(hasher.hash(secret("correct horse")));
    EXPECT_TRUE(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << phc;
    EXPECT_TRUE(run(hasher.verify(phc, secret("correct horse"))));
    EXPECT_FALSE(hasher.needs_rehash(phc));
    EXPECT_FALSE(hasher.needs_rehash(hasher.dummy_hash()));
}

TEST(PasswordHasher, no_password_fits_the_dummy) {
    PasswordHasher hasher{{.cost = cheap}};
    EXPECT_TRUE(parse_phc(hasher.dummy_hash()).has_value());
    EXPECT_FALSE(run(hasher.verify(hasher.dummy_hash(), secret("password"))));
    EXPECT_NE(PasswordHasher{{.cost = cheap}}.dummy_hash(), hasher.dummy_hash());
}

TEST(PasswordHasher, empty_over_long_and_unreadable_are_false) {
    PasswordHasher hasher{{.cost = cheap}};
    const std::string phc = run(hasher.hash(secret("correct horse")));
    EXPECT_FALSE(run(hasher.verify(phc, secret(""))));
    EXPECT_FALSE(run(hasher.verify(phc, secret(std::string(max_password_size + 1, 'x')))));
    EXPECT_FALSE(run(hasher.verify("", secret("correct horse"))));
    EXPECT_FALSE(
        run(hasher.verify("$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA", secret("x")))
    );
    const std::string longest(max_password_size, 'x');
    EXPECT_TRUE(run(hasher.verify(run(hasher.hash(secret(longest))), secret(longest))));
    EXPECT_THROW((void)run(hasher.hash(secret(""))), core::ApiError);
    EXPECT_THROW((void)run(hasher.hash(secret(longest + 'x'))), core::ApiError);
}

TEST(PasswordHasher, wrong_input_costs_the_same_work_as_a_wrong_password) {
    PasswordHasher hasher;
    const std::string phc = run(hasher.hash(secret("correct horse")));
    const auto work_of = [&](const std::string& stored, const std::string& password) {
        const std::uint64_t before = hasher.work_done();
        EXPECT_FALSE(run(hasher.verify(stored, secret(password))));
        return hasher.work_done() - before;
    };
    const std::uint64_t wrong = work_of(phc, "wrong");
    EXPECT_EQ(wrong, 19'456U * 2);
    EXPECT_EQ(work_of(hasher.dummy_hash(), "wrong"), wrong);
    EXPECT_EQ(work_of(phc, ""), wrong);
    EXPECT_EQ(work_of(phc, std::string(2'000, 'x')), wrong);
    EXPECT_EQ(work_of("unreadable", "wrong"), wrong);
}

TEST(PasswordHasher, asks_for_a_rehash_when_the_cost_changed) {
    PasswordHasher hasher{{.cost = cheap}};
    EXPECT_TRUE(hasher.needs_rehash("$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA"));
    EXPECT_TRUE(hasher.needs_rehash("$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA"));
    EXPECT_TRUE(hasher.needs_rehash(""));
    EXPECT_FALSE(hasher.needs_rehash("$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA"));
}

asio::awaitable<void> verify_and_note_thread(
    PasswordHasher* hasher, std::string phc, std::thread::id* resumed_on, std::atomic<int>* refused
) {
    try {
        (void)co_await hasher->verify(std::move(phc), core::SecretString{"x"});
    } catch (const core::ApiError& error) {
        EXPECT_EQ(error.status(), 503U);
        EXPECT_TRUE(error.retry_after_seconds().has_value());
        ++*refused;
    }
    *resumed_on = std::this_thread::get_id();
}

void spawn(asio::io_context& loop, asio::awaitable<void> task) {
    asio::co_spawn(loop, std::move(task), [](std::exception_ptr failure) { EXPECT_FALSE(failure); });
}

TEST(PasswordHasher, resumes_on_the_callers_loop) {
    PasswordHasher hasher{{.cost = cheap}};
    asio::io_context loop;
    std::thread::id resumed_on;
    std::atomic<int> refused = 0;
    spawn(loop, verify_and_note_thread(&hasher, hasher.dummy_hash(), &resumed_on, &refused));
    loop.run();
    EXPECT_EQ(resumed_on, std::this_thread::get_id());
    EXPECT_EQ(refused, 0);
}

TEST(PasswordHasher, sheds_what_the_queue_cannot_hold) {
    PasswordHasher hasher{{.workers = 1, .queue = 4, .longest_wait = std::chrono::hours{1}}};
    asio::io_context loop;
    std::thread::id resumed_on;
    std::atomic<int> refused = 0;
    constexpr int calls = 40;
    for (int i = 0; i < calls; ++i) {
        spawn(loop, verify_and_note_thread(&hasher, hasher.dummy_hash(), &resumed_on, &refused));
    }
    loop.run();
    // One at work and four waiting; the worker may have taken one more meanwhile.
    EXPECT_GE(refused, calls - 6);
    EXPECT_LE(refused, calls - 4);
}

asio::awaitable<void> verify_and_note_turn(
    PasswordHasher* hasher, std::string phc, PasswordLane lane, std::vector<PasswordLane>* turns
) {
    try {
        (void)co_await hasher->verify(std::move(phc), core::SecretString{"x"}, lane);
        turns->push_back(lane);
    } catch (const core::ApiError&) {
        EXPECT_EQ(lane, PasswordLane::strangers) << "a known browser found no place";
    }
}

TEST(PasswordHasher, serves_those_who_are_known_before_a_flood_of_strangers) {
    PasswordHasher hasher{{.workers = 1, .queue = 4, .longest_wait = 60s}};
    // Keeps the only worker busy until all the others are there. A worker that is slow to start may find
    // them all waiting; then the known ones come before this one too.
    const std::string costly = run(PasswordHasher{
        {.cost = {.memory_kib = max_argon2_memory_kib, .iterations = max_argon2_iterations}}
    }.hash(secret("correct horse")));
    asio::io_context loop;
    std::vector<PasswordLane> turns;
    spawn(loop, verify_and_note_turn(&hasher, costly, PasswordLane::strangers, &turns));
    for (int i = 0; i < 20; ++i) {
        spawn(loop, verify_and_note_turn(&hasher, hasher.dummy_hash(), PasswordLane::strangers, &turns));
    }
    for (int i = 0; i < 3; ++i) {
        spawn(loop, verify_and_note_turn(&hasher, hasher.dummy_hash(), PasswordLane::known, &turns));
    }
    loop.run();
    ASSERT_EQ(std::ranges::count(turns, PasswordLane::known), 3);
    const auto last_known = std::find(turns.rbegin(), turns.rend(), PasswordLane::known).base();
    EXPECT_LE(std::count(turns.begin(), last_known, PasswordLane::strangers), 1) << "the one at work";
}

TEST(PasswordHasher, says_before_the_work_that_there_is_no_place) {
    PasswordHasher full{{.queue = 0}};
    for (const PasswordLane lane : {PasswordLane::strangers, PasswordLane::known}) {
        try {
            full.require_place(lane);
            ADD_FAILURE() << "there is no place";
        } catch (const core::ApiError& error) {
            EXPECT_EQ(error.status(), 503U);
            EXPECT_TRUE(error.retry_after_seconds().has_value());
        }
    }
    EXPECT_EQ(full.queue().refused, 2U);
    EXPECT_NO_THROW(PasswordHasher{{.queue = 1}}.require_place(PasswordLane::strangers));
}

TEST(PasswordHasher, gives_up_on_nobody_who_is_known) {
    PasswordHasher hasher{{.workers = 1, .longest_wait = 0ms}};
    asio::io_context loop;
    std::vector<PasswordLane> turns;
    for (int i = 0; i < 4; ++i) {
        spawn(loop, verify_and_note_turn(&hasher, hasher.dummy_hash(), PasswordLane::strangers, &turns));
        spawn(loop, verify_and_note_turn(&hasher, hasher.dummy_hash(), PasswordLane::known, &turns));
    }
    loop.run();
    EXPECT_EQ(std::ranges::count(turns, PasswordLane::known), 4);
}

TEST(PasswordHasher, gives_up_on_strangers_that_waited_too_long) {
    PasswordHasher hasher{{.workers = 1, .longest_wait = 1ms}};
    asio::io_context loop;
    std::thread::id resumed_on;
    std::atomic<int> refused = 0;
    for (int i = 0; i < 10; ++i) {
        spawn(loop, verify_and_note_thread(&hasher, hasher.dummy_hash(), &resumed_on, &refused));
    }
    loop.run();
    EXPECT_GE(refused, 8);
}

TEST(PasswordHasher, abandons_waiting_calls_when_it_goes_away) {
    asio::io_context loop;
    std::thread::id resumed_on;
    std::atomic<int> refused = 0;
    {
        PasswordHasher hasher{{.workers = 1}};
        for (int i = 0; i < 10; ++i) {
            spawn(loop, verify_and_note_thread(&hasher, hasher.dummy_hash(), &resumed_on, &refused));
        }
        loop.poll();
    }
    loop.poll();
    EXPECT_EQ(refused, 0);
}

TEST(Phc, reads_what_it_writes) {
    const auto phc = parse_phc("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA");
    ASSERT_TRUE(phc.has_value());
    EXPECT_EQ(phc->cost, Argon2Cost{});
    EXPECT_EQ(phc->salt, "somesalt");
    EXPECT_EQ(phc->hash, std::string(16, '\0'));
}

TEST(Phc, caps_cost_before_anything_is_allocated) {
    const auto error_of = [](const std::string& parameters) {
        const auto phc = parse_phc("$argon2id$v=19$" + parameters + "$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA");
        return phc ? std::optional<PhcError>{} : phc.error();
    };
    EXPECT_EQ(error_of("m=65536,t=10,p=1"), std::nullopt);
    EXPECT_EQ(error_of("m=65537,t=2,p=1"), PhcError::too_costly);
    EXPECT_EQ(error_of("m=4194304,t=2,p=1"), PhcError::too_costly);
    EXPECT_EQ(error_of("m=99999999999999999999,t=2,p=1"), PhcError::too_costly);
    EXPECT_EQ(error_of("m=64,t=11,p=1"), PhcError::too_costly);
    EXPECT_EQ(error_of("m=64,t=2,p=2"), PhcError::unsupported);
    EXPECT_EQ(error_of("m=7,t=2,p=1"), PhcError::unsupported);
    for (const char* parameters :
         {"m=64,t=0,p=1",
          "m=0,t=1,p=1",
          "m=064,t=1,p=1",
          "m=+64,t=1,p=1",
          "m=-64,t=1,p=1",
          "m=64, t=1,p=1",
          "t=1,m=64,p=1",
          "m=64,t=1",
          "m=64,t=1,p=1,x=1",
          "m=64;t=1;p=1",
          "m=,t=1,p=1",
          "m=6a,t=1,p=1",
          ""}) {
        EXPECT_EQ(error_of(parameters), PhcError::malformed) << parameters;
    }
}

TEST(Phc, refuses_everything_else) {
    for (const std::string text :
         {"",
          "$",
          "argon2id",
          "$argon2id",
          "$argon2id$v=19",
          "$argon2id$v=19$m=64,t=1,p=1",
          "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ",
          "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$",
          "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$AAAA",
          "$argon2id$v=19$m=64,t=1,p=1$c29t$AAAAAAAAAAAAAAAAAAAAAA",
          "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAB",
          "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA==",
          "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA$",
          "$argon2id$v=19$m=64,t=1,p=1$c29tZX-hbHQ$AAAAAAAAAAAAAAAAAAAAAA",
          "$argon2id$v=16$m=64,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
          "$argon2id$m=64,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
          "$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
          "$2b$12$abcdefghijklmnopqrstuv"}) {
        EXPECT_FALSE(parse_phc(text).has_value()) << text;
    }
    EXPECT_FALSE(parse_phc("$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$" + std::string(5'000, 'A')).has_value());
}

TEST(PasswordHasher, agrees_with_the_reference_vectors) {
    PZ_NEED_VECTORS("argon2");
    const auto entries = vectors::read_json(vectors::folder() / "argon2/vectors.json");
    PasswordHasher hasher;
    std::size_t verified = 0;
    std::size_t refused = 0;
    for (const auto& entry : entries.as_array()) {
        const std::string encoded = vectors::text(entry, "encoded");
        const bool expected = entry.at("result").as_string() == "ok" && parse_phc(encoded).has_value();
        const bool matches = run(hasher.verify(encoded, secret(vectors::text(entry, "password"))));
        EXPECT_EQ(matches, expected) << encoded;
        ++(matches ? verified : refused);
    }
    EXPECT_EQ(verified, 3U) << "the Argon2id entries of one lane and at most 64 MiB";
    vectors::report("argon2", {verified + refused});
}

}  // namespace
}  // namespace pz::crypto
