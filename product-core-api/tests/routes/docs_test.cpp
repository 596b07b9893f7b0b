#include "answers.hpp"

#include <pz/core/process.hpp>

#include <fstream>
#include <iterator>

namespace pz::product {

namespace {

using namespace std::chrono_literals;
using testkit::world;

std::string committed_document() {
    std::ifstream file{PZ_SOURCE_DIR "/product-core-api/api/openapi.json", std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

TEST(OpenApi, is_the_document_in_the_repository) {
    core::ProcessOptions options;
    options.command = {testkit::program("product-core-api"), "--print-openapi"};
    const core::ProcessResult printed = core::run_process(options, 10s);
    EXPECT_EQ(printed.exit_code, 0);
    EXPECT_TRUE(
        printed.output == committed_document()
    ) << "product-core-api/api/openapi.json is out of date; renew it with: product-core-api --print-openapi";
    const Reply served = world().anonymous().get("/openapi.json");
    EXPECT_EQ(served.header("Content-Type"), "application/json");
    EXPECT_TRUE(served.text() == printed.output);
}

TEST(Docs, is_a_page_that_nobody_can_frame_and_that_loads_nothing_foreign) {
    const Reply reply = world().anonymous().get("/docs");
    ASSERT_EQ(reply.status(), 200);
    EXPECT_EQ(reply.header("Content-Type"), "text/html; charset=utf-8");
    const std::string policy = reply.header("Content-Security-Policy");
    for (const char* directive :
         {"default-src 'none'", "frame-ancestors 'none'", "script-src 'self'", "base-uri 'none'"}) {
        EXPECT_NE(policy.find(directive), std::string::npos) << directive;
    }
    EXPECT_EQ(policy.find("unsafe"), std::string::npos) << policy;
    EXPECT_EQ(reply.text().find("://"), std::string::npos) << "an address of another origin";
    EXPECT_EQ(
        world().anonymous().get("/docs/start.js").header("Content-Type"), "text/javascript; charset=utf-8"
    );
}

TEST(Docs, serves_its_own_files_and_no_others) {
    for (const char* path :
         {"/docs/..",
          "/docs/../../etc/passwd",
          "/docs/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
          "/docs/index.html",
          "/docs//etc/passwd",
          "/docs/swagger-ui.css.map"}) {
        EXPECT_TRUE(is_problem(world().anonymous().get(path), 404, "not_found")) << path;
    }
}

}  // namespace

}  // namespace pz::product
