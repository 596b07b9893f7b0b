#include "workspace.hpp"

#include "exit_code.hpp"
#include "scratch.hpp"

#include <pz/core/process.hpp>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

namespace pz::command {
namespace {

namespace fs = std::filesystem;

unsigned mode_of(const fs::path& path) {
    struct stat state{};
    return ::stat(path.c_str(), &state) == 0 ? state.st_mode & 07777U : 0;
}

TEST(StateId, is_what_the_shell_computes) {
    const std::string path = "/home/bob/phase zero";
    const core::ProcessResult shell = core::run_process(
        {.command = {"sh", "-c", "printf %s \"$0\" | sha256sum | cut -c1-12", path}}, std::chrono::seconds{5}
    );
    EXPECT_EQ(state_id(path) + "\n", shell.output);
    EXPECT_NE(state_id(path), state_id("/home/bob/other"));
}

TEST(Workspace, keeps_its_directories_private) {
    const Scratch scratch;
    const Workspace workspace{"/some/tree", scratch.path() / "state"};
    fs::create_directories(workspace.state());
    workspace.create();
    EXPECT_EQ(mode_of(workspace.secrets()), 0700U);
    EXPECT_EQ(mode_of(workspace.run()) & 0066U, 0U);
    EXPECT_EQ(mode_of(workspace.logs()) & 0066U, 0U);
}

TEST(SupervisorLock, has_one_holder_and_ends_with_it) {
    const Scratch scratch;
    const Workspace workspace{"/some/tree", scratch.path()};
    {
        const auto first = SupervisorLock::try_take(workspace);
        EXPECT_TRUE(first);
        EXPECT_FALSE(SupervisorLock::try_take(workspace));
    }
    EXPECT_TRUE(SupervisorLock::try_take(workspace));
}

TEST(WriteFile, replaces_as_a_whole_and_with_its_mode) {
    const Scratch scratch;
    const fs::path path = scratch.path() / "secret";
    write_file(path, "one", 0600);
    write_file(path, "two", 0600);
    EXPECT_EQ(read_file(path), "two");
    EXPECT_EQ(mode_of(path), 0600U);
    EXPECT_THROW(write_file(scratch.path() / "none/secret", "x"), CommandError);
}

TEST(LastLines, counts_from_the_end) {
    EXPECT_EQ(last_lines("a\nb\nc\n", 2), "b\nc\n");
    EXPECT_EQ(last_lines("a\nb\nc", 2), "b\nc");
    EXPECT_EQ(last_lines("a\nb\n", 5), "a\nb\n");
    EXPECT_EQ(last_lines("", 3), "");
}

}  // namespace
}  // namespace pz::command
