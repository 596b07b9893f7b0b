#pragma once

#include "token/oauth_error.hpp"

#include <pz/web/respond.hpp>

#include <string>
#include <vector>

/// The answers of OAuth's endpoints: JSON of their own, and errors as RFC 6749 section 5.2 has them.
namespace pz::identity::token {

/// A good answer as JSON text, or an OAuthError. `Kind` says what is documented: a type with
///     static void describe(web::Operation& operation);
template <class Kind>
struct OAuthAnswer {
    unsigned status = 200;
    std::string body;
    std::vector<std::string> set_cookies{};

    OAuthAnswer() = default;

    explicit OAuthAnswer(const OAuthError& error) : status(error.status()) {
        body = R"({"error":)";
        core::write_json(body, error.error());
        body += R"(,"error_description":)";
        core::write_json(body, std::string_view{error.what()});
        if (!error.mfa_token().empty()) {
            body += R"(,"mfa_token":)";
            core::write_json(body, error.mfa_token());
        }
        body += '}';
    }
};

/// OAuth's endpoints take a form, and the same as JSON.
void describe_form(web::Operation& operation, const boost::json::value& schema, bool required);
/// Documents OAuthError with this status.
void add_oauth_error(web::Operation& operation, unsigned status, std::string_view description);
/// {"type":"object"} with these members, none of them required: what a form may have.
[[nodiscard]] boost::json::object form_schema(
    std::initializer_list<std::pair<std::string_view, std::string_view>> fields
);
/// Renders status and body; 401 with the challenge that RFC 6749 asks for.
void render_oauth(web::Context& context, unsigned status, std::string_view body);

}  // namespace pz::identity::token

namespace pz::web {

template <class Kind>
struct Responder<identity::token::OAuthAnswer<Kind>> {
    static void render(identity::token::OAuthAnswer<Kind>&& answer, Context& context) {
        identity::token::render_oauth(context, answer.status, answer.body);
        for (const std::string& cookie : answer.set_cookies) {
            context.exchange().add_header("Set-Cookie", cookie);
        }
    }

    static void describe(Operation& operation) { Kind::describe(operation); }
};

}  // namespace pz::web
