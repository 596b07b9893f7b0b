#pragma once

#include <pz/web/extract.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <string>

namespace pz::web {

/// For an answer in pieces whose end is an event of its own: what the route declares says that it began. A
/// small handle, valid while the request lives.
class AuditSequel {
 public:
    explicit AuditSequel(Context& context) : context_(&context) {}

    /// Adds an event about the request's target to each chain that has the first one, and returns when it is
    /// committed. Throws 503 when it is not: what is not in the log is not to be seen as done.
    [[nodiscard]] boost::asio::awaitable<void> record(std::string action, boost::json::object facts) const;

 private:
    Context* context_;
};

template <>
struct Extractor<AuditSequel> {
    static constexpr Phase phase = Phase::input;
    static AuditSequel extract(Context& context);

    static void describe(Operation&) {}
};

}  // namespace pz::web
