# pz_library(), pz_executable(), pz_test(), pz_fuzz_target(): the only ways to add a target.
#
# The order of the libraries is a rule, not a habit: pz_library() refuses a link to a library that is not above it in
# PZ_LIBRARY_ORDER, and a header that is not linked cannot be included (each library has an include directory of its own).
set(PZ_LIBRARY_ORDER core crypto pg http auth tenancy audit archive web testkit)

# pz_library(NAME [LINKS library...] [EXTERNAL target...])
# Takes every src/*.cpp; publishes every include/pz/NAME/*.hpp and compiles each of them alone.
function(pz_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LINKS;EXTERNAL;PRIVATE_EXTERNAL")
  list(FIND PZ_LIBRARY_ORDER ${name} own_position)
  foreach(link IN LISTS arg_LINKS)
    list(FIND PZ_LIBRARY_ORDER ${link} link_position)
    if(link_position EQUAL -1 OR NOT link_position LESS own_position)
      message(FATAL_ERROR "libs/${name} may not link ${link}: the order is ${PZ_LIBRARY_ORDER}")
    endif()
  endforeach()
  file(GLOB sources CONFIGURE_DEPENDS src/*.cpp)
  file(GLOB headers CONFIGURE_DEPENDS include/pz/${name}/*.hpp)
  add_library(pz_${name} STATIC ${sources})
  add_library(pz::${name} ALIAS pz_${name})
  target_sources(pz_${name} PUBLIC FILE_SET HEADERS BASE_DIRS include FILES ${headers})
  target_include_directories(pz_${name} PRIVATE src)
  list(TRANSFORM arg_LINKS PREPEND pz::)
  target_link_libraries(pz_${name} PUBLIC pz_options ${arg_LINKS} ${arg_EXTERNAL} PRIVATE ${arg_PRIVATE_EXTERNAL})
  if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/tests/CMakeLists.txt")
    add_subdirectory(tests)
  endif()
  if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/fuzz/CMakeLists.txt")
    if(PZ_FUZZ)
      target_compile_options(pz_${name} PRIVATE -fsanitize=fuzzer-no-link)  # counts branches for the fuzzer
    endif()
    add_subdirectory(fuzz)
  endif()
endfunction()

# pz_executable(NAME SOURCES file... LINKS library... [EXTERNAL target...])
function(pz_executable name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS;EXTERNAL")
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE src)
  list(TRANSFORM arg_LINKS PREPEND pz::)
  target_link_libraries(${name} PRIVATE pz_options ${arg_LINKS} ${arg_EXTERNAL})
endfunction()

# pz_test(NAME LAYER unit|db|api SOURCES file... LINKS library... [EXTERNAL target...])
# One GoogleTest program; ./dev test runs the programs of a layer and counts their cases.
function(pz_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "LAYER" "SOURCES;LINKS;EXTERNAL")
  if(NOT arg_LAYER MATCHES "^(unit|db|api)$")
    message(FATAL_ERROR "pz_test(${name}): LAYER is unit, db or api")
  endif()
  add_executable(${name} ${arg_SOURCES})
  list(TRANSFORM arg_LINKS PREPEND pz::)
  target_link_libraries(${name} PRIVATE pz_options ${arg_LINKS} ${arg_EXTERNAL} GTest::gtest GTest::gmock GTest::gtest_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests/${arg_LAYER}")
  target_compile_definitions(${name} PRIVATE PZ_SOURCE_DIR="${PROJECT_SOURCE_DIR}" PZ_BINARY_DIR="${PROJECT_BINARY_DIR}")
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS ${arg_LAYER})
endfunction()

# pz_fuzz_target(NAME [SOURCES file...] LINKS library...)
# NAME.cpp defines LLVMFuzzerTestOneInput(); SOURCES are further files that it needs. Makes the fuzzer fuzz/NAME where
# PZ_FUZZ is on, and everywhere a unit test that runs the target over corpus/NAME and the seeds from the public vectors.
function(pz_fuzz_target name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS;EXTERNAL")
  list(TRANSFORM arg_LINKS PREPEND pz::)
  add_library(fuzz_${name}_target OBJECT ${name}.cpp ${arg_SOURCES})
  target_link_libraries(fuzz_${name}_target PUBLIC pz_options ${arg_LINKS} ${arg_EXTERNAL})
  if(PZ_FUZZ)
    target_compile_options(fuzz_${name}_target PRIVATE -fsanitize=fuzzer-no-link)
    add_executable(fuzz_${name})
    target_link_libraries(fuzz_${name} PRIVATE fuzz_${name}_target)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    set_target_properties(fuzz_${name} PROPERTIES
      LINKER_LANGUAGE CXX OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/fuzz")
    add_dependencies(fuzz_targets fuzz_${name})
  endif()
  file(CONFIGURE OUTPUT fuzz_${name}.cpp @ONLY CONTENT [=[
extern const char* const fuzz_target;
extern const char* const fuzz_corpus;
const char* const fuzz_target = "@name@";
const char* const fuzz_corpus = "@CMAKE_CURRENT_SOURCE_DIR@/corpus/@name@";
]=])
  add_executable(fuzz_${name}_corpus_test "${CMAKE_CURRENT_BINARY_DIR}/fuzz_${name}.cpp")
  target_link_libraries(fuzz_${name}_corpus_test PRIVATE fuzz_corpus fuzz_${name}_target)
  set_target_properties(fuzz_${name}_corpus_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests/unit")
  add_test(NAME fuzz_${name}_corpus_test COMMAND fuzz_${name}_corpus_test)
  set_tests_properties(fuzz_${name}_corpus_test PROPERTIES LABELS unit)
endfunction()
