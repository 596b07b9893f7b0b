#include "service.hpp"

#include <pz/core/process.hpp>
#include <pz/crypto/fernet.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace pz::bench {

std::filesystem::path this_build() {
    return testkit::program("product-core-api");
}

testkit::ServiceProcess start_api(
    const std::filesystem::path& program,
    const DataSet& data,
    const TokenIssuer& issuer,
    const std::filesystem::path& directory,
    const std::vector<std::string>& further
) {
    data.go_live_with(issuer.key_id());
    const auto database = [&](const char* variable, std::string_view role) {
        return std::string{variable} + "=" + data.connection_string(role).reveal();
    };
    std::vector<std::string> environment{
        "PZ_PROFILE=production",
        "PZ_BIND=127.0.0.1",
        // On, because they are part of a request's cost, and out of the way.
        "PZ_RATE_LIMIT_PERSON=100000",
        "PZ_RATE_LIMIT_TENANT=100000",
        "PZ_ISSUER=" + issuer.issuer(),
        std::string{"PZ_AUDIENCE="} + TokenIssuer::audience,
        "PZ_JWKS_URL=" + issuer.jwks_url(),
        "PZ_ENCRYPTION_KEYS=" + crypto::FernetRing::generate_key().reveal(),
        database("PZ_DATABASE_APP", "pz_app"),
        database("PZ_DATABASE_SUPPORT", "pz_support"),
        database("PZ_DATABASE_ADMIN", "pz_admin"),
    };
    environment.insert(environment.end(), further.begin(), further.end());
    const std::string known =
        core::run_process({.command = {program.string(), "--help-config"}}, std::chrono::seconds{10}).output;
    std::erase_if(environment, [&known](const std::string& setting) {
        return !known.contains("`" + setting.substr(0, setting.find('=')) + "`");
    });
    return testkit::ServiceProcess{{
        .program = program,
        .log_file = directory / "product-core-api.log",
        .environment = std::move(environment),
        .port = testkit::ReservedPort{},
    }};
}

}  // namespace pz::bench
