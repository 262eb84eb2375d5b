# Language level, warnings, sanitizers, linker and compiler cache: the same for every target.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()
# -g1 keeps line tables for stack traces and a third of the object size. NDEBUG is never set:
# SLUICE_ASSERT stays on in release.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1 -fno-omit-frame-pointer")

# mismatched-new-delete: g++ 12 takes Asio's coroutine frames (aligned_alloc, free) for a mistake.
add_compile_options(-Wall -Wextra -Werror=switch -Werror=return-type -Wno-missing-field-initializers -Wno-mismatched-new-delete
                    -fcoroutines)
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
    add_compile_options(-msse4.2 -mpclmul)  # the checksums' instructions, in every server since 2011
endif()

set(SLUICE_SANITIZE "" CACHE STRING "sanitizers, comma separated: address,undefined or thread")
if(SLUICE_SANITIZE)
    add_compile_options(-fsanitize=${SLUICE_SANITIZE} -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${SLUICE_SANITIZE})
    if(SLUICE_SANITIZE MATCHES "thread")
        # Asio's fences are not modelled; its queues are also ordered by their mutex.
        add_compile_options(-Wno-tsan)
    endif()
    if(SLUICE_SANITIZE MATCHES "undefined")
        # The read engine is a prebuilt library whose type information UBSan cannot pair with ours.
        add_compile_options(-fno-sanitize=vptr -fno-sanitize-recover=undefined)
    endif()
endif()

find_program(SLUICE_CCACHE ccache)
if(SLUICE_CCACHE)
    # Depend mode: what a miss costs is the compilation, not a run of the preprocessor before it.
    set(CMAKE_CXX_COMPILER_LAUNCHER
        ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 CCACHE_DEPEND=1
        CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
        ${SLUICE_CCACHE})
endif()
find_program(SLUICE_MOLD mold)
if(SLUICE_MOLD)
    add_link_options(-fuse-ld=mold)
endif()
