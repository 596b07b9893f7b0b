#include "principals.hpp"

#include <thread>
#include <utility>

namespace pz::isolation {

namespace {

/// Shorter than the shortest lifetime of a token.
constexpr std::chrono::minutes renew_after{7};
constexpr std::chrono::seconds shut_out_for{30};

}  // namespace

Principals::Principals(testkit::World& world, const Population& population)
    : world_(world), population_(population) {
    add(platform, "anonymous");
    const std::pair<std::string_view, const testkit::Account*> staff[] = {
        {"platform_admin", &testkit::platform_admin}, {"support_agent", &testkit::support_agent}
    };
    for (const auto& [role, account] : staff) {
        Principal& principal = add(platform, role);
        principal.person = account->person;
        principal.username = account->email;
        principal.password = account->password;
    }
    for (const Tenant& tenant : population.tenants()) {
        if (tenant.part != Part::speaking) {
            continue;
        }
        for (const std::size_t position : {0U, 1U}) {
            const Person& person = tenant.people.at(position);
            Principal& principal = add(tenant.number, person.role);
            principal.person = person.id;
            principal.username = person.email;
            principal.password = Population::password;
        }
        Principal& key = add(tenant.number, "api key");
        const testkit::Reply made =
            testkit::Client{world.identity().origin()}
                .with("Authorization", authorization(*by_role_.at("admin").back()))
                .post("/api/v1/api-keys", {{"name", "attack"}, {"role", "standard"}, {"expires_in_days", 1}});
        key.person = made.id();
        key.password = made.field("key");
    }
}

Principal& Principals::add(int tenant, std::string_view role) {
    Principal& principal = principals_.emplace_back(tenant, std::string{role});
    by_role_[principal.role].push_back(&principal);
    return principal;
}

testkit::Reply Principals::ask_for_token(
    const Principal& principal, const std::vector<std::pair<std::string, std::string>>& form
) {
    constexpr int attempts = 20;
    for (int attempt = 1;; ++attempt) {
        try {
            // What a session's own list shows of it is the tenant's canary.
            testkit::Reply reply =
                testkit::Client{world_.identity().origin()}
                    .with(
                        "User-Agent",
                        population_.canary(principal.tenant, population_.table("identity.session").value())
                    )
                    .post_form("/token", form);
            if (reply.status() < 500 || attempt == attempts) {
                return reply;
            }
        } catch (const testkit::ClientError&) {
            if (attempt == attempts) {
                throw;
            }
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{100});
    }
}

void Principals::renew(Principal& principal) {
    if (principal.role == "api key") {
        principal.access_token =
            ask_for_token(
                principal, {{"grant_type", "client_credentials"}, {"client_secret", principal.password}}
            ).field("access_token");
        return;
    }
    if (!principal.refresh_token.empty()) {
        const testkit::Reply refreshed = ask_for_token(
            principal, {{"grant_type", "refresh_token"}, {"refresh_token", principal.refresh_token}}
        );
        principal.refresh_token.clear();
        if (refreshed.status() == 200) {
            principal.access_token = refreshed.field("access_token");
            principal.refresh_token = refreshed.field("refresh_token");
            return;
        }
    }
    const testkit::Reply signed_in = ask_for_token(
        principal,
        {{"grant_type", "password"}, {"username", principal.username}, {"password", principal.password}}
    );
    if (signed_in.status() == 429) {  // wrong passwords that the attack gave: the account waits, as it should
        principal.shut_out_until = std::chrono::steady_clock::now() + shut_out_for;
        return;
    }
    principal.access_token = signed_in.field("access_token");
    principal.refresh_token = signed_in.field("refresh_token");
}

std::string Principals::authorization(Principal& principal) {
    if (principal.role == "anonymous") {
        return {};
    }
    const std::lock_guard lock{principal.mutex};
    const auto now = std::chrono::steady_clock::now();
    if (now < principal.shut_out_until) {
        return {};
    }
    if (principal.access_token.empty() || now - principal.obtained > renew_after) {
        renew(principal);
        principal.obtained = now;
    }
    return principal.access_token.empty() ? std::string{} : "Bearer " + principal.access_token;
}

void Principals::forget_token(Principal& principal) {
    const std::lock_guard lock{principal.mutex};
    principal.access_token.clear();
}

}  // namespace pz::isolation
