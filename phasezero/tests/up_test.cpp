// Runs the real `phasezero up` with the real services, on free ports and in a state directory of its own.
#include "ports.hpp"
#include "run_record.hpp"
#include "scratch.hpp"
#include "workspace.hpp"

#include <pz/core/process.hpp>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace pz::command {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

const fs::path programs = fs::path{PZ_BINARY_DIR} / "bin";

class Up : public testing::Test {
 protected:
    void SetUp() override {
        for (const char* program : {"phasezero", "identity-service", "product-core-api"}) {
            if (!fs::exists(programs / program)) {
                GTEST_SKIP() << program << " is not built";
            }
        }
        fs::create_directories(workspace_.state());
    }

    [[nodiscard]] core::ProcessOptions command(std::vector<std::string> words) const {
        words.insert(words.begin(), (programs / "phasezero").string());
        std::vector<std::string> environment{"PZ_STATE_DIR=" + workspace_.state().string()};
        for (char** entry = environ; *entry != nullptr; ++entry) {
            if (!std::string_view{*entry}.starts_with("PZ_")) {
                environment.emplace_back(*entry);
            }
        }
        return {.command = std::move(words), .environment = std::move(environment)};
    }

    [[nodiscard]] core::ProcessResult run(std::vector<std::string> words) const {
        return core::run_process(command(std::move(words)), 60s);
    }

    /// Starts `up` and waits for the ready screen, or for the end of the process.
    core::Process start(const std::vector<std::string>& more = {}) {
        core::ProcessOptions options =
            command({"up", "--web-port", "0", "--api-port", "0", "--identity-port", "0"});
        options.command.insert(options.command.end(), more.begin(), more.end());
        const int output = ::open(screen_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        options.output = output;
        core::Process process{options};
        ::close(output);
        const auto deadline = std::chrono::steady_clock::now() + 60s;
        while (!screen().contains("Phase Zero is ready in") && !process.poll_exit() &&
               std::chrono::steady_clock::now() < deadline) {
            std::this_thread::sleep_for(20ms);
        }
        return process;
    }

    [[nodiscard]] std::string screen() const { return read_file(screen_); }

    /// The processes of a run, nginx' workers included, as they are now.
    [[nodiscard]] std::vector<ProcessIdentity> members() const {
        std::vector<ProcessIdentity> found;
        const auto record = load_run_record(workspace_);
        for (const ProcessIdentity& service : record ? record->services : std::vector<ProcessIdentity>{}) {
            found.push_back(service);
            const std::string pid = std::to_string(service.pid);
            std::ifstream file("/proc/" + pid + "/task/" + pid + "/children");
            for (std::istream_iterator<pid_t> child{file}, end; child != end; ++child) {
                found.push_back(identify(service.name + "'s child", *child));
            }
        }
        return found;
    }

    void expect_nothing_left(const std::vector<ProcessIdentity>& processes, const RunRecord& record) const {
        for (const ProcessIdentity& process : processes) {
            for (int i = 0; i < 300 && is_alive(process); ++i) {
                std::this_thread::sleep_for(10ms);
            }
            EXPECT_FALSE(is_alive(process)) << process.name << " " << process.pid;
        }
        for (const std::int64_t port : {record.web_port, record.api_port, record.identity_port}) {
            EXPECT_TRUE(port == 0 || port_is_free(static_cast<std::uint16_t>(port))) << port;
        }
        EXPECT_FALSE(fs::exists(workspace_.cluster() / "socket/.s.PGSQL.5432"));
    }

    Scratch scratch_;
    Workspace workspace_{PZ_SOURCE_DIR, scratch_.path() / "state"};
    fs::path screen_ = scratch_.path() / "screen";
};

TEST_F(Up, gets_ready_says_where_and_stops_at_ctrl_c) {
    core::Process up = start();
    ASSERT_THAT(screen(), HasSubstr("Phase Zero is ready in"));
    EXPECT_THAT(screen(), HasSubstr("db created"));
    EXPECT_THAT(screen(), HasSubstr("admin@acme.example / admin123"));
    EXPECT_THAT(screen(), HasSubstr("DEMO CREDENTIALS"));
    const RunRecord record = find_running(workspace_).value();
    const auto processes = members();

    EXPECT_EQ(run({"status"}).exit_code, 0);
    EXPECT_EQ(
        run({"psql", "--tenant", "acme", "--", "-Atc", "select count(*) from app.item"}).output, "200\n"
    );

    up.signal(SIGINT);
    EXPECT_EQ(up.wait_for(10s), 130) << screen();
    expect_nothing_left(processes, record);
    EXPECT_EQ(run({"status"}).exit_code, 1);
}

TEST_F(Up, changes_nothing_when_it_already_runs) {
    core::Process up = start();
    ASSERT_THAT(screen(), HasSubstr("Phase Zero is ready in"));
    const auto before = members();
    const core::ProcessResult second = run({"up"});
    EXPECT_EQ(second.exit_code, 0);
    EXPECT_THAT(second.output, HasSubstr("already running"));
    EXPECT_THAT(second.output, HasSubstr("http://localhost:"));
    for (const ProcessIdentity& process : before) {
        EXPECT_TRUE(is_alive(process)) << process.name;
    }
    EXPECT_EQ(run({"down"}).exit_code, 0);
    EXPECT_EQ(up.wait_for(5s), 0);
}

TEST_F(Up, reuses_the_database_at_the_next_start) {
    {
        core::Process up = start();
        ASSERT_THAT(screen(), HasSubstr("db created"));
        EXPECT_EQ(run({"down"}).exit_code, 0);
    }
    core::Process up = start();
    EXPECT_THAT(screen(), HasSubstr("db reused"));
    EXPECT_THAT(screen(), HasSubstr("up to date"));
    EXPECT_EQ(run({"down"}).exit_code, 0);
}

TEST_F(Up, leaves_nothing_when_it_is_killed_and_starts_again) {
    core::Process up = start();
    ASSERT_THAT(screen(), HasSubstr("Phase Zero is ready in"));
    const RunRecord record = find_running(workspace_).value();
    const auto processes = members();
    EXPECT_GE(processes.size(), 3U);
    up.signal(SIGKILL);
    EXPECT_EQ(up.wait_for(2s), 128 + SIGKILL);
    expect_nothing_left(processes, record);

    core::Process again = start();
    EXPECT_THAT(screen(), HasSubstr("Phase Zero is ready in")) << screen();
    EXPECT_EQ(run({"down"}).exit_code, 0);
}

TEST_F(Up, starts_after_being_killed_at_any_moment_of_its_start) {
    for (const auto moment : {5ms, 50ms, 200ms, 800ms, 1'300ms, 1'800ms}) {
        core::ProcessOptions options =
            command({"up", "--no-smoke", "--web-port", "0", "--api-port", "0", "--identity-port", "0"});
        const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
        options.output = null;
        core::Process victim{options};
        ::close(null);
        std::this_thread::sleep_for(moment);
        victim.signal(SIGKILL);
        victim.wait_for(2s);
    }
    core::Process up = start();
    EXPECT_THAT(screen(), HasSubstr("Phase Zero is ready in")) << screen();
    EXPECT_EQ(run({"down"}).exit_code, 0);
}

TEST_F(Up, ends_with_the_log_of_a_service_that_dies) {
    core::Process up = start();
    ASSERT_THAT(screen(), HasSubstr("Phase Zero is ready in"));
    const RunRecord record = find_running(workspace_).value();
    const auto processes = members();
    for (const ProcessIdentity& service : record.services) {
        if (service.name == "api") {
            ::kill(static_cast<pid_t>(service.pid), SIGKILL);
        }
    }
    EXPECT_EQ(up.wait_for(10s), 1);
    EXPECT_THAT(screen(), HasSubstr("api was ended by signal 9"));
    EXPECT_THAT(screen(), HasSubstr("hint:"));
    expect_nothing_left(processes, record);
}

TEST_F(Up, refuses_a_taken_port_when_told_to_be_strict) {
    core::Process up = start();
    ASSERT_THAT(screen(), HasSubstr("Phase Zero is ready in"));
    const RunRecord record = find_running(workspace_).value();
    const Scratch other_scratch;
    core::ProcessOptions options = command(
        {"up",
         "--strict-ports",
         "--api-port",
         std::to_string(record.api_port),
         "--identity-port",
         "0",
         "--web-port",
         "0"}
    );
    options.environment->front() = "PZ_STATE_DIR=" + (other_scratch.path() / "state").string();
    const core::ProcessResult other = core::run_process(options, 30s);
    EXPECT_EQ(other.exit_code, 4);
    EXPECT_THAT(other.output, HasSubstr(std::to_string(record.api_port) + " is used by "));
    EXPECT_EQ(run({"down"}).exit_code, 0);
}

TEST_F(Up, plans_without_doing_anything) {
    const core::ProcessResult plan = run({"up", "--plan"});
    EXPECT_EQ(plan.exit_code, 0);
    EXPECT_THAT(plan.output, HasSubstr("create and start the private PostgreSQL"));
    EXPECT_FALSE(fs::exists(workspace_.cluster()));
}

TEST_F(Up, deletes_only_after_the_state_id_was_typed) {
    {
        core::Process up = start();
        ASSERT_THAT(screen(), HasSubstr("Phase Zero is ready in"));
        EXPECT_EQ(run({"reset", "--confirm", workspace_.id()}).exit_code, 1) << "while it runs";
        EXPECT_EQ(run({"down"}).exit_code, 0);
    }
    EXPECT_EQ(run({"reset"}).exit_code, 2);
    EXPECT_EQ(run({"reset", "--confirm", "something"}).exit_code, 2);
    EXPECT_TRUE(fs::exists(workspace_.cluster() / "data"));
    EXPECT_EQ(run({"reset", "--confirm", workspace_.id()}).exit_code, 0);
    EXPECT_FALSE(fs::exists(workspace_.cluster()));
}

TEST_F(Up, keeps_every_secret_in_a_private_file_and_out_of_arguments) {
    core::Process up = start();
    ASSERT_THAT(screen(), HasSubstr("Phase Zero is ready in"));
    const std::string key = read_file(workspace_.secrets() / "encryption-keys");
    ASSERT_FALSE(key.empty());
    for (const auto& entry : fs::recursive_directory_iterator(workspace_.state())) {
        const std::string name = entry.path().filename();
        if (name.ends_with(".password") || name.ends_with(".connection") || name == "encryption-keys") {
            EXPECT_EQ(entry.status().permissions(), fs::perms::owner_read | fs::perms::owner_write)
                << entry.path();
        }
    }
    for (const ProcessIdentity& process : members()) {
        const std::string proc = "/proc/" + std::to_string(process.pid);
        EXPECT_THAT(read_file(proc + "/cmdline"), Not(HasSubstr("password")));
        EXPECT_THAT(read_file(proc + "/environ"), Not(HasSubstr("password=")));
        EXPECT_THAT(read_file(proc + "/environ"), Not(HasSubstr(key.substr(0, 20))));
    }
    EXPECT_EQ(run({"down"}).exit_code, 0);
}

}  // namespace
}  // namespace pz::command
