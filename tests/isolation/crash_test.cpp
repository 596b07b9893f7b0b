// PostgreSQL is killed under load, for a few rounds; `./dev attack --crash-rounds 20` is the long run.

#include "crash.hpp"

#include <gtest/gtest.h>

namespace pz::isolation {

namespace {

TEST(Crash, of_postgresql_under_load_loses_and_doubles_no_acknowledged_write) {
    const CrashReport report = crash_under_load({.rounds = 3});
    EXPECT_TRUE(report.findings.empty()) << report.text();
    EXPECT_EQ(report.rounds, 3);
    EXPECT_GT(report.created, 0U);
    EXPECT_GE(report.events, report.created + report.changed);
    EXPECT_GT(report.checkpoints, 0U);
    EXPECT_GT(report.asked_again, 0U) << "nobody noticed the crashes, so nothing was shown";
}

}  // namespace

}  // namespace pz::isolation
