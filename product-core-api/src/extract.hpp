#pragma once

#include <pz/core/clock.hpp>
#include <pz/crypto/fernet.hpp>
#include <pz/web/extract.hpp>

/// This service's own extractors, beside those of libs/web.
namespace pz::product {

/// What one event-loop thread owns, as the extractors see it.
struct ProductApp : web::App {
    const crypto::FernetRing* encryption_ring = nullptr;
};

/// For handlers that keep a tenant's secrets.
struct Encryption {
    const crypto::FernetRing* ring;
    const core::Clock* clock;
};

/// For handlers that write down when something happened, or make rows of several tables.
struct Time {
    const core::Clock* clock;
};

}  // namespace pz::product

namespace pz::web {

template <>
struct Extractor<product::Encryption> {
    static constexpr Phase phase = Phase::input;
    static product::Encryption extract(Context& context);

    static void describe(Operation&) {}
};

template <>
struct Extractor<product::Time> {
    static constexpr Phase phase = Phase::input;
    static product::Time extract(Context& context);

    static void describe(Operation&) {}
};

}  // namespace pz::web
