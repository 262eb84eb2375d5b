include(sluice_pch)

# sluice_library(NAME SOURCES ... DEPENDS ... QUARANTINE ...)
#   A static library `sluice_NAME`. DEPENDS names other sluice libraries without the prefix and is
#   public; QUARANTINE names third-party targets whose headers no header of ours includes (private).
function(sluice_library name)
    cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS;PACKAGES;QUARANTINE" ${ARGN})
    add_library(sluice_${name} STATIC ${arg_SOURCES})
    target_include_directories(sluice_${name} PUBLIC ${CMAKE_SOURCE_DIR})
    foreach(dependency ${arg_DEPENDS})
        target_link_libraries(sluice_${name} PUBLIC sluice_${dependency})
    endforeach()
    target_link_libraries(sluice_${name} PUBLIC ${arg_PACKAGES} PRIVATE ${arg_QUARANTINE})
    if(TARGET sluice_asio_pch)  # all but gateway/core, which carries it
        sluice_use_asio_pch(sluice_${name})
    endif()
endfunction()

# sluice_test(NAME [LABEL unit|golden|contract|integration|fault|...] SOURCES ... DEPENDS ...)
#   A GoogleTest program; every case in it is a ctest case with that label.
function(sluice_test name)
    cmake_parse_arguments(arg "" "LABEL;TIMEOUT" "SOURCES;DEPENDS;PACKAGES" ${ARGN})
    if(NOT arg_LABEL)
        set(arg_LABEL unit)
    endif()
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 600)
    endif()
    add_executable(${name} ${arg_SOURCES})
    target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
    foreach(dependency ${arg_DEPENDS})
        target_link_libraries(${name} PRIVATE sluice_${dependency})
    endforeach()
    target_link_libraries(${name} PRIVATE ${arg_PACKAGES} GTest::gtest GTest::gtest_main GTest::gmock)
    sluice_use_asio_pch(${name})
    gtest_discover_tests(${name} TEST_PREFIX "${name}." DISCOVERY_TIMEOUT 60
                         PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT})
endfunction()
