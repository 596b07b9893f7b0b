#pragma once

#include <pz/core/clock.hpp>
#include <pz/core/describe.hpp>
#include <pz/core/json.hpp>
#include <pz/core/uuid.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace pz::product::@plural@ {

@each enums@
enum class @enum.name@ : std::uint8_t { @enum.values@ };
BOOST_DESCRIBE_ENUM(@enum.name@, @enum.values@)

@end@
struct @Singular@ {
    core::Uuid id;
    @field.cpp@ @field.name@@field.init@;
    core::Timestamp created_at;
    core::Timestamp updated_at;
    std::int32_t version = 0;
};
PZ_DESCRIBE(@Singular@, id, @field_names@, created_at, updated_at, version)

struct @Singular@Create {
    @field.cpp@ @field.name@@field.init@;
};
PZ_DESCRIBE(@Singular@Create, @described_fields@)

/// What is absent stays as it is; null clears what may be null.
struct @Singular@Update {
    @field.change@ @field.name@;
};
PZ_DESCRIBE(@Singular@Update, @described_fields@)

}  // namespace pz::product::@plural@
