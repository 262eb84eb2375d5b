add_executable(journal_bench journal_bench.cpp)
target_link_libraries(journal_bench PRIVATE sluice_journal sluice_test_support fmt::fmt CLI11::CLI11)
add_test(NAME bench.journal COMMAND journal_bench --tiny
         --folder ${CMAKE_CURRENT_BINARY_DIR} --json ${CMAKE_CURRENT_BINARY_DIR}/journal_bench.json)
set_tests_properties(bench.journal PROPERTIES LABELS bench TIMEOUT 120)
