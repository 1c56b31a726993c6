#!/usr/bin/env bash
# With one package hidden at a time, configuring stops with the sentence that names it.
. "$(dirname "$0")/lib.sh"

configure() { # text the message must hold, then cmake's arguments
  local text=$1
  shift
  rm -rf "$scratch/build"
  cmake -S "$source_dir" -B "$scratch/build" -DOTTO_TESTS=OFF "$@" >"$scratch/log" 2>&1 &&
    fail "configures although a package is hidden ($text)"
  tr -s ' \n' ' ' <"$scratch/log" >"$scratch/line"
  expect "$text" "$scratch/line"
}
hide() { # pattern of .pc files
  rm -rf "$scratch/pc"
  mkdir "$scratch/pc"
  local folder file
  for folder in $(pkg-config --variable pc_path pkg-config | tr : ' ') ${PKG_CONFIG_PATH//:/ }; do
    for file in "$folder"/*.pc; do
      # shellcheck disable=SC2254 # a pattern on purpose
      case ${file##*/} in $1) ;; *) [ ! -e "$file" ] || ln -sf "$(realpath "$file")" \
        "$scratch/pc/${file##*/}" ;; esac
    done
  done
}
without() { # pattern text
  hide "$1"
  PKG_CONFIG_LIBDIR=$scratch/pc PKG_CONFIG_PATH='' PETSC_DIR='' configure "$2"
}
PKG_CONFIG_PATH=${PKG_CONFIG_PATH:-}
without "[Pp][Ee][Tt][Ss][Cc]*.pc" "Otto needs PETSc (real, double), which was not found. \
On Debian: apt-get install libpetsc-real-dev. On a cluster: module load petsc"
without "fftw3.pc" "Otto needs FFTW, which was not found. On Debian: apt-get install libfftw3-dev."
without "[Ss][Ll][Ee][Pp][Cc]*.pc" "Otto needs SLEPc, which was not found. On Debian: apt-get \
install libslepc-real-dev."
without "muparser.pc" "Otto needs muParser, which was not found. On Debian: apt-get install \
libmuparser-dev."
without "yaml*.pc" "Otto needs libyaml, which was not found. On Debian: apt-get install libyaml-dev."
without "*[ab][lp]a[sc]*.pc" "Otto needs LAPACK, which was not found." # lapack, openblas
configure "Otto needs MPI, which was not found. On Debian: apt-get install libopenmpi-dev" \
  -DCMAKE_DISABLE_FIND_PACKAGE_MPI=ON
configure "Otto needs pkg-config, which was not found." -DCMAKE_DISABLE_FIND_PACKAGE_PkgConfig=ON
# A PETSc of 32-bit indices does not pass for one of 64.
hide "[Pp][Ee][Tt][Ss][Cc]64*.pc"
PKG_CONFIG_LIBDIR=$scratch/pc PKG_CONFIG_PATH='' PETSC_DIR='' configure \
  "Otto needs PETSc with 64-bit indices" -DOTTO_INDEX_64=ON
echo "every hidden package was named"
