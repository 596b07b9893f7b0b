// T50: a ciphertext that somebody with the database moved to another row or tenant is refused there, and that
// is logged.

#include "integrations/secrets.hpp"

#include <pz/testkit/accounts.hpp>
#include <pz/testkit/database.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <sstream>
#include <string>
#include <utility>

namespace pz::product::integrations {

namespace {

namespace asio = boost::asio;
using tenancy::AccessMode, tenancy::TenantDb, tenancy::Transaction;

const core::Uuid acme = core::Uuid::parse(testkit::acme).value();
const core::Uuid globex = core::Uuid::parse(testkit::globex).value();

/// What the log says while this lives.
class CapturedLog {
 public:
    CapturedLog() : before_(spdlog::default_logger()) {
        spdlog::set_default_logger(
            std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text_))
        );
    }

    CapturedLog(const CapturedLog&) = delete;
    CapturedLog& operator=(const CapturedLog&) = delete;

    ~CapturedLog() { spdlog::set_default_logger(before_); }

    [[nodiscard]] std::string text() const { return text_.str(); }

 private:
    std::ostringstream text_;
    std::shared_ptr<spdlog::logger> before_;
};

class StoredSecret : public testing::Test {
 protected:
    static crypto::FernetRing ring_of(const core::SecretString& keys) {
        auto ring = crypto::FernetRing::parse(keys);
        EXPECT_TRUE(ring.has_value());
        return std::move(ring).value();
    }

    static pg::PoolOptions pool_options(const core::SecretString& database) {
        pg::PoolOptions options;
        options.connection_string = database;
        options.name = "app";
        // The clock of a loaded machine decides nothing here.
        options.connect_timeout = options.statement_timeout = options.queue_wait = std::chrono::minutes{1};
        return options;
    }

    template <class T>
    T run(asio::awaitable<T> work) {
        auto result = asio::co_spawn(context_, std::move(work), asio::use_future);
        context_.restart();
        while (result.wait_for(std::chrono::seconds{0}) != std::future_status::ready) {
            context_.run_one();
        }
        return result.get();
    }

    core::Uuid add(const core::Uuid& tenant, std::string secret) {
        const core::Uuid id = core::Uuid::v7(clock_);
        Transaction transaction(pool_, {.mode = AccessMode::read_write, .tenant = tenant});
        IntegrationCreate input{
            "Test " + id.to_string(), IntegrationKind::api_key, core::SecretString{std::move(secret)}
        };
        (void)run(
            Integrations::insert(TenantDb{transaction}, id, to_row(encryption_, tenant, id, std::move(input)))
        );
        return id;
    }

    /// The secret as it would be used, "404", or "500" with what the log says.
    std::string load(const core::Uuid& tenant, const core::Uuid& id) { return load(tenant, id, encryption_); }

    std::string load(const core::Uuid& tenant, const core::Uuid& id, Encryption encryption) {
        Transaction transaction(pool_, {.mode = AccessMode::read_only, .tenant = tenant});
        const CapturedLog log;
        try {
            return run(load_secret(TenantDb{transaction}, encryption, id)).reveal();
        } catch (const core::ApiError& error) {
            const std::string line = log.text();
            const auto at = line.find("event=");
            return std::to_string(error.status()) + (at == std::string::npos ? "" : ' ' + line.substr(at));
        }
    }

    static std::string refusal(const core::Uuid& tenant, const core::Uuid& id, const char* reason) {
        return "500 event=integration.secret_refused tenant=" + tenant.to_string() +
               " integration=" + id.to_string() + " reason=" + reason + "\n";
    }

    void exchange_ciphertexts(const core::Uuid& one, const core::Uuid& other) {
        database_.connect_as_superuser().query(
            "update app.integration t set secret_encrypted = s.secret_encrypted from app.integration s"
            " where (t.id, s.id) in (($1::uuid, $2::uuid), ($2::uuid, $1::uuid))",
            {one.to_string(), other.to_string()}
        );
    }

    testkit::TestDatabase database_;
    core::SystemClock clock_;
    core::SecretString key_ = crypto::FernetRing::generate_key();
    crypto::FernetRing ring_ = ring_of(key_);
    Encryption encryption_{&ring_, &clock_};
    asio::io_context context_;
    pg::Pool pool_{context_, pool_options(database_.connection_string("pz_app"))};
};

TEST_F(StoredSecret, is_used_where_it_was_set) {
    const core::Uuid id = add(acme, "ours");
    EXPECT_EQ(load(acme, id), "ours");
    EXPECT_EQ(load(globex, id), "404") << "another tenant's looks like none";
    EXPECT_EQ(load(acme, core::Uuid::v7(clock_)), "404");
}

TEST_F(StoredSecret, moved_between_tenants_by_sql_is_refused_and_logged) {
    const core::Uuid ours = add(acme, "ours");
    const core::Uuid theirs = add(globex, "theirs");
    exchange_ciphertexts(ours, theirs);
    EXPECT_EQ(load(acme, ours), refusal(acme, ours, "misplaced"));
    EXPECT_EQ(load(globex, theirs), refusal(globex, theirs, "misplaced"));
    exchange_ciphertexts(ours, theirs);
    EXPECT_EQ(load(acme, ours), "ours");
    EXPECT_EQ(load(globex, theirs), "theirs");
}

TEST_F(StoredSecret, moved_between_rows_of_one_tenant_by_sql_is_refused_and_logged) {
    const core::Uuid first = add(acme, "first");
    const core::Uuid second = add(acme, "second");
    exchange_ciphertexts(first, second);
    EXPECT_EQ(load(acme, first), refusal(acme, first, "misplaced"));
    EXPECT_EQ(load(acme, second), refusal(acme, second, "misplaced"));
}

TEST_F(StoredSecret, of_a_row_that_was_moved_to_another_tenant_by_sql_is_refused_and_logged) {
    const core::Uuid id = add(acme, "ours");
    database_.connect_as_superuser().query(
        "update app.integration set tenant_id = $2::text::uuid where id = $1::text::uuid",
        {id.to_string(), globex.to_string()}
    );
    EXPECT_EQ(load(globex, id), refusal(globex, id, "misplaced"));
}

TEST_F(StoredSecret, needs_the_key_it_was_encrypted_with) {
    const core::Uuid id = add(acme, "ours");
    const core::SecretString fresh = crypto::FernetRing::generate_key();
    const crypto::FernetRing other = ring_of(fresh);
    const crypto::FernetRing both = ring_of(core::SecretString{fresh.reveal() + ',' + key_.reveal()});
    EXPECT_EQ(load(acme, id, {&other, &clock_}), refusal(acme, id, "unreadable"));
    EXPECT_EQ(load(acme, id, {&both, &clock_}), "ours");
}

}  // namespace

}  // namespace pz::product::integrations
