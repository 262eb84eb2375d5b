# `cpack -G DEB` in a build folder makes the Debian package: the program, its unit, the sample settings.
include(GNUInstallDirs)
get_filename_component(DuckDB_LIBRARY_FOLDER ${DuckDB_LIBRARY} DIRECTORY)
install(TARGETS sluice RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES ${CMAKE_SOURCE_DIR}/deploy/systemd/sluice.service DESTINATION lib/systemd/system)
install(FILES ${CMAKE_SOURCE_DIR}/deploy/examples/sluice.toml DESTINATION /etc/sluice)

# The read engine's library is no Debian package: it lies in a folder of ours that the program knows. Its terms
# and those of the parser that is linked in go with them.
install(FILES ${DuckDB_LIBRARY} DESTINATION lib/sluice)
install(FILES ${DuckDB_LIBRARY_FOLDER}/../LICENSE DESTINATION share/doc/sluice RENAME duckdb.LICENSE)
install(FILES /usr/share/doc/libpg-query-dev/copyright DESTINATION share/doc/sluice RENAME libpg-query.copyright)
set_target_properties(sluice PROPERTIES INSTALL_RPATH "$ORIGIN/../lib/sluice")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${DuckDB_LIBRARY_FOLDER})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME sluice)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "Sluice developers <sluice@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "one server and one copy of the data behind S3, Kafka and PostgreSQL")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SECTION database)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_SOURCE_DIR}/deploy/cmake/conffiles)
include(CPack)
