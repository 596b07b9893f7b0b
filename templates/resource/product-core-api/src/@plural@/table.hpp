#pragma once

#include "@plural@/types.hpp"

#include <pz/web/table.hpp>

namespace pz::product::@plural@ {

using @Plural@ = web::Table<"app.@singular@", @Singular@, @Singular@Create, @Singular@Update, web::PageQuery>;

}  // namespace pz::product::@plural@
