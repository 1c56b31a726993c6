#!/usr/bin/env bash
# usage: consumer.sh installed|shared
# Installs Otto into an empty prefix, then builds and runs a small project against it, found by
# find_package and by pkg-config: the build under test itself, or a shared library, which is built without a warning
# and, where there is such a PETSc, for 64-bit indices.
. "$(dirname "$0")/lib.sh"
kind=$1 prefix=$scratch/prefix consumer=$source_dir/tests/install/consumer
version=$("$build_dir/bin/otto" --version | cut -d ' ' -f 2)

if [ "$kind" = shared ]; then
  wide=OFF
  ! pkg-config --exists PETSc64 SLEPc64 || wide=ON
  echo "shared, 64-bit indices: $wide"
  # Not optimised, and with precompiled headers: what is built takes longer here than what is run.
  build_dir=$scratch/shared
  quietly cmake -S "$source_dir" -B "$build_dir" -G Ninja -DBUILD_SHARED_LIBS=ON -DOTTO_INDEX_64=$wide -DOTTO_WERROR=ON \
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_FLAGS_RELEASE=-O0 -DOTTO_PRECOMPILED=ON
  quietly cmake --build "$build_dir" --target otto otto_program otto_drivers man \
    tests/CMakeFiles/test_grid.dir/unit/test_grid.c.o
  # One test, the grid's. It calls hidden functions too, which a shared library does not show: it gets the library's objects.
  quietly ar rcs "$build_dir/objects.a" "$build_dir"/CMakeFiles/otto.dir/src/*/*.o
  (cd "$build_dir" && ninja -t commands bin/test_grid | tail -n 1 | sed 's|[^ ]*libotto\.so[^ ]*|objects.a|g') >"$scratch/link.sh"
  (cd "$build_dir" && quietly bash "$scratch/link.sh") || exit 1
  if [ $wide = ON ]; then
    ldd "$build_dir/bin/test_grid" | grep -q petsc64 || fail "it is PETSc64 that was linked"
  fi
  mpirun -q --oversubscribe -n 3 "$build_dir/bin/test_grid" || fail "the grid's test passes"
fi
quietly cmake --install "$build_dir" --prefix "$prefix"
for file in bin/otto include/otto.h include/otto/grid.h share/man/man1/otto.1; do
  [ -e "$prefix/$file" ] || fail "$file is installed"
done

quietly cmake -S "$consumer" -B "$scratch/found" "-DOtto_ROOT=$prefix"
quietly cmake --build "$scratch/found"
"$scratch/found/consumer" || fail "the project built by find_package runs"
# A version that is not there is refused.
sed 's/find_package(Otto 0.1/find_package(Otto 99.1/' "$consumer/CMakeLists.txt" \
  >"$scratch/CMakeLists.txt"
cp "$consumer/consumer.c" "$scratch"
cmake -S "$scratch" -B "$scratch/wrong" "-DOtto_ROOT=$prefix" >"$scratch/log" 2>&1 &&
  fail "version 99.1 is refused"
expect 'version "99.1"' "$scratch/log"
# A machine that has Otto but lost one of its packages: the consumer reads which.
cmake -S "$consumer" -B "$scratch/lost" "-DOtto_ROOT=$prefix" -DCMAKE_DISABLE_FIND_PACKAGE_MPI=ON \
  >"$scratch/log" 2>&1 && fail "Otto without MPI is not found"
tr -s ' \n' ' ' <"$scratch/log" >"$scratch/line"
expect "Otto needs MPI, which was not found. On Debian: apt-get install libopenmpi-dev" \
  "$scratch/line"

pc=$(dirname "$(find "$prefix" -name otto.pc)")
export PKG_CONFIG_PATH=$pc${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
[ "$(pkg-config --modversion otto)" = "$version" ] || fail "otto.pc states version $version"
# shellcheck disable=SC2046 # the flags are words
quietly mpicc -o "$scratch/by_pc" "$consumer/consumer.c" $(pkg-config --cflags --libs otto) -lm
LD_LIBRARY_PATH=$(dirname "$pc")${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} "$scratch/by_pc" \
  >"$scratch/log" 2>&1 || fail "the program built by pkg-config runs" "$scratch/log"
expect "Otto $version" "$scratch/log"
"$prefix/bin/otto" --version >"$scratch/log" 2>&1 || fail "the installed program runs" "$scratch/log"
