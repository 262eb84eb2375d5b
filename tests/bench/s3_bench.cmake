# End to end: tests/bench/run_s3.py starts the null server and Sluice and drives both with the same client.
add_executable(bench_null_server null_server.cpp)
target_link_libraries(bench_null_server PRIVATE sluice_core)
target_include_directories(bench_null_server PRIVATE ${CMAKE_SOURCE_DIR})
add_executable(bench_s3_load s3_load.cpp)
target_link_libraries(bench_s3_load PRIVATE sluice_core)
target_include_directories(bench_s3_load PRIVATE ${CMAKE_SOURCE_DIR})
find_package(Python3 REQUIRED COMPONENTS Interpreter)
add_test(NAME bench_s3_listing
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/run_s3_listing.py --build ${CMAKE_BINARY_DIR}
            --folder ${CMAKE_CURRENT_BINARY_DIR} --objects 20000 --pages 20 --size 0.125 --copies 3 --uploads 50
            --seconds 1)
set_tests_properties(bench_s3_listing PROPERTIES LABELS bench TIMEOUT 300)
