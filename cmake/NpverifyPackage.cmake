# The Debian package: `cpack -G DEB` in a build folder of the release preset.
set(CPACK_PACKAGE_NAME npverify)
set(CPACK_PACKAGE_VENDOR npverify)
set(CPACK_PACKAGE_CONTACT "npverify maintainers <npverify@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "formal verification of Kubernetes network policies")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
  "npverify proves what network policies mean under the CNI that enforces\n\
them: that two CNIs or versions give the same verdict for every pod that\n\
could exist, or the smallest flow where they part, with its cause and repair.")
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
include(CPack)
