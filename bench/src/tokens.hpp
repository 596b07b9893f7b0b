#pragma once

#include <chrono>
#include <string>

namespace pz::bench {

/// Tokens per second against what OpenSSL does alone, and sign-ins per second against what libsodium does
/// alone: in this process, and of the real identity-service over HTTP. The contestants take turns. Returns
/// Markdown tables.
[[nodiscard]] std::string tokens_and_sign_ins(int rounds, std::chrono::seconds duration);

}  // namespace pz::bench
