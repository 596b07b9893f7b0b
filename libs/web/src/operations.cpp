#include "operations.hpp"

#include <pz/core/check.hpp>

#include <array>
#include <fstream>
#include <sstream>

namespace pz::web {

/// A document that is not JSON of ours: a page, a script, metrics.
struct Document {
    std::string content_type;
    std::string body;
    bool cacheable = false;
    std::string content_security_policy{};
};

/// Access to the service's own operations data, for the handlers of this file only.
struct OperationsHandle {
    App* app;

    const Operations* operator->() const { return app->operations; }
};

template <>
struct Extractor<OperationsHandle> {
    static constexpr Phase phase = Phase::input;

    static OperationsHandle extract(Context& context) {
        PZ_CHECK(context.app().operations != nullptr);
        return {&context.app()};
    }

    static void describe(Operation& operation) { operation.add_problem(503); }
};

template <>
struct Responder<Document> {
    static void render(Document&& document, Context& context) {
        const http::Exchange exchange = context.exchange();
        std::string& body = exchange.respond(200, document.content_type);
        body += document.body;
        if (!document.content_security_policy.empty()) {
            exchange.add_header("Content-Security-Policy", document.content_security_policy);
            context.page = true;
        }
        if (document.cacheable) {
            exchange.add_header("Cache-Control", "public, max-age=3600");
            context.cacheable = true;
        }
    }

    static void describe(Operation& operation) { operation.add_response(200, "OK"); }
};

struct Health {
    std::string status;
};
PZ_DESCRIBE(Health, status)

/// What a probe is told: a word, and the names of the checks that failed. Never why: the log says that.
struct Readiness {
    std::string status;
    std::vector<std::string> failed;
};
PZ_DESCRIBE(
    Readiness,
    (status, text("ready, not_ready, stopping; of /startupz: started, starting")),
    (failed, text("the checks that did not pass: database, keys"))
)

/// 200, or 503 with Retry-After when the probe's question is answered with no.
struct Probe {
    Readiness readiness;
    bool good = true;
};

template <>
struct Responder<Probe> {
    static void render(Probe&& probe, Context& context) {
        core::write_json(begin_json(context, probe.good ? 200 : 503), probe.readiness);
        if (!probe.good) {
            context.exchange().add_header("Retry-After", "1");
        }
    }

    static void describe(Operation& operation) {
        const auto schema = [&] { return schema_of<Readiness, Direction::output>(operation.components); };
        operation.add_response(200, "Yes", "application/json", schema());
        operation.add_response(503, "No, for the reasons named", "application/json", schema());
    }
};

namespace operations {

namespace {

boost::asio::awaitable<Health> get_health(Public) {
    co_return Health{"ok"};
}

boost::asio::awaitable<std::vector<std::string>> failed_checks(OperationsHandle operations) {
    const std::vector<ReadinessCheck> checks = co_await operations.app->check_readiness();
    std::vector<std::string> failed;
    for (const ReadinessCheck& check : checks) {
        if (!check.passed) {
            failed.emplace_back(check.name);
        }
    }
    if (failed.empty()) {
        operations->started = true;
    }
    co_return failed;
}

boost::asio::awaitable<Probe> get_readiness(Public, OperationsHandle operations) {
    if (operations->stopping()) {
        co_return Probe{.readiness = {"stopping", {}}, .good = false};
    }
    std::vector<std::string> failed = co_await failed_checks(operations);
    const bool good = failed.empty();
    co_return Probe{.readiness = {good ? "ready" : "not_ready", std::move(failed)}, .good = good};
}

boost::asio::awaitable<Probe> get_startup(Public, OperationsHandle operations) {
    std::vector<std::string> failed;
    if (!operations->started) {
        failed = co_await failed_checks(operations);
    }
    const bool good = failed.empty();
    co_return Probe{.readiness = {good ? "started" : "starting", std::move(failed)}, .good = good};
}

boost::asio::awaitable<Document> get_metrics(Public, OperationsHandle operations) {
    co_return Document{std::string{metrics_content_type}, operations->metrics()};
}

boost::asio::awaitable<Document> get_openapi(Public, OperationsHandle operations) {
    co_return Document{"application/json", operations->openapi};
}

/// A page that one of our own script files fills from /openapi.json.
Document documentation_page(
    std::string_view title, std::string_view style, std::string_view body, std::string_view policy
) {
    Document page{.content_type = "text/html; charset=utf-8", .body = {}};
    page.body += R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>)html";
    page.body += title;
    page.body += " - Phase Zero</title>\n";
    page.body += style;
    page.body += R"html(
</head>
<body>
<noscript>This page needs JavaScript; the document itself is at <a href="/openapi.json">/openapi.json</a>.</noscript>
)html";
    page.body += body;
    page.body += "\n</body>\n</html>\n";
    page.content_security_policy =
        "default-src 'none'; script-src 'self'; img-src 'self' data:; connect-src 'self'; frame-ancestors "
        "'none'; "
        "base-uri 'none'; form-action 'none'; ";
    page.content_security_policy += policy;
    return page;
}

boost::asio::awaitable<Document> get_docs(Public) {
    co_return documentation_page(
        "API documentation",
        R"html(<link rel="stylesheet" href="/docs/swagger-ui.css">)html",
        R"html(<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>)html",
        "style-src 'self'"
    );
}

boost::asio::awaitable<Document> get_redoc(Public) {
    co_return documentation_page(
        "API reference",
        "<style>body { margin: 0 }</style>",
        R"html(<div id="redoc"></div>
<script src="/docs/redoc.standalone.js"></script>
<script src="/docs/start-redoc.js"></script>)html",
        // Redoc writes its styles into the page and searches in a worker made from a blob.
        "style-src 'self' 'unsafe-inline'; worker-src blob:"
    );
}

boost::asio::awaitable<Document> get_docs_file(
    Public, OperationsHandle operations, Path<"file", std::string> file
) {
    constexpr const char* script = "text/javascript; charset=utf-8";
    if (*file == "start.js") {
        co_return Document{
            script,
            "SwaggerUIBundle({url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true, "
            "persistAuthorization: false, validatorUrl: null});\n"
        };
    }
    if (*file == "start-redoc.js") {
        co_return Document{
            script,
            "Redoc.init('/openapi.json', {theme: {typography: {fontFamily: 'system-ui, sans-serif', "
            "headings: {fontFamily: 'system-ui, sans-serif'}}}}, document.getElementById('redoc'));\n"
        };
    }

    struct Asset {
        std::string_view name;
        const char* type;
    };

    // A fixed list: no name from a request ever becomes a path of its own.
    constexpr std::array<Asset, 3> assets{
        {{"swagger-ui.css", "text/css; charset=utf-8"},
         {"swagger-ui-bundle.js", script},
         {"redoc.standalone.js", script}}
    };
    for (const Asset& asset : assets) {
        if (*file != asset.name) {
            continue;
        }
        const std::ifstream source(operations->docs_directory / asset.name, std::ios::binary);
        if (!source) {
            throw core::not_found("documentation asset; install it with ./dev build, or read /openapi.json");
        }
        std::ostringstream content;
        content << source.rdbuf();
        co_return Document{asset.type, content.str(), /*cacheable=*/true};
    }
    throw core::not_found("documentation asset");
}

}  // namespace

}  // namespace operations

void add_operations(Router& router) {
    using namespace operations;
    router.get<"/healthz", get_health, Impersonation::deny>("The process runs");
    router.get<"/readyz", get_readiness, Impersonation::deny>(
        "The service can do its work: database and keys are there, and it is not stopping"
    );
    router.get<"/startupz", get_startup, Impersonation::deny>("The service has been ready once");
    router.get_undocumented<"/openapi.json", get_openapi>();
    router.get_undocumented<"/docs", get_docs>();
    router.get_undocumented<"/docs/{file}", get_docs_file>();
    router.get_undocumented<"/redoc", get_redoc>();
}

void add_metrics_route(Router& router) {
    router.get_undocumented<"/metrics", operations::get_metrics>();
}

}  // namespace pz::web
