include(GoogleTest)

# moldau_room(NAME [DIR dir] DEPS rooms... LIBS libraries... [PURE])
#
# Library moldau_NAME from every .cc below the room except *_test.cc, *_fuzz.cc, *_bench.cc and
# main.cc, one executable NAME_test from every *_test.cc, and NAME_bench from every *_bench.cc, which
# has a main() of its own; the test bench.NAME only shows that it runs. A room without sources is
# skipped.
function(moldau_room name)
  cmake_parse_arguments(ROOM "PURE" "DIR" "DEPS;LIBS" ${ARGN})
  if(NOT ROOM_DIR)
    set(ROOM_DIR ${CMAKE_SOURCE_DIR}/src/${name})
  endif()
  file(GLOB_RECURSE all CONFIGURE_DEPENDS ${ROOM_DIR}/*.cc)
  set(sources ${all})
  list(FILTER sources EXCLUDE REGEX "(_test|_fuzz|_bench|/main)\\.cc$")
  set(tests ${all})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")

  if(sources)
    add_library(moldau_${name} STATIC ${sources})
    set(scope PUBLIC)
    moldau_precompile(moldau_${name} ${ROOM_PURE})
  else()
    add_library(moldau_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(moldau_${name} ${scope} ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR})
  foreach(room ${ROOM_DEPS})
    target_link_libraries(moldau_${name} ${scope} moldau_${room})
  endforeach()
  target_link_libraries(moldau_${name} ${scope} ${ROOM_LIBS})

  if(tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE moldau_${name} GTest::gtest GTest::gtest_main)
    # Compiles in half the time; what they test is optimised, but under ASan.
    target_compile_options(${name}_test PRIVATE -O0)
    moldau_precompile(${name}_test ${ROOM_PURE})
    gtest_discover_tests(${name}_test TEST_PREFIX ${name}. DISCOVERY_TIMEOUT 60
                         WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} PROPERTIES TIMEOUT 120)
  endif()

  set(benches ${all})
  list(FILTER benches INCLUDE REGEX "_bench\\.cc$")
  if(benches)
    add_executable(${name}_bench ${benches})
    target_link_libraries(${name}_bench PRIVATE moldau_${name} benchmark::benchmark)
    moldau_precompile(${name}_bench ${ROOM_PURE})
    set_target_properties(${name}_bench PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
    add_test(NAME bench.${name} COMMAND ${name}_bench --benchmark_min_time=0.001)
    set_tests_properties(bench.${name} PROPERTIES TIMEOUT 120)
  endif()
endfunction()

# Thin precompiled headers: the standard library and fmt everywhere, Asio's awaitable outside the
# pure rooms.
function(moldau_precompile target pure)
  target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
  target_precompile_headers(${target} PRIVATE
    <algorithm> <cstdint> <expected> <functional> <map> <memory> <optional> <span> <string>
    <string_view> <utility> <vector> <fmt/format.h>)
  if(NOT pure)
    target_precompile_headers(${target} PRIVATE <boost/asio/awaitable.hpp>)
  endif()
endfunction()

# moldau_binary(NAME ROOM room MAIN file): skipped while the file does not exist.
function(moldau_binary name)
  cmake_parse_arguments(BINARY "" "ROOM;MAIN" "" ${ARGN})
  if(EXISTS ${CMAKE_SOURCE_DIR}/${BINARY_MAIN})
    add_executable(${name} ${BINARY_MAIN})
    target_link_libraries(${name} PRIVATE moldau_${BINARY_ROOM})
    moldau_precompile(${name} FALSE)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
  endif()
endfunction()
