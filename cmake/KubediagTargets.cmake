# One static library a folder. A folder's CMakeLists names its dependencies, and these are the architecture
# (engine/README.md); test/engine/includes checks the #include lines against them.

# kubediag_library(NAME SOURCES ... [DEPENDS kubediag::x ...] [PRIVATE lib ...])
#   DEPENDS: visible in this library's headers. PRIVATE: used by its .cpp files only.
function(kubediag_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;PRIVATE" ${ARGN})
  add_library(kubediag_${name} STATIC ${ARG_SOURCES})
  add_library(kubediag::${name} ALIAS kubediag_${name})
  target_link_libraries(kubediag_${name} PUBLIC ${ARG_DEPENDS} PRIVATE kubediag_settings ${ARG_PRIVATE})
  target_include_directories(kubediag_${name} PUBLIC "${PROJECT_SOURCE_DIR}")
  target_compile_features(kubediag_${name} PUBLIC cxx_std_20)
  set_target_properties(kubediag_${name} PROPERTIES
    CXX_VISIBILITY_PRESET hidden C_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
endfunction()

# kubediag_program(NAME [LIBEXEC] SOURCES ... DEPENDS ...)
#   Installed to bin/, or to libexec/kubediag/ for programs that only the engine starts.
function(kubediag_program name)
  cmake_parse_arguments(ARG "LIBEXEC" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE kubediag_settings ${ARG_DEPENDS})
  # Modules carry their own copies; no symbol of a program may interpose theirs.
  set_target_properties(${name} PROPERTIES
    CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON ENABLE_EXPORTS OFF)
  if(ARG_LIBEXEC)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${KUBEDIAG_LIBEXEC_OUTPUT}")
    install(TARGETS ${name} RUNTIME DESTINATION "${KUBEDIAG_LIBEXEC_INSTALL}")
  else()
    install(TARGETS ${name} RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
  endif()
endfunction()

# kubediag_test(NAME SOURCES ... [DEPENDS ...] [LABELS ...] [HELPERS Suite.Case]): a GoogleTest program, one CTest entry a
#   test case. HELPERS is a filter of those that only other test cases start, in processes of their own.
function(kubediag_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT;HELPERS" "SOURCES;DEPENDS;LABELS;DEFINITIONS" ${ARGN})
  find_package(GTest REQUIRED)
  include(GoogleTest)
  add_executable(${name}_test ${ARG_SOURCES})
  target_link_libraries(${name}_test PRIVATE kubediag_settings ${ARG_DEPENDS} kubediag_test_support
    GTest::gtest_main GTest::gmock)
  target_compile_definitions(${name}_test PRIVATE
    KUBEDIAG_SOURCE_DIR="${PROJECT_SOURCE_DIR}" KUBEDIAG_BINARY_DIR="${PROJECT_BINARY_DIR}" ${ARG_DEFINITIONS})
  set_target_properties(${name}_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/test")
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  set(filter)
  if(ARG_HELPERS)
    set(filter TEST_FILTER "-${ARG_HELPERS}")
  endif()
  # The values of parameters are not names: pointers in them differ from run to run.
  gtest_discover_tests(${name}_test NO_PRETTY_VALUES DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 ${filter}
    PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT})
endfunction()
