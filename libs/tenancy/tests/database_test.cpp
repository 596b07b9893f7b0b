// A tenant's transaction: what it sees, when it ends, and what the other tenant never sees.

#include <pz/tenancy/database.hpp>

#include "scratch_database.hpp"

#include <pz/core/error.hpp>
#include <pz/pg/error.hpp>
#include <pz/pg/wire.hpp>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pz::tenancy::database_test {

struct Item {
    core::Uuid id;
    std::string title;

    friend bool operator==(const Item&, const Item&) = default;
};

PZ_DESCRIBE(Item, id, title)

namespace {

namespace asio = boost::asio;
using core::Uuid;
using pg::acme;
using pg::alice;
using pg::alice_session;
using pg::globex;
using pg::hooli;
using pg::initech;
using pg::run_until_done;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr pg::Query list_items{"test.list_items", R"sql(
    SELECT id, title FROM app.item WHERE tenant_id = $1 ORDER BY title)sql"};
constexpr pg::Query list_any_items{"test.list_any_items", R"sql(
    SELECT id, title FROM app.item ORDER BY title)sql"};
constexpr pg::Query items_of{"test.items_of", R"sql(
    SELECT id, title FROM app.item WHERE $1::uuid IS NOT NULL AND tenant_id = $2)sql"};
constexpr pg::Query find_item{"test.find_item", R"sql(
    SELECT id, title FROM app.item WHERE tenant_id = $1 AND id = $2)sql"};
constexpr pg::Query insert_item{"test.insert_item", R"sql(
    INSERT INTO app.item (tenant_id, id, title) VALUES ($1, $2, $3))sql"};
constexpr pg::Query insert_item_for{"test.insert_item_for", R"sql(
    INSERT INTO app.item (tenant_id, id, title) SELECT $2, $3, 'foreign' WHERE $1::uuid IS NOT NULL)sql"};
constexpr pg::Query insert_project{"test.insert_project", R"sql(
    INSERT INTO app.project (tenant_id, id, name) VALUES ($1, $2, $3))sql"};
constexpr pg::Query tenant_slugs{"test.tenant_slugs", "SELECT slug FROM platform.tenant ORDER BY slug"};
constexpr pg::Query bound_tenant{"test.bound_tenant", "SELECT $1::uuid"};
constexpr pg::Query count_people{"test.count_people", "SELECT count(*) FROM identity.person"};

class Tenancy : public testing::Test {
 protected:
    static void SetUpTestSuite() { database = std::make_unique<pg::ScratchDatabase>(); }

    static void TearDownTestSuite() { database.reset(); }

    void SetUp() override {
        pg::BlockingConnection superuser = database->superuser();
        superuser.execute_script("delete from app.item; delete from app.project");
        insert(superuser, acme, acme_item);
        insert(superuser, globex, globex_item);
    }

    static void insert(pg::BlockingConnection& superuser, const Uuid& tenant, const Item& item) {
        (void)superuser.query(
            "insert into app.item (tenant_id, id, title) values ($1, $2, $3)",
            {tenant.to_string(), item.id.to_string(), item.title}
        );
    }

    static Transaction::Options anonymous(const Uuid& tenant, AccessMode mode = AccessMode::read_only) {
        return {.scope = Scope::tenant, .mode = mode, .tenant = tenant, .claims = {}};
    }

    static Transaction::Options as_alice(AccessMode mode = AccessMode::read_only) {
        return {
            .scope = Scope::tenant,
            .mode = mode,
            .tenant = acme,
            .claims = {.person = alice, .person_epoch = 1, .tenant_epoch = 1, .session = alice_session}
        };
    }

    template <class T>
    T run(asio::awaitable<T> work) {
        return run_until_done(context_, std::move(work));
    }

    void run(asio::awaitable<void> work) { run_until_done(context_, std::move(work)); }

    std::string count_items() const { return database->superuser().value("select count(*) from app.item"); }

    /// What a statement by this transaction's owner answers: the ApiError's code, "SQLSTATE …", or "fine".
    std::string outcome(Transaction::Options options) {
        Transaction transaction(pool_, std::move(options));
        try {
            (void)run(TenantDb(transaction).finish<Item>(list_items));
            return "fine";
        } catch (const core::ApiError& error) {
            return std::to_string(error.status()) + " " + std::string{core::error_code_text(error.code())};
        } catch (const pg::Error& error) {
            return "SQLSTATE " + error.sqlstate();
        }
    }

    static std::unique_ptr<pg::ScratchDatabase> database;
    static inline const Item acme_item{
        .id = pg::uuid("00000000-0000-7000-8000-000000000001"), .title = "Acme's"
    };
    static constexpr const char* kept_ids[] = {
        "00000000-0000-7000-8000-00000000000a",
        "00000000-0000-7000-8000-00000000000b",
        "00000000-0000-7000-8000-00000000000c"
    };
    static inline const Item globex_item{
        .id = pg::uuid("00000000-0000-7000-8000-000000000002"), .title = "Globex's"
    };
    asio::io_context context_;
    pg::Pool pool_{context_, database->options()};
};

std::unique_ptr<pg::ScratchDatabase> Tenancy::database;

TEST_F(Tenancy, shows_each_tenant_its_own_rows) {
    Transaction of_acme(pool_, anonymous(acme));
    EXPECT_THAT(run(TenantDb(of_acme).finish<Item>(list_items)), ElementsAre(acme_item));
    Transaction of_globex(pool_, anonymous(globex));
    EXPECT_THAT(run(TenantDb(of_globex).finish<Item>(list_items)), ElementsAre(globex_item));
}

TEST_F(Tenancy, holds_when_a_statement_forgets_the_tenant) {
    Transaction transaction(pool_, anonymous(acme));
    EXPECT_THAT(run(TenantDb(transaction).query<Item>(items_of, acme)), SizeIs(1));
    EXPECT_THAT(run(TenantDb(transaction).query<Item>(items_of, globex)), IsEmpty())
        << "predicate and policy differ";
    EXPECT_THAT(run(TenantDb(transaction).query_optional<Item>(find_item, globex_item.id)), std::nullopt);
}

TEST_F(Tenancy, refuses_to_write_for_another_tenant) {
    Transaction transaction(pool_, anonymous(acme, AccessMode::read_write));
    try {
        run(TenantDb(transaction).finish_execute(insert_item_for, globex, alice));
        FAIL() << "expected 42501";
    } catch (const pg::Error& error) {
        EXPECT_EQ(error.sqlstate(), "42501");
        EXPECT_EQ(error.statement(), "test.insert_item_for");
    }
    EXPECT_EQ(count_items(), "2");
}

TEST_F(Tenancy, an_unbound_session_fails_loudly) {
    const auto unbound = [&]() -> std::string {
        pg::Batch batch;
        batch.statements.emplace_back(pg::PreparedStatement{list_any_items, {}});
        try {
            (void)run(pool_.run(std::move(batch)));
            return "fine";
        } catch (const pg::Error& error) {
            return error.sqlstate();
        }
    };
    EXPECT_EQ(unbound(), "42704") << "never set";
    Transaction bound(pool_, anonymous(acme));
    (void)run(TenantDb(bound).finish<Item>(list_items));
    EXPECT_EQ(unbound(), "22P02") << "set once, and empty since that transaction ended";
}

TEST_F(Tenancy, a_request_of_one_statement_costs_one_send) {
    for (int i = 0; i < 3; ++i) {
        Transaction transaction(pool_, as_alice());
        const pg::wire::Counters before = pg::wire::counters();
        EXPECT_THAT(run(TenantDb(transaction).finish<Item>(list_items)), SizeIs(1));
        run(transaction.commit());
        if (i > 0) {  // the first connects and prepares
            EXPECT_EQ(pg::wire::counters().sends - before.sends, 1);
        }
        pg::run_for(context_, std::chrono::milliseconds{5});
    }
}

TEST_F(Tenancy, commits_several_steps_together) {
    Transaction transaction(pool_, as_alice(AccessMode::read_write));
    const TenantDb db(transaction);
    EXPECT_EQ(run(db.execute(insert_item, Uuid{}, "one")), 1);
    EXPECT_EQ(count_items(), "2") << "not committed yet";
    EXPECT_THAT(run(db.query<Item>(list_items)), SizeIs(2)) << "but visible inside";
    run(transaction.commit());
    EXPECT_EQ(count_items(), "3");
    run(transaction.commit());
}

TEST_F(Tenancy, finishes_an_open_transaction_with_its_last_statement) {
    Transaction transaction(pool_, as_alice(AccessMode::read_write));
    const TenantDb db(transaction);
    EXPECT_EQ(run(db.execute(insert_item, Uuid{}, "one")), 1);
    EXPECT_EQ(run(db.finish_execute(insert_item, alice, "two")), 1);
    EXPECT_EQ(count_items(), "4");
    EXPECT_EQ(pool_.stats().leased_connections, 0);
}

TEST_F(Tenancy, rolls_back_when_abandoned) {
    {
        Transaction transaction(pool_, as_alice(AccessMode::read_write));
        EXPECT_EQ(run(TenantDb(transaction).execute(insert_item, Uuid{}, "lost")), 1);
    }
    pg::run_for(context_, std::chrono::milliseconds{20});
    EXPECT_EQ(count_items(), "2");
    EXPECT_EQ(
        database->superuser().value("select count(*) from pg_stat_activity where state like 'idle in%'"), "0"
    );
}

TEST_F(Tenancy, sends_nothing_when_nothing_was_asked) {
    Transaction transaction(pool_, as_alice());
    run(transaction.commit());
    EXPECT_EQ(pool_.stats().batches, 0);
    EXPECT_EQ(pool_.stats().open_connections, 0);
}

TEST_F(Tenancy, sends_what_is_queued_with_the_next_statement_or_the_commit) {
    {
        Transaction transaction(pool_, as_alice(AccessMode::read_write));
        const TenantDb db(transaction);
        db.queue(insert_item, Uuid{}, "queued");
        EXPECT_EQ(run(db.finish_execute(insert_item, alice, "last")), 1);
    }
    EXPECT_EQ(count_items(), "4");
    {
        Transaction transaction(pool_, as_alice(AccessMode::read_write));
        const TenantDb db(transaction);
        db.queue(insert_project, alice, "queued");
        run(transaction.commit());
    }
    EXPECT_EQ(database->superuser().value("select count(*) from app.project"), "1");
    EXPECT_EQ(pool_.stats().leased_connections, 0);
    Transaction transaction(pool_, as_alice(AccessMode::read_write));
    const TenantDb db(transaction);
    db.queue(insert_item, Uuid{}, "twice");
    EXPECT_THROW((void)run(db.finish_execute(insert_project, Uuid{}, "x")), pg::Error)
        << "its error fails the request";
    EXPECT_EQ(database->superuser().value("select count(*) from app.project"), "1");
}

TEST_F(Tenancy, a_transaction_kept_open_costs_two_sends_and_commits_what_comes_last) {
    for (int i = 0; i < 3; ++i) {
        Transaction transaction(pool_, as_alice(AccessMode::read_write));
        const TenantDb db(transaction);
        const pg::wire::Counters at_first = pg::wire::counters();
        transaction.keep_open();
        EXPECT_EQ(run(db.finish_execute(insert_item, pg::uuid(kept_ids[i]), "kept")), 1);
        auto sends = pg::wire::counters().sends - at_first.sends;
        EXPECT_EQ(count_items(), std::to_string(2 + i)) << "not committed yet";
        const pg::wire::Counters at_last = pg::wire::counters();
        transaction.queue_last(
            insert_project, pg::Parameters::of(acme, pg::uuid(kept_ids[i]), "last " + std::to_string(i))
        );
        run(transaction.commit());
        sends += pg::wire::counters().sends - at_last.sends;
        if (i > 0) {  // the first connects and prepares
            EXPECT_EQ(sends, 2);
        }
        EXPECT_EQ(count_items(), std::to_string(3 + i));
        EXPECT_EQ(pool_.stats().leased_connections, 0);
    }
    EXPECT_EQ(database->superuser().value("select count(*) from app.project where name like 'last %'"), "3");
}

TEST_F(Tenancy, a_transaction_kept_open_rolls_back_whole) {
    Transaction transaction(pool_, as_alice(AccessMode::read_write));
    const TenantDb db(transaction);
    transaction.keep_open();
    EXPECT_EQ(run(db.finish_execute(insert_item, alice, "lost")), 1);
    transaction.queue_last(insert_item, pg::Parameters::of(acme, alice, "the same id"));
    EXPECT_THROW(run(transaction.commit()), pg::Error);
    EXPECT_EQ(count_items(), "2");
    transaction.restart();
    EXPECT_EQ(run(db.finish_execute(insert_item, alice, "anew")), 1);
    EXPECT_EQ(count_items(), "3") << "a transaction of its own, committed by its last statement";
}

TEST_F(Tenancy, a_handler_cannot_go_on_behind_its_last_statement_in_a_transaction_kept_open) {
    Transaction transaction(pool_, as_alice(AccessMode::read_write));
    const TenantDb db(transaction);
    transaction.keep_open();
    EXPECT_EQ(run(db.finish_execute(insert_item, alice, "last")), 1);
    EXPECT_DEATH(db.queue(insert_item, Uuid{}, "x"), "held");
    EXPECT_DEATH((void)run(db.execute(insert_item, Uuid{}, "x")), "held");
}

TEST_F(Tenancy, cannot_go_on_after_an_error_even_if_the_handler_swallows_it) {
    Transaction transaction(pool_, as_alice(AccessMode::read_write));
    const TenantDb db(transaction);
    EXPECT_EQ(run(db.execute(insert_item, Uuid{}, "one")), 1);
    EXPECT_THROW((void)run(db.execute(insert_item, Uuid{}, "one")), pg::Error);
    EXPECT_THROW((void)run(db.execute(insert_item, alice, "two")), pg::Error);
    EXPECT_THROW(run(transaction.commit()), pg::Error);
    transaction.abandon();
    EXPECT_EQ(count_items(), "2");
}

TEST_F(Tenancy, a_read_only_transaction_cannot_write) {
    Transaction transaction(pool_, as_alice(AccessMode::read_only));
    try {
        (void)run(TenantDb(transaction).finish_execute(insert_item, Uuid{}, "x"));
        FAIL() << "expected 25006";
    } catch (const pg::Error& error) {
        EXPECT_EQ(error.sqlstate(), "25006");
    }
}

TEST_F(Tenancy, translates_a_named_constraint_and_nothing_else) {
    const auto create_twice = [&](std::string_view constraint) {
        Transaction transaction(pool_, as_alice(AccessMode::read_write));
        const TenantDb db(transaction);
        try {
            db.queue(insert_project, Uuid{}, "same");
            (void)run(db.finish_execute(insert_project, alice, "same"));
        } catch (const pg::Error& error) {
            error.on_constraint(constraint, core::conflict("a project with this name exists"));
            throw;
        }
    };
    EXPECT_THROW(create_twice("project_name_key"), core::ApiError);
    EXPECT_THROW(create_twice("another_key"), pg::Error);
}

TEST_F(Tenancy, asks_in_every_transaction_whether_tenant_person_and_session_live) {
    EXPECT_EQ(outcome(as_alice()), "fine");
    EXPECT_EQ(outcome(anonymous(initech)), "403 tenant_suspended");
    EXPECT_EQ(outcome(anonymous(pg::uuid("00000000-0000-7000-8000-00000000dead"))), "403 tenant_suspended");
    EXPECT_EQ(outcome(anonymous(hooli)), "fine");
    EXPECT_EQ(outcome(anonymous(hooli, AccessMode::read_write)), "403 tenant_read_only");
    Transaction::Options old_token = as_alice();
    old_token.claims.person_epoch = 0;
    EXPECT_EQ(outcome(old_token), "401 session_ended");
    Transaction::Options no_session = as_alice();
    no_session.claims.session = Uuid{};
    EXPECT_EQ(outcome(no_session), "401 session_ended");
    Transaction::Options elsewhere = as_alice();
    elsewhere.tenant = globex;
    EXPECT_EQ(outcome(elsewhere), "401 session_ended") << "a session belongs to one tenant";
    EXPECT_EQ(pool_.stats().connection_losses, 0);
}

TEST_F(Tenancy, a_revoked_session_is_dead_on_the_next_statement_block) {
    EXPECT_EQ(outcome(as_alice()), "fine");
    database->superuser().execute_script(
        "update identity.session set revoked_at = now(), revoke_reason = 'forced'"
    );
    EXPECT_EQ(outcome(as_alice()), "401 session_ended");
    database->superuser().execute_script("update identity.session set revoked_at = null, revoke_reason = null"
    );
}

TEST_F(Tenancy, reads_on_in_further_transactions_which_neither_write_nor_close_anything) {
    struct Counting final : Closing {
        int asked = 0;

        std::vector<pg::PreparedStatement> last_statements() override {
            ++asked;
            return {};
        }
    } closing;

    Transaction::Options options = as_alice(AccessMode::read_write);
    options.closing = &closing;
    Transaction transaction(pool_, options);
    const TenantDb db(transaction);
    EXPECT_EQ(run(db.finish_execute(insert_item, alice, "first")), 1);
    EXPECT_EQ(closing.asked, 1);
    for (int i = 0; i < 3; ++i) {
        transaction.read_on(std::chrono::steady_clock::time_point::max());
        EXPECT_THAT(run(db.finish<Item>(list_items)), SizeIs(2));
    }
    EXPECT_EQ(closing.asked, 1);
    transaction.read_on(std::chrono::steady_clock::time_point::max());
    EXPECT_THROW(run(db.finish_execute(insert_item, alice, "second")), pg::Error);
    EXPECT_EQ(count_items(), "3");
}

TEST_F(Tenancy, reading_on_ends_with_the_session) {
    Transaction transaction(pool_, as_alice());
    const TenantDb db(transaction);
    EXPECT_THAT(run(db.finish<Item>(list_items)), SizeIs(1));
    database->superuser().execute_script(
        "update identity.session set revoked_at = now(), revoke_reason = 'forced'"
    );
    transaction.read_on(std::chrono::steady_clock::time_point::max());
    EXPECT_THROW(run(db.finish<Item>(list_items)), core::ApiError);
    database->superuser().execute_script("update identity.session set revoked_at = null, revoke_reason = null"
    );
}

TEST_F(Tenancy, support_reads_one_tenant_and_cannot_write) {
    pg::Pool support(context_, database->options("pz_support"));
    Transaction::Options options = anonymous(globex, AccessMode::read_write);
    options.scope = Scope::support;
    Transaction reads(support, options);
    EXPECT_THAT(run(SupportDb(reads).finish<Item>(list_items)), ElementsAre(globex_item));
    Transaction writes(support, options);
    try {
        (void)run(SupportDb(writes).finish_execute(insert_item, Uuid{}, "x"));
        FAIL() << "expected 42501";
    } catch (const pg::Error& error) {
        EXPECT_EQ(error.sqlstate(), "42501");
    }
}

TEST_F(Tenancy, admin_sees_all_tenants_and_must_be_alive) {
    pg::Pool admin(context_, database->options("pz_admin"));
    Transaction::Options options = as_alice();
    options.scope = Scope::admin;
    Transaction transaction(admin, options);
    EXPECT_THAT(run(AdminDb(transaction).query<Item>(list_any_items)), ElementsAre(acme_item, globex_item));
    EXPECT_THAT(run(AdminDb(transaction).finish<std::string>(tenant_slugs)), SizeIs(4));
    options.claims.person_epoch = 7;
    Transaction dead(admin, options);
    EXPECT_THROW((void)run(AdminDb(dead).finish<std::string>(tenant_slugs)), core::ApiError);
}

TEST_F(Tenancy, people_transactions_have_the_tenant_and_must_be_alive) {
    pg::Pool identity(context_, database->options("pz_identity"));
    Transaction::Options options = as_alice();
    options.scope = Scope::people;
    Transaction transaction(identity, options);
    EXPECT_THAT(run(PeopleDb(transaction).query<Uuid>(bound_tenant)), ElementsAre(acme));
    EXPECT_THAT(run(PeopleDb(transaction).finish<Uuid>(bound_tenant)), ElementsAre(acme));
    options.claims.person_epoch = 7;
    Transaction dead(identity, options);
    EXPECT_THROW((void)run(PeopleDb(dead).finish<Uuid>(bound_tenant)), core::ApiError);
}

TEST_F(Tenancy, people_of_a_read_only_tenant_may_still_write_what_is_their_own) {
    pg::Pool identity(context_, database->options("pz_identity"));
    Transaction::Options options = anonymous(hooli, AccessMode::read_write);
    options.scope = Scope::people;
    Transaction transaction(identity, options);
    EXPECT_THAT(run(PeopleDb(transaction).finish<Uuid>(bound_tenant)), ElementsAre(hooli));
}

TEST_F(Tenancy, service_transactions_have_no_tenant) {
    pg::Pool identity(context_, database->options("pz_identity"));
    Transaction transaction(identity, {.scope = Scope::service, .mode = AccessMode::read_only});
    EXPECT_THAT(run(ServiceDb(transaction).finish<std::int64_t>(count_people)), ElementsAre(1));
}

TEST_F(Tenancy, its_own_statements_fit_the_schema) {
    pg::StatementRegistry registry;
    registry.add(queries());
    run(pool_.prepare(registry.statements()));
}

TEST_F(Tenancy, a_statement_after_the_last_one_ends_the_process) {
    Transaction transaction(pool_, as_alice());
    (void)run(TenantDb(transaction).finish<Item>(list_items));
    EXPECT_DEATH((void)run(TenantDb(transaction).finish<Item>(list_items)), "finished");
}

}  // namespace
}  // namespace pz::tenancy::database_test
