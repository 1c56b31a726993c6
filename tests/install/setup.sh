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
expect "openmpi fftw petsc slepc hdf5/parallel muparser libyaml random123" "$scratch/log"
tool cmake 'mkdir -p build/bin; touch build/CMakeCache.txt build/bin/otto; exit 0'
run "otto_root=$scratch/empty; otto_install && otto_build release build" ||
  fail "goes on where CMake finds all it needs" "$scratch/log"

# A user with sudo.
tool sudo 'shift; "$@"'
echo 0 >"$scratch/apt_status"
run otto_install || fail "a user with sudo installs" "$scratch/log"
expect "libfftw3-dev libmuparser-dev" "$scratch/apt"

# Cores that are free: of these four processors, which this process may use but for the second, the first and
# the fourth were idle between the copies, the third was busy.
snapshot() { printf 'cpu  9 9 9 9\ncpu0 %s 0 0 %s 0 0 0 0\ncpu1 5 0 0 9 0 0 0 0\ncpu2 %s 0 0 7 0 0 0 0\ncpu3 0 0 0 %s 9 0 0 0\n' "$@"; }
idle() { { snapshot 10 100 20 5; snapshot "$@"; } | (. "$source_dir/jobs/setup.sh"; otto_idle_of 0,2-3); }
[ "$(idle 11 129 50 35)" = 2 ] || fail "two of three processors are idle: $(idle 11 129 50 35)"
[ "$(idle 40 100 50 35)" = 1 ] || fail "one of three is idle"
[ "$(idle 25 115 50 5)" = 0 ] || fail "half of one is none"
# And on this machine: beside a loop on every processor none is free, which is one rank.
for _ in $(seq "$(nproc)"); do (while :; do :; done) & done
OTTO_RANKS='' run 'echo "free: $(otto_free_cores)"; [ "$(otto_free_cores)" = 1 ]' || fail "busy cores are not free" "$scratch/log"
kill $(jobs -p)
wait 2>/dev/null

# Cells of a grid: of the file, in YAML's ways of writing it, and of the command line, which wins.
cells() { # wanted, file's text, arguments …
  local wanted=$1
  printf '%s\n' "$2" >"$scratch/in.yaml"
  shift 2
  run "[ \"\$(otto_cells dissipation $scratch/in.yaml $*)\" = '$wanted' ]" || fail "$wanted cells in $(cat "$scratch/in.yaml") $*"
}
cells 6144 'grid: {n: [96, 64], lower: -2}  # {n: [8, 8]}'
cells 6144 'p: {n: 7}
grid:   # the box
  boundary: periodic
  n: [ 96,64 ]'
cells 262144 'grid_n: 64,64,64' -grid_n 512,512 -grid_lower -3
cells 200 'grid: {n: 200}'
cells '' 'time: {n: 8}'
cells '' 'grid: {lower: 0}'
ranks() { OTTO_RANKS='' run "otto_free_cores() { echo 4; }; [ \"\$(otto_ranks $1)\" = $2 ]" || fail "$1 cells take $2 ranks"; }
ranks 9000 1
ranks 10816 2
ranks 15808 3
ranks 25000 4
ranks 1000000 4
ranks 99999999999999999999 4
ranks '' 4

# Ranks: the free cores, unless told otherwise; OMP_NUM_THREADS is not about ranks.
OMP_NUM_THREADS=1 OTTO_RANKS='' run '[ "$(otto_ranks)" -ge 1 ] && [ "$(otto_ranks)" -le "$(nproc --all)" ]' ||
  fail "one rank a free core" "$scratch/log"
OTTO_RANKS=7 run '[ "$(otto_ranks)" = 7 ]' || fail "OTTO_RANKS" "$scratch/log"
run 'for r in 1 3; do [ "$(otto_mpirun $r echo rank | grep -c rank)" = $r ] || exit 1; done' ||
  fail "more ranks than cores start" "$scratch/log"
run 'otto_mpirun 2 bash -c "exit 2"; [ $? = 2 ]' || fail "the exit status comes through" "$scratch/log"
[ ! -s "$scratch/log" ] || fail "mpirun adds nothing of its own" "$scratch/log"

if command -v shellcheck >/dev/null; then
  shellcheck -x -P SCRIPTDIR "$source_dir"/jobs/*.{sh,sbatch} >"$scratch/log" || fail "shellcheck finds nothing" "$scratch/log"
fi
echo "ok"
