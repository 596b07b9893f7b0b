#include "extract.hpp"

#include <pz/core/check.hpp>

namespace pz::web {

product::Encryption Extractor<product::Encryption>::extract(Context& context) {
    const auto* app = dynamic_cast<product::ProductApp*>(&context.app());
    PZ_CHECK(app != nullptr && app->encryption_ring != nullptr);
    return {app->encryption_ring, app->clock};
}

product::Time Extractor<product::Time>::extract(Context& context) {
    PZ_CHECK(context.app().clock != nullptr);
    return {context.app().clock};
}

}  // namespace pz::web
