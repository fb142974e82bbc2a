# npverify_catch: Catch2 with one main for all test programs. Version 2.13 (Debian 12) has its main compiled once here;
# version 3 (Ubuntu 24.04) brings its own. Tests include support/catch.h, which hides the difference.
find_package(Catch2 REQUIRED)
add_library(npverify_catch INTERFACE)
target_include_directories(npverify_catch INTERFACE "${PROJECT_SOURCE_DIR}/tests")
if(Catch2_VERSION VERSION_GREATER_EQUAL 3)
  target_link_libraries(npverify_catch INTERFACE Catch2::Catch2WithMain)
else()
  file(WRITE "${PROJECT_BINARY_DIR}/catch_main.cpp.in" "#define CATCH_CONFIG_MAIN\n#include <catch2/catch.hpp>\n")
  configure_file("${PROJECT_BINARY_DIR}/catch_main.cpp.in" "${PROJECT_BINARY_DIR}/catch_main.cpp" COPYONLY)
  add_library(npverify_catch_main OBJECT "${PROJECT_BINARY_DIR}/catch_main.cpp")
  target_link_libraries(npverify_catch_main PRIVATE Catch2::Catch2)
  # Nothing of ours is in it, and sanitizers make it the slowest file of all.
  if(NPVERIFY_SANITIZE)
    target_compile_options(npverify_catch_main PRIVATE -O0 -fno-sanitize=all)
  endif()
  target_link_libraries(npverify_catch INTERFACE Catch2::Catch2)
  target_sources(npverify_catch INTERFACE $<TARGET_OBJECTS:npverify_catch_main>)
endif()
