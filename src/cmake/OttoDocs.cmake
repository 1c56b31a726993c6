# The man page, by the program itself from the lists that -help prints; and the API reference, by Doxygen from the headers' docstrings: `cmake --build build --target docs`.
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

add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/otto.1
  COMMAND sh ${PROJECT_SOURCE_DIR}/src/cmake/man.sh $<TARGET_FILE:otto_program> ${PROJECT_BINARY_DIR}/otto.1
  DEPENDS otto_program ${PROJECT_SOURCE_DIR}/src/cmake/man.sh COMMENT "Writing the man page" VERBATIM)
add_custom_target(man ALL DEPENDS ${PROJECT_BINARY_DIR}/otto.1)
install(FILES ${PROJECT_BINARY_DIR}/otto.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 OPTIONAL)
