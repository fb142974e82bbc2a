# `cmake --install` and `cpack -G DEB`: bin/npverify, the library with its headers, and share/npverify (encodings, specs, docs, schema).
include(GNUInstallDirs)
set(NPVERIFY_SHARE "${CMAKE_INSTALL_DATADIR}/npverify")

foreach(folder encodings specs docs examples)
  if(IS_DIRECTORY "${PROJECT_SOURCE_DIR}/${folder}")
    install(DIRECTORY "${PROJECT_SOURCE_DIR}/${folder}/" DESTINATION "${NPVERIFY_SHARE}/${folder}" PATTERN "schema" EXCLUDE)
  endif()
endforeach()
if(IS_DIRECTORY "${PROJECT_SOURCE_DIR}/docs/schema")
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/docs/schema/" DESTINATION "${NPVERIFY_SHARE}/schema")
endif()

# The pinned Z3 is installed beside us, as lib/npverify/libz3.so.N, and found there by the executable and the library.
if(NPVERIFY_Z3_USED STREQUAL "wheel")
  set(NPVERIFY_PRIVATE_LIB "${CMAKE_INSTALL_LIBDIR}/npverify")
  get_filename_component(z3_folder "${NPVERIFY_Z3_LIBRARY}" DIRECTORY)
  file(GLOB z3_runtime "${z3_folder}/libz3.so.*")
  install(FILES ${z3_runtime} DESTINATION "${NPVERIFY_PRIVATE_LIB}"
    PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
  install(CODE "
    if(CMAKE_INSTALL_DO_STRIP)
      file(GLOB z3 \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${NPVERIFY_PRIVATE_LIB}/libz3.so.*\")
      execute_process(COMMAND \"${CMAKE_STRIP}\" --strip-unneeded \${z3})
    endif()")
endif()
install(FILES cmake/copyright.txt DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/npverify" RENAME copyright)
find_program(NPVERIFY_GZIP gzip REQUIRED)
install(CODE "
  set(folder \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DATADIR}/doc/npverify\")
  execute_process(COMMAND ${NPVERIFY_GZIP} -9nc \"${PROJECT_SOURCE_DIR}/CHANGELOG.md\" OUTPUT_FILE \"\${folder}/changelog.gz\")")

if(TARGET npverify)
  install(TARGETS npverify npverify_check_proof RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
  if(NPVERIFY_PRIVATE_LIB)
    set_target_properties(npverify PROPERTIES INSTALL_RPATH "$ORIGIN/../${NPVERIFY_PRIVATE_LIB}")
  endif()
endif()

# libnpverify.so for programs other than our own: the library room and all that it needs, whole.
get_target_property(library_type npverify_library TYPE)
if(library_type STREQUAL "STATIC_LIBRARY")
  add_library(npverify_shared SHARED $<TARGET_OBJECTS:npverify_library>)
  target_link_libraries(npverify_shared PRIVATE npverify_library)
  target_link_options(npverify_shared PRIVATE "LINKER:--exclude-libs,libcadical.a")
  set_target_properties(npverify_shared PROPERTIES OUTPUT_NAME npverify VERSION ${PROJECT_VERSION}
    SOVERSION ${PROJECT_VERSION_MAJOR} LINKER_LANGUAGE CXX EXCLUDE_FROM_ALL OFF)
  if(NPVERIFY_PRIVATE_LIB)
    set_target_properties(npverify_shared PROPERTIES INSTALL_RPATH "$ORIGIN/npverify")
  endif()
  install(TARGETS npverify_shared LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
endif()
if(IS_DIRECTORY "${PROJECT_SOURCE_DIR}/include/npverify")
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/npverify" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.h")
endif()

include(NpverifyPackage)
