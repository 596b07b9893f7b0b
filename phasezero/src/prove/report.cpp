#include "report.hpp"

#include "screen.hpp"

#include <pz/core/json.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace pz::command::prove {

namespace json = boost::json;

namespace {

std::size_t count_findings(const Report& report, Severity severity) {
    return static_cast<std::size_t>(std::ranges::count_if(
        report.findings,
        [severity](const Finding& finding) {
            return !finding.allowed() && finding.article->severity == severity;
        }
    ));
}

std::string_view word(Severity severity) {
    return severity == Severity::error ? "error" : "warning";
}

std::string plural(std::size_t count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

/// What came from a catalog may hold anything; a terminal must not obey it.
std::string printable(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        } else {
            out += c;
        }
    }
    return out;
}

std::string wrapped(std::string_view text, std::string_view indent) {
    constexpr std::size_t width = 96;
    std::string out;
    std::string line;
    while (!text.empty()) {
        const std::string_view next = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(next.size() + 1, text.size()));
        if (!line.empty() && line.size() + 1 + next.size() > width) {
            out += fmt::format("{}{}\n", indent, line);
            line.clear();
        }
        line += line.empty() ? "" : " ";
        line += next;
    }
    return out + (line.empty() ? "" : fmt::format("{}{}\n", indent, line));
}

class Painter {
 public:
    explicit Painter(bool colour) : colour_(colour) {}

    [[nodiscard]] std::string operator()(std::string_view code, std::string_view text) const {
        return colour_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string{text};
    }

 private:
    bool colour_;
};

constexpr std::string_view bold = "1";
constexpr std::string_view dim = "2";
constexpr std::string_view red = "31";
constexpr std::string_view green = "32";
constexpr std::string_view yellow = "33";

json::object describe(const Article& article) {
    return {
        {"id", article.id},
        {"shortDescription", {{"text", article.title}}},
        {"fullDescription", {{"text", article.explanation}}},
        {"help", {{"text", article.explanation}}},
        {"defaultConfiguration", {{"level", word(article.severity)}}},
        {"properties", {{"tags", json::array{"security", "multi-tenancy", "postgresql"}}}},
    };
}

}  // namespace

std::size_t Report::errors() const {
    return count_findings(*this, Severity::error);
}

std::size_t Report::warnings() const {
    return count_findings(*this, Severity::warning);
}

std::size_t Report::allowed() const {
    return static_cast<std::size_t>(std::ranges::count_if(findings, &Finding::allowed));
}

bool Report::clean() const {
    return errors() == 0 && (!strict || warnings() == 0);
}

std::string Report::summary() const {
    std::size_t proofs = 0;
    std::size_t rules = 0;
    std::size_t not_run = 0;
    for (const Outcome& outcome : outcomes) {
        if (outcome.not_run) {
            ++not_run;
        } else {
            ++(outcome.article->id.starts_with('D') ? proofs : rules);
        }
    }
    std::string text = fmt::format(
        "{}, {}: {}, {}",
        plural(rules, "rule"),
        plural(proofs, "proof"),
        plural(errors(), "error"),
        plural(warnings(), "warning")
    );
    if (allowed() > 0) {
        text += fmt::format(" ({} allowed)", allowed());
    }
    if (planted) {
        text += fmt::format("; {} planted", plural(*planted, "fault"));
    }
    if (not_run > 0) {
        text += fmt::format("; {} not run", not_run);
    }
    return text;
}

std::string to_table(const Report& report, TableOptions options) {
    const Painter paint{options.colour};
    std::string out = fmt::format("{}  {}\n", paint(bold, "phasezero prove"), paint(dim, report.database));
    if (options.all) {
        for (const Outcome& outcome : report.outcomes) {
            const std::size_t open = outcome.findings - outcome.allowed;
            const std::string verdict = outcome.not_run ? paint(yellow, "not run")
                                        : open > 0      ? paint(red, fmt::format("{:<7}", open))
                                                        : paint(green, "ok     ");
            const std::string note = outcome.not_run       ? *outcome.not_run
                                     : outcome.allowed > 0 ? fmt::format("{} allowed", outcome.allowed)
                                                           : "";
            out += fmt::format(
                "  {} {:<4} {:<78} {}\n",
                verdict,
                outcome.article->id,
                outcome.article->title,
                paint(dim, note)
            );
        }
    }
    std::size_t width = 0;
    for (const Finding& finding : report.findings) {
        if (!finding.allowed() || options.all) {
            width = std::max(width, std::min<std::size_t>(printable(finding.object).size(), 76));
        }
    }
    for (const Finding& finding : report.findings) {
        if (finding.allowed() && !options.all) {
            continue;
        }
        const bool error = finding.article->severity == Severity::error;
        out += fmt::format(
            "  {} {:<4} {:<{}}  {}\n",
            finding.allowed() ? paint(dim, "allowed")
            : error           ? paint(red, "error  ")
                              : paint(yellow, "warning"),
            finding.article->id,
            printable(finding.object),
            width,
            printable(finding.message)
        );
        out += fmt::format(
            "               {}\n",
            paint(
                dim,
                finding.allowed() ? "because: " + printable(finding.reason) : "fix: " + printable(finding.fix)
            )
        );
    }
    if (!options.all) {
        for (const Outcome& outcome : report.outcomes) {
            if (outcome.not_run) {
                out += fmt::format(
                    "  {} {:<4} {}\n",
                    paint(yellow, "not run"),
                    outcome.article->id,
                    printable(*outcome.not_run)
                );
            }
        }
    }
    out += fmt::format("{}\n", paint(report.clean() ? "1;32" : "1;31", report.summary()));
    return out;
}

std::string to_json_lines(const Report& report) {
    std::string out;
    const auto add = [&out](json::object line) { out += core::to_json(json::value(std::move(line))) + "\n"; };
    for (const Finding& finding : report.findings) {
        json::object line{
            {"event", "finding"},
            {"id", finding.article->id},
            {"severity", word(finding.article->severity)},
            {"title", finding.article->title},
            {"object", finding.object},
            {"message", finding.message},
            {"fix", finding.fix},
            {"allowed", finding.allowed()},
        };
        if (finding.allowed()) {
            line["reason"] = finding.reason;
        }
        add(std::move(line));
    }
    json::array run;
    for (const Outcome& outcome : report.outcomes) {
        if (outcome.not_run) {
            add({{"event", "not_run"}, {"id", outcome.article->id}, {"why", *outcome.not_run}});
        } else {
            run.emplace_back(outcome.article->id);
        }
    }
    add(
        {{"event", "summary"},
         {"database", report.database},
         {"run", std::move(run)},
         {"errors", report.errors()},
         {"warnings", report.warnings()},
         {"allowed", report.allowed()},
         {"clean", report.clean()},
         {"text", report.summary()}}
    );
    return out;
}

std::string to_sarif(const Report& report) {
    json::array rules;
    std::map<std::string_view, std::size_t> index;
    const auto add_rule = [&](const Article& article) {
        if (index.emplace(article.id, rules.size()).second) {
            rules.push_back(describe(article));
        }
    };
    json::array notifications;
    for (const Outcome& outcome : report.outcomes) {
        add_rule(*outcome.article);
        if (outcome.not_run) {
            notifications.push_back(
                {{"level", "note"},
                 {"message",
                  {{"text", fmt::format("{} was not run: {}", outcome.article->id, *outcome.not_run)}}},
                 {"descriptor", {{"id", outcome.article->id}}}}
            );
        }
    }
    json::array results;
    const SourcePlaces::Place otherwise{report.allow_file.empty() ? "database" : report.allow_file};
    for (const Finding& finding : report.findings) {
        add_rule(*finding.article);
        // Code scanning shows a result only where it has a file: what makes the object, or else where the
        // exceptions of this database are kept.
        const SourcePlaces::Place place = report.places.find(finding.object).value_or(otherwise);
        json::object result{
            {"ruleId", finding.article->id},
            {"ruleIndex", index.at(finding.article->id)},
            {"level", word(finding.article->severity)},
            {"message",
             {{"text", fmt::format("{}: {}. Fix: {}", finding.object, finding.message, finding.fix)}}},
            {"locations",
             json::array{json::object{
                 {"physicalLocation",
                  {{"artifactLocation", {{"uri", place.file}}}, {"region", {{"startLine", place.line}}}}},
                 {"logicalLocations",
                  json::array{json::object{{"fullyQualifiedName", finding.object}, {"kind", "object"}}}},
             }}},
            {"partialFingerprints", {{"object/v1", fmt::format("{} {}", finding.article->id, finding.object)}}
            },
        };
        if (finding.allowed()) {
            result["suppressions"] =
                json::array{json::object{{"kind", "external"}, {"justification", finding.reason}}};
        }
        results.push_back(std::move(result));
    }
    const json::object document{
        {"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
        {"version", "2.1.0"},
        {"runs",
         json::array{json::object{
             {"tool",
              {{"driver",
                {{"name", "phasezero prove"}, {"semanticVersion", version()}, {"rules", std::move(rules)}}}}},
             {"invocations",
              json::array{json::object{
                  {"executionSuccessful", true}, {"toolExecutionNotifications", std::move(notifications)}
              }}},
             {"results", std::move(results)},
         }}},
    };
    return core::to_json(json::value(document)) + "\n";
}

std::string to_list(const std::vector<const Article*>& articles) {
    std::string out;
    for (const Article* article : articles) {
        out += fmt::format("{:<4} {:<8} {}\n", article->id, word(article->severity), article->title);
    }
    return out;
}

std::string explain(const Article& article) {
    return fmt::format("{}  {} ({})\n\n", article.id, article.title, word(article.severity)) +
           wrapped(article.explanation, "  ");
}

}  // namespace pz::command::prove
