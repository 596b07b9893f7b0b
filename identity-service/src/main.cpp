#include "app.hpp"

int main(int argc, char** argv) {
    pz::identity::IdentityService service;
    return pz::web::run_service(argc, argv, "identity-service", service);
}
