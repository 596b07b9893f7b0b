#pragma once

#include <pz/web/context.hpp>
#include <pz/web/fixed_string.hpp>
#include <pz/web/openapi.hpp>
#include <pz/web/respond.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

/// Answers that are larger than memory should hold: made piece by piece while they are sent.
namespace pz::web {

/// Where the pieces come from. What the handler did is committed when the first one is asked for; each piece
/// is a transaction of its own that only reads, so that an answer of minutes holds no connection and no
/// snapshot, and ends when its reader's session does. A database handle that the handler got stays good for
/// them.
class Pieces {
 public:
    Pieces() = default;
    Pieces(const Pieces&) = delete;
    Pieces& operator=(const Pieces&) = delete;
    virtual ~Pieces() = default;

    /// Appends the next piece, some hundred kilobytes at most, to `body`; false: it was the last one. What
    /// the first one throws is the request's answer; what a later one throws cuts the answer off where it is,
    /// which a client can tell from its end.
    [[nodiscard]] virtual boost::asio::awaitable<bool> append_next(std::string* body) = 0;
};

/// 200 with a body in pieces, to be saved as a file. The media types that the route has; the answer's own is
/// the first one unless it says another.
template <FixedString First, FixedString... Further>
struct Streamed {
    std::unique_ptr<Pieces> pieces;
    std::string file_name;  ///< letters, digits, '.', '_' and '-'
    std::string_view media_type = fixed_text<First>;
};

/// Begins the answer; the dispatcher does the rest.
void begin_stream(
    Context& context, std::unique_ptr<Pieces> pieces, std::string_view media_type, std::string_view file_name
);

template <FixedString... MediaTypes>
struct Responder<Streamed<MediaTypes...>> {
    static void render(Streamed<MediaTypes...>&& answer, Context& context) {
        begin_stream(context, std::move(answer.pieces), answer.media_type, answer.file_name);
    }

    static void describe(Operation& operation) {
        operation.add_response(200, "OK, in pieces: without its last chunk it is not whole");
        (operation.add_media_type(200, fixed_text<MediaTypes>, boost::json::object{{"type", "string"}}), ...);
        operation.add_response_header(
            200, "Content-Disposition", Presence::always, "attachment, and its name"
        );
    }
};

}  // namespace pz::web
