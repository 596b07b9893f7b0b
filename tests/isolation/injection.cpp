#include "injection.hpp"

#include "principals.hpp"
#include "requests.hpp"

#include <pz/core/process.hpp>
#include <pz/testkit/world.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <chrono>
#include <exception>
#include <fstream>
#include <iterator>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace pz::isolation {

namespace {

namespace fs = std::filesystem;

/// sqlmap's mark for a place to inject into.
constexpr char mark = '*';

/// A raw request with a mark behind every value that a caller chooses.
struct Marked {
    std::string name;
    std::string bytes;
    std::size_t places = 0;
};

/// Behind every string of a JSON document that is a value and not a name.
std::string mark_json(std::string_view body, std::size_t& places) {
    std::string out;
    bool inside = false;
    for (std::size_t i = 0; i < body.size(); ++i) {
        if (body[i] == '"' && (i == 0 || body[i - 1] != '\\')) {
            const bool ends = inside;
            inside = !inside;
            if (ends && (i + 1 == body.size() || body[i + 1] != ':')) {
                out += mark;
                ++places;
            }
        }
        out += body[i];
    }
    return out;
}

std::string mark_target(std::string_view target, std::size_t& places) {
    std::string out;
    const std::size_t query = target.find('?');
    const std::string_view path = target.substr(0, query);
    for (std::size_t begin = 0; begin < path.size();) {
        const std::size_t end = std::min(path.find('/', begin + 1), path.size());
        const std::string_view segment = path.substr(begin, end - begin);
        out += segment;
        if (!uuids_in(segment).empty()) {
            out += mark;
            ++places;
        }
        begin = end;
    }
    if (query != std::string_view::npos) {
        for (const char c : target.substr(query)) {
            if (c == '&') {
                out += mark;
                ++places;
            }
            out += c;
        }
        out += mark;
        ++places;
    }
    return out;
}

Marked marked(
    std::string name, const Request& request, std::uint16_t port, const std::string& authorization
) {
    Marked out{.name = std::move(name), .bytes = {}, .places = 0};
    out.bytes = fmt::format(
        "{} {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n",
        request.method,
        mark_target(request.target, out.places),
        port
    );
    for (const auto& [header, value] : request.headers) {
        if (header == "Content-Type") {
            out.bytes += fmt::format("{}: {}\r\n", header, value);
            continue;
        }
        // Inside the quotes of an entity tag, where the value is.
        const bool quoted = value.ends_with('"');
        out.bytes += quoted ? fmt::format("{}: {}{}\"\r\n", header, value.substr(0, value.size() - 1), mark)
                            : fmt::format("{}: {}{}\r\n", header, value, mark);
        ++out.places;
    }
    if (!authorization.empty()) {
        out.bytes += fmt::format("Authorization: {}\r\n", authorization);
    }
    out.bytes += "\r\n" + mark_json(request.body, out.places);
    return out;
}

enum class Verdict : std::uint8_t { clean, injectable, untested };

/// The settings are the same for what must be found and for what must not.
Verdict run_sqlmap(const Marked& request, const fs::path& folder) {
    const fs::path file = folder / (request.name + ".http");
    std::ofstream{file, std::ios::binary} << request.bytes;
    constexpr std::chrono::minutes limit{10};
    const core::ProcessResult result = core::run_process(
        {.command =
             {"sqlmap",
              "-r",
              file.string(),
              "--batch",
              "--ignore-stdin",
              "--dbms=PostgreSQL",
              "--level=1",
              "--risk=1",
              "--technique=BEUSTQ",
              // Below the services' statement_timeout, or no sleep would ever come to its end.
              "--time-sec=2",
              "--ignore-code=400,401,403,404,409,412,413,415,422,428",
              "--timeout=20",
              "--retries=1",
              "--skip-waf",
              "--disable-coloring",
              "--flush-session",
              "--output-dir=" + (folder / "results").string()}},
        limit
    );
    std::ofstream{folder / (request.name + ".log"), std::ios::binary} << result.output;
    if (result.output.contains("identified the following injection point")) {
        return Verdict::injectable;
    }
    return result.output.contains("do not appear to be injectable") ? Verdict::clean : Verdict::untested;
}

/// Everything in which the toy can be injected into must be found, one place at a time.
void show_that_it_finds(testkit::TestDatabase& database, const fs::path& folder) {
    const testkit::ReservedPort port;
    const core::Process toy{
        {.command =
             {
                 "python3",
                 (fs::path{PZ_SOURCE_DIR} / "tests" / "isolation" / "injectable.py").string(),
                 std::to_string(port.number()),
                 database.connection_string("pz_identity").reveal(),
             }}
    };
    constexpr std::chrono::seconds limit{20};
    const auto deadline = std::chrono::steady_clock::now() + limit;
    for (bool up = false; !up;) {
        try {
            up = testkit::Client{fmt::format("http://127.0.0.1:{}", port.number())}.get("/").status() != 0;
        } catch (const testkit::ClientError&) {
            if (std::chrono::steady_clock::now() > deadline) {
                throw std::runtime_error{"tests/isolation/injectable.py does not answer"};
            }
            std::this_thread::sleep_for(std::chrono::milliseconds{50});
        }
    }
    const std::string head = fmt::format("HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n", port.number());
    const Marked holes[] = {
        {"toy-path", "GET /path/acme* " + head + "\r\n", 1},
        {"toy-query", "GET /query?q=acme* " + head + "\r\n", 1},
        {"toy-header", "GET /header " + head + "Idempotency-Key: acme*\r\n\r\n", 1},
        {"toy-body", "POST /body " + head + "Content-Type: application/json\r\n\r\n{\"q\": \"acme*\"}", 1},
    };
    for (const Marked& hole : holes) {
        if (run_sqlmap(hole, folder) != Verdict::injectable) {
            throw std::runtime_error{"sqlmap does not find " + hole.name + ", so it would prove nothing"};
        }
    }
}

}  // namespace

InjectionReport look_for_injections(const InjectionOptions& options) {
    const testkit::TemporaryDirectory folder{"sqlmap"};
    testkit::test_cluster();
    testkit::World world;
    show_that_it_finds(world.database(), folder.path());
    options.progress("the injectable program: found in path, query, header and body");

    constexpr int few_tenants = 6;
    const Population population{world.database(), options.seed, few_tenants};
    Principals principals{world, population};
    std::vector<Marked> requests;
    for (const auto service : {testkit::Service::api, testkit::Service::identity}) {
        const auto document = testkit::Client{world.process(service).origin()}.get("/openapi.json").json();
        for (const Operation& operation : read_operations(service, document)) {
            const auto role = std::ranges::find_if(Principals::roles, [&](std::string_view each) {
                return operation.allows(rights_of(each));
            });
            if (role == std::end(Principals::roles) || !operation.name.contains(options.operation)) {
                continue;
            }
            Principal& caller = *principals.of(*role).front();
            const Tenant& own =
                caller.tenant == platform ? population.tenants().back() : population.tenant(caller.tenant);
            const Aim aim{
                .whose = Whose::own,
                .own = &own,
                .foreign = &own,
                .voice = std::nullopt,
                .everything = true,
                .least = false,
                .cursor = "a-cursor",
                .unknown_seed = options.seed,
            };
            Marked request = marked(
                operation.name,
                make_request(operation, Kind::own, population, aim, Random{options.seed}),
                world.process(service).port(),
                principals.authorization(caller)
            );
            if (request.places > 0) {
                requests.push_back(std::move(request));
            }
        }
    }

    InjectionReport report;
    report.operations = requests.size();
    std::atomic<std::size_t> next = 0;
    std::mutex mutex;
    {
        std::vector<std::jthread> threads;
        threads.reserve(options.at_once);
        for (unsigned i = 0; i < options.at_once; ++i) {
            threads.emplace_back([&] {
                for (std::size_t index = next++; index < requests.size(); index = next++) {
                    const Marked& request = requests[index];
                    const Verdict verdict = run_sqlmap(request, folder.path());
                    const std::lock_guard lock{mutex};
                    report.places += request.places;
                    constexpr std::string_view words[] = {
                        "nothing", "CAN BE INJECTED INTO", "could not be tested"
                    };
                    const std::string line = fmt::format(
                        "{}: {} ({} places)",
                        request.name,
                        words[static_cast<std::size_t>(verdict)],
                        request.places
                    );
                    options.progress(line);
                    if (verdict != Verdict::clean) {
                        std::ifstream log{folder.path() / (request.name + ".log")};
                        const std::string text{std::istreambuf_iterator<char>{log}, {}};
                        constexpr std::size_t enough = 1'500;
                        report.findings.push_back(
                            line + "\n" + text.substr(text.size() - std::min(text.size(), enough))
                        );
                    }
                }
            });
        }
    }
    return report;
}

}  // namespace pz::isolation
