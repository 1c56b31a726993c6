# Packages: `cpack -G DEB` in a build folder makes a Debian package that depends on the libraries it was linked with.
# A Spack package, an EasyBuild recipe and container recipes are in jobs/ (jobs/README.md).
install(DIRECTORY jobs/ DESTINATION ${CMAKE_INSTALL_DATADIR}/otto/jobs USE_SOURCE_PERMISSIONS
  PATTERN "__pycache__" EXCLUDE PATTERN "*.png" EXCLUDE PATTERN "local.sh" EXCLUDE PATTERN "gallery.py" EXCLUDE
  PATTERN "spack" EXCLUDE PATTERN "easybuild" EXCLUDE PATTERN "containers" EXCLUDE)
install(DIRECTORY inputs/ DESTINATION ${CMAKE_INSTALL_DATADIR}/otto/inputs FILES_MATCHING PATTERN "*.yaml"
  PATTERN "library" EXCLUDE)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/doc/otto RENAME copyright)
install(FILES README.md CHANGELOG.md CITATION.cff DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/doc/otto)

set(CPACK_PACKAGE_NAME otto)
set(CPACK_PACKAGE_VENDOR "The Otto developers")
set(CPACK_PACKAGE_CONTACT "The Otto developers <otto@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "openmpi-bin, python3-h5py, python3-matplotlib")
# What a batch script and, after it, a program that is linked with the library need.
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "slurm-client, pkg-config, libpetsc-real-dev, libslepc-real-dev, libfftw3-mpi-dev, \
libhdf5-openmpi-dev, libmuparser-dev, libyaml-dev, liblapack-dev")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "Densities evolve by the heat semigroup, Fokker-Planck equations and
Wasserstein gradient flows; at every step the identities that tie information
to geometry are checked, dD/dt = -I first of all. A program, otto, its library
with headers, scripts for Slurm and inputs to begin with.")
include(CPack)
