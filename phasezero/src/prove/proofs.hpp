#pragma once

#include "article.hpp"
#include "stage.hpp"

#include <span>
#include <vector>

namespace pz::command::prove {

/// Something that is tried out as every role that policies hold, in a transaction that is rolled back.
struct Proof : Article {
    std::vector<Finding> (*run)(Stage& stage, const Article& article) = nullptr;
};

/// D1 to D9 in the order of their numbers. D10 is not one of them: it proves the prover (mutations.hpp).
[[nodiscard]] std::span<const Proof> proofs();

/// D6, in a file of its own.
[[nodiscard]] std::vector<Finding> prove_plans(Stage& stage, const Article& article);

}  // namespace pz::command::prove
