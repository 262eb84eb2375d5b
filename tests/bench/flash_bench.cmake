add_executable(flash_bench flash_bench.cpp)
target_link_libraries(flash_bench PRIVATE sluice_flash sluice_core fmt::fmt CLI11::CLI11)
add_test(NAME bench.flash COMMAND flash_bench --tiny --seconds 0.2
         --folder ${CMAKE_CURRENT_BINARY_DIR}
         --json ${CMAKE_CURRENT_BINARY_DIR}/flash_bench.json)
set_tests_properties(bench.flash PROPERTIES LABELS bench TIMEOUT 60)
