// `phasezero tenants`, on a database of the test's own.

#include "tenants.hpp"

#include "erasure_certificate.hpp"
#include "tenant_erasure.hpp"

#include <pz/archive/export.hpp>
#include <pz/archive/import.hpp>
#include <pz/archive/tar.hpp>
#include <pz/audit/signing_keys.hpp>
#include <pz/crypto/fernet.hpp>
#include <pz/crypto/key.hpp>
#include <pz/testkit/accounts.hpp>
#include <pz/testkit/database.hpp>
#include <pz/testkit/temporary_directory.hpp>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>

namespace pz::command {

namespace {

using testkit::acme;
using testkit::globex;

class Tenants : public ::testing::Test {
 protected:
    void SetUp() override {
        for (const auto& [setting, role] : settings) {
            ::setenv(setting, database_.connection_string(role).reveal().c_str(), 1);
        }
        ::setenv("PZ_ENCRYPTION_KEYS", crypto::FernetRing::generate_key().reveal().c_str(), 1);
    }

    void TearDown() override {
        for (const auto& [setting, role] : settings) {
            ::unsetenv(setting);
        }
        ::unsetenv("PZ_ENCRYPTION_KEYS");
    }

    void arrange(const std::string& sql) { database_.connect_as_superuser().execute_script(sql); }

    std::string look(const std::string& sql) { return database_.connect_as_superuser().value(sql); }

    /// Acme's deletion, due since a moment ago.
    void make_due() {
        arrange(
            "update platform.tenant set state = 'deletion_scheduled', state_before_deletion = 'active', "
            "deletion_due_at = now() - interval '1 s' where slug = 'acme'"
        );
    }

    /// The audit log's public keys as an auditor has them.
    std::string write_keys(const testkit::TemporaryDirectory& directory) {
        auto backup = database_.connect("pz_backup");
        std::vector<crypto::PublicKey> keys;
        for (const auto& stored : audit::list_signing_keys(backup)) {
            keys.push_back(stored.key);
        }
        std::string file = directory.path() / "keys.json";
        std::ofstream{file} << crypto::KeySet(std::move(keys)).to_json();
        return file;
    }

    /// What the command prints, and whether it succeeded.
    template <class Command, class... Args>
    static std::pair<ExitCode, std::string> run(Command command, const Args&... args) {
        testing::internal::CaptureStdout();
        try {
            const ExitCode code = command(Workspace::find(), Screen{{.colour = false}}, args...);
            return {code, testing::internal::GetCapturedStdout()};
        } catch (...) {
            testing::internal::GetCapturedStdout();  // the next test captures again
            throw;
        }
    }

    std::map<std::string, std::int64_t> counts_of(std::string_view tenant) {
        auto backup = database_.connect("pz_backup");
        std::map<std::string, std::int64_t> counts;
        for (const TableCount& count : count_rows_of(backup, core::Uuid::parse(tenant).value())) {
            counts[count.table] = count.rows;
        }
        return counts;
    }

    static constexpr std::pair<const char*, const char*> settings[] = {
        {"PZ_DATABASE_ADMIN", "pz_admin"}, {"PZ_DATABASE_APP", "pz_app"}, {"PZ_DATABASE_BACKUP", "pz_backup"}
    };

    testkit::TestDatabase database_;
};

TEST_F(Tenants, are_erased_to_the_last_row_when_due_and_the_others_keep_theirs) {
    arrange(
        "insert into app.item (tenant_id, id, title) select '" + std::string{acme} +
        "', gen_random_uuid(), 'many' from generate_series(1, 12000);"
        "insert into platform.usage_hour values ('" +
        std::string{acme} +
        "', now(), 3, 1);"
        "insert into audit.pii select tenant_id, repeat('a', 43), 'address', decode(repeat('00', 32), "
        "'hex'), '192.0.2.1',"
        "  null, now() from (values ('" +
        std::string{acme} + "'::uuid), ('" + std::string{globex} +
        "')) of_each (tenant_id);"
        "insert into identity.session (id, person_id, tenant_id, refresh_nonce, rotated_at, created_at, "
        "auth_time,"
        "  idle_expires_at, expires_at) select gen_random_uuid(), person_id, tenant_id,"
        "  '\\x00112233445566778899aabbccddeeff', now(), now(), now(), now(), now() from identity.membership;"
        // Globex's user belongs to Acme, too.
        "insert into identity.membership (tenant_id, person_id, role) values ('" +
        std::string{acme} + "', '" + std::string{testkit::globex_user.person} + "', 'standard')"
    );
    make_due();
    const auto before = counts_of(globex);
    const auto [code, printed] = run(purge_due_tenants, false);
    EXPECT_EQ(code, ExitCode::success);
    const auto certificate = boost::json::parse(printed).at("certificate");
    EXPECT_EQ(certificate.at("slug"), "acme");
    std::int64_t items = 0;
    for (const auto& table : certificate.at("tables").as_array()) {
        EXPECT_EQ(table.at("rows_left"), 0) << table;
        if (table.at("table") == "app.item") {
            items = table.at("rows_erased").as_int64();
        }
    }
    EXPECT_GE(items, 12000);
    for (const auto& [table, rows] : counts_of(acme)) {
        EXPECT_EQ(rows, 0) << table;
    }
    EXPECT_EQ(counts_of(globex), before);
    EXPECT_EQ(
        look("select state || ' ' || name from platform.tenant where slug = 'acme'"),
        "deleted Deleted organization"
    );
    EXPECT_EQ(look("select count(*) from identity.person where email like '%@acme.example'"), "0");
    EXPECT_EQ(
        look(
            "select count(*) from identity.person where id = '" + std::string{testkit::globex_user.person} +
            "'"
        ),
        "1"
    );
    EXPECT_TRUE(run(purge_due_tenants, true).second.ends_with("no deletion is due\n"));
}

TEST_F(Tenants, that_are_not_due_are_left_alone) {
    arrange(
        "update platform.tenant set state = 'deletion_scheduled', state_before_deletion = 'active', "
        "deletion_due_at = now() + interval '1 h' where slug = 'acme'"
    );
    const auto before = counts_of(acme);
    EXPECT_TRUE(run(purge_due_tenants, false).second.ends_with("no deletion is due\n"));
    EXPECT_EQ(counts_of(acme), before);
    EXPECT_EQ(look("select state from platform.tenant where slug = 'acme'"), "deletion_scheduled");
}

TEST_F(Tenants, whose_erasure_was_interrupted_are_erased_by_the_next_run) {
    make_due();
    arrange(
        "update platform.tenant set state = 'deleting', state_before_deletion = null, deletion_due_at = null"
        " where slug = 'acme'; delete from app.item where tenant_id = '" +
        std::string{acme} + "'"
    );
    EXPECT_EQ(run(purge_due_tenants, true).second, std::string{acme} + " acme\n");
    EXPECT_EQ(run(purge_due_tenants, false).first, ExitCode::success);
    EXPECT_EQ(look("select state from platform.tenant where slug = 'acme'"), "deleted");
}

TEST_F(Tenants, are_proved_erased_by_counting_every_table_and_by_the_certificate) {
    make_due();
    const std::string id{acme};
    EXPECT_EQ(run(prove_tenant_erased, id, std::string{}, std::string{}).first, ExitCode::failure)
        << "it is not yet";
    const std::string certificate = run(purge_due_tenants, false).second;
    const testkit::TemporaryDirectory directory{"certificate"};
    const std::string file = directory.path() / "acme.json";
    std::ofstream{file} << certificate;
    const std::string keys = write_keys(directory);
    const auto [code, printed] = run(prove_tenant_erased, id, file, keys);
    EXPECT_EQ(code, ExitCode::success) << printed;
    EXPECT_TRUE(printed.starts_with("ok tables=")) << printed;

    // As well signed, and not the one that was given out.
    auto admin = database_.connect("pz_admin");
    const auto ring =
        crypto::FernetRing::parse(core::SecretString{std::getenv("PZ_ENCRYPTION_KEYS")}).value();
    const crypto::SigningKey key = audit::current_signing_key(admin, ring, core::SystemClock{});
    const auto sign = [&](std::string_view tenant) {
        std::ofstream{file} << sign_certificate(
            {{"v", 1},
             {"tenant", tenant},
             {"slug", "acme"},
             {"erased_at", "2026-01-01T00:00:00Z"},
             {"tables", boost::json::array()}},
            key
        );
    };
    sign(id);
    EXPECT_EQ(
        run(prove_tenant_erased, id, file, keys).second,
        "not erased: " + file + " is not the certificate that was given out\n"
    );
    sign(globex);
    EXPECT_EQ(
        run(prove_tenant_erased, id, file, keys).second,
        "not erased: " + file + " is of another organization\n"
    );
    // A row that comes back, in a table that is younger than the certificate.
    arrange(
        "create table app.later (tenant_id uuid not null, id uuid, primary key (tenant_id, id));"
        "grant select on app.later to pz_backup; insert into app.later values ('" +
        id + "', '" + id + "')"
    );
    const auto [again, found] = run(prove_tenant_erased, id, std::string{}, std::string{});
    EXPECT_EQ(again, ExitCode::failure);
    EXPECT_EQ(found, "not erased: 1 rows in app.later\n");
}

TEST_F(Tenants, have_a_certificate_that_the_audit_logs_public_keys_verify_without_a_database) {
    make_due();
    const std::string certificate = run(purge_due_tenants, false).second;
    const testkit::TemporaryDirectory directory{"certificate"};
    const std::string keys = write_keys(directory);
    for (const auto& [setting, role] : settings) {
        ::unsetenv(setting);
    }
    const std::string file = directory.path() / "acme.json";
    const auto check = [&](const std::string& text, const std::string& by) {
        std::ofstream{file} << text;
        testing::internal::CaptureStdout();
        const ExitCode code = check_erasure_certificate(file, by);
        std::string said = testing::internal::GetCapturedStdout();
        EXPECT_EQ(code == ExitCode::success, said.starts_with("ok ")) << said;
        return said;
    };
    EXPECT_TRUE(check(certificate, keys).starts_with("ok organization=" + std::string{acme} + " slug=acme "));
    const auto changed = [&](std::string_view from, std::string_view to) {
        std::string text = certificate;
        text.replace(text.find(from), from.size(), to);
        return text;
    };
    const std::string no = "not proved: " + file;
    EXPECT_EQ(
        check(changed("\"slug\":\"acme\"", "\"slug\":\"ecma\""), keys), no + " is not what was signed\n"
    );
    EXPECT_EQ(check(changed("\"rows_left\":0", "\"rows_left\":0.5"), keys), no + " is not what was signed\n");
    const std::size_t signature = certificate.rfind('.') + 1;
    std::string forged = certificate;
    forged[signature] = forged[signature] == 'A' ? 'B' : 'A';
    EXPECT_EQ(check(forged, keys), no + " is not what was signed\n");
    EXPECT_EQ(check("{}", keys), no + " is no certificate of an erasure\n");
    EXPECT_EQ(check(certificate.substr(0, 100), keys), no + " is no certificate of an erasure\n");
    const std::string others = directory.path() / "others.json";
    std::ofstream{others} << crypto::KeySet({crypto::SigningKey::generate().public_key()}).to_json();
    EXPECT_EQ(check(certificate, others), no + " is signed with a key that is not among the public keys\n");
    EXPECT_THROW((void)check_erasure_certificate(file, directory.path() / "none.json"), CommandError);
}

TEST_F(Tenants, are_refused_when_they_are_unknown_or_the_settings_are_half_there) {
    const auto refusal = [](const std::string& id) {
        try {
            static_cast<void>(run(prove_tenant_erased, id, std::string{}, std::string{}));
        } catch (const CommandError& error) {
            EXPECT_EQ(error.code(), ExitCode::usage);
            return std::string{error.what()};
        }
        return std::string{"not refused"};
    };
    EXPECT_EQ(refusal("acme"), "not an organization's id: acme");
    EXPECT_TRUE(refusal("0197c0de-ffff-7000-8000-00000000ffff").starts_with("there is no organization"));
    ::unsetenv("PZ_DATABASE_BACKUP");
    EXPECT_TRUE(refusal(std::string{acme}).ends_with("for the local database"));
}

TEST_F(Tenants, are_erased_from_identity_by_the_platforms_role_while_they_are_being_deleted_alone) {
    const std::string erase =
        "begin; set local app.current_tenant = '00000000-0000-0000-0000-000000000000';"
        "select platform.erase_identity_of_tenant('" +
        std::string{acme} + "', 10); rollback";
    const auto sqlstate = [&](const char* role) {
        auto connection = database_.connect(role);
        try {
            connection.execute_script(erase);
            return std::string{"00000"};
        } catch (const pg::BlockingError& error) {
            return error.sqlstate();
        }
    };
    EXPECT_EQ(sqlstate("pz_admin"), "PZ409");
    arrange("update platform.tenant set state = 'deleting' where slug = 'acme'");
    EXPECT_EQ(sqlstate("pz_admin"), "00000");
    for (const char* role : {"pz_app", "pz_support", "pz_identity", "pz_backup"}) {
        EXPECT_EQ(sqlstate(role), "42501") << role;
    }
}

/// A tenant of the test's own, which another installation does not have.
class Archive : public Tenants {
 protected:
    static constexpr const char* wayne = "0197c0de-0000-7000-8000-0000000a4e11";

    void SetUp() override {
        Tenants::SetUp();
        const std::string id{wayne};
        arrange(
            "insert into platform.tenant (id, slug, name, plan) values ('" + id +
            "', 'wayne', 'Wayne', 'team');"
            "insert into app.project (tenant_id, id, name) select '" +
            id +
            "', ('0197c0de-0002-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'Project ' || n from "
            "generate_series(1, 3) n;"
            "insert into app.item (tenant_id, id, project_id, title, description) select '" +
            id +
            "', ('0197c0de-0003-7000-8000-' || lpad(n::text, 12, '0'))::uuid, "
            "'0197c0de-0002-7000-8000-000000000001',"
            " 'Item ' || n || ' \"quoted\"', E'two\\nlines, \\\\ and ü' from generate_series(1, 2500) n;"
            "insert into app.integration (tenant_id, id, name, kind, secret_encrypted, secret_set_at) values "
            "('" +
            id +
            "', gen_random_uuid(), 'Mail', 'api_key', repeat('x', 200), now());"
            "insert into identity.membership (tenant_id, person_id, role) values ('" +
            id + "', '" + std::string{testkit::acme_admin.person} + "', 'admin')"
        );
    }

    /// As the command does; what it prints.
    static std::string write(const std::string& path) {
        const auto [code, printed] = run(export_tenant_to, std::string{wayne}, path);
        EXPECT_EQ(code, ExitCode::success);
        return printed;
    }

    static archive::Imported read(testkit::TestDatabase& database, const std::string& path) {
        auto admin = database.connect("pz_admin");
        auto app = database.connect("pz_app");
        return archive::import_tenant(admin, app, path, core::SystemClock{});
    }

    /// The sentence with which the archive is refused; nothing has changed then.
    std::string refusal(testkit::TestDatabase& other, const std::string& path) {
        std::string sentence = "not refused";
        try {
            read(other, path);
        } catch (const archive::ArchiveError& error) {
            sentence = error.what();
        }
        EXPECT_EQ(
            other.connect_as_superuser().value(
                "select count(*) from platform.tenant where slug = 'wayne' or slug = 'elsewhere'"
            ),
            "0"
        ) << sentence;
        return sentence.substr(sentence.find(' ') + 1);
    }

    static std::string contents(testkit::TestDatabase& database) {
        const std::string of_wayne = std::string{" t where tenant_id = '"} + wayne + "')";
        return database.connect_as_superuser().value(
            "select (select md5(string_agg(t::text, '|' order by id)) from app.item" + of_wayne +
            " || (select md5(string_agg(t::text, '|' order by id)) from app.project" + of_wayne +
            " || (select string_agg(name || coalesce(secret_encrypted, ' none'), '|') from app.integration" +
            of_wayne
        );
    }

    testkit::TemporaryDirectory directory_{"archive"};
    const std::string path_ = directory_.path() / "wayne.tar";
};

TEST_F(Archive, comes_into_another_installation_as_it_left_but_for_its_secrets) {
    const std::string written = write(path_);
    EXPECT_TRUE(written.starts_with("ok organization=wayne tables=3 rows=2504 sha256=")) << written;
    testkit::TestDatabase other;
    EXPECT_EQ(read(other, path_).rows, 2504);
    EXPECT_EQ(
        other.connect_as_superuser().value(
            "select state || ' ' || plan || ' ' || name from platform.tenant where slug = 'wayne'"
        ),
        "active team Wayne"
    );
    const std::string before = contents(database_);
    EXPECT_EQ(contents(other), before.substr(0, 64) + "Mail none");
}

TEST_F(Archive, brings_its_people_without_passwords_and_whoever_is_here_as_a_member) {
    const std::string alfred = "0197c0de-0004-7000-8000-00000000a1f8";
    const std::string staff{testkit::support_agent.person};
    arrange(
        "insert into identity.person (id, email, name, password_hash) values ('" + alfred +
        "', 'Alfred@wayne.example', 'Alfred', 'a hash');"
        "insert into identity.membership (tenant_id, person_id, role, state) values ('" +
        std::string{wayne} + "', '" + alfred + "', 'standard', 'disabled'), ('" + std::string{wayne} +
        "', '" + staff + "', 'standard', 'active')"
    );
    (void)write(path_);
    testkit::TestDatabase other;
    EXPECT_EQ(read(other, path_).people, 2) << "staff of the platform get in by support sessions alone";
    EXPECT_EQ(
        other.connect_as_superuser().value(
            "select string_agg(concat_ws(' ', p.id, p.email, m.role, m.state, p.password_hash is null), '|' "
            "order by "
            "p.id) from identity.membership m join identity.person p on p.id = m.person_id where m.tenant_id "
            "= '" +
            std::string{wayne} + "'"
        ),
        std::string{testkit::acme_admin.person} + " admin@acme.example admin active f|" + alfred +
            " Alfred@wayne.example standard disabled t"
    );
}

TEST_F(Archive, with_a_person_whose_id_is_somebody_elses_here_is_refused) {
    (void)write(path_);
    testkit::TestDatabase other;
    other.connect_as_superuser().execute_script(
        "update identity.person set email = 'moved@acme.example' where email = 'admin@acme.example'"
    );
    try {
        read(other, path_);
        FAIL() << "it was taken in";
    } catch (const archive::ArchiveError& error) {
        EXPECT_TRUE(std::string_view{error.what()}.ends_with(" has a person whose id is somebody else's here")
        );
    }
    EXPECT_EQ(
        other.connect_as_superuser().value("select state from platform.tenant where slug = 'wayne'"),
        "provisioning"
    );
}

TEST_F(Archive, takes_people_into_an_organization_that_is_being_made_alone) {
    const std::string take =
        "begin; set local app.current_tenant = '00000000-0000-0000-0000-000000000000'; select "
        "platform.take_people_in('" +
        std::string{acme} + "', '[]', now()); rollback";
    const auto sqlstate = [&](const char* role) {
        auto connection = database_.connect(role);
        try {
            connection.execute_script(take);
            return std::string{"00000"};
        } catch (const pg::BlockingError& error) {
            return error.sqlstate();
        }
    };
    EXPECT_EQ(sqlstate("pz_admin"), "PZ409") << "Acme is there already";
    for (const char* role : {"pz_app", "pz_support", "pz_identity", "pz_backup"}) {
        EXPECT_EQ(sqlstate(role), "42501") << role;
    }
}

TEST_F(Archive, is_a_tar_of_lines_with_a_manifest_that_anybody_can_check) {
    (void)write(path_);
    archive::TarReader tar(path_);
    std::vector<std::string> names;
    std::string people;
    std::string last;
    while (const auto entry = tar.next()) {
        names.push_back(entry->name);
        people += entry->name.starts_with("people/") ? entry->content : "";
        last = entry->content;
    }
    EXPECT_EQ(
        names,
        (std::vector<std::string>{
            "app.integration/000001.ndjson",
            "app.project/000001.ndjson",
            "app.item/000001.ndjson",
            "app.item/000002.ndjson",
            "app.item/000003.ndjson",
            "people/000001.ndjson",
            "manifest.json"
        })
    );
    EXPECT_NE(people.find("admin@acme.example"), std::string::npos);
    EXPECT_EQ(people.find("password"), std::string::npos);
    EXPECT_EQ(boost::json::parse(last).at("tenant").at("slug"), "wayne");
    EXPECT_THROW((void)write(path_), CommandError) << "a file that is there is not written over";
}

TEST_F(Archive, that_is_damaged_or_cut_off_changes_nothing) {
    (void)write(path_);
    std::ifstream in{path_, std::ios::binary};
    const std::string good{std::istreambuf_iterator<char>{in}, {}};
    testkit::TestDatabase other;
    const std::string bad = directory_.path() / "bad.tar";
    const auto with = [&](const std::string& bytes) {
        std::ofstream{bad, std::ios::binary} << bytes;
        return refusal(other, bad);
    };
    std::string changed = good;
    changed.replace(changed.find("Item 7 "), 6, "Item 8");
    EXPECT_EQ(with(changed), "is damaged: the rows of app.item are not those of its manifest");
    for (const std::size_t size : {good.size() / 2, good.size() - 1500, std::size_t{100}, std::size_t{0}}) {
        EXPECT_EQ(with(good.substr(0, size)), "is cut off") << size;
    }
    EXPECT_EQ(with("{}" + good), "is damaged, or no archive of ours");
    EXPECT_EQ(refusal(other, directory_.path() / "none.tar"), "cannot be read");
}

TEST_F(Archive, that_does_not_fit_here_changes_nothing) {
    (void)write(path_);
    testkit::TestDatabase other;
    other.connect_as_superuser().execute_script("alter table app.item rename description to words");
    EXPECT_EQ(
        refusal(other, path_), "has the column app.item.description, which this installation does not have"
    );
    testkit::TestDatabase third;
    third.connect_as_superuser().execute_script("alter table app.integration rename to connection");
    EXPECT_EQ(refusal(third, path_), "has the table app.integration, which this installation does not have");
}

TEST_F(Archive, of_an_organization_that_is_here_already_is_refused) {
    (void)write(path_);
    EXPECT_THROW(read(database_, path_), archive::ArchiveError);
    testkit::TestDatabase other;
    other.connect_as_superuser().execute_script(
        "insert into platform.tenant (id, slug, name) values (gen_random_uuid(), 'wayne', 'Another')"
    );
    EXPECT_THROW(read(other, path_), archive::ArchiveError);
    EXPECT_EQ(
        other.connect_as_superuser().value("select name from platform.tenant where slug = 'wayne'"), "Another"
    );
}

TEST_F(Archive, goes_on_where_an_import_was_interrupted) {
    (void)write(path_);
    testkit::TestDatabase other;
    auto superuser = other.connect_as_superuser();
    superuser.execute_script(
        "alter table app.item add constraint not_yet check (title <> 'Item 2400 \"quoted\"')"
    );
    EXPECT_THROW(read(other, path_), pg::BlockingError);
    EXPECT_EQ(superuser.value("select state from platform.tenant where slug = 'wayne'"), "provisioning");
    EXPECT_EQ(
        superuser.value("select count(*) from app.item where tenant_id = '" + std::string{wayne} + "'"), "0"
    );
    superuser.execute_script("alter table app.item drop constraint not_yet");
    EXPECT_EQ(read(other, path_).rows, 2504);
}

}  // namespace

}  // namespace pz::command
