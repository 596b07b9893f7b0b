#pragma once

#include "support/types.hpp"

#include <pz/core/clock.hpp>
#include <pz/crypto/fernet.hpp>
#include <pz/web/extract.hpp>

#include <string>

namespace pz::audit {
class Keeper;
}

namespace pz::product::exports {
class Desk;
}

/// This service's own extractors, beside those of libs/web.
namespace pz::product {

/// What one event-loop thread owns, as the extractors see it.
struct ProductApp : web::App {
    const crypto::FernetRing* encryption_ring = nullptr;
    support::Rules support_rules;
    exports::Desk* desk = nullptr;
    const audit::Keeper* audit_keeper = nullptr;
};

/// The audit log's public keys, a JWK set; empty while nobody knows them.
struct AuditKeys {
    std::string jwks;
};

/// For handlers that keep a tenant's secrets.
struct Encryption {
    const crypto::FernetRing* ring;
    const core::Clock* clock;
};

/// For the start of support sessions.
struct SupportRules {
    support::Rules rules;

    const support::Rules& operator*() const noexcept { return rules; }
};

/// Where a support session is ended: with the agent's own token on the platform's connection, with the
/// session's on its own. Statements bind no tenant by themselves.
struct SessionDb {
    tenancy::AdminDb db;

    const tenancy::AdminDb& operator*() const noexcept { return db; }
};

/// For handlers that archive an organization.
struct Exports {
    exports::Desk* desk;

    exports::Desk* operator*() const noexcept { return desk; }
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
struct Extractor<product::SupportRules> {
    static constexpr Phase phase = Phase::input;
    static product::SupportRules extract(Context& context);

    static void describe(Operation&) {}
};

template <>
struct Extractor<product::AuditKeys> {
    static constexpr Phase phase = Phase::input;
    static product::AuditKeys extract(Context& context);

    static void describe(Operation&) {}
};

template <>
struct Extractor<product::Exports> {
    static constexpr Phase phase = Phase::input;
    static product::Exports extract(Context& context);

    static void describe(Operation&) {}
};

template <>
struct Extractor<product::SessionDb> {
    static constexpr Phase phase = Phase::database;
    static product::SessionDb extract(Context& context);
    static void describe(Operation& operation);
};

template <>
struct Extractor<product::Time> {
    static constexpr Phase phase = Phase::input;
    static product::Time extract(Context& context);

    static void describe(Operation&) {}
};

}  // namespace pz::web
