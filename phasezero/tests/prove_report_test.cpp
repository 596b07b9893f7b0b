// What `phasezero prove` says and lets stand, without a database.

#include "exit_code.hpp"
#include "prove/allow_list.hpp"
#include "prove/lens.hpp"
#include "prove/mutations.hpp"
#include "prove/proofs.hpp"
#include "prove/report.hpp"
#include "prove/rules.hpp"
#include "prove/source_places.hpp"
#include "prove/statements.hpp"
#include "workspace.hpp"

#include <pz/core/json.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pz::command::prove {

namespace {

constexpr Article first{.id = "L01", .severity = Severity::error, .title = "one", .explanation = "why one"};
constexpr Article second{
    .id = "L02", .severity = Severity::warning, .title = "two", .explanation = "why two"
};

Finding finding(const Article& article, std::string object) {
    return {.article = &article, .object = std::move(object), .message = "is wrong", .fix = "drop it"};
}

Report report_of(std::vector<Finding> findings) {
    Report report;
    report.outcomes = {{.article = &first, .findings = 1}, {.article = &second, .findings = 1}};
    report.findings = std::move(findings);
    return report;
}

std::string refusal_of(std::string_view text) {
    try {
        const AllowList list{text, "prove.allow"};
    } catch (const CommandError& error) {
        EXPECT_EQ(error.code(), ExitCode::usage);
        return error.what();
    }
    return "not refused";
}

TEST(AllowList, covers_a_finding_of_the_rule_and_object_with_its_reason) {
    AllowList list{"# reviewed\n\nL01  app.item\n     It is\n     shared.\n", "prove.allow"};
    std::vector<Finding> findings{
        finding(first, "app.item"), finding(first, "app.items"), finding(second, "app.item")
    };
    list.apply(findings);
    EXPECT_EQ(findings[0].reason, "It is shared.");
    EXPECT_FALSE(findings[1].allowed());
    EXPECT_FALSE(findings[2].allowed());
}

TEST(AllowList, takes_a_star_for_any_characters_and_nothing_else) {
    EXPECT_TRUE(matches("app.*", "app.item"));
    EXPECT_TRUE(matches("*: select to pz_admin*", "app.item: select to pz_admin using (true)"));
    EXPECT_TRUE(matches("*", ""));
    EXPECT_TRUE(matches("a*b*c", "a-b-b-c"));
    EXPECT_FALSE(matches("app.*", "application.item"));
    EXPECT_FALSE(matches("a*b", "a-b-"));
    EXPECT_FALSE(matches("a.b", "axb"));
    EXPECT_FALSE(matches("", "a"));
}

TEST(AllowList, makes_an_error_of_an_entry_that_covers_nothing) {
    AllowList list{"L01 app.gone\n  why\nL09 app.gone\n  why\n", "prove.allow"};
    std::vector<Finding> none;
    list.apply(none);
    const auto unused = list.unused([](std::string_view id) { return id == "L01"; });
    ASSERT_EQ(unused.size(), 1U) << "the other rule was not run";
    EXPECT_EQ(unused[0].object, "L01 app.gone");
    EXPECT_EQ(unused[0].article->severity, Severity::error);
    EXPECT_EQ(unused[0].message, "line 1 of prove.allow covers no finding");
}

TEST(AllowList, refuses_what_it_does_not_understand_with_file_and_line) {
    EXPECT_EQ(
        refusal_of("L01 app.item\n"), "prove.allow:1: the entry has no reason; write it below, indented"
    );
    EXPECT_EQ(
        refusal_of("L01 a\nL02 b\n  why\n"),
        "prove.allow:1: the entry has no reason; write it below, indented"
    );
    EXPECT_EQ(refusal_of("\n  why\n"), "prove.allow:2: a reason stands below the entry that it is for");
    EXPECT_EQ(refusal_of("L01\n"), "prove.allow:1: an entry is a rule and an object");
}

TEST(ProveReport, counts_what_is_open_and_what_is_allowed) {
    Report report = report_of({finding(first, "a"), finding(second, "b"), finding(first, "c")});
    report.findings[2].reason = "known";
    EXPECT_EQ(report.summary(), "2 rules, 0 proofs: 1 error, 1 warning (1 allowed)");
    EXPECT_FALSE(report.clean());
    report.findings[0].reason = "known";
    EXPECT_TRUE(report.clean()) << "a warning alone does not fail";
    report.strict = true;
    EXPECT_FALSE(report.clean());
}

TEST(ProveReport, says_what_was_not_run) {
    Report report = report_of({});
    report.outcomes[1].not_run = "it needs a role that sees all tenants' rows";
    EXPECT_EQ(report.summary(), "1 rule, 0 proofs: 0 errors, 0 warnings; 1 not run");
    EXPECT_NE(to_table(report, {}).find("not run L02  it needs a role"), std::string::npos);
}

TEST(ProveReport, aligns_its_table_and_paints_only_when_told_to) {
    const Report report = report_of({finding(first, "a"), finding(second, "longer")});
    const std::string table = to_table(report, {});
    EXPECT_NE(table.find("  error   L01  a       is wrong\n               fix: drop it\n"), std::string::npos)
        << table;
    EXPECT_NE(table.find("  warning L02  longer  is wrong\n"), std::string::npos) << table;
    EXPECT_EQ(table.find('\x1b'), std::string::npos);
    EXPECT_NE(to_table(report, {.colour = true}).find("\x1b[31merror"), std::string::npos);
}

TEST(ProveReport, lets_no_name_in_a_catalog_steer_the_terminal) {
    const std::string table = to_table(report_of({finding(first, "evil\x1b[2J\nname")}), {});
    EXPECT_EQ(table.find('\x1b'), std::string::npos);
    EXPECT_NE(table.find("evil\\x1b[2J\\x0aname"), std::string::npos) << table;
}

TEST(ProveReport, writes_one_json_object_a_line) {
    Report report = report_of({finding(first, "app.\"odd\"")});
    const std::string lines = to_json_lines(report);
    const auto document = core::parse_json(lines.substr(0, lines.find('\n')));
    ASSERT_TRUE(document);
    EXPECT_EQ(document->at("object").as_string(), "app.\"odd\"");
    EXPECT_EQ(document->at("fix").as_string(), "drop it");
    const auto summary = core::parse_json(lines.substr(lines.find('\n') + 1));
    ASSERT_TRUE(summary) << lines;
    EXPECT_EQ(summary->at("errors").as_int64(), 1);
    EXPECT_FALSE(summary->at("clean").as_bool());
}

/// What the schema of SARIF 2.1.0 (OASIS, sections 3.13 to 3.58) asks of the objects that we write: a member
/// that it does not have (additionalProperties is false everywhere but in property bags), or that it requires
/// and is not there, or is of another type, or whose word is none of its enumeration. Empty: none.
class SarifCheck {
 public:
    explicit SarifCheck(const boost::json::value& document) {
        object(document, "", {{"$schema", uri}, {"version", text}, {"runs", array}}, {"version", "runs"});
        expect(document.at("version") == "2.1.0", "/version");
        for (const auto& run : document.at("runs").as_array()) {
            check_run(run);
        }
    }

    [[nodiscard]] const std::string& fault() const noexcept { return fault_; }

 private:
    enum Kind : std::uint8_t { text, array, structure, index, line, flag, level, uri, kind };

    using Members = std::vector<std::pair<std::string_view, Kind>>;

    void expect(bool holds, const std::string& where) {
        if (!holds && fault_.empty()) {
            fault_ = where;
        }
    }

    static bool is(const boost::json::value& value, Kind type) {
        const auto one_of = [&](std::initializer_list<std::string_view> words) {
            return value.is_string() &&
                   std::ranges::find(words, std::string_view{value.get_string()}) != words.end();
        };
        switch (type) {
            case text:
                return value.is_string();
            case array:
                return value.is_array();
            case structure:
                return value.is_object();
            case index:
                return (value.is_int64() && value.get_int64() >= 0) || value.is_uint64();
            case line:
                return (value.is_int64() && value.get_int64() >= 1) || value.is_uint64();
            case flag:
                return value.is_bool();
            case level:
                return one_of({"none", "note", "warning", "error"});
            case kind:
                return one_of({"inSource", "external"});
            case uri:
                return value.is_string() && !value.get_string().empty() &&
                       std::ranges::all_of(value.get_string(), [](unsigned char c) {
                           return c > ' ' && c < 0x7f && c != '<' && c != '>' && c != '"' && c != '\\';
                       });
        }
        return false;
    }

    void object(
        const boost::json::value& value,
        const std::string& where,
        const Members& known,
        const std::vector<std::string_view>& required
    ) {
        expect(value.is_object(), where);
        for (const auto& member : value.as_object()) {
            const auto found = std::ranges::find(
                known, std::string_view{member.key()}, [](const auto& entry) { return entry.first; }
            );
            const std::string path = where + '/' + std::string{member.key()};
            expect(found != known.end() && is(member.value(), found->second), path);
        }
        for (const std::string_view name : required) {
            expect(value.as_object().contains(name), where + '/' + std::string{name});
        }
    }

    void message(const boost::json::value& value, const std::string& where) {
        object(value, where, {{"text", text}, {"markdown", text}}, {"text"});
    }

    void check_rule(const boost::json::value& rule, const std::string& where) {
        object(
            rule,
            where,
            {{"id", text},
             {"name", text},
             {"shortDescription", structure},
             {"fullDescription", structure},
             {"help", structure},
             {"helpUri", uri},
             {"defaultConfiguration", structure},
             {"properties", structure}},
            {"id"}
        );
        for (const char* words : {"shortDescription", "fullDescription", "help"}) {
            if (const auto* found = rule.as_object().if_contains(words)) {
                message(*found, where + '/' + words);
            }
        }
        if (const auto* found = rule.as_object().if_contains("defaultConfiguration")) {
            object(*found, where + "/defaultConfiguration", {{"level", level}, {"enabled", flag}}, {});
        }
    }

    void check_result(
        const boost::json::value& result, const boost::json::array& rules, const std::string& where
    ) {
        object(
            result,
            where,
            {{"ruleId", text},
             {"ruleIndex", index},
             {"level", level},
             {"message", structure},
             {"locations", array},
             {"partialFingerprints", structure},
             {"suppressions", array}},
            {"message"}
        );
        message(result.at("message"), where + "/message");
        const auto rule = result.at("ruleIndex").to_number<std::size_t>();
        expect(rule < rules.size() && rules.at(rule).at("id") == result.at("ruleId"), where + "/ruleIndex");
        for (const auto& place : result.at("locations").as_array()) {
            object(place, where, {{"physicalLocation", structure}, {"logicalLocations", array}}, {});
            const auto& physical = place.at("physicalLocation");
            object(
                physical,
                where,
                {{"artifactLocation", structure}, {"region", structure}},
                {"artifactLocation"}
            );
            object(physical.at("artifactLocation"), where, {{"uri", uri}}, {"uri"});
            object(physical.at("region"), where, {{"startLine", line}}, {});
            for (const auto& logical : place.at("logicalLocations").as_array()) {
                object(logical, where, {{"fullyQualifiedName", text}, {"kind", text}}, {});
            }
        }
        for (const auto& fingerprint : result.at("partialFingerprints").as_object()) {
            expect(fingerprint.value().is_string(), where + "/partialFingerprints");
        }
        if (const auto* suppressions = result.as_object().if_contains("suppressions")) {
            for (const auto& suppression : suppressions->as_array()) {
                object(suppression, where, {{"kind", kind}, {"justification", text}}, {"kind"});
            }
        }
    }

    void check_run(const boost::json::value& run) {
        object(run, "/run", {{"tool", structure}, {"invocations", array}, {"results", array}}, {"tool"});
        const auto& driver = run.at("tool").at("driver");
        object(run.at("tool"), "/tool", {{"driver", structure}}, {"driver"});
        object(
            driver,
            "/driver",
            {{"name", text}, {"semanticVersion", text}, {"informationUri", uri}, {"rules", array}},
            {"name"}
        );
        const auto& rules = driver.at("rules").as_array();
        std::set<std::string> ids;
        for (const auto& rule : rules) {
            check_rule(rule, "/rule");
            expect(ids.insert(std::string{rule.at("id").as_string()}).second, "/rules: two of one id");
        }
        for (const auto& invocation : run.at("invocations").as_array()) {
            object(
                invocation,
                "/invocation",
                {{"executionSuccessful", flag}, {"toolExecutionNotifications", array}},
                {"executionSuccessful"}
            );
            for (const auto& note : invocation.at("toolExecutionNotifications").as_array()) {
                object(
                    note,
                    "/notification",
                    {{"level", level}, {"message", structure}, {"descriptor", structure}},
                    {"message"}
                );
                message(note.at("message"), "/notification/message");
                object(note.at("descriptor"), "/descriptor", {{"id", text}, {"index", index}}, {});
            }
        }
        for (const auto& result : run.at("results").as_array()) {
            check_result(result, rules, "/result");
        }
    }

    std::string fault_;
};

TEST(ProveReport, writes_what_the_schema_of_sarif_2_1_0_allows) {
    Report report = report_of({finding(first, "a"), finding(second, "b")});
    report.findings[1].reason = "known";
    report.outcomes.front().not_run = "no superuser";
    const std::string sarif = to_sarif(report);
    EXPECT_EQ(SarifCheck(boost::json::parse(sarif)).fault(), "");
    const auto with = [&](std::string_view from, std::string_view to) {
        std::string text = sarif;
        text.replace(text.find(from), from.size(), to);
        return SarifCheck(boost::json::parse(text)).fault();
    };
    EXPECT_EQ(with("\"2.1.0\"", "\"2.2\""), "/version");
    EXPECT_EQ(with("\"executionSuccessful\"", "\"succeeded\""), "/invocation/succeeded");
    EXPECT_EQ(with("\"level\":\"note\"", "\"level\":\"info\""), "/notification/level");
    EXPECT_EQ(with("\"ruleIndex\":0", "\"ruleIndex\":1"), "/result/ruleIndex");
    EXPECT_EQ(with("\"startLine\":1", "\"startLine\":0"), "/result/startLine");
    EXPECT_EQ(with("\"kind\":\"external\"", "\"kind\":\"elsewhere\""), "/result/kind");
}

TEST(ProveReport, writes_sarif_with_rules_results_and_suppressions) {
    Report report = report_of({finding(first, "a"), finding(second, "b")});
    report.findings[1].reason = "known";
    report.allow_file = "database/prove.allow";
    const boost::json::value document = boost::json::parse(to_sarif(report));
    EXPECT_EQ(document.at("version").as_string(), "2.1.0");
    const boost::json::value& run = document.at("runs").at(0);
    EXPECT_EQ(run.at("tool").at("driver").at("rules").as_array().size(), 2U);
    EXPECT_EQ(
        run.at("tool").at("driver").at("rules").at(1).at("defaultConfiguration").at("level").as_string(),
        "warning"
    );
    const boost::json::value& open = run.at("results").at(0);
    EXPECT_EQ(open.at("ruleId").as_string(), "L01");
    EXPECT_EQ(open.at("ruleIndex").as_int64(), 0);
    EXPECT_EQ(open.at("level").as_string(), "error");
    EXPECT_FALSE(open.as_object().contains("suppressions"));
    EXPECT_EQ(
        open.at("locations").at(0).at("physicalLocation").at("artifactLocation").at("uri").as_string(),
        "database/prove.allow"
    );
    EXPECT_EQ(run.at("results").at(1).at("suppressions").at(0).at("justification").as_string(), "known");
}

TEST(SourcePlaces, are_the_lines_that_make_what_a_finding_names) {
    const SourcePlaces places{std::filesystem::path{PZ_SOURCE_DIR} / "database"};
    const auto found = [&](std::string_view object) -> std::string {
        const auto place = places.find(object);
        if (!place) {
            return "nowhere";
        }
        const std::string text = read_file(std::filesystem::current_path() / place->file);
        std::size_t begin = 0;
        for (int line = 1; line < place->line; ++line) {
            begin = text.find('\n', begin) + 1;
        }
        return text.substr(begin, text.find('\n', begin) - begin);
    };
    EXPECT_EQ(found("app.item"), "create table app.item (");
    EXPECT_EQ(found("pz_app: select on app.item"), "create table app.item (");
    EXPECT_EQ(found("App.Item: no rows"), "create table app.item (");
    EXPECT_TRUE(found("platform.require_live(uuid, integer)").starts_with("create ")) << "a function";
    EXPECT_TRUE(found("pz_backup").contains("pz_backup")) << "a role";
    EXPECT_EQ(found("shop.\"Order\""), "nowhere");
    EXPECT_EQ(found("*: to on"), "nowhere");
    EXPECT_FALSE(SourcePlaces{}.find("app.item"));
    EXPECT_FALSE(SourcePlaces{"/nowhere"}.find("app.item"));
}

TEST(SourcePlaces, are_where_code_scanning_shows_a_result) {
    Report report = report_of({finding(first, "app.item"), finding(second, "shop.order")});
    report.allow_file = "database/prove.allow";
    report.places = SourcePlaces{std::filesystem::path{PZ_SOURCE_DIR} / "database"};
    const boost::json::value document = boost::json::parse(to_sarif(report));
    const auto place = [&](std::size_t result) {
        return document.at("runs")
            .at(0)
            .at("results")
            .at(result)
            .at("locations")
            .at(0)
            .at("physicalLocation");
    };
    EXPECT_TRUE(place(0).at("artifactLocation").at("uri").as_string().ends_with("_create_app.sql"));
    EXPECT_GT(place(0).at("region").at("startLine").to_number<int>(), 1);
    EXPECT_EQ(place(1).at("artifactLocation").at("uri").as_string(), "database/prove.allow");
}

TEST(ProveRules, have_ids_in_order_and_all_that_a_reader_needs) {
    int number = 0;
    for (const Rule& rule : rules()) {
        ++number;
        EXPECT_EQ(rule.id, (number < 10 ? "L0" : "L") + std::to_string(number));
        EXPECT_GE(rule.title.size(), 15U) << rule.id;
        EXPECT_LE(rule.title.size(), 78U) << rule.id;
        EXPECT_GT(rule.explanation.size(), 100U) << rule.id;
        EXPECT_TRUE(!rule.query.empty() || rule.check != nullptr) << rule.id;
    }
    EXPECT_EQ(number, 38);
}

TEST(ProveRules, stand_in_the_documentation_as_they_are) {
    const std::string page = read_file(std::filesystem::path{PZ_SOURCE_DIR} / "docs/isolation.md");
    const auto expect_row = [&](const Article& article) {
        const std::string severity = article.severity == Severity::error ? "error" : "warning";
        const std::string row =
            "| " + std::string{article.id} + " | " + severity + " | " + std::string{article.title} + " |\n";
        EXPECT_NE(page.find(row), std::string::npos) << row;
    };
    for (const Rule& rule : rules()) {
        expect_row(rule);
    }
    for (const Proof& proof : proofs()) {
        expect_row(proof);
    }
    expect_row(MutationTest::article);
}

TEST(ProveRules, read_a_version_out_of_what_a_server_prints) {
    EXPECT_EQ(version_in("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), "15.18");
    EXPECT_EQ(version_in("postgres (PostgreSQL) 17beta1"), "17");
    EXPECT_EQ(version_in("command not found"), "");
}

TEST(Statements, are_read_one_a_line_and_refused_with_the_line) {
    const auto statements = parse_statements(
        R"({"role":"app","name":"a","sql":"select 1"})"
        "\n\n",
        "file"
    );
    ASSERT_EQ(statements.size(), 1U);
    EXPECT_EQ(statements[0].sql, "select 1");
    for (const char* bad :
         {"select 1", "[]", R"({"role":"app","name":"a"})", R"({"role":1,"name":"a","sql":"b"})"}) {
        try {
            static_cast<void>(parse_statements(bad, "file"));
            ADD_FAILURE() << bad;
        } catch (const CommandError& error) {
            EXPECT_EQ(error.code(), ExitCode::usage);
            EXPECT_TRUE(std::string_view{error.what()}.starts_with("file:1: ")) << error.what();
        }
    }
}

TEST(Lens, quotes_what_comes_from_the_command_line) {
    const Lens lens{.schemas = {"a", "b\"c\\,d}"}, .tenant_column = "t", .setting = "s"};
    EXPECT_EQ(lens.parameters()[0], R"({"a","b\"c\\,d}"})");
    EXPECT_EQ(Lens{}.parameters()[0], std::nullopt);
    EXPECT_EQ(quote_literal("it's"), "'it''s'");
    EXPECT_EQ(quote_setting("request.org"), R"("request"."org")");
    EXPECT_EQ(quote_setting("a\".b;--"), R"("a"""."b;--")");
}

}  // namespace

}  // namespace pz::command::prove
