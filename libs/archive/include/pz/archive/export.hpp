#pragma once

#include <pz/archive/error.hpp>
#include <pz/core/clock.hpp>
#include <pz/core/uuid.hpp>
#include <pz/pg/blocking.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

/// An organization as one file: a tar of NDJSON (a row a line) for each table of schema app, its people, and
/// at the end a manifest with columns, counts and SHA-256. Taken from one snapshot, a thousand rows at a
/// time, so that memory does not grow with the organization.
///
/// Secrets stay behind: what is encrypted under the keys of one installation is of no use in another, and
/// password hashes are nobody's data but the person's.
namespace pz::archive {

inline constexpr std::string_view media_type = "application/x-tar";

/// What has been archived so far; all of it once append_next() has returned false.
struct Summary {
    std::string slug;
    std::int64_t tables = 0;
    std::int64_t rows = 0;
    std::int64_t bytes = 0;
    std::string sha256;  ///< of the whole archive, in hexadecimal; empty before its end
};

/// An archive in the making: one REPEATABLE READ transaction that only reads, bound to the organization, so
/// that row level security holds for what leaves, too. The same organization at the same moment gives the
/// same bytes. Not thread-safe; blocks.
class Export {
 public:
    struct Options {
        core::Uuid tenant;
        core::Timestamp now;  ///< stands in the manifest
        /// PostgreSQL ends the connection when nothing is asked for so long: whoever does not take what was
        /// made does not keep a snapshot from being vacuumed. 0: for ever.
        std::chrono::milliseconds patience{0};
        std::chrono::milliseconds statement_time{0};  ///< what one statement may take; 0: any time
    };

    /// Takes the snapshot. `connection` is as pz_app, outlives this object, and has no other use until then.
    /// Throws ArchiveError when there is no such organization (any more), pg::BlockingError.
    Export(pg::BlockingConnection& connection, const Options& options);
    Export(Export&&) noexcept;
    Export& operator=(Export&&) noexcept;
    ~Export();

    /// Appends the next piece; false: it was the last one, and the transaction has ended. Throws
    /// pg::BlockingError, after which nothing more comes.
    [[nodiscard]] bool append_next(std::string& out);

    [[nodiscard]] const Summary& summary() const noexcept;

 private:
    class State;
    std::unique_ptr<State> state_;
};

}  // namespace pz::archive
