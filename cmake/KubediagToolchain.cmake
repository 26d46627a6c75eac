# Compiler settings for every target of this tree, kept on one interface target: nothing leaks to consumers of the SDK.

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

find_program(KUBEDIAG_CCACHE ccache)
if(KUBEDIAG_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Paths relative to the tree, so that another clone of it finds what this one compiled.
  set(launcher ${CMAKE_COMMAND} -E env "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_NOHASHDIR=1 "${KUBEDIAG_CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()

set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
# The build tree has the shape of an installation, so programs find one another the same way in both.
set(KUBEDIAG_LIBEXEC_OUTPUT "${PROJECT_BINARY_DIR}/libexec/kubediag")
set(KUBEDIAG_OPERATIONS_OUTPUT "${PROJECT_BINARY_DIR}/lib/kubediag/operations")
set(KUBEDIAG_LIBEXEC_INSTALL "libexec/kubediag")
set(KUBEDIAG_OPERATIONS_INSTALL "lib/kubediag/operations")

include(CheckPIESupported)
check_pie_supported()

add_library(kubediag_settings INTERFACE)
target_compile_features(kubediag_settings INTERFACE cxx_std_20)
target_include_directories(kubediag_settings INTERFACE "${PROJECT_SOURCE_DIR}" "${PROJECT_BINARY_DIR}/generated")
target_compile_options(kubediag_settings INTERFACE
  -Wall -Wextra -Wconversion -Wshadow $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor> $<$<COMPILE_LANGUAGE:CXX>:-Woverloaded-virtual>
  # g++ 12 reports overlaps inside std::string that cannot happen (GCC bug 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  -fstack-protector-strong)
# Instrumented code makes g++ guess wrongly about uninitialised values; the plain build judges warnings.
if(KUBEDIAG_DEVELOPER_MODE AND NOT KUBEDIAG_SANITIZE)
  target_compile_options(kubediag_settings INTERFACE -Werror)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_definitions(kubediag_settings INTERFACE _FORTIFY_SOURCE=2)
endif()
target_link_options(kubediag_settings INTERFACE -Wl,--as-needed -Wl,-z,relro -Wl,-z,now)

if(KUBEDIAG_SANITIZE)
  target_compile_options(kubediag_settings INTERFACE
    -fsanitize=${KUBEDIAG_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(kubediag_settings INTERFACE -fsanitize=${KUBEDIAG_SANITIZE})
  target_compile_definitions(kubediag_settings INTERFACE KUBEDIAG_SANITIZED=1)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND KUBEDIAG_SANITIZE MATCHES "undefined")
    # These two compare type information, which differs between a program and its modules when it is hidden.
    target_compile_options(kubediag_settings INTERFACE -fno-sanitize=function,vptr)
  endif()
endif()
if(KUBEDIAG_FUZZ)
  target_compile_options(kubediag_settings INTERFACE -fsanitize=fuzzer-no-link)
endif()
find_package(Threads REQUIRED)
