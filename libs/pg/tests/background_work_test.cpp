// Work that belongs to no request: again and again, on a connection of its own.

#include <pz/pg/background_work.hpp>

#include "scratch_database.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

namespace pz::pg {
namespace {

using namespace std::chrono_literals;

/// What the thread did, for a test that waits for it.
class Diary {
 public:
    void write(std::string line) {
        const std::lock_guard lock(mutex_);
        lines_.push_back(std::move(line));
        changed_.notify_all();
    }

    [[nodiscard]] std::vector<std::string> wait_for(std::size_t lines) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, 60s, [&] { return lines_.size() >= lines; });
        return lines_;
    }

 private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> lines_;
};

class BackgroundWorkTest : public ::testing::Test {
 protected:
    static inline const ScratchDatabase* database_ = nullptr;

    static void SetUpTestSuite() { database_ = new ScratchDatabase; }

    static void TearDownTestSuite() { delete std::exchange(database_, nullptr); }

    static core::SecretString login() { return database_->options("pz_admin").connection_string; }

    Diary diary_;
    BackgroundWork::Round note_number_ = [this](BlockingConnection& connection, const std::stop_token& stop) {
        diary_.write(stop.stop_requested() ? "last" : connection.value("SELECT 'round'"));
    };
    BackgroundWork::OnFailure note_failure_ = [this](const std::exception&) { diary_.write("failure"); };
};

TEST_F(BackgroundWorkTest, goes_on_until_it_is_destroyed) {
    const BackgroundWork work(
        {.database = login(), .every = 1ms}, std::move(note_number_), std::move(note_failure_)
    );
    const std::vector<std::string> lines = diary_.wait_for(3);
    ASSERT_GE(lines.size(), 3U);
    EXPECT_EQ(lines[0] + lines[1] + lines[2], "roundroundround");
}

TEST_F(BackgroundWorkTest, does_what_must_not_be_lost_once_more_at_the_end) {
    {
        const BackgroundWork work(
            {.database = login(), .every = 1h, .once_more_at_the_end = true},
            std::move(note_number_),
            std::move(note_failure_)
        );
    }
    EXPECT_EQ(diary_.wait_for(1), std::vector<std::string>{"last"});
}

TEST_F(BackgroundWorkTest, ends_without_a_last_round_when_none_is_asked_for) {
    {
        const BackgroundWork work(
            {.database = login(), .every = 1h}, std::move(note_number_), std::move(note_failure_)
        );
    }
    diary_.write("the end");
    EXPECT_EQ(diary_.wait_for(1), std::vector<std::string>{"the end"});
}

TEST_F(BackgroundWorkTest, tells_of_a_database_that_cannot_be_reached_and_does_not_wait_for_it_at_the_end) {
    {
        const BackgroundWork work(
            {.database = core::SecretString{"host=/nowhere user=nobody"},
             .every = 1ms,
             .once_more_at_the_end = true},
            std::move(note_number_),
            std::move(note_failure_)
        );
        EXPECT_EQ(diary_.wait_for(1), std::vector<std::string>{"failure"});
    }
    EXPECT_EQ(diary_.wait_for(1), std::vector<std::string>{"failure"});
}

}  // namespace
}  // namespace pz::pg
