# sluice_use_asio_pch(TARGET)
#   Lets TARGET start from the precompiled standard library and Asio headers
#   (gateway/core/asio_pch.hpp). sluice_library and sluice_test do it by themselves, the latter with
#   GoogleTest included: even what never awaits saves a third of its compile time. A precompiled
#   header is only usable with the options it was made with, so there is one for libraries (-fPIC) and
#   one for programs (-fPIE); where a target's definitions change those headers the compiler warns
#   (-Winvalid-pch) and reads the text instead.
function(sluice_use_asio_pch target)
    get_target_property(kind ${target} TYPE)
    if(kind STREQUAL "EXECUTABLE")
        target_precompile_headers(${target} REUSE_FROM sluice_test_pch)
    else()
        target_precompile_headers(${target} REUSE_FROM sluice_asio_pch)
    endif()
endfunction()

# Called once by gateway/core, after sluice_core exists. The headers are named as sources name them: a path of
# this checkout in what is precompiled would make every object new to a compiler cache in another one.
function(sluice_make_asio_pch)
    set(empty ${CMAKE_BINARY_DIR}/generated/asio_pch.cpp)
    file(CONFIGURE OUTPUT ${empty} CONTENT "// Carries the precompiled header.\n")
    add_library(sluice_asio_pch STATIC ${empty})
    target_link_libraries(sluice_asio_pch PRIVATE sluice_core)
    target_precompile_headers(sluice_asio_pch PRIVATE <gateway/core/asio_pch.hpp>)
    if(SLUICE_TESTS)
        set(main ${CMAKE_BINARY_DIR}/generated/test_pch.cpp)
        file(CONFIGURE OUTPUT ${main} CONTENT "int main() {}\n")
        add_executable(sluice_test_pch EXCLUDE_FROM_ALL ${main})
        target_link_libraries(sluice_test_pch PRIVATE sluice_core GTest::gtest GTest::gmock)
        target_precompile_headers(sluice_test_pch PRIVATE
            <gateway/core/asio_pch.hpp> <tests/support/test_pch.hpp>)
    endif()
endfunction()
