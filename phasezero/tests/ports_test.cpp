#include "ports.hpp"

#include "exit_code.hpp"

#include <pz/core/process.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

namespace pz::command {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view heading =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

std::string line(std::string_view local, std::string_view state, unsigned user, unsigned inode) {
    return fmt::format(
        "   0: {} 00000000:0000 {} 00000000:00000000 00:00000000 00000000 {:5}        0 {} 1 0 100 0 0 10 "
        "0\n",
        local,
        state,
        user,
        inode
    );
}

std::vector<std::uint64_t> inodes(std::string_view table, std::uint16_t port) {
    std::vector<std::uint64_t> found;
    for (const ListeningSocket& socket : listening_sockets(table, port)) {
        found.push_back(socket.inode);
    }
    return found;
}

/// Listens on an address of this machine as long as it lives.
class Listener {
 public:
    explicit Listener(std::uint16_t port = 0)
        : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        EXPECT_TRUE(
            ::bind(descriptor_, generic, size) == 0 && ::listen(descriptor_, 1) == 0 &&
            ::getsockname(descriptor_, generic, &size) == 0
        );
        port_ = ntohs(address.sin_port);
    }

    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    ~Listener() { ::close(descriptor_); }

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

 private:
    int descriptor_;
    std::uint16_t port_ = 0;
};

/// A dialogue that remembers what was said and gives fixed answers.
struct Recorded {
    std::vector<std::string> said;
    bool confirm = false;
    bool ours = false;

    PortDialogue dialogue() {
        return {
            .say = [this](const std::string& text) { said.push_back(text); },
            .confirm = [this](const std::string&) { return confirm; },
            .is_ours = [this](pid_t) { return ours; },
        };
    }
};

TEST(ListeningSockets, takes_listeners_and_no_connections) {
    const std::string table = std::string{heading} +
                              line("0100007F:0BB8", "0A", 1000, 11) +  // listens on 3000
                              line("0100007F:0BB8", "01", 1000, 12) +  // a connection to it
                              line("0100007F:1F40", "0A", 1000, 13);   // another port
    EXPECT_THAT(inodes(table, 3000), ElementsAre(11U));
    EXPECT_EQ(listening_sockets(table, 3000).front().user, 1000U);
}

TEST(ListeningSockets, takes_only_addresses_that_localhost_reaches) {
    const std::string table = std::string{heading} + line("00000000:0BB8", "0A", 0, 21) +
                              line("0200007F:0BB8", "0A", 0, 22) + line("0101A8C0:0BB8", "0A", 0, 23) +
                              line("00000000000000000000000001000000:0BB8", "0A", 0, 24) +
                              line("00000000000000000000000000000000:0BB8", "0A", 0, 25);
    EXPECT_THAT(inodes(table, 3000), ElementsAre(21U, 24U, 25U));
}

TEST(ListeningSockets, survives_a_table_that_is_cut_off) {
    EXPECT_THAT(inodes(std::string{heading} + "   0: 0100007F:0BB8 000", 3000), ElementsAre());
    EXPECT_THAT(inodes("", 3000), ElementsAre());
}

TEST(PortOwner, is_this_process_with_its_directory) {
    const Listener listener;
    EXPECT_FALSE(port_is_free(listener.port()));
    const auto owner = find_port_owner(listener.port());
    ASSERT_TRUE(owner);
    EXPECT_EQ(owner->pid, ::getpid());
    EXPECT_THAT(
        describe(listener.port(), *owner),
        HasSubstr(
            fmt::format("{} is used by command_test, pid {}", owner->pid ? listener.port() : 0, ::getpid())
        )
    );
    EXPECT_THAT(describe(listener.port(), *owner), HasSubstr(", cwd /"));
}

TEST(PortOwner, is_nobody_for_a_free_port) {
    std::uint16_t port = 0;
    {
        const Listener listener;
        port = listener.port();
    }
    EXPECT_TRUE(port_is_free(port));
    EXPECT_FALSE(find_port_owner(port));
}

TEST(PortOwner, may_hide) {
    EXPECT_EQ(
        describe(3000, {.pid = std::nullopt, .program = {}, .user = "bob", .directory = {}}),
        "3000 is used by a process of user bob"
    );
}

TEST(ChoosePort, names_the_owner_and_moves_on) {
    const Listener listener;
    Recorded recorded;
    const std::uint16_t port =
        choose_port({.service = "web", .wanted = listener.port()}, recorded.dialogue());
    EXPECT_GT(port, listener.port());
    EXPECT_LE(port, listener.port() + 20);
    ASSERT_EQ(recorded.said.size(), 2U);
    EXPECT_THAT(recorded.said[0], HasSubstr("is used by command_test"));
    EXPECT_EQ(recorded.said[1], fmt::format("web moves to port {}", port));
}

TEST(ChoosePort, does_not_give_one_port_twice) {
    const Listener listener;
    const auto next = static_cast<std::uint16_t>(listener.port() + 1);
    Recorded recorded;
    const std::uint16_t port =
        choose_port({.service = "web", .wanted = listener.port(), .reserved = {next}}, recorded.dialogue());
    EXPECT_NE(port, next);
    EXPECT_NE(choose_port({.service = "web", .wanted = next, .reserved = {next}}, recorded.dialogue()), next);
}

TEST(ChoosePort, refuses_with_the_port_exit_code) {
    const Listener listener;
    Recorded recorded;
    try {
        static_cast<void>(choose_port(
            {.service = "web", .wanted = listener.port(), .policy = TakenPort::refuse}, recorded.dialogue()
        ));
        FAIL() << "no refusal";
    } catch (const CommandError& error) {
        EXPECT_EQ(error.code(), ExitCode::port_in_use);
        EXPECT_THAT(error.what(), HasSubstr("is used by command_test"));
    }
}

TEST(ChoosePort, ends_a_stranger_only_when_told_to) {
    std::uint16_t port = 0;
    {
        const Listener listener;
        port = listener.port();
    }
    const core::ProcessOptions options{
        .command =
            {"python3",
             "-c",
             fmt::format(
                 "import "
                 "socket,time\ns=socket.socket()\ns.bind(('127.0.0.1',{}))\ns.listen()\ntime.sleep(60)",
                 port
             )}
    };
    core::Process stranger{options};
    for (int i = 0; i < 200 && port_is_free(port); ++i) {
        ::usleep(20'000);
    }
    ASSERT_FALSE(port_is_free(port));

    Recorded recorded;
    recorded.confirm = false;
    EXPECT_NE(
        choose_port({.service = "web", .wanted = port, .policy = TakenPort::ask}, recorded.dialogue()), port
    );
    EXPECT_FALSE(stranger.poll_exit());

    recorded.confirm = true;
    EXPECT_EQ(
        choose_port({.service = "web", .wanted = port, .policy = TakenPort::ask}, recorded.dialogue()), port
    );
    EXPECT_EQ(stranger.wait_for(std::chrono::seconds{2}), 128 + SIGTERM);
}

TEST(ChoosePort, finds_any_free_one_for_zero) {
    Recorded recorded;
    const std::uint16_t port = choose_port({.service = "web", .wanted = 0}, recorded.dialogue());
    EXPECT_GT(port, 0);
    EXPECT_TRUE(port_is_free(port));
}

}  // namespace
}  // namespace pz::command
