# How every target of ours is compiled, and the two functions that make a room and a test program.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()

# Assertions guard against our own mistakes and stay on in every build: no -DNDEBUG.
set(CMAKE_CXX_FLAGS_RELEASE "-O2")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g")
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

find_program(NPVERIFY_CCACHE ccache)
if(NPVERIFY_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${NPVERIFY_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${NPVERIFY_CCACHE})
endif()

add_library(npverify_settings INTERFACE)
target_compile_options(npverify_settings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wno-missing-field-initializers -Werror)
target_include_directories(npverify_settings INTERFACE "${PROJECT_SOURCE_DIR}/src" "${PROJECT_SOURCE_DIR}/include")
if(NPVERIFY_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()
if(NPVERIFY_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "NPVERIFY_FUZZ needs clang; use the preset fuzz")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
option(NPVERIFY_CLANG_TIDY "Run clang-tidy (.clang-tidy) on every file that is compiled" OFF)
if(NPVERIFY_CLANG_TIDY)
  find_program(NPVERIFY_CLANG_TIDY_PROGRAM NAMES clang-tidy-18 clang-tidy-16 clang-tidy REQUIRED)
  set(CMAKE_CXX_CLANG_TIDY "${NPVERIFY_CLANG_TIDY_PROGRAM}")
endif()
if(NPVERIFY_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()

# npverify_room(NAME LINKS ...): the library npverify_NAME of all sources in the calling folder.
function(npverify_room name)
  cmake_parse_arguments(ROOM "" "" "LINKS;PRIVATE_LINKS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp" "${CMAKE_CURRENT_SOURCE_DIR}/*/*.cpp")
  if(sources)
    add_library(npverify_${name} STATIC ${sources})
    target_link_libraries(npverify_${name} PUBLIC ${ROOM_LINKS} PRIVATE npverify_settings ${ROOM_PRIVATE_LINKS})
    target_include_directories(npverify_${name} PUBLIC "${PROJECT_SOURCE_DIR}/src" "${PROJECT_SOURCE_DIR}/include")
  else()
    add_library(npverify_${name} INTERFACE)
    target_link_libraries(npverify_${name} INTERFACE ${ROOM_LINKS})
  endif()
endfunction()

# What the program knows of its build: its version, and the source tree, where a build that is not installed finds encodings/.
# Looked for in this order: --encodings, the variable NPVERIFY_ENCODINGS, ../share/npverify/encodings beside the program, the source tree.
# The preset `package` sets NPVERIFY_PORTABLE: NPVERIFY_BUILD_SHARE_DIR is then "" and the last place is not tried.
option(NPVERIFY_PORTABLE "Leave the path of the source tree out of the executable" OFF)
add_library(npverify_build_facts INTERFACE)
target_compile_definitions(npverify_build_facts INTERFACE
  NPVERIFY_VERSION="${PROJECT_VERSION}"
  NPVERIFY_BUILD_SHARE_DIR="$<IF:$<BOOL:${NPVERIFY_PORTABLE}>,,${PROJECT_SOURCE_DIR}>")
