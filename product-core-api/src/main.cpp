#include "app.hpp"

#include <memory>

int main(int argc, char** argv) {
    return pz::web::run_service(argc, argv, "product-core-api", std::make_unique<pz::product::ProductCoreApi>());
}
