#pragma once

#include <stdexcept>

namespace pz::archive {

/// An organization that cannot be archived, or an archive that cannot be taken in. what() is one sentence
/// that names which.
class ArchiveError : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

}  // namespace pz::archive
