# The API reference, by Doxygen from the headers' docstrings: `cmake --build build --target docs`.
find_program(OTTO_DOXYGEN doxygen)
configure_file(src/cmake/Doxyfile.in Doxyfile @ONLY)
if(OTTO_DOXYGEN)
  add_custom_target(docs COMMAND ${OTTO_DOXYGEN} ${PROJECT_BINARY_DIR}/Doxyfile
    COMMAND ${CMAKE_COMMAND} -E echo "The reference is in ${PROJECT_BINARY_DIR}/docs/html/index.html"
    WORKING_DIRECTORY ${PROJECT_BINARY_DIR} COMMENT "Writing the API reference" VERBATIM)
else()
  add_custom_target(docs COMMAND ${CMAKE_COMMAND} -E echo "doxygen was not found: install it and configure again"
    COMMAND ${CMAKE_COMMAND} -E false VERBATIM)
endif()
