#pragma once

#include "answers.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

/// What holds for every resource of a tenant, whatever its fields are: who may call its five routes, what
/// another tenant sees, versions, pages, closed bodies. A resource declares itself in its own test file; the
/// tests in resource_contract.cpp and the access matrix then know it.
namespace pz::product {

struct Resource {
    std::string path;   ///< "/api/v1/projects"
    std::string table;  ///< "app.project"
    /// A good body for a new row, with every member that one can have.
    boost::json::object (*sample)();
    /// A good body for a change: every member again, each with another value.
    boost::json::object (*change)();
    /// Members that may be left out, and may be null.
    std::vector<std::string> optional;
    /// Values that a member refuses.
    std::vector<std::pair<std::string, boost::json::array>> refused;

    [[nodiscard]] std::string path_of(std::string_view id) const { return path + '/' + std::string{id}; }
};

std::ostream& operator<<(std::ostream& out, const Resource& resource);

/// Before main(), from a constant of the resource's test file.
bool declare_resource(Resource resource);
[[nodiscard]] const std::vector<Resource>& declared_resources();

}  // namespace pz::product
