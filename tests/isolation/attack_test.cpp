// The short run of the attack: bounded in time, with every operation in every role and every way at least
// once. And that it can go red: faults that are planted into the database behind the unchanged services are
// found.

#include "attack.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <random>
#include <string_view>
#include <tuple>

namespace pz::isolation {

namespace {

bool has_finding(const Report& report, std::string_view beginning) {
    return std::ranges::any_of(report.findings, [&](const Finding& finding) {
        return finding.what.starts_with(beginning);
    });
}

TEST(Attack, finds_nothing_of_fifty_tenants_behind_every_operation) {
    testkit::World world{services_that_rest()};
    Options options;
    options.seed = std::random_device{}();
    options.attempts = 1'000'000;
    options.limit = std::chrono::seconds{8};
    const Report report = attack(world, options);
    std::cout << report.text(options);
    EXPECT_TRUE(report.findings.empty());
    for (const std::string& operation : report.out_of_reach) {
        EXPECT_FALSE(operation.starts_with("export_")) << operation << " never answered whoever may call it";
    }
    for (const Kind kind : all_kinds) {
        EXPECT_GT(report.tallies.at(kind).attempts, 0U) << name_of(kind);
    }
    EXPECT_GT(report.total().succeeded, 0U);
    EXPECT_GT(report.writes_acknowledged, 0U);
    EXPECT_GT(report.disturbances.backends_ended + report.disturbances.statements_cancelled, 0U);
    EXPECT_GT(report.disturbances.statements_timed_out, 0U);
}

/// Few tenants, some operations, no chaos: what is planted shows at once.
Report attack_with(const std::string& fault, const std::string& operation) {
    testkit::World world{services_that_rest()};
    world.database().connect_as_superuser().execute_script(fault);
    Options options;
    options.tenants = 8;
    options.attempts = 400;
    options.chaos = false;
    options.operation = operation;
    return attack(world, options);
}

TEST(Attack, finds_a_table_that_shows_every_tenants_rows) {
    // Every row claims to be of whoever asks: what a policy of `true` and a forgotten predicate come to.
    const Report report = attack_with(
        R"sql(
        alter table app.integration rename to integration_rows;
        create view app.integration as
          select current_setting('app.current_tenant')::uuid as tenant_id, id, name, kind, secret_encrypted, secret_set_at,
                 version, created_at, updated_at
            from app.integration_rows;
        grant select, insert, update, delete on app.integration to pz_app)sql",
        "integration"
    );
    EXPECT_TRUE(has_finding(report, "leak: app.integration")) << report.text({});
}

TEST(Attack, finds_a_foreign_key_that_forgets_the_tenant) {
    const Report report = attack_with(
        R"sql(
        alter table app.item drop constraint item_project_fkey;
        alter table app.project add unique (id);
        alter table app.item add constraint item_project_fkey foreign key (project_id) references app.project (id))sql",
        "create_item"
    );
    EXPECT_TRUE(has_finding(report, "oracle: ")) << report.text({});
    EXPECT_TRUE(has_finding(report, "changed: a row of tenant")) << report.text({});
}

TEST(Attack, finds_a_function_that_writes_into_another_tenant) {
    const Report report = attack_with(
        R"sql(
        create function app.touch_everybody() returns trigger language plpgsql security definer as
          'begin update app.integration set version = version + 1; return null; end';
        create trigger planted after insert on app.project execute function app.touch_everybody())sql",
        "project"
    );
    EXPECT_TRUE(has_finding(report, "changed: app.integration of tenants that nobody speaks for"))
        << report.text({});
}

TEST(Attack, finds_idempotency_keys_that_tenants_share) {
    const Report report = attack_with(
        R"sql(
        create or replace function platform.claim_idempotency_key(
            tenant uuid, actor uuid, wanted_key text, wanted_fingerprint bytea) returns void
          language plpgsql security definer as $$
        begin
          if exists (select from platform.idempotency_key where key = wanted_key) then
            raise exception 'used' using errcode = 'PZ422';
          end if;
        end $$;
        alter function platform.claim_idempotency_key owner to postgres)sql",
        "create_project"
    );
    EXPECT_TRUE(has_finding(report, "oracle: 422 for a key that another tenant used")) << report.text({});
}

TEST(Attack, finds_an_acknowledged_write_that_is_gone) {
    // Of what the callers make, and only that, each new row takes the one before away.
    const Report report = attack_with(
        R"sql(
        create function app.lose_one() returns trigger language plpgsql security definer as $$
        begin
          delete from app.integration where tenant_id = new.tenant_id and id <> new.id and name like '%t99%';
          return null;
        end $$;
        create trigger planted after insert on app.integration
          for each row when (new.name like '%t99%') execute function app.lose_one())sql",
        "create_integration"
    );
    EXPECT_TRUE(std::ranges::any_of(report.findings, [](const Finding& finding) {
        return finding.what.ends_with("is not there");
    })) << report.text({});
}

TEST(Attack, refuses_a_tenants_table_that_it_knows_nothing_of) {
    testkit::World world{services_that_rest()};
    world.database().connect_as_superuser().execute_script(
        "create table platform.planted (tenant_id uuid not null, id uuid primary key)"
    );
    EXPECT_THROW(std::ignore = attack(world, {.attempts = 1}), std::runtime_error);
}

}  // namespace

}  // namespace pz::isolation
