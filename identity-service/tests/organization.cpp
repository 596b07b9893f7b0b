#include "organization.hpp"

#include <pz/core/clock.hpp>
#include <pz/core/uuid.hpp>

namespace pz::identity {

namespace {

using testkit::world;

std::string new_id() {
    return core::Uuid::v7(core::SystemClock{}).to_string();
}

Someone add_person(const std::string& tenant, std::string_view role) {
    Someone someone{.id = new_id(), .email = {}, .access_token = {}, .refresh_token = {}};
    someone.email = "p" + someone.id + "@people.example";
    auto identity = world().database().connect("pz_identity");
    identity.query(
        "insert into identity.person (id, email, name, password_hash, demo) select $1::uuid, $2, 'Person ' "
        "|| $2,"
        " password_hash, true from identity.person where email = 'admin@acme.example'",
        {someone.id, someone.email}
    );
    identity.query(
        "insert into identity.membership (tenant_id, person_id, role) values ($1, $2, $3)",
        {tenant, someone.id, std::string{role}}
    );
    someone.sign_in();
    return someone;
}

}  // namespace

Client Someone::client() const {
    return world().with_token(access_token, Service::identity);
}

void Someone::sign_in() {
    const Reply reply = identity().post_form(
        "/token",
        {{"grant_type", "password"}, {"username", email}, {"password", std::string{everybodys_password}}}
    );
    access_token = reply.field("access_token");
    refresh_token = reply.field("refresh_token");
}

Organization::Organization() : id_(new_id()) {
    world()
        .database()
        .connect("pz_admin")
        .query(
            "insert into platform.tenant (id, slug, name, plan) values ($1::text::uuid, 'org-' || $1, "
            "'Organization ' || $1, 'enterprise')",
            {id_}
        );
}

Someone Organization::add(std::string_view role) const {
    return add_person(id_, role);
}

std::string Organization::value(const std::string& sql) {
    return world().database().connect("pz_identity").value(sql);
}

Someone add_staff(std::string_view role) {
    return add_person(std::string{testkit::numbersence}, role);
}

}  // namespace pz::identity
