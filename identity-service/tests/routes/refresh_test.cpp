// POST /token with a refresh token: rotation, and what happens to a token that somebody else may have.

#include "answers.hpp"

#include <pz/core/text.hpp>

#include <cstdlib>
#include <future>
#include <iostream>
#include <set>

namespace pz::identity {

namespace {

using testkit::world;

struct Session {
    explicit Session(const Account& account) {
        const Reply reply = world().sign_in(account);
        access_token = reply.field("access_token");
        refresh_token = reply.field("refresh_token");
        id = std::string{decode_part(access_token, 1).at("sid").as_string()};
    }

    /// A column of the session's row, as text.
    [[nodiscard]] std::string column(const std::string& expression) const {
        return world()
            .database()
            .connect("pz_identity")
            .value("select " + expression + " from identity.session where id = $1", {id});
    }

    void set(const std::string& assignment) const {
        change("update identity.session set " + assignment + " where id = '" + id + '\'');
    }

    std::string access_token;
    std::string refresh_token;
    std::string id;
};

TEST(Refresh, gives_a_child_and_a_new_access_token) {
    const Session session{acme_user};
    const Reply child = refresh(session.refresh_token);
    ASSERT_EQ(child.status(), 200) << child.text();
    EXPECT_EQ(child.header("Cache-Control"), "no-store");
    EXPECT_NE(child.field("refresh_token"), session.refresh_token);
    EXPECT_NE(child.field("access_token"), session.access_token);
    EXPECT_EQ(decode_part(child.field("access_token"), 1).at("sid").as_string(), session.id);
    EXPECT_EQ(ask_api(child.field("access_token")).status(), 200);
    EXPECT_EQ(refresh(child.field("refresh_token")).status(), 200);
    EXPECT_EQ(session.column("refresh_counter"), "2");
}

TEST(Refresh, keeps_auth_time_and_never_outlives_the_session) {
    const Session session{acme_user};
    session.set("expires_at = now() + interval '100 s'");
    const Reply child = refresh(session.refresh_token);
    const auto before = decode_part(session.access_token, 1);
    const auto after = decode_part(child.field("access_token"), 1);
    EXPECT_EQ(after.at("auth_time"), before.at("auth_time"));
    EXPECT_LE(after.at("exp").as_int64() - after.at("iat").as_int64(), 100);
    EXPECT_LE(child.json().at("expires_in").as_int64(), 100);
}

TEST(Refresh, accepts_the_parent_for_ten_seconds_and_gives_it_the_same_child) {
    const Session session{acme_user};
    const std::string child = refresh(session.refresh_token).field("refresh_token");
    const Reply again = refresh(session.refresh_token);
    ASSERT_EQ(again.status(), 200) << again.text();
    EXPECT_EQ(again.field("refresh_token"), child);
    EXPECT_EQ(session.column("refresh_counter"), "1");
}

TEST(Refresh, takes_a_late_parent_for_a_stolen_token) {
    const Session session{acme_user};
    const std::string child = refresh(session.refresh_token).field("refresh_token");
    session.set("rotated_at = rotated_at - interval '11 s'");
    EXPECT_TRUE(is_oauth_error(refresh(session.refresh_token), 400, "invalid_grant"));
    EXPECT_EQ(session.column("revoke_reason"), "refresh_reuse");
    EXPECT_TRUE(is_oauth_error(refresh(child), 400, "invalid_grant"));
}

TEST(Refresh, takes_a_grandparent_for_a_stolen_token_and_ends_the_session) {
    const Session session{acme_user};
    const Session other{acme_user};
    const std::string child = refresh(session.refresh_token).field("refresh_token");
    const Reply grandchild = refresh(child);
    ASSERT_EQ(ask_api(grandchild.field("access_token")).status(), 200);
    EXPECT_TRUE(is_oauth_error(refresh(session.refresh_token), 400, "invalid_grant"));
    EXPECT_EQ(session.column("revoke_reason"), "refresh_reuse");
    for (const std::string& token : {child, grandchild.field("refresh_token")}) {
        EXPECT_TRUE(is_oauth_error(refresh(token), 400, "invalid_grant"));
    }
    for (const std::string& token : {session.access_token, grandchild.field("access_token")}) {
        EXPECT_TRUE(is_problem(ask_api(token), 401, "session_ended"));
    }
    EXPECT_EQ(refresh(other.refresh_token).status(), 200) << "another session of the same person goes on";
}

TEST(Refresh, gives_eight_at_once_one_and_the_same_child) {
    for (int round = 0; round < 5; ++round) {
        const Session session{acme_user};
        std::vector<std::future<Reply>> requests;
        for (int i = 0; i < 8; ++i) {
            requests.push_back(std::async(std::launch::async, [&session] {
                return refresh(session.refresh_token);
            }));
        }
        std::string child;
        for (auto& request : requests) {
            const Reply reply = request.get();
            ASSERT_EQ(reply.status(), 200) << reply.text();
            child = child.empty() ? reply.field("refresh_token") : child;
            EXPECT_EQ(reply.field("refresh_token"), child);
        }
        EXPECT_EQ(session.column("refresh_counter"), "1");
        EXPECT_EQ(refresh(child).status(), 200);
    }
}

/// Families of eight parallel uses each; PZ_REFRESH_FAMILIES says how many. Every second one's parent comes
/// again when it is too late. Then every invariant of rotation that the table itself can tell, over all
/// sessions of this test program.
TEST(Refresh, leaves_the_table_in_order_after_many_races) {
    const char* const wanted = std::getenv("PZ_REFRESH_FAMILIES");  // NOLINT(concurrency-mt-unsafe)
    const int families = wanted == nullptr ? 40 : std::atoi(wanted);
    auto database = world().database().connect("pz_identity");
    const auto state_of = [&](const Session& session) {
        return database.value(
            "select concat_ws(' ', refresh_counter, revoke_reason) from identity.session where id = $1",
            {session.id}
        );
    };
    int uses = 0;
    int late = 0;
    for (int family = 0; family < families; ++family) {
        const Session session{acme_user};
        std::vector<std::future<Reply>> requests;
        for (int i = 0; i < 8; ++i) {
            requests.push_back(std::async(std::launch::async, [&session] {
                return refresh(session.refresh_token);
            }));
        }
        std::set<std::string> children;
        for (auto& request : requests) {
            const Reply reply = request.get();
            uses += reply.status() == 200 ? 1 : 0;
            children.insert(reply.field("refresh_token"));
        }
        EXPECT_EQ(children.size(), 1U);
        EXPECT_EQ(state_of(session), "1");
        if (family % 2 == 0) {
            database.query(
                "update identity.session set rotated_at = rotated_at - interval '11 s' where id = $1",
                {session.id}
            );
            for (const std::string& token : {session.refresh_token, *children.begin()}) {
                late += refresh(token).status() == 400 ? 1 : 0;
            }
            EXPECT_EQ(state_of(session), "1 refresh_reuse") << "what was refused moved nothing";
        }
    }
    EXPECT_EQ(uses, 8 * families);
    EXPECT_EQ(late, (families + 1) / 2 * 2) << "nothing of the family goes on";
    std::cout << "[ RACES    ] " << families << " families, " << uses << " parallel uses, " << late
              << " too late and refused\n";
    EXPECT_EQ(
        database.value(
            "select count(*) from identity.session where revoked_at is not null and rotated_at > revoked_at"
        ),
        "0"
    ) << "no session moved on after its end";
}

TEST(Refresh, ends_the_family_before_a_second_thief_gets_anything) {
    const Session session{acme_user};
    const std::string child = refresh(session.refresh_token).field("refresh_token");
    session.set("rotated_at = rotated_at - interval '11 s'");
    std::vector<std::future<Reply>> requests;
    for (int i = 0; i < 8; ++i) {
        requests.push_back(std::async(std::launch::async, [&session] {
            return refresh(session.refresh_token);
        }));
    }
    for (auto& request : requests) {
        EXPECT_TRUE(is_oauth_error(request.get(), 400, "invalid_grant"));
    }
    EXPECT_EQ(refresh(child).status(), 400);
    EXPECT_EQ(session.column("refresh_counter"), "1");
}

TEST(Refresh, is_limited_to_thirty_in_five_minutes_for_each_session) {
    const Session session{acme_user};
    std::string token = session.refresh_token;
    // The clock of the limit moves by what its row says: each refresh costs ten seconds of 300.
    session.set("refresh_busy_until = now() + interval '285 s'");
    token = refresh(token).field("refresh_token");
    const Reply refused = refresh(token);
    EXPECT_TRUE(is_problem(refused, 429, "rate_limited"));
    EXPECT_EQ(refused.header("Retry-After"), "10");
    EXPECT_EQ(session.column("refresh_counter"), "1") << "what was refused used nothing up";
    const Session other{acme_user};
    EXPECT_EQ(refresh(other.refresh_token).status(), 200) << "another session has its own";
    session.set("refresh_busy_until = refresh_busy_until - interval '10 s'");
    EXPECT_EQ(refresh(token).status(), 200);
}

TEST(Refresh, allows_thirty_at_once) {
    const Session session{acme_user};
    std::string token = session.refresh_token;
    for (int i = 0; i < 29; ++i) {
        const Reply reply = refresh(token);
        ASSERT_EQ(reply.status(), 200) << i;
        token = reply.field("refresh_token");
    }
}

TEST(Refresh, refuses_a_tampered_token_and_leaves_the_session_alone) {
    const Session session{acme_user};
    const Session other{acme_user};
    const std::string bytes = core::base64url_decode(session.refresh_token).value();
    std::vector<std::string> forged{
        "x",
        session.access_token,
        session.refresh_token + "A",
        session.refresh_token + "=",
        session.refresh_token.substr(1),
        std::string(3'000, 'A')
    };
    for (const std::size_t at : {0UL, 15UL, 16UL, 19UL, 20UL, 51UL}) {
        std::string changed = bytes;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        forged.push_back(core::base64url_encode(changed));
    }
    // Another session's identifier over this one's code.
    forged.push_back(
        core::base64url_encode(core::base64url_decode(other.refresh_token)->substr(0, 16) + bytes.substr(16))
    );
    for (const std::string& token : forged) {
        EXPECT_TRUE(is_oauth_error(refresh(token), 400, "invalid_grant")) << token;
    }
    EXPECT_EQ(refresh(session.refresh_token).status(), 200);
    EXPECT_EQ(refresh(other.refresh_token).status(), 200);
}

TEST(Refresh, ends_with_the_sessions_idle_and_absolute_time) {
    for (const char* column : {"idle_expires_at", "expires_at"}) {
        const Session session{acme_user};
        session.set(std::string{column} + " = now() - interval '1 s'");
        EXPECT_TRUE(is_oauth_error(refresh(session.refresh_token), 400, "invalid_grant")) << column;
    }
}

TEST(Refresh, has_the_lifetimes_of_the_role) {
    const Session person{acme_user};
    EXPECT_EQ(person.column("idle_expires_at - created_at"), "7 days");
    EXPECT_EQ(person.column("expires_at - created_at"), "30 days");
    const Session staff{support_agent};
    EXPECT_EQ(staff.column("idle_expires_at - created_at"), "00:30:00");
    EXPECT_EQ(staff.column("expires_at - created_at"), "10:00:00");
}

TEST(Refresh, ends_with_the_person_and_stops_with_the_tenant) {
    const Session session{globex_user};
    change("update identity.person set state = 'disabled' where email = 'user@globex.example'");
    EXPECT_TRUE(is_oauth_error(refresh(session.refresh_token), 400, "invalid_grant"));
    change("update identity.person set state = 'active' where email = 'user@globex.example'");
    auto admin = world().database().connect_as_superuser();
    admin.execute_script("update platform.tenant set state = 'suspended' where slug = 'globex'");
    EXPECT_TRUE(is_oauth_error(refresh(session.refresh_token), 403, "tenant_suspended"));
    admin.execute_script("update platform.tenant set state = 'active' where slug = 'globex'");
    EXPECT_EQ(refresh(session.refresh_token).status(), 200);
}

TEST(Refresh, brings_the_role_and_the_epochs_up_to_date) {
    const Session session{globex_user};
    const std::string person{globex_user.person};
    change("update identity.membership set role = 'admin' where person_id = '" + person + '\'');
    change("update identity.person set epoch = epoch + 1 where id = '" + person + '\'');
    EXPECT_TRUE(is_problem(ask_api(session.access_token), 401, "session_ended"));
    const Reply child = refresh(session.refresh_token);
    change("update identity.membership set role = 'standard' where person_id = '" + person + '\'');
    ASSERT_EQ(child.status(), 200) << child.text();
    EXPECT_EQ(decode_part(child.field("access_token"), 1).at("role").as_string(), "admin");
    EXPECT_EQ(ask_api(child.field("access_token")).status(), 200);
}

TEST(Refresh, stores_nothing_that_could_be_presented) {
    const Session session{acme_user};
    const std::string bytes = core::base64url_decode(session.refresh_token).value();
    std::string secret_hex;
    for (const char c : bytes.substr(20)) {
        constexpr std::string_view digits = "0123456789abcdef";
        const auto byte = static_cast<unsigned char>(c);
        secret_hex += digits[byte >> 4];
        secret_hex += digits[byte & 0xF];
    }
    const std::string row = session.column("session::text");
    EXPECT_EQ(row.find(secret_hex), std::string::npos);
    EXPECT_EQ(row.find(session.refresh_token), std::string::npos);
}

}  // namespace

}  // namespace pz::identity
