# The pinned DuckDB that deploy/install-dependencies.sh unpacked: DuckDB::DuckDB (imported), DuckDB_LIBRARY.
# Its headers are system headers: no warnings from them. A program that links it runs from the build folder
# with the cache in its rpath; the package ships the library beside itself (sluice_package.cmake).
set(DuckDB_VERSION 1.4.4)
if(DEFINED ENV{SLUICE_DEPENDENCIES})
    set(cache $ENV{SLUICE_DEPENDENCIES})
elseif(DEFINED ENV{XDG_CACHE_HOME})
    set(cache $ENV{XDG_CACHE_HOME}/sluice)
else()
    set(cache $ENV{HOME}/.cache/sluice)
endif()
find_path(DuckDB_INCLUDE duckdb.hpp PATHS ${cache}/duckdb-${DuckDB_VERSION}/include NO_DEFAULT_PATH)
find_library(DuckDB_LIBRARY duckdb PATHS ${cache}/duckdb-${DuckDB_VERSION}/lib NO_DEFAULT_PATH)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(DuckDB
    REQUIRED_VARS DuckDB_LIBRARY DuckDB_INCLUDE
    REASON_FAILURE_MESSAGE "run deploy/install-dependencies.sh")
if(DuckDB_FOUND AND NOT TARGET DuckDB::DuckDB)
    add_library(DuckDB::DuckDB SHARED IMPORTED)
    set_target_properties(DuckDB::DuckDB PROPERTIES
        IMPORTED_LOCATION ${DuckDB_LIBRARY}
        INTERFACE_INCLUDE_DIRECTORIES ${DuckDB_INCLUDE})
endif()
