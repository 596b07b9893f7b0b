// What is particular to @words@; what holds for every resource stands in resource_contract.cpp.

#include "resource_contract.hpp"

namespace pz::product {

namespace {

[[maybe_unused]] const bool declared = declare_resource({
    .path = "/api/v1/@kebabs@",
    .table = "app.@singular@",
    .sample = [] { return boost::json::object{@samples@}; },
    .change = [] { return boost::json::object{@changes@}; },
    .optional = {@optional_names@},
    .refused = {
        {"@field.name@", {@field.bad@}},
    },
});

}  // namespace

}  // namespace pz::product
