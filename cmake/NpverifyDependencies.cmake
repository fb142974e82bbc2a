# Third parties, each under one target name whatever the distribution calls it. docs/dependencies.md says why each is here.
#   PkgConfig::libyaml  PkgConfig::simdjson  PkgConfig::nettle  PkgConfig::xxhash  npverify::yaml  npverify::re2  nlohmann_json::nlohmann_json
#   CLI11::CLI11  spdlog::spdlog  roaring::roaring  npverify::z3  npverify::cadical  npverify::allocator  Threads::Threads  npverify_catch (tests only)
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(libyaml REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(simdjson REQUIRED IMPORTED_TARGET simdjson)
pkg_check_modules(nettle REQUIRED IMPORTED_TARGET nettle)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(spdlog REQUIRED)
find_package(roaring REQUIRED)

# yaml-cpp 0.7 names its target yaml-cpp, 0.8 yaml-cpp::yaml-cpp.
find_package(yaml-cpp REQUIRED)
add_library(npverify_yaml INTERFACE)
add_library(npverify::yaml ALIAS npverify_yaml)
if(TARGET yaml-cpp::yaml-cpp)
  target_link_libraries(npverify_yaml INTERFACE yaml-cpp::yaml-cpp)
else()
  target_link_libraries(npverify_yaml INTERFACE yaml-cpp)
endif()

pkg_check_modules(re2 REQUIRED IMPORTED_TARGET re2)
add_library(npverify_re2 INTERFACE)
add_library(npverify::re2 ALIAS npverify_re2)
target_link_libraries(npverify_re2 INTERFACE PkgConfig::re2)

# CaDiCaL comes as a static library and a header, without CMake or pkg-config files.
find_path(NPVERIFY_CADICAL_INCLUDE cadical.hpp PATH_SUFFIXES cadical REQUIRED)
find_library(NPVERIFY_CADICAL_LIBRARY cadical REQUIRED)
add_library(npverify_cadical UNKNOWN IMPORTED)
add_library(npverify::cadical ALIAS npverify_cadical)
set_target_properties(npverify_cadical PROPERTIES
  IMPORTED_LOCATION "${NPVERIFY_CADICAL_LIBRARY}"
  INTERFACE_INCLUDE_DIRECTORIES "${NPVERIFY_CADICAL_INCLUDE}")

# malloc and new of a program that links it. Sanitizers bring their own.
add_library(npverify_allocator INTERFACE)
add_library(npverify::allocator ALIAS npverify_allocator)
if(NOT NPVERIFY_SANITIZE)
  find_library(NPVERIFY_MIMALLOC_LIBRARY mimalloc REQUIRED)
  target_link_libraries(npverify_allocator INTERFACE "${NPVERIFY_MIMALLOC_LIBRARY}")
endif()

include(NpverifyZ3)
if(NPVERIFY_TESTS)
  include(NpverifyCatch)
endif()
