#pragma once

#include <pz/archive/export.hpp>
#include <pz/core/clock.hpp>
#include <pz/core/secret.hpp>
#include <pz/core/uuid.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace pz::product::exports {

/// Where organizations are archived: on threads beside the event loops, each archive on a connection of its
/// own for as long as it takes, because all of it comes from one snapshot. So many at once in this process,
/// and one of each organization.
class Desk {
 public:
    struct Options {
        core::SecretString database;  ///< of pz_app
        unsigned at_once = 2;
        /// How long a reader may let a piece lie; then PostgreSQL ends the snapshot, and the archive breaks
        /// off.
        std::chrono::milliseconds patience{60'000};
        const core::Clock* clock = nullptr;
    };

    /// One archive on its way. When it goes, so does its connection, and its place is free.
    class Archive {
     public:
        class Work;

        explicit Archive(std::shared_ptr<Work> work) : work_(std::move(work)) {}

        Archive(const Archive&) = delete;
        Archive& operator=(const Archive&) = delete;
        ~Archive();

        /// As archive::Export::append_next(), which it waits for; the first call connects and takes the
        /// snapshot. Throws 503 when the database is not there, or has given the snapshot up.
        [[nodiscard]] boost::asio::awaitable<bool> append_next(std::string* out);
        /// Of what append_next() has appended.
        [[nodiscard]] const archive::Summary& summary() const noexcept;

     private:
        std::shared_ptr<Work> work_;
    };

    explicit Desk(Options options);
    Desk(const Desk&) = delete;
    Desk& operator=(const Desk&) = delete;
    /// Waits for the statements that are under way.
    ~Desk();

    /// Thread-safe. Throws 429 when all places are taken, or one is for this organization.
    [[nodiscard]] std::unique_ptr<Archive> open(core::Uuid tenant);

 private:
    class State;
    std::shared_ptr<State> state_;
};

}  // namespace pz::product::exports
