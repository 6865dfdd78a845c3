# "cpack -G DEB" in the build folder, or tools/package.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME guardian)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "Guardian's authors <guardian@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "backs up with Borg when the disk is plugged in")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Guardian notices that the backup disk is plugged in or that the NAS answers,
 runs the Borg backups that are due, and makes sure that nothing that goes
 wrong goes unnoticed.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "borgbackup, udev, mount, util-linux, e2fsprogs, systemd, dbus, polkitd, procps")
# Without it libatasmart reads ATA drives, and no others.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "smartmontools")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${PROJECT_SOURCE_DIR}/packaging/deb/postinst
  ${PROJECT_SOURCE_DIR}/packaging/deb/prerm
  ${PROJECT_SOURCE_DIR}/packaging/deb/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
