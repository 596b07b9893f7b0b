// What a request pays for authentication: a token seen for the first time, and one that is remembered.
#include "sample_claims.hpp"

#include <pz/auth/token_verifier.hpp>
#include <pz/crypto/jws.hpp>

#include <benchmark/benchmark.h>

#include <vector>

namespace {

using namespace pz;

struct Setup {
    crypto::SigningKey key = crypto::SigningKey::generate();
    auth::StaticKeySource keys{crypto::KeySet{{key.public_key()}}};
    auth::TokenVerifier verifier{{.issuer = "http://localhost:8001", .audience = "product-core-api"}, keys};

    [[nodiscard]] std::vector<std::string> tokens(int count) const {
        std::vector<std::string> tokens;
        for (int i = 0; i < count; ++i) {
            auth::AccessClaims claims = auth::samples::admin_claims();
            claims.token_id.bytes[1] = static_cast<std::uint8_t>(i);
            claims.token_id.bytes[2] = static_cast<std::uint8_t>(i >> 8);
            tokens.push_back(crypto::sign_compact(auth::access_token_type, auth::to_payload(claims), key));
        }
        return tokens;
    }
};

void remembered_token(benchmark::State& state) {
    Setup setup;
    const auto tokens = setup.tokens(static_cast<int>(state.range(0)));
    for (const auto& token : tokens) {
        (void)setup.verifier.verify(token, auth::samples::noon);
    }
    std::size_t next = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(setup.verifier.verify(tokens[next], auth::samples::noon));
        next = next + 1 == tokens.size() ? 0 : next + 1;
    }
    state.counters["token bytes"] = static_cast<double>(tokens.front().size());
    state.counters["remembered"] = static_cast<double>(setup.verifier.counters().remembered) /
                                   static_cast<double>(state.iterations() + state.range(0));
}

void new_token(benchmark::State& state) {
    Setup setup;
    const std::string token = setup.tokens(1).front();
    const crypto::KeySet same{{setup.key.public_key()}};
    for (auto _ : state) {
        state.PauseTiming();
        setup.keys.replace(same);  // forgets every token
        (void)setup.verifier.verify("", auth::samples::noon);
        state.ResumeTiming();
        benchmark::DoNotOptimize(setup.verifier.verify(token, auth::samples::noon));
    }
}

void refused_signature(benchmark::State& state) {
    Setup setup;
    std::string token = setup.tokens(1).front();
    char& inside_the_signature = token[token.size() - 40];
    inside_the_signature = inside_the_signature == 'A' ? 'B' : 'A';
    for (auto _ : state) {
        benchmark::DoNotOptimize(setup.verifier.verify(token, auth::samples::noon));
    }
}

void signature_alone(benchmark::State& state) {
    const auto key = crypto::SigningKey::generate();
    const std::string token =
        crypto::sign_compact(auth::access_token_type, auth::to_payload(auth::samples::admin_claims()), key);
    const auto jws = crypto::parse_compact(token);
    for (auto _ : state) {
        benchmark::DoNotOptimize(crypto::verify(*jws, key.public_key()));
    }
}

void issue_token(benchmark::State& state) {
    const auto key = crypto::SigningKey::generate();
    for (auto _ : state) {
        benchmark::DoNotOptimize(crypto::sign_compact(
            auth::access_token_type, auth::to_payload(auth::samples::admin_claims()), key
        ));
    }
}

BENCHMARK(remembered_token)->Arg(1)->Arg(1'000)->Arg(4'000);
BENCHMARK(new_token)->Unit(benchmark::kMicrosecond);
BENCHMARK(refused_signature)->Unit(benchmark::kMicrosecond);
BENCHMARK(signature_alone)->Unit(benchmark::kMicrosecond);
BENCHMARK(issue_token)->Unit(benchmark::kMicrosecond);

}  // namespace
