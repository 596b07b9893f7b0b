#include "app.hpp"

int main(int argc, char** argv) {
    pz::product::ProductCoreApi service;
    return pz::web::run_service(argc, argv, "product-core-api", service);
}
