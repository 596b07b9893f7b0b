# Compiler, language level, warnings, sanitizers and hardening: one interface target, pz_options, that everything links.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_VERIFY_INTERFACE_HEADER_SETS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

option(PZ_HARDENING "Build with the hardening flags of docs/security.md" OFF)
option(PZ_LTO "Link-time optimisation (ThinLTO)" OFF)
option(PZ_FUZZ "Build the libFuzzer targets; needs address in PZ_SANITIZE" OFF)
option(PZ_COVERAGE "Instrument for source-based coverage" OFF)
set(PZ_SANITIZE "" CACHE STRING "Comma-separated sanitizers, as for -fsanitize=")

# g++-12 miscompiles ordinary awaitable<T> code (docs/adr/0001-clang-19-only.md), so anything else stops here.
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang" OR CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
  message(FATAL_ERROR "Phase Zero builds with clang-19 only; use a preset: cmake --preset dev")
endif()
# An older one, where there is one, is found instead, and cannot read the objects of a release build.
if(CMAKE_AR MATCHES "llvm-ar" AND NOT CMAKE_AR MATCHES "llvm-ar-19|llvm-19/")
  message(FATAL_ERROR "Phase Zero is archived with llvm-ar-19 (Debian: llvm-19), not with ${CMAKE_AR}: install it and remove ${CMAKE_BINARY_DIR}.")
endif()

add_library(pz_options INTERFACE)
target_compile_options(pz_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast -Wcast-align
  -Woverloaded-virtual -Wnull-dereference -Wformat=2 -Wimplicit-fallthrough -Wextra-semi -Wthread-safety
  -Werror=unused-result)
target_compile_definitions(pz_options INTERFACE
  BOOST_ASIO_NO_DEPRECATED
  BOOST_ASIO_DISABLE_BOOST_COROUTINE
  $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)
target_link_options(pz_options INTERFACE -fuse-ld=lld)

if(PZ_HARDENING)
  target_compile_options(pz_options INTERFACE -fstack-protector-strong -fcf-protection -ftrivial-auto-var-init=zero)
  target_compile_definitions(pz_options INTERFACE _FORTIFY_SOURCE=3 _GLIBCXX_ASSERTIONS)
  target_link_options(pz_options INTERFACE -pie -Wl,-z,relro,-z,now,-z,noexecstack)
endif()
if(PZ_LTO)
  target_compile_options(pz_options INTERFACE -flto=thin)
  target_link_options(pz_options INTERFACE -flto=thin -Wl,--thinlto-cache-dir=${CMAKE_BINARY_DIR}/lto-cache)
endif()
if(PZ_SANITIZE)
  # Reports name lines; full debug information would triple the objects.
  target_compile_options(pz_options INTERFACE
    -fsanitize=${PZ_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -gline-tables-only)
  target_link_options(pz_options INTERFACE -fsanitize=${PZ_SANITIZE})
endif()
if(PZ_COVERAGE)
  target_compile_options(pz_options INTERFACE -fprofile-instr-generate -fcoverage-mapping)
  target_link_options(pz_options INTERFACE -fprofile-instr-generate -fcoverage-mapping)
endif()
