# Every third-party package, found once. `deploy/install-dependencies.sh` installs them.
find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(Boost 1.81.0 EXACT REQUIRED CONFIG COMPONENTS headers url json)
find_package(RocksDB REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(pugixml REQUIRED)
find_package(CLI11 REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(DuckDB REQUIRED)
find_package(BZip2 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(simdjson REQUIRED)
find_package(Snappy REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(uring REQUIRED IMPORTED_TARGET liburing)
pkg_check_modules(codec_lz4 REQUIRED IMPORTED_TARGET liblz4)
pkg_check_modules(codec_zstd REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(tomlplusplus REQUIRED IMPORTED_TARGET tomlplusplus)

# Its pkg-config file asks for -pthread, which would put the target beside the precompiled headers.
find_library(RE2_LIBRARY NAMES re2 REQUIRED)
find_path(RE2_INCLUDE re2/re2.h REQUIRED)
add_library(re2_library INTERFACE IMPORTED)
target_include_directories(re2_library SYSTEM INTERFACE ${RE2_INCLUDE})
target_link_libraries(re2_library INTERFACE ${RE2_LIBRARY})

# PostgreSQL's grammar: the parser itself and the headers of its nodes.
find_library(PG_QUERY_LIBRARY NAMES libpg_query.a REQUIRED)
find_path(PG_QUERY_INCLUDE pg_query.h REQUIRED)
find_path(POSTGRESQL_SERVER_INCLUDE nodes/parsenodes.h
          PATHS /usr/include/postgresql/15/server REQUIRED)
add_library(pg_query::pg_query INTERFACE IMPORTED)
target_include_directories(pg_query::pg_query SYSTEM INTERFACE
                           ${PG_QUERY_INCLUDE} ${POSTGRESQL_SERVER_INCLUDE})
target_link_libraries(pg_query::pg_query INTERFACE ${PG_QUERY_LIBRARY})
