add_executable(table_bench table_bench.cpp)
target_link_libraries(table_bench PRIVATE sluice_store sluice_test_support fmt::fmt CLI11::CLI11)
add_test(NAME bench.table COMMAND table_bench --tiny --folder ${CMAKE_CURRENT_BINARY_DIR})
set_tests_properties(bench.table PROPERTIES LABELS bench TIMEOUT 120)
