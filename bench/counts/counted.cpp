#include "counted.hpp"

// Functions with names that a command line can say. The empty statements keep the optimiser from removing the
// call to the second, and the return behind the first's.
extern "C" {

[[gnu::noinline]] void pz_counted(void (*operation)(void*), void* data) {
    operation(data);
    asm volatile("");
}

[[gnu::noinline]] void pz_counted_end() {
    asm volatile("");
}
}
