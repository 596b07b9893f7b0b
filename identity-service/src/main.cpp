#include "app.hpp"

#include <memory>

int main(int argc, char** argv) {
    return pz::web::run_service(argc, argv, "identity-service", std::make_unique<pz::identity::IdentityService>());
}
