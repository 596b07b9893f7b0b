// `phasezero tenants`, on a database of the test's own.

#include "tenants.hpp"

#include "tenant_archive.hpp"
#include "tenant_erasure.hpp"

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
    }

    void TearDown() override {
        for (const auto& [setting, role] : settings) {
            ::unsetenv(setting);
        }
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
    const auto certificate = boost::json::parse(printed);
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
    EXPECT_EQ(run(prove_tenant_erased, id, std::string{}).first, ExitCode::failure) << "it is not yet";
    const std::string certificate = run(purge_due_tenants, false).second;
    const testkit::TemporaryDirectory directory{"certificate"};
    const std::string file = directory.path() / "acme.json";
    std::ofstream{file} << certificate;
    const auto [code, printed] = run(prove_tenant_erased, id, file);
    EXPECT_EQ(code, ExitCode::success) << printed;
    EXPECT_TRUE(printed.starts_with("ok tables=")) << printed;

    std::ofstream{file} << "{}";
    EXPECT_EQ(run(prove_tenant_erased, id, file).first, ExitCode::failure) << "another certificate";
    // A row that comes back, in a table that is younger than the certificate.
    arrange(
        "create table app.later (tenant_id uuid not null, id uuid, primary key (tenant_id, id));"
        "grant select on app.later to pz_backup; insert into app.later values ('" +
        id + "', '" + id + "')"
    );
    const auto [again, found] = run(prove_tenant_erased, id, std::string{});
    EXPECT_EQ(again, ExitCode::failure);
    EXPECT_EQ(found, "not erased: 1 rows in app.later\n");
}

TEST_F(Tenants, are_refused_when_they_are_unknown_or_the_settings_are_half_there) {
    const auto refusal = [](const std::string& id) {
        try {
            static_cast<void>(run(prove_tenant_erased, id, std::string{}));
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

    ArchiveSummary write(const std::string& path) {
        auto backup = database_.connect("pz_backup");
        return export_tenant(backup, core::Uuid::parse(wayne).value(), path, core::SystemClock{});
    }

    static ArchiveSummary read(testkit::TestDatabase& database, const std::string& path) {
        auto admin = database.connect("pz_admin");
        auto app = database.connect("pz_app");
        return import_tenant(admin, app, path, core::SystemClock{});
    }

    /// The sentence with which the archive is refused; nothing has changed then.
    std::string refusal(testkit::TestDatabase& other, const std::string& path) {
        std::string sentence = "not refused";
        try {
            read(other, path);
        } catch (const ArchiveError& error) {
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
    const ArchiveSummary written = write(path_);
    EXPECT_EQ(written.slug, "wayne");
    EXPECT_EQ(written.rows, 2504);
    testkit::TestDatabase other;
    const ArchiveSummary taken = read(other, path_);
    EXPECT_EQ(taken.rows, written.rows);
    EXPECT_EQ(
        other.connect_as_superuser().value(
            "select state || ' ' || plan || ' ' || name from platform.tenant where slug = 'wayne'"
        ),
        "active team Wayne"
    );
    const std::string before = contents(database_);
    EXPECT_EQ(contents(other), before.substr(0, 64) + "Mail none");
    EXPECT_EQ(
        other.connect_as_superuser().value(
            "select count(*) from identity.membership where tenant_id = '" + std::string{wayne} + "'"
        ),
        "0"
    ) << "people are in the archive for people to read";
}

TEST_F(Archive, is_a_tar_of_lines_with_a_manifest_that_anybody_can_check) {
    (void)write(path_);
    TarReader tar(path_);
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
    EXPECT_THROW((void)write(path_), ArchiveError) << "a file that is there is not written over";
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
    EXPECT_THROW(read(database_, path_), ArchiveError);
    testkit::TestDatabase other;
    other.connect_as_superuser().execute_script(
        "insert into platform.tenant (id, slug, name) values (gen_random_uuid(), 'wayne', 'Another')"
    );
    EXPECT_THROW(read(other, path_), ArchiveError);
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
