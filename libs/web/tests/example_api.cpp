#include "example_api.hpp"

#include <pz/core/clock.hpp>
#include <pz/web/policies.hpp>
#include <pz/web/stream.hpp>

#include <stdexcept>

namespace pz::web::example {

enum class Color : std::uint8_t { red, green };
BOOST_DESCRIBE_ENUM(Color, red, green)

struct Label {
    std::string text;
    Color color{};
};
PZ_DESCRIBE(Label, (text, length(1, 20)), color)

struct Note {
    core::Uuid id;
    std::string text;
    std::optional<Label> label;
    std::vector<std::string> words;
    core::Timestamp created_at;
    std::int32_t version = 1;
};
PZ_DESCRIBE(Note, id, text, label, words, created_at, version)

struct NoteCreate {
    std::string text;
    std::optional<Label> label;
    std::int32_t stars = 0;
    bool pinned = false;
};
PZ_DESCRIBE(NoteCreate, (text, length(1, 10), text("What it says")), label, (stars, range(0, 5)), pinned)

struct NoteQuery {
    std::string folder;
    std::int32_t limit = 3;
    std::optional<Color> color;
};
PZ_DESCRIBE(NoteQuery, (folder, length(1, 10)), (limit, range(1, 10)), color)

struct ExportQuery {
    std::int32_t pieces = 3;
    std::int32_t broken_at = 0;
};
PZ_DESCRIBE(ExportQuery, (pieces, range(1, 1000)), (broken_at, range(0, 1000)))

struct Matched {
    std::string route;
    std::vector<std::string> values;
};
PZ_DESCRIBE(Matched, route, values)

namespace {

using boost::asio::awaitable;

Note make_note(std::string text) {
    return {
        .id = core::Uuid::parse("0197c0de-0000-7000-8000-000000000001").value(),
        .text = std::move(text),
        .label = std::nullopt,
        .words = {"a", "b"},
        .created_at = {},
        .version = 7,
    };
}

awaitable<Page<Note>> list_notes(Public, Query<NoteQuery> query) {
    Page<Note> page;
    page.items.push_back(make_note(query->folder));
    co_return page;
}

awaitable<Created<Note>> create_note(Public, Json<NoteCreate, 256> input) {
    co_return Created{make_note(input->text)};
}

awaitable<Matched> get_newest(Public) {
    co_return Matched{"newest", {}};
}

awaitable<Matched> get_note(Public, Path<"id", std::string> id) {
    co_return Matched{"note", {*id}};
}

awaitable<Note> get_sample(Public) {
    co_return make_note("sample");
}

awaitable<Matched> patch_note(Public, IfMatch match, Path<"id", core::Uuid>) {
    co_return Matched{match.versions_text().value_or("any"), {}};
}

awaitable<NoContent> put_note(Public, IfMatch, Path<"id", core::Uuid>) {
    co_return NoContent{};
}

awaitable<Matched> delete_part(Public, Path<"part", std::string> part, Path<"id", std::string> id) {
    co_return Matched{"part", {*id, *part}};
}

class NumberedNotes final : public Pieces {
 public:
    explicit NumberedNotes(ExportQuery query) : query_(query) {}

    awaitable<bool> append_next(std::string* body) override {
        if (++made_ == query_.broken_at) {
            throw std::runtime_error("the cause: canary-88d1");
        }
        *body += "note " + std::to_string(made_) + '\n';
        co_return made_ < query_.pieces;
    }

 private:
    ExportQuery query_;
    std::int32_t made_ = 0;
};

awaitable<Streamed<"text/plain", "application/x-ndjson">> export_notes(Public, Query<ExportQuery> query) {
    co_return Streamed<"text/plain", "application/x-ndjson">{
        .pieces = std::make_unique<NumberedNotes>(*query), .file_name = "notes.txt"
    };
}

awaitable<NoContent> fail(Public) {
    throw std::runtime_error("the cause: canary-88d1");
    co_return NoContent{};
}

}  // namespace

void add_routes(Router& router) {
    using enum Impersonation;
    using InMemory = Unaudited<"an example without a database">;
    router.get<"/notes", list_notes, read_only>("List notes");
    router.post<"/notes", create_note, read_write, InMemory>("Create a note");
    router.get<"/notes/{id}", get_note, read_only>("Get a note");
    router.put<"/notes/{id}", put_note, deny, InMemory>("Replace a note");
    router.patch<"/notes/{id}", patch_note, deny, InMemory>("Change a note");
    router.get<"/notes/sample", get_sample, read_only>("Get a sample");
    router.get<"/notes/newest", get_newest, read_only>("Get the newest note");
    router.del<"/notes/{id}/parts/{part}", delete_part, deny, InMemory>("Delete a part of a note");
    router.get<"/export", export_notes, deny>("Export all notes");
    router.post<"/failures", fail, deny, InMemory>("Fail");
}

ApiInfo info() {
    return {"Example", "1.2.3", "Notes in memory."};
}

Server::Server(PolicySettings policies)
    : policies_(policies),
      server_(
          http::ServerOptions{.limits = {.drain_idle_time = {}}},
          [this](boost::asio::io_context&, unsigned) -> http::Handler {
              struct State {
                  App app;
                  std::optional<Dispatcher> dispatcher;
              };
              auto state = std::make_shared<State>();
              state->app.policies = &policies_;
              state->dispatcher.emplace(router_, state->app, metrics_.add_thread());
              return [state](http::Exchange exchange) { return state->dispatcher->handle(exchange); };
          }
      ) {
    add_routes(router_);
    server_.start();
}

testkit::Client Server::client() const {
    return testkit::Client{"http://127.0.0.1:" + std::to_string(server_.port())};
}

testkit::RawConnection Server::raw() const {
    return testkit::RawConnection{server_.port()};
}

}  // namespace pz::web::example
