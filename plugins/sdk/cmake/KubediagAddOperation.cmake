# kubediag_add_operation(NAME SOURCES file... [LIBRARIES target...]
#                        [OUTPUT_DIRECTORY folder] [NO_INSTALL])
#   Builds NAME.so, an operation module from C or C++ sources. LIBRARIES are linked privately; what is static in
#   them stays hidden. The module exports kubediag_operation_module_v1 and nothing else: any other symbol could be
#   taken for one of another module or of the process that loads it.
#   `cmake --install` puts it into lib/kubediag/operations below the prefix, unless NO_INSTALL.
function(kubediag_add_operation name)
  cmake_parse_arguments(ARG "NO_INSTALL" "OUTPUT_DIRECTORY" "SOURCES;LIBRARIES" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "kubediag_add_operation(${name}): unknown arguments: ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT ARG_SOURCES)
    message(FATAL_ERROR "kubediag_add_operation(${name}): SOURCES are missing")
  endif()
  if(NOT CMAKE_SYSTEM_NAME STREQUAL "Linux")
    message(FATAL_ERROR "kubediag_add_operation(${name}): operation modules are ELF shared objects of Linux")
  endif()

  add_library(${name} MODULE ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE kubediag::sdk ${ARG_LIBRARIES})
  if(TARGET kubediag_settings)  # inside KubeDiag's own tree: its warnings and sanitizers
    target_link_libraries(${name} PRIVATE kubediag_settings)
  endif()
  set_target_properties(${name} PROPERTIES
    PREFIX "" SUFFIX ".so"
    POSITION_INDEPENDENT_CODE ON
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LINK_DEPENDS "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/operation.map")
  # Hidden visibility alone is not enough: the standard library marks its own templates visible.
  target_link_options(${name} PRIVATE
    "LINKER:--version-script=${CMAKE_CURRENT_FUNCTION_LIST_DIR}/operation.map" "LINKER:--exclude-libs,ALL")

  # clang leaves the sanitizers' run-time to the program that loads the module.
  get_directory_property(flags COMPILE_OPTIONS)
  string(APPEND flags " ${CMAKE_C_FLAGS} ${CMAKE_CXX_FLAGS} ${KUBEDIAG_SANITIZE}")
  if(NOT ("${CMAKE_C_COMPILER_ID}${CMAKE_CXX_COMPILER_ID}" MATCHES "Clang"
          AND "${flags}" MATCHES "-fsanitize|address|thread|undefined|memory"))
    target_link_options(${name} PRIVATE "LINKER:--no-undefined")
  endif()

  if(NOT ARG_OUTPUT_DIRECTORY)
    set(ARG_OUTPUT_DIRECTORY "${KUBEDIAG_OPERATIONS_OUTPUT}")
  endif()
  if(ARG_OUTPUT_DIRECTORY)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${ARG_OUTPUT_DIRECTORY}")
  endif()
  if(NOT ARG_NO_INSTALL)
    if(NOT KUBEDIAG_OPERATIONS_INSTALL)
      set(KUBEDIAG_OPERATIONS_INSTALL "lib/kubediag/operations")
    endif()
    install(TARGETS ${name} LIBRARY DESTINATION "${KUBEDIAG_OPERATIONS_INSTALL}")
  endif()
endfunction()
