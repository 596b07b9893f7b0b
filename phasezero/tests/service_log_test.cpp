#include "service_log.hpp"

#include "scratch.hpp"
#include "workspace.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace pz::command {
namespace {

using testing::ElementsAre;

/// A log and the end of the pipe that a service would hold.
class Written {
 public:
    explicit Written(const std::filesystem::path& directory)
        : log(directory, "api"), end_(log.open_writing_end()) {}

    Written(const Written&) = delete;
    Written& operator=(const Written&) = delete;

    ~Written() { ::close(end_); }

    void write(std::string_view text) const {
        ASSERT_EQ(::write(end_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    }

    std::vector<std::string> take() {
        std::vector<std::string> lines;
        log.take([&](std::string_view line) { lines.emplace_back(line); });
        return lines;
    }

    ServiceLog log;

 private:
    int end_;
};

TEST(ServiceLog, hands_over_whole_lines_however_they_arrive) {
    const Scratch scratch;
    Written written{scratch.path()};
    written.write("one\ntw");
    EXPECT_THAT(written.take(), ElementsAre("one"));
    written.write("o\n\nthree\n");
    EXPECT_THAT(written.take(), ElementsAre("two", "", "three"));
    EXPECT_EQ(read_file(scratch.path() / "api.log"), "one\ntwo\n\nthree\n");
}

TEST(ServiceLog, remembers_the_last_thirty_lines) {
    const Scratch scratch;
    Written written{scratch.path()};
    for (int i = 0; i < 40; ++i) {
        written.write(std::to_string(i) + "\n");
    }
    written.take();
    const std::string recent = written.log.recent();
    EXPECT_TRUE(recent.starts_with("10\n"));
    EXPECT_TRUE(recent.ends_with("39\n"));
}

TEST(ServiceLog, keeps_three_older_files) {
    const Scratch scratch;
    for (int run = 1; run <= 6; ++run) {
        Written written{scratch.path()};
        written.write("run " + std::to_string(run) + "\n");
        written.take();
    }
    EXPECT_EQ(read_file(scratch.path() / "api.log"), "run 6\n");
    EXPECT_EQ(read_file(scratch.path() / "api.log.1"), "run 5\n");
    EXPECT_EQ(read_file(scratch.path() / "api.log.3"), "run 3\n");
    EXPECT_FALSE(std::filesystem::exists(scratch.path() / "api.log.4"));
}

TEST(ServiceLog, rotates_a_file_that_grew) {
    const Scratch scratch;
    Written written{scratch.path()};
    const std::string line(1023, 'x');
    for (int i = 0; i < 5 * 1024 + 2; ++i) {
        written.write(line + "\n");
        written.take();
    }
    EXPECT_GT(std::filesystem::file_size(scratch.path() / "api.log.1"), 5U << 20U);
    EXPECT_LT(std::filesystem::file_size(scratch.path() / "api.log"), 1U << 20U);
}

TEST(ServiceLog, cuts_a_line_without_an_end) {
    const Scratch scratch;
    Written written{scratch.path()};
    written.write(std::string(20'000, 'x'));
    EXPECT_EQ(written.take().size(), 1U);
}

}  // namespace
}  // namespace pz::command
