// Every way to change a chain behind its back, and whether the verifier sees it and calls it by its name.

#include <pz/audit/verify.hpp>

#include <pz/audit/chain.hpp>
#include <pz/audit/checkpoint.hpp>
#include <pz/audit/event.hpp>
#include <pz/crypto/jws.hpp>

#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace pz::audit {

namespace {

using core::Uuid;

struct Row {
    std::int64_t seq = 0;
    std::string body;
    crypto::Sha256Digest hash{};
    std::string action;
    core::Timestamp at;
    Uuid id;
};

/// What a database holds of one chain, and what stands outside of it.
struct Copy {
    Uuid chain;
    std::vector<Row> rows;
    Place head;
    std::vector<Place> checkpoints;
};

constexpr std::size_t length = 200;
constexpr std::size_t checkpoint_every = 20;

Event event_at(const Uuid& chain, std::size_t number) {
    Event event;
    event.chain = chain;
    event.id = Uuid::v7(core::SystemClock{});
    event.time = core::Timestamp{std::chrono::seconds{1'800'000'000 + static_cast<std::int64_t>(number)}};
    event.action = "item.updated";
    event.actor.id = event.id;
    event.targets = {{"item", std::to_string(number)}};
    return event;
}

/// As audit.append() does it.
void append(Copy& copy, const Event& event) {
    const std::int64_t seq = copy.head.seq + 1;
    std::string body = event.open_body().with(seq);
    const auto hash = event_hash(copy.chain, seq, copy.head.hash, body);
    copy.rows.push_back({seq, std::move(body), hash, event.action, event.time, event.id});
    copy.head = {seq, hash};
}

Copy make_chain(std::size_t events) {
    Copy copy;
    copy.chain = Uuid::v7(core::SystemClock{});
    for (std::size_t i = 1; i <= events; ++i) {
        append(copy, event_at(copy.chain, i));
        if (i % checkpoint_every == 0) {
            copy.checkpoints.push_back(copy.head);
        }
    }
    return copy;
}

std::optional<Breach> verify(const Copy& copy, bool with_head = true) {
    ChainVerifier verifier(copy.chain, copy.checkpoints);
    for (const Row& row : copy.rows) {
        const std::string target = std::to_string(row.seq);
        const EventColumns columns{row.id, row.at, row.action, "success", row.id, target, std::nullopt};
        if (auto breach = verifier.add({row.seq, row.body, row.hash, &columns})) {
            return breach;
        }
    }
    return verifier.finish(with_head ? std::optional{copy.head} : std::nullopt);
}

/// Every hash from the row on, and the head, made right again by somebody who knows how.
void rehash_from(Copy& copy, std::size_t index) {
    crypto::Sha256Digest previous = index == 0 ? genesis : copy.rows[index - 1].hash;
    for (std::size_t i = index; i < copy.rows.size(); ++i) {
        copy.rows[i].hash = previous = event_hash(copy.chain, copy.rows[i].seq, previous, copy.rows[i].body);
    }
    copy.head = {copy.rows.back().seq, previous};
}

void replace(std::string& text, std::string_view what, std::string_view with) {
    text.replace(text.find(what), what.size(), with);
}

TEST(ChainVerifier, finds_nothing_in_a_chain_that_nobody_touched) {
    const Copy copy = make_chain(length);
    EXPECT_EQ(verify(copy), std::nullopt);
    EXPECT_EQ(verify(Copy{}), std::nullopt);
}

TEST(ChainVerifier, finds_a_thousand_random_tamperings_and_names_each) {
    const Copy original = make_chain(length);
    std::mt19937 random(20'260'101);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same tamperings in each run
    const auto pick = [&](std::size_t from, std::size_t to) {
        return std::uniform_int_distribution<std::size_t>(from, to)(random);
    };
    std::map<std::string, int> found;
    for (int round = 0; round < 1000; ++round) {
        Copy copy = original;
        const std::size_t at = pick(0, length - 2);
        const auto seq = static_cast<std::int64_t>(at + 1);
        Row& row = copy.rows[at];
        Breach expected{copy.chain, seq, BreachKind::edit};
        std::string kind;
        switch (round % 10) {
            case 0:
                kind = "edit of a body";
                replace(row.body, "item.updated", "item.deleted");
                break;
            case 1:
                kind = "edit of a hash";
                row.hash[pick(0, 31)] ^= 1;
                break;
            case 2:
                kind = "edit of a column";
                row.action = "item.deleted";
                break;
            case 3:
                kind = "deletion";
                expected.kind = BreachKind::gap;
                copy.rows.erase(copy.rows.begin() + static_cast<std::ptrdiff_t>(at));
                break;
            case 4:
                kind = "insertion of a second event";
                expected.kind = BreachKind::fork;
                copy.rows.insert(copy.rows.begin() + static_cast<std::ptrdiff_t>(at) + 1, row);
                break;
            case 5: {
                kind = "swap";
                expected.kind = BreachKind::order;
                Row& other = copy.rows[pick(at + 1, length - 1)];
                std::swap(row, other);
                std::swap(row.seq, other.seq);
                break;
            }
            case 6:
                kind = "truncation";
                expected = {copy.chain, seq, BreachKind::truncated};
                copy.rows.resize(at);
                break;
            case 7:
                kind = "truncation with the head moved back";
                expected = {copy.chain, seq, BreachKind::truncated};
                copy.rows.resize(at);
                copy.head = at == 0 ? Place{} : Place{seq - 1, copy.rows.back().hash};
                break;
            case 8: {
                kind = "re-hash of all that follows an edit";
                replace(row.body, "item.updated", "item.deleted");
                row.action = "item.deleted";
                rehash_from(copy, at);
                const std::size_t next = (at / checkpoint_every + 1) * checkpoint_every;
                expected = {copy.chain, static_cast<std::int64_t>(next), BreachKind::rehash};
                break;
            }
            default:
                kind = "restore of an old state that went on differently";
                copy.rows.resize(at);
                copy.head = at == 0 ? Place{} : Place{seq - 1, copy.rows.back().hash};
                while (copy.rows.size() < length) {
                    append(copy, event_at(copy.chain, copy.rows.size() + 1));
                }
                const std::size_t next = (at / checkpoint_every + 1) * checkpoint_every;
                expected = {copy.chain, static_cast<std::int64_t>(next), BreachKind::rehash};
        }
        const auto breach = verify(copy);
        ASSERT_TRUE(breach.has_value()) << kind << " of event " << seq << " went unseen";
        EXPECT_EQ(breach->to_string(), expected.to_string()) << kind << " of event " << seq;
        ++found[kind];
    }
    for (const auto& [kind, count] : found) {
        std::printf("%4d found of %4d: %s\n", count, count, kind.c_str());
    }
}

TEST(ChainVerifier, without_checkpoints_a_re_hash_goes_unseen_which_is_why_they_exist) {
    Copy copy = make_chain(50);
    copy.checkpoints.clear();
    replace(copy.rows[9].body, "item.updated", "item.deleted");
    copy.rows[9].action = "item.deleted";
    rehash_from(copy, 9);
    EXPECT_EQ(verify(copy), std::nullopt);
}

TEST(ChainVerifier, an_event_that_the_head_does_not_know_is_a_fork) {
    Copy copy = make_chain(10);
    copy.head = {9, copy.rows[8].hash};
    EXPECT_EQ(verify(copy), (Breach{copy.chain, 10, BreachKind::fork}));
}

TEST(ChainVerifier, a_head_with_another_hash_is_an_edit) {
    Copy copy = make_chain(10);
    copy.head.hash[0] ^= 1;
    EXPECT_EQ(verify(copy), (Breach{copy.chain, 10, BreachKind::edit}));
}

TEST(ChainVerifier, another_tenants_event_is_no_event_of_this_chain) {
    Copy copy = make_chain(10);
    const Copy other = make_chain(10);
    copy.rows[4] = other.rows[4];
    EXPECT_EQ(verify(copy), (Breach{copy.chain, 5, BreachKind::edit}));
}

TEST(ChainVerifier, a_body_that_is_no_json_is_an_edit) {
    Copy copy = make_chain(3);
    copy.rows[1].body = "{";
    EXPECT_EQ(verify(copy), (Breach{copy.chain, 2, BreachKind::edit}));
}

TEST(ChainVerifier, begins_where_retention_has_cut) {
    Copy copy = make_chain(60);
    const Place before{20, copy.rows[19].hash};
    ChainVerifier verifier(copy.chain, copy.checkpoints, before);
    for (std::size_t i = 20; i < copy.rows.size(); ++i) {
        ASSERT_EQ(verifier.add({copy.rows[i].seq, copy.rows[i].body, copy.rows[i].hash}), std::nullopt);
    }
    EXPECT_EQ(verifier.finish(copy.head), std::nullopt);
    EXPECT_EQ(verifier.events(), 40);

    Place wrong = before;
    wrong.hash[0] ^= 1;
    const StoredEvent next{copy.rows[20].seq, copy.rows[20].body, copy.rows[20].hash};
    ChainVerifier suspicious(copy.chain, {}, wrong);
    EXPECT_EQ(suspicious.add(next), (Breach{copy.chain, 21, BreachKind::edit}));
    ChainVerifier informed(copy.chain, {before}, wrong);
    EXPECT_EQ(informed.add(next), (Breach{copy.chain, 20, BreachKind::rehash})) << "that place was signed";
}

TEST(ChainVerifier, checks_what_was_signed_behind_a_cut_that_was_signed_too) {
    Copy copy = make_chain(30);
    const Place before{20, copy.rows[19].hash};
    Place other{25, copy.rows[24].hash};
    other.hash[0] ^= 1;
    ChainVerifier verifier(copy.chain, {before, other}, before);
    std::optional<Breach> found;
    for (std::size_t i = 20; i < copy.rows.size() && !found; ++i) {
        found = verifier.add({copy.rows[i].seq, copy.rows[i].body, copy.rows[i].hash});
    }
    EXPECT_EQ(found, (Breach{copy.chain, 25, BreachKind::rehash}));
}

TEST(Checkpoint, says_what_was_signed_and_nothing_else) {
    const crypto::SigningKey key = crypto::SigningKey::generate();
    const crypto::KeySet keys({key.public_key()});
    const Copy copy = make_chain(3);
    const Checkpoint checkpoint{copy.chain, copy.head, leaf_hash("root"), event_at(copy.chain, 3).time};
    const std::string jws = sign_checkpoint(checkpoint, key);
    const auto verified = verify_checkpoint(jws, keys);
    ASSERT_TRUE(verified.has_value());
    EXPECT_EQ(verified->chain, checkpoint.chain);
    EXPECT_EQ(verified->place.seq, 3);
    EXPECT_EQ(verified->place.hash, copy.head.hash);
    EXPECT_EQ(verified->root, checkpoint.root);
    EXPECT_EQ(verified->time, checkpoint.time);

    const crypto::KeySet others({crypto::SigningKey::generate().public_key()});
    EXPECT_EQ(verify_checkpoint(jws, others).error(), CheckpointError::unknown_key);
    std::string forged = jws;
    forged[jws.find('.') + 20] = forged[jws.find('.') + 20] == 'A' ? 'B' : 'A';
    EXPECT_EQ(verify_checkpoint(forged, keys).error(), CheckpointError::forged);
    EXPECT_EQ(verify_checkpoint("x", keys).error(), CheckpointError::malformed);
    const std::string other_type = crypto::sign_compact("at+jwt", "{}", key);
    EXPECT_EQ(verify_checkpoint(other_type, keys).error(), CheckpointError::malformed);
}

}  // namespace

}  // namespace pz::audit
