# npverify::z3, from the pinned wheel (NPVERIFY_Z3=wheel, the default) or from the system (NPVERIFY_Z3=system).
# scripts/lib/setup.sh unpacks the wheel into the user's cache, where it is found without NPVERIFY_Z3_ROOT;
# without a wheel the system's Z3 is taken, and the status line says so.
# Sets NPVERIFY_Z3_USED (wheel or system) and NPVERIFY_Z3_LIBRARY.
file(STRINGS "${PROJECT_SOURCE_DIR}/cmake/requirements-z3.txt" z3_pin REGEX "^z3-solver==")
string(REGEX MATCH "[0-9.]+[0-9]" z3_pinned_version "${z3_pin}")

if(DEFINED ENV{XDG_CACHE_HOME} AND NOT "$ENV{XDG_CACHE_HOME}" STREQUAL "")
  set(z3_cache "$ENV{XDG_CACHE_HOME}/npverify/z3-${z3_pinned_version}")
else()
  set(z3_cache "$ENV{HOME}/.cache/npverify/z3-${z3_pinned_version}")
endif()

set(z3_root "${NPVERIFY_Z3_ROOT}")
if(z3_root STREQUAL "" AND EXISTS "${z3_cache}/include/z3++.h")
  set(z3_root "${z3_cache}")
endif()

set(NPVERIFY_Z3_USED "${NPVERIFY_Z3}")
if(NPVERIFY_Z3 STREQUAL "wheel" AND z3_root STREQUAL "")
  set(NPVERIFY_Z3_USED "system")
  message(STATUS "Z3: the pinned wheel ${z3_pinned_version} is not in ${z3_cache}; taking the system's Z3 (scripts/setup fetches the wheel)")
elseif(NOT NPVERIFY_Z3 MATCHES "^(wheel|system)$")
  message(FATAL_ERROR "NPVERIFY_Z3 is '${NPVERIFY_Z3}'; expected wheel or system")
endif()

# Not cached: the choice follows NPVERIFY_Z3 and the cache folder at each configuration.
unset(z3_include CACHE)
unset(NPVERIFY_Z3_LIBRARY CACHE)
if(NPVERIFY_Z3_USED STREQUAL "wheel")
  find_path(z3_include z3++.h PATHS "${z3_root}/include" NO_DEFAULT_PATH NO_CACHE REQUIRED)
  find_library(NPVERIFY_Z3_LIBRARY z3 PATHS "${z3_root}/lib" NO_DEFAULT_PATH NO_CACHE REQUIRED)
else()
  find_path(z3_include z3++.h PATH_SUFFIXES z3 NO_CACHE REQUIRED)
  find_library(NPVERIFY_Z3_LIBRARY z3 NO_CACHE REQUIRED)
endif()
message(STATUS "Z3: ${NPVERIFY_Z3_USED}, ${NPVERIFY_Z3_LIBRARY}")

# UNKNOWN, so that the linker reads the soname from the file; SYSTEM headers, so that our warnings stay ours.
add_library(npverify_z3 UNKNOWN IMPORTED)
add_library(npverify::z3 ALIAS npverify_z3)
set_target_properties(npverify_z3 PROPERTIES
  IMPORTED_LOCATION "${NPVERIFY_Z3_LIBRARY}"
  INTERFACE_INCLUDE_DIRECTORIES "${z3_include}")
