#include "run_record.hpp"

#include "scratch.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace pz::command {
namespace {

TEST(RunRecord, comes_back_as_it_was_saved) {
    const Scratch scratch;
    const Workspace workspace{"/some/tree", scratch.path() / "state"};
    std::filesystem::create_directories(workspace.state());
    workspace.create();
    EXPECT_FALSE(load_run_record(workspace));

    RunRecord record;
    record.ready = true;
    record.supervisor = identify("phasezero", ::getpid());
    record.services = {identify("api", ::getpid())};
    record.api_port = 8002;
    save(workspace, record);
    const auto loaded = find_running(workspace);
    ASSERT_TRUE(loaded);
    EXPECT_TRUE(loaded->ready);
    EXPECT_EQ(loaded->api_port, 8002);
    EXPECT_EQ(loaded->services.front().start_time, record.supervisor.start_time);
}

TEST(RunRecord, of_another_process_with_the_same_number_does_not_count) {
    const Scratch scratch;
    const Workspace workspace{"/some/tree", scratch.path() / "state"};
    std::filesystem::create_directories(workspace.state());
    workspace.create();
    RunRecord record;
    record.supervisor = identify("phasezero", ::getpid());
    record.supervisor.start_time -= 1;
    save(workspace, record);
    EXPECT_TRUE(load_run_record(workspace));
    EXPECT_FALSE(find_running(workspace));
}

TEST(RunRecord, that_cannot_be_read_counts_as_none) {
    const Scratch scratch;
    const Workspace workspace{"/some/tree", scratch.path() / "state"};
    std::filesystem::create_directories(workspace.state());
    workspace.create();
    write_file(workspace.run() / "run.json", "{\"ready\": tr");
    EXPECT_FALSE(load_run_record(workspace));
}

}  // namespace
}  // namespace pz::command
