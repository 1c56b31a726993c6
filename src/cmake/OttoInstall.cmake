# cmake --install: the library, its headers, the program, and what find_package(Otto) and
# pkg-config read.
include(CMakePackageConfigHelpers)
set(otto_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/Otto)

set_target_properties(otto PROPERTIES VERSION ${PROJECT_VERSION}
  SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
file(RELATIVE_PATH otto_bin_to_lib /${CMAKE_INSTALL_BINDIR} /${CMAKE_INSTALL_LIBDIR})
set_target_properties(otto_program PROPERTIES INSTALL_RPATH "$ORIGIN/${otto_bin_to_lib}"
  INSTALL_RPATH_USE_LINK_PATH ON)
install(TARGETS otto EXPORT OttoTargets)
install(TARGETS otto_program)
install(DIRECTORY include/ ${PROJECT_BINARY_DIR}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(EXPORT OttoTargets NAMESPACE Otto:: DESTINATION ${otto_cmake_dir})

configure_package_config_file(src/cmake/OttoConfig.cmake.in OttoConfig.cmake
  INSTALL_DESTINATION ${otto_cmake_dir})
write_basic_package_version_file(OttoConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/OttoConfig.cmake ${PROJECT_BINARY_DIR}/OttoConfigVersion.cmake
  src/cmake/OttoDependencies.cmake DESTINATION ${otto_cmake_dir})

# PETSc comes as a shared library even where Otto is static, so a static Otto names what it needs
# itself: `pkg-config --libs otto` serves both, without PETSc's long static line.
file(RELATIVE_PATH OTTO_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" OTTO_PC_PREFIX "${OTTO_PC_PREFIX}")
list(JOIN OTTO_PC_REQUIRES " " otto_requires)
list(JOIN OTTO_PC_LIBS " " otto_libs)
set(OTTO_PC_REQUIRES_PUBLIC)
set(OTTO_PC_LIBS_PUBLIC)
set(OTTO_PC_REQUIRES_PRIVATE)
set(OTTO_PC_LIBS_PRIVATE)
if(BUILD_SHARED_LIBS)
  set(OTTO_PC_REQUIRES_PRIVATE "${otto_requires}")
  set(OTTO_PC_LIBS_PRIVATE "${otto_libs} -lm")
else()
  set(OTTO_PC_REQUIRES_PUBLIC "${otto_requires}")
  set(OTTO_PC_LIBS_PUBLIC "${otto_libs} -lm")
endif()
configure_file(src/cmake/otto.pc.in otto.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/otto.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
