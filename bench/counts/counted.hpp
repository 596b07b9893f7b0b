#pragma once

extern "C" {

/// callgrind counts what happens inside, and nothing else (--toggle-collect=pz_counted).
void pz_counted(void (*operation)(void*), void* data);
/// callgrind writes down what it has counted so far, and begins anew (--dump-after=pz_counted_end).
void pz_counted_end();
}

namespace pz::bench {

/// Calls it where it is counted. Costs a handful of instructions itself.
template <class Operation>
void counted(const Operation& operation) {
    auto call = [&operation] { operation(); };
    pz_counted([](void* data) { (*static_cast<decltype(call)*>(data))(); }, &call);
}

}  // namespace pz::bench
