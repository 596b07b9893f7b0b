#include "visits.hpp"

#include <stdexcept>

namespace pz::product {

Reply start_visit(World& world, const Account& agent, std::string_view tenant, boost::json::object body) {
    if (!body.contains("reason")) {
        body["reason"] = "a customer asked for help";
    }
    return world.as(agent).post("/api/v1/support/impersonate/" + std::string{tenant}, body);
}

Reply exchange_token(World& world, const std::string& agent_token, const std::string& session) {
    return world.anonymous(Service::identity)
        .post_form(
            "/token",
            {{"grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"},
             {"subject_token", session},
             {"subject_token_type", "urn:phasezero:params:oauth:token-type:impersonation-session"},
             {"actor_token", agent_token},
             {"actor_token_type", "urn:ietf:params:oauth:token-type:access_token"}}
        );
}

Visit::Visit(World& world, const Account& agent, std::string_view tenant, const Options& options)
    : world_(world), agent_token_(options.agent_token.value_or(world.token(agent))) {
    const std::string path = "/api/v1/support/impersonate/";
    boost::json::object body = options.body;
    body["mode"] = options.mode;
    body.emplace("reason", "a customer asked for help");
    const auto begin = [&] {
        const Reply started = this->agent().post(path + std::string{tenant}, body);
        if (started.status() != 201) {
            throw std::runtime_error("no session: " + started.text());
        }
        return started.field("session_id");
    };
    this->agent().del(path + begin());
    id_ = begin();
    if (options.approved_by != nullptr) {
        world.as(*options.approved_by).post("/api/v1/org/support-sessions/" + id_ + "/approve", nullptr);
    }
    token_ = exchange_token(world, agent_token_, id_).field("access_token");
}

Visit::~Visit() {
    try {
        end();
    } catch (const std::exception&) {
        return;  // its world is over, and it with it
    }
}

Reply Visit::end() const {
    return agent().del("/api/v1/support/impersonate/" + id_);
}

std::string Visit::state() const {
    return world_.database().connect_as_superuser().value(
        "select state from platform.impersonation_session where id = $1::text::uuid", {id_}
    );
}

}  // namespace pz::product
