// GET /logout: a client signs its person out of itself (OpenID Connect RP-Initiated Logout 1.0).

#include "clients.hpp"

namespace pz::identity {

namespace {

using testkit::world;

Reply end_session(const std::string& query) {
    return identity().get("/logout?" + query);
}

constexpr const char* sign_in_page = "http://localhost:3000/login?notice=signed_out";

TEST(EndSession, ends_the_clients_session_and_goes_back_to_it) {
    const RegisteredClient client = register_client();
    const Reply tokens = sign_in_to(client);
    const Reply other = sign_in_to(client);
    const Reply reply = end_session(
        "id_token_hint=" + tokens.field("id_token") +
        "&post_logout_redirect_uri=https%3A%2F%2Fapp.example%2F&state=a%26b&client_id=" + client.id
    );
    EXPECT_EQ(reply.status(), 303) << reply.text();
    EXPECT_EQ(reply.header("Location"), "https://app.example/?state=a%26b");
    EXPECT_TRUE(is_problem(ask_api(tokens.field("access_token")), 401, "session_ended"));
    EXPECT_EQ(ask_api(other.field("access_token")).status(), 200) << "this session and no other";
    EXPECT_EQ(ask_api(world().token(acme_user)).status(), 200) << "nor the console's";
}

TEST(EndSession, sends_nobody_to_an_address_that_is_not_registered) {
    const RegisteredClient client = register_client();
    for (const char* address :
         {"https%3A%2F%2Fevil.example%2F",
          "https%3A%2F%2Fapp.example",
          "https%3A%2F%2Fapp.example%2F%2F",
          "javascript:x",
          ""}) {
        const Reply reply = end_session(
            "id_token_hint=" + sign_in_to(client).field("id_token") + "&post_logout_redirect_uri=" + address
        );
        EXPECT_EQ(reply.header("Location"), sign_in_page) << address;
    }
}

TEST(EndSession, needs_a_token_that_only_the_client_has) {
    const RegisteredClient client = register_client();
    const RegisteredClient other = register_client();
    const Reply tokens = sign_in_to(client);
    std::string forged = tokens.field("id_token");
    forged[forged.size() - 10] = forged[forged.size() - 10] == 'A' ? 'B' : 'A';
    for (const std::string& query :
         {std::string{},
          std::string{"id_token_hint=x"},
          "id_token_hint=" + forged,
          "id_token_hint=" + tokens.field("access_token"),
          "id_token_hint=" + tokens.field("id_token") + "&client_id=" + other.id}) {
        EXPECT_TRUE(is_problem(end_session(query), 400, "bad_request")) << query;
    }
    EXPECT_EQ(ask_api(tokens.field("access_token")).status(), 200);
    EXPECT_EQ(end_session("id_token_hint=" + tokens.field("id_token")).header("Location"), sign_in_page);
    EXPECT_EQ(end_session("id_token_hint=" + tokens.field("id_token")).status(), 303) << "again";
}

}  // namespace

}  // namespace pz::identity
