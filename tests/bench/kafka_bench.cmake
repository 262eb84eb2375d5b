# End to end: tests/bench/run_kafka.py starts the null server and Sluice and drives both with one librdkafka producer.
add_executable(bench_kafka_null_server kafka_null_server.cpp)
target_link_libraries(bench_kafka_null_server PRIVATE sluice_kafka_wire)
target_include_directories(bench_kafka_null_server PRIVATE ${CMAKE_SOURCE_DIR})
