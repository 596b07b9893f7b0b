#include "key_drill.hpp"

#include "http_client.hpp"
#include "keys.hpp"
#include "keys/store.hpp"
#include "run_record.hpp"
#include "services.hpp"

#include <pz/core/json.hpp>
#include <pz/core/text.hpp>
#include <pz/crypto/jws.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <iostream>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace pz::command {

namespace {

namespace keys = identity::keys;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr std::string_view access_token_type = "at+jwt";
constexpr auto patience = 90s;  // an unknown kid makes a verifier fetch keys at most every 10 s

/// A session refreshes twice in a round, and may do so 30 times in five minutes.
constexpr auto round_lasts = 24s;

struct DrillAccount {
    std::string_view email;
    std::string_view password;
};

/// Of two organizations, because a person and an organization may make so many requests a second only.
constexpr std::array<DrillAccount, 4> accounts{{
    {"admin@acme.example", "admin123"},
    {"user@acme.example", "user123"},
    {"admin@globex.example", "admin123"},
    {"user@globex.example", "user123"},
}};

/// An access token in use. Shared by the threads that send it; only its worth changes.
struct Token {
    std::string text;
    std::string kid;
    std::atomic<TokenWorth> worth{TokenWorth::good};
};

using TokenPointer = std::shared_ptr<Token>;

struct Session {
    std::string refresh_token;
    TokenPointer token;
};

std::string member(const std::string& body, std::string_view name) {
    const auto document = core::parse_json(body);
    const boost::json::object* object = document ? document->if_object() : nullptr;
    const boost::json::value* value = object != nullptr ? object->if_contains(name) : nullptr;
    const boost::json::string* text = value != nullptr ? value->if_string() : nullptr;
    return text != nullptr ? std::string{*text} : std::string{};
}

/// Part 0 (header) or 1 (claims) of a token, decoded.
std::string part(const std::string& token, int number) {
    std::string_view rest = token;
    for (; number > 0; --number) {
        rest.remove_prefix(std::min(rest.find('.') + 1, rest.size()));
    }
    return core::base64url_decode(rest.substr(0, rest.find('.'))).value_or("");
}

/// What the answers came to.
class Tally {
 public:
    void count(Verdict verdict) { ++counts_.at(static_cast<std::size_t>(verdict)); }

    [[nodiscard]] std::uint64_t of(Verdict verdict) const {
        return counts_.at(static_cast<std::size_t>(verdict)).load();
    }

    [[nodiscard]] std::uint64_t wrong() const {
        return of(Verdict::wrongly_refused) + of(Verdict::wrongly_accepted);
    }

 private:
    std::array<std::atomic<std::uint64_t>, 6> counts_{};
};

/// Sends requests at a steady rate with whatever tokens are in use.
class Load {
 public:
    Load(std::string url, int requests_per_second) : url_(std::move(url)) {
        const int workers = std::clamp(requests_per_second / 20, 2, 8);
        const auto interval = std::chrono::nanoseconds{1s} * workers / requests_per_second;
        for (int worker = 0; worker < workers; ++worker) {
            threads_.emplace_back([this, interval](const std::stop_token& stop) {
                send_steadily(stop, interval);
            });
        }
    }

    /// The tokens that the requests take turns with, good and revoked ones.
    void use(std::vector<TokenPointer> tokens) {
        const std::lock_guard lock{mutex_};
        tokens_ = std::move(tokens);
    }

    [[nodiscard]] const Tally& tally() const noexcept { return tally_; }

    /// Sends one request with the token and judges its answer like all others.
    Verdict ask(HttpClient& client, Token& token) {
        const TokenWorth before = token.worth.load();
        const HttpAnswer answer =
            client.request("GET", url_, {"Authorization: Bearer " + token.text}, {}, 10s);
        const Verdict verdict = judge(answer.status, before, token.worth.load());
        tally_.count(verdict);
        if (verdict == Verdict::wrongly_refused || verdict == Verdict::wrongly_accepted) {
            const std::lock_guard lock{mutex_};
            if (first_wrong_.empty()) {
                first_wrong_ = fmt::format(
                    "{} {} token of key {}: {} {}",
                    verdict == Verdict::wrongly_refused ? "refused" : "accepted",
                    verdict == Verdict::wrongly_refused ? "a good" : "a revoked",
                    token.kid,
                    answer.status,
                    member(answer.body, "code")
                );
            }
        }
        return verdict;
    }

    [[nodiscard]] std::string first_wrong() const {
        const std::lock_guard lock{mutex_};
        return first_wrong_;
    }

    void stop() { threads_.clear(); }

 private:
    void send_steadily(const std::stop_token& stop, std::chrono::nanoseconds interval) {
        HttpClient client([&] { return !stop.stop_requested(); });
        auto next = steady_clock::now();
        while (!stop.stop_requested()) {
            if (const TokenPointer token = take_turn()) {
                ask(client, *token);
            }
            // What could not be sent in time is not sent later: a pause of the machine is no burst.
            next = std::max(next + interval, steady_clock::now() - interval);
            std::this_thread::sleep_until(next);
        }
    }

    TokenPointer take_turn() {
        const std::lock_guard lock{mutex_};
        if (tokens_.empty()) {
            return nullptr;
        }
        return tokens_[turn_++ % tokens_.size()];
    }

    const std::string url_;
    mutable std::mutex mutex_;
    std::vector<TokenPointer> tokens_;
    std::size_t turn_ = 0;
    std::string first_wrong_;
    Tally tally_;
    std::vector<std::jthread> threads_;
};

class Drill {
 public:
    Drill(const RunRecord& record, KeyAccess& access, const Screen& screen, const DrillOptions& options)
        : identity_(local_url(static_cast<std::uint16_t>(record.identity_port))),
          items_(local_url(static_cast<std::uint16_t>(record.api_port)) + "/api/v1/items?limit=1"),
          access_(access),
          store_(access.connection, access.ring, access.clock),
          screen_(screen),
          options_(options),
          load_(items_, options.requests_per_second) {}

    ExitCode run() {
        for (const DrillAccount& account : accounts) {
            sessions_.push_back(sign_in(account));
        }
        use_all();
        const auto end =
            steady_clock::now() + std::chrono::duration<double, std::ratio<60>>(options_.minutes);
        for (;;) {
            const auto next_round = steady_clock::now() + round_lasts;
            one_round();
            if (next_round > end || load_.tally().wrong() != 0) {
                break;
            }
            std::this_thread::sleep_until(next_round);
        }
        load_.stop();
        return report();
    }

 private:
    Session sign_in(const DrillAccount& account) {
        return session_of(
            {{"grant_type", "password"},
             {"username", std::string{account.email}},
             {"password", std::string{account.password}}}
        );
    }

    Session session_of(const std::vector<std::pair<std::string, std::string>>& form) {
        const HttpAnswer answer = client_.request(
            "POST",
            identity_ + "/token",
            {"Content-Type: application/x-www-form-urlencoded"},
            form_encode(form),
            20s
        );
        if (answer.status != 200) {
            throw CommandError(
                ExitCode::failure,
                fmt::format("/token answered {} {}", answer.status, member(answer.body, "error_description"))
            );
        }
        auto token = std::make_shared<Token>();
        token->text = member(answer.body, "access_token");
        token->kid = member(part(token->text, 0), "kid");
        return {.refresh_token = member(answer.body, "refresh_token"), .token = std::move(token)};
    }

    void refresh(std::size_t from, std::size_t to) {
        for (std::size_t i = from; i < to; ++i) {
            sessions_[i] =
                session_of({{"grant_type", "refresh_token"}, {"refresh_token", sessions_[i].refresh_token}});
        }
    }

    void use_all(const std::vector<TokenPointer>& beside = {}) {
        std::vector<TokenPointer> tokens = beside;
        for (const Session& session : sessions_) {
            if (std::ranges::find(tokens, session.token) == tokens.end()) {
                tokens.push_back(session.token);
            }
        }
        load_.use(std::move(tokens));
    }

    std::string kid_of(keys::KeyState state) {
        const std::vector<keys::StoredKey> all = store_.list();
        const keys::StoredKey* key = keys::find_in_state(all, state);
        return key != nullptr ? key->kid : "";
    }

    template <class Condition>
    void wait_for(std::string_view what, Condition condition) {
        for (const auto deadline = steady_clock::now() + patience; !condition();) {
            if (steady_clock::now() > deadline) {
                throw CommandError(ExitCode::failure, fmt::format("gave up waiting for {}", what));
            }
            std::this_thread::sleep_for(100ms);
        }
    }

    /// The service takes over the table as a whole: it shows the key that stands by when it signs with the
    /// active.
    void wait_until_followed() {
        const std::string standing_by = kid_of(keys::KeyState::next);
        wait_for("identity-service to follow the table", [&] {
            return client_.request("GET", identity_ + "/.well-known/jwks.json").body.contains(standing_by);
        });
    }

    /// The staged key must be known to the verifier before it signs, as the schedule sees to with a day. A
    /// token that it signs here makes a verifier that does not know it look for newer keys.
    void stage() {
        const auto start = steady_clock::now();
        wait_until_followed();
        const std::vector<keys::StoredKey> all = store_.list();
        const keys::StoredKey* next = keys::find_in_state(all, keys::KeyState::next);
        const crypto::SigningKey key = keys::open_key(*next, access_.ring, access_.clock.now());
        const std::string probe =
            crypto::sign_compact(access_token_type, part(sessions_.front().token->text, 1), key);
        wait_for("the API to know the staged key", [&] {
            const long status =
                client_.request("GET", items_, {"Authorization: Bearer " + probe}, {}, 10s).status;
            if (status == 401) {
                std::this_thread::sleep_for(400ms);
            }
            return status == 200;
        });
        say("stage", next->kid, start);
    }

    void one_round() {
        const std::size_t half = sessions_.size() / 2;

        stage();
        auto start = steady_clock::now();
        const std::string first = kid_of(keys::KeyState::active);
        store_.rotate();
        ++rotations_;
        wait_until_followed();
        const std::string second = kid_of(keys::KeyState::active);
        refresh(half, sessions_.size());
        require_signed_by(second, half, sessions_.size());
        use_all();
        say("activate", second, start);

        stage();
        start = steady_clock::now();
        // One half has tokens of the retiring key, which stay good; the other half's are revoked.
        std::vector<TokenPointer> revoked;
        for (std::size_t i = half; i < sessions_.size(); ++i) {
            revoked.push_back(sessions_[i].token);
            revoked.back()->worth = TokenWorth::changing;
        }
        store_.revoke(second);
        for (const TokenPointer& token : revoked) {
            token->worth = TokenWorth::revoked;
        }
        for (const TokenPointer& token : revoked) {
            load_.ask(client_, *token);
        }
        ++revocations_;
        wait_until_followed();
        refresh(half, sessions_.size());
        require_signed_by(kid_of(keys::KeyState::active), half, sessions_.size());
        use_all(revoked);
        say("revoke", second, start);
        std::this_thread::sleep_for(1s);  // both kinds at once, also after the verifier has fetched keys

        start = steady_clock::now();
        for (std::size_t i = 0; i < half; ++i) {
            sessions_[i].token->worth = TokenWorth::changing;
        }
        refresh(0, half);
        use_all(revoked);
        store_.retire(first);
        ++retirements_;
        wait_until_followed();
        say("retire", first, start);
        std::this_thread::sleep_for(500ms);
        use_all();
    }

    void require_signed_by(const std::string& kid, std::size_t from, std::size_t to) const {
        for (std::size_t i = from; i < to; ++i) {
            if (sessions_[i].token->kid != kid) {
                throw CommandError(
                    ExitCode::failure,
                    fmt::format("/token signed with {} although {} is active", sessions_[i].token->kid, kid)
                );
            }
        }
    }

    void say(std::string_view step, const std::string& kid, steady_clock::time_point start) const {
        const Tally& tally = load_.tally();
        screen_.step(
            step,
            fmt::format(
                "{:.12}…  {} accepted, {} refused, {} wrong",
                kid,
                tally.of(Verdict::accepted),
                tally.of(Verdict::refused),
                tally.wrong()
            ),
            std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - start)
        );
    }

    ExitCode report() const {
        const Tally& tally = load_.tally();
        const std::array<std::pair<std::string_view, std::uint64_t>, 9> lines{{
            {"rotations", rotations_},
            {"revocations", revocations_},
            {"retirements", retirements_},
            {"good tokens accepted", tally.of(Verdict::accepted)},
            {"revoked tokens refused", tally.of(Verdict::refused)},
            {"answers while a key was being revoked", tally.of(Verdict::either)},
            {"held back or not answered", tally.of(Verdict::unanswered)},
            {"good tokens refused (must be 0)", tally.of(Verdict::wrongly_refused)},
            {"revoked tokens accepted (must be 0)", tally.of(Verdict::wrongly_accepted)},
        }};
        boost::json::object event{{"event", "drill"}};
        for (const auto& [name, value] : lines) {
            event[name] = value;
            if (!screen_.json()) {
                std::cout << fmt::format("  {:<40} {:>9}\n", name, value);
            }
        }
        if (screen_.json()) {
            std::cout << boost::json::serialize(event) << '\n';
        }
        std::cout.flush();
        if (tally.wrong() != 0) {
            throw CommandError(ExitCode::failure, "the drill failed: the API " + load_.first_wrong());
        }
        if (tally.of(Verdict::accepted) == 0 || tally.of(Verdict::refused) == 0) {
            throw CommandError(ExitCode::failure, "the drill shows nothing: too few requests were answered");
        }
        return ExitCode::success;
    }

    const std::string identity_;
    const std::string items_;
    KeyAccess& access_;
    keys::KeyStore store_;
    const Screen& screen_;
    const DrillOptions options_;
    HttpClient client_;
    std::vector<Session> sessions_;
    std::uint64_t rotations_ = 0;
    std::uint64_t revocations_ = 0;
    std::uint64_t retirements_ = 0;
    Load load_;
};

}  // namespace

Verdict judge(long status, TokenWorth before, TokenWorth after) noexcept {
    const bool accepted = status == 200;
    if (!accepted && status != 401) {
        return Verdict::unanswered;
    }
    if (before == TokenWorth::revoked) {
        return accepted ? Verdict::wrongly_accepted : Verdict::refused;
    }
    if (after == TokenWorth::good) {
        return accepted ? Verdict::accepted : Verdict::wrongly_refused;
    }
    return Verdict::either;
}

ExitCode drill_keys(const Workspace& workspace, const Screen& screen, const DrillOptions& options) {
    const std::optional<RunRecord> record = find_running(workspace);
    if (!record || !record->ready) {
        throw CommandError(ExitCode::failure, "Phase Zero is not running: start it with ./dev up");
    }
    ExitCode code = ExitCode::failure;
    with_local_keys(workspace, [&](KeyAccess& access) {
        code = Drill(*record, access, screen, options).run();
    });
    return code;
}

}  // namespace pz::command
