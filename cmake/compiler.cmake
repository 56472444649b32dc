# g++ 12 miscompiles coroutines that take an aggregate temporary in a co_await expression (a double
# free), so it is refused; see CONTRIBUTING.md.
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang" OR CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
  message(FATAL_ERROR "Moldau is built with clang 19 or later; found ${CMAKE_CXX_COMPILER_ID} "
                      "${CMAKE_CXX_COMPILER_VERSION}. Use a preset: cmake --preset release")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
set(CMAKE_LINKER_TYPE LLD)

set(MOLDAU_SANITIZE "" CACHE STRING "Sanitizers for -fsanitize=, comma separated")

set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -fno-omit-frame-pointer")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1 -fno-omit-frame-pointer")
if(MOLDAU_SANITIZE MATCHES "address|thread")
  # Compiles in half the time, and hides less from UBSan.
  set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1 -fno-omit-frame-pointer")
endif()
set(CMAKE_C_FLAGS_RELEASE "-O2 -g1 -fno-omit-frame-pointer")

add_compile_options(
  -Wall -Wextra -Wno-missing-designated-field-initializers -Wpedantic -Werror -Wshadow -Wnon-virtual-dtor -Wthread-safety -Wthread-safety-beta
  $<$<COMPILE_LANGUAGE:CXX>:-Woverloaded-virtual> -Wimplicit-fallthrough -fdiagnostics-color=always)
add_compile_definitions(BOOST_ASIO_NO_DEPRECATED BOOST_ERROR_CODE_HEADER_ONLY SPDLOG_FMT_EXTERNAL)
# CPU time of every compilation that ccache did not spare us, for tools/check/compile_time.py. The
# path is relative to the build directory.
add_compile_options(-fproc-stat-report=compile_times.csv)
add_link_options(-fuse-ld=lld-19)

if(MOLDAU_SANITIZE)
  add_compile_options(-fsanitize=${MOLDAU_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${MOLDAU_SANITIZE})
endif()
# Each basic block counts, so that work can be bounded (tests/fuzz/bounded_work.h).
set(MOLDAU_FUZZ FALSE)
if(MOLDAU_SANITIZE MATCHES fuzzer)
  set(MOLDAU_FUZZ TRUE)
  add_compile_options(-fsanitize-coverage=trace-pc)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()
