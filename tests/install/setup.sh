#!/usr/bin/env bash
# jobs/setup.sh: what it installs, by whom, and what it says where it cannot; on stand-ins for
# Debian's tools, so that nothing is installed.
. "$(dirname "$0")/lib.sh"
mkdir "$scratch/bin" "$scratch/empty"

tool() { # name, body
  printf '#!/bin/bash\n%s\n' "$2" >"$scratch/bin/$1"
  chmod +x "$scratch/bin/$1"
}
run() { # command …: in a shell that has sourced setup.sh and sees the stand-ins first
  PATH=$scratch/bin:$PATH bash -c ". '$source_dir/jobs/setup.sh'; $1" >"$scratch/log" 2>&1
}
root="[ \"\$1\" = -u ] && echo 0"
user="[ \"\$1\" = -u ] && echo 1000"

# Everything there: apt-get is not touched, and the whole takes well under a second.
tool dpkg-query 'shift 3; printf "installed %s\n" "$@"'
tool apt-get "echo \"\$*\" >>$scratch/apt; exit \$(cat $scratch/apt_status)"
tool id "$root"
echo 0 >"$scratch/apt_status"
run otto_install || fail "nothing to install is a success" "$scratch/log"
[ ! -e "$scratch/apt" ] || fail "a second run installs nothing" "$scratch/apt"

# One package is only configured half, one unknown: root installs exactly these two, with no questions.
tool dpkg-query 'shift 3; for p; do case $p in libfftw3-dev) echo "half-installed $p";;
  libmuparser-dev) ;; *) echo "installed $p";; esac; done'
run otto_install || fail "root installs" "$scratch/log"
expect "install --no-install-recommends libfftw3-dev libmuparser-dev" "$scratch/apt"
# Where apt-get fails once, its lists are renewed and it is asked again.
rm "$scratch/apt"
echo 1 >"$scratch/apt_status"
run 'otto_install; [ -n "$otto_cannot_install" ]' || fail "a failed apt-get is noticed" "$scratch/log"
expect "update" "$scratch/apt"

# A user without sudo: nothing is asked of apt-get; what is missing is named, with the modules, only
# where the build cannot do without.
rm "$scratch/apt"
tool id "$user"
tool sudo 'exit 1'
tool cmake 'echo "CMake says why" >&2; exit 1'
run "otto_root=$scratch/empty; otto_install && otto_build release build"
[ $? = 3 ] || fail "stops with status 3" "$scratch/log"
[ ! -e "$scratch/apt" ] || fail "a user does not call apt-get"
expect "    libfftw3-dev libmuparser-dev" "$scratch/log"
expect "CMake says why" "$scratch/log"
expect "openmpi fftw petsc slepc hdf5/parallel muparser libyaml sleef" "$scratch/log"
tool cmake 'mkdir -p build/bin; touch build/CMakeCache.txt build/bin/otto; exit 0'
run "otto_root=$scratch/empty; otto_install && otto_build release build" ||
  fail "goes on where CMake finds all it needs" "$scratch/log"

# A user with sudo.
tool sudo 'shift; "$@"'
echo 0 >"$scratch/apt_status"
run otto_install || fail "a user with sudo installs" "$scratch/log"
expect "libfftw3-dev libmuparser-dev" "$scratch/apt"

# Ranks: the cores, unless told otherwise; OMP_NUM_THREADS is not about ranks.
OMP_NUM_THREADS=1 OTTO_RANKS='' run '[ "$(otto_ranks)" -ge 1 ] && [ "$(otto_ranks)" -le "$(nproc --all)" ]' ||
  fail "one rank a core" "$scratch/log"
OTTO_RANKS=7 run '[ "$(otto_ranks)" = 7 ]' || fail "OTTO_RANKS" "$scratch/log"
run 'for r in 1 3; do [ "$(otto_mpirun $r echo rank | grep -c rank)" = $r ] || exit 1; done' ||
  fail "more ranks than cores start" "$scratch/log"
run 'otto_mpirun 2 bash -c "exit 2"; [ $? = 2 ]' || fail "the exit status comes through" "$scratch/log"
[ ! -s "$scratch/log" ] || fail "mpirun adds nothing of its own" "$scratch/log"
echo "ok"
