// SMTP against a mail server that is not ours.

#include "mail/transport.hpp"

#include <pz/core/process.hpp>
#include <pz/core/text.hpp>
#include <pz/testkit/temporary_directory.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <thread>

namespace pz::identity::mail {

namespace {

using namespace std::chrono_literals;

std::string read(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

/// The server of tests/smtp/server.py for one test.
class MailServer {
 public:
    explicit MailServer(const std::vector<std::string>& options = {}) {
        core::ProcessOptions process;
        process.command = {
            "/usr/bin/python3",
            "-u",
            std::string{PZ_SOURCE_DIR} + "/identity-service/tests/smtp/server.py",
            (directory_.path() / "letters").string()
        };
        process.command.insert(process.command.end(), options.begin(), options.end());
        const auto log = directory_.path() / "log";
        std::array<int, 2> input{};
        if (::pipe2(input.data(), O_CLOEXEC) != 0) {
            throw std::runtime_error{"pipe2"};
        }
        process.input = input[0];
        process.output = ::open(log.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
        process_.emplace(process);
        ::close(process.output);
        ::close(input[0]);
        hold_ = input[1];
        const auto deadline = std::chrono::steady_clock::now() + 60s;
        while (!read(log).contains("port ") && std::chrono::steady_clock::now() < deadline &&
               !process_->poll_exit()) {
            std::this_thread::sleep_for(10ms);
        }
        const std::string said = read(log);
        const std::size_t at = said.find("port ");
        if (at == std::string::npos) {
            throw std::runtime_error{"the mail server did not start: " + said};
        }
        port_ = std::atoi(said.c_str() + at + 5);
    }

    MailServer(const MailServer&) = delete;
    MailServer& operator=(const MailServer&) = delete;

    ~MailServer() { ::close(hold_); }

    /// Whether Debian's package is there.
    static bool is_installed() {
        core::ProcessOptions options;
        options.command = {"/usr/bin/python3", "-c", "import aiosmtpd"};
        try {
            return core::run_process(std::move(options), 60s).exit_code == 0;
        } catch (const std::system_error&) {
            return false;
        }
    }

    [[nodiscard]] SmtpTransport::Options options() const {
        return {
            .url = "smtp://127.0.0.1:" + std::to_string(port_),
            .from = "no-reply@phasezero.example",
            .user = {},
            .password = {},
            .require_tls = false,
        };
    }

    [[nodiscard]] std::vector<boost::json::object> letters() const {
        std::vector<boost::json::object> all;
        std::ifstream file{directory_.path() / "letters"};
        for (std::string line; std::getline(file, line);) {
            all.push_back(boost::json::parse(line).as_object());
        }
        return all;
    }

 private:
    testkit::TemporaryDirectory directory_{"smtp"};
    std::optional<core::Process> process_;
    int hold_ = -1;
    int port_ = 0;
};

class Smtp : public testing::Test {
 protected:
    void SetUp() override {
        if (!MailServer::is_installed()) {
            // CI has it: there the tests may not be left out.
            ASSERT_EQ(std::getenv("REQUIRE_FOREIGN_PROGRAMS"), nullptr);  // NOLINT(concurrency-mt-unsafe)
            GTEST_SKIP() << "no mail server to talk to: apt-get install python3-aiosmtpd (./dev test does)";
        }
    }

    static void deliver(const SmtpTransport::Options& options, const std::string& text = "Hello\n") {
        SmtpTransport transport{options};
        const Letter letter{.to = "new@acme.example", .subject = "Grüße", .text = text};
        const Mailbox from{"Phase Zero", options.from};
        const core::Uuid id = core::Uuid::v7(core::SystemClock{});
        transport.deliver(id, letter.to, compose(letter, from, id, core::SystemClock{}.now()), {});
    }

    /// What the transport throws; nullopt if it delivers.
    static std::optional<DeliveryError> failure_of(const SmtpTransport::Options& options) {
        try {
            deliver(options);
            return std::nullopt;
        } catch (const DeliveryError& error) {
            return error;
        }
    }
};

TEST_F(Smtp, delivers_what_was_composed) {
    const MailServer server;
    const std::string text = "Grüße.\n.\n..a\n" + std::string(300, 'x') + "\nend\n";
    deliver(server.options(), text);
    const auto letters = server.letters();
    ASSERT_EQ(letters.size(), 1U);
    EXPECT_EQ(letters[0].at("sender").as_string(), "no-reply@phasezero.example");
    EXPECT_EQ(letters[0].at("recipients").as_array(), (boost::json::array{"new@acme.example"}));
    EXPECT_EQ(letters[0].at("subject").as_string(), "Grüße");
    EXPECT_EQ(letters[0].at("text").as_string(), text + "\n");
}

TEST_F(Smtp, sends_nothing_in_the_clear_where_tls_is_required) {
    const MailServer server;
    auto options = server.options();
    options.require_tls = true;
    const auto failure = failure_of(options);
    ASSERT_TRUE(failure);
    EXPECT_FALSE(failure->is_final());
    EXPECT_TRUE(server.letters().empty());
}

TEST_F(Smtp, sends_nothing_to_a_server_whose_certificate_nobody_vouches_for) {
    const testkit::TemporaryDirectory directory{"tls"};
    const std::string certificate = directory.path() / "certificate.pem";
    const std::string key = directory.path() / "key.pem";
    core::ProcessOptions openssl;
    openssl.command = {
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
        "-keyout",
        key,
        "-out",
        certificate
    };
    ASSERT_EQ(core::run_process(std::move(openssl), 60s).exit_code, 0);
    const MailServer server{{"--certificate", certificate, "--key", key}};
    auto options = server.options();
    options.require_tls = true;
    EXPECT_TRUE(failure_of(options));
    EXPECT_TRUE(server.letters().empty());
}

TEST_F(Smtp, tells_a_final_refusal_from_a_passing_one) {
    const MailServer busy{{"--answer", "451 come back later"}};
    const auto passing = failure_of(busy.options());
    ASSERT_TRUE(passing);
    EXPECT_FALSE(passing->is_final());
    const MailServer strict{{"--answer", "550 no such mailbox"}};
    const auto final = failure_of(strict.options());
    ASSERT_TRUE(final);
    EXPECT_TRUE(final->is_final());
    EXPECT_EQ(std::string{final->what()}.find('@'), std::string::npos) << "no address in the log";
    auto nobody = strict.options();
    nobody.url = "smtp://127.0.0.1:9";
    EXPECT_FALSE(failure_of(nobody).value().is_final());
}

TEST_F(Smtp, signs_in_where_the_server_wants_it) {
    const MailServer server{{"--password", "letmein"}};
    EXPECT_TRUE(failure_of(server.options()));
    auto options = server.options();
    options.user = core::SecretString{"phasezero"};
    options.password = core::SecretString{"wrong"};
    const auto refused = failure_of(options);
    ASSERT_TRUE(refused);
    EXPECT_FALSE(refused->is_final()) << "the operator mends the password, and the letter goes out";
    options.password = core::SecretString{"letmein"};
    EXPECT_FALSE(failure_of(options));
    EXPECT_EQ(server.letters().size(), 1U);
}

TEST(LoopbackUrl, is_one_whose_host_is_this_machine) {
    for (const char* url :
         {"smtp://localhost",
          "smtp://localhost:2525",
          "smtp://127.0.0.1:25",
          "smtp://127.9.9.9",
          "smtp://[::1]:25"}) {
        EXPECT_TRUE(is_loopback_url(url)) << url;
    }
    for (const char* url :
         {"",
          "smtp://",
          "smtp://mail.example",
          "smtp://localhost.example",
          "smtp://127.0.0.1.example",
          "smtp://10.0.0.1",
          "smtp://127.0.0.1@mail.example",
          "smtp://mail.example/127.0.0.1",
          "smtp://mail.example#localhost",
          "localhost"}) {
        EXPECT_FALSE(is_loopback_url(url)) << url;
    }
}

}  // namespace

}  // namespace pz::identity::mail
