#!/usr/bin/env bash
# The library builds without a warning against a PETSc of 64-bit indices, and works.
. "$(dirname "$0")/lib.sh"
pkg-config --exists PETSc64 SLEPc64 || {
  echo "no PETSc and SLEPc with 64-bit indices here (libpetsc64-real-dev, libslepc64-real-dev)"
  exit 77
}
build=$build_dir/index64
quietly cmake -S "$source_dir" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_C_FLAGS_RELEASE=-O1 -DOTTO_INDEX_64=ON -DOTTO_WERROR=ON
quietly cmake --build "$build" --target otto otto_program test_grid
ldd "$build/bin/test_grid" | grep -q petsc64 || fail "it is PETSc64 that was linked"
mpirun -q --oversubscribe -n 3 "$build/bin/test_grid" || fail "the grid's test passes"
