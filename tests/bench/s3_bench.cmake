# End to end: tests/bench/run_s3.py starts the null server and Sluice and drives both with the same client.
add_executable(bench_null_server null_server.cpp)
target_link_libraries(bench_null_server PRIVATE sluice_core)
target_include_directories(bench_null_server PRIVATE ${CMAKE_SOURCE_DIR})
add_executable(bench_s3_load s3_load.cpp)
target_link_libraries(bench_s3_load PRIVATE sluice_core)
target_include_directories(bench_s3_load PRIVATE ${CMAKE_SOURCE_DIR})
