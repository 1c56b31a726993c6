# shellcheck shell=bash
# Set-up that jobs/local.sh and tests/run.sh share; to be sourced by bash, and then
#   otto_install [more packages]   Debian packages that are missing are installed, or named
#   otto_build preset folder       configures and builds; a second call only what has changed
#   otto_plot folder               draws a run and writes its report.html, in at most OTTO_PLOT_TIME seconds where that is given
#   otto_python                    a Python that has h5py and matplotlib, in OTTO_PYTHON
#   otto_ranks [cells]             how many ranks a grid of so many cells is worth here and now
#   otto_cells arguments …         how many cells the grid of these arguments to otto has; nothing if unclear
#   otto_mpirun ranks command …    runs a command on that many ranks; signals end it in order
otto_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
otto_packages=(build-essential cmake ninja-build pkg-config libopenmpi-dev openmpi-bin
  libfftw3-dev libfftw3-mpi-dev libpetsc-real-dev libslepc-real-dev libhdf5-openmpi-dev
  libmuparser-dev libyaml-dev librandom123-dev libopenblas-dev
  python3 python3-h5py python3-matplotlib python-matplotlib-data)
otto_modules="gcc cmake ninja openmpi fftw petsc slepc hdf5/parallel muparser libyaml \
random123 openblas, and a Python with h5py and matplotlib"
otto_cannot_install= # the packages that are missing and could not be installed

# One BLAS thread a rank. OpenMPI asks root to insist, twice.
export OPENBLAS_NUM_THREADS=${OPENBLAS_NUM_THREADS:-1}
if [ "$(id -u)" = 0 ]; then
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi

otto_say() { echo "otto: $*" >&2; }

otto_apt() {
  $otto_sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 \
    -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" >&2
}

otto_install() {
  command -v dpkg-query >/dev/null || return 0 # not Debian: CMake will see what is there
  local have missing=() package
  have=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${otto_packages[@]}" "$@" 2>/dev/null)
  for package in "${otto_packages[@]}" "$@"; do
    grep -qx "installed $package" <<<"$have" || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" = 0 ]; then
    otto_sudo=
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    otto_sudo="sudo -n"
  else
    otto_cannot_install=${missing[*]}
    return 0
  fi
  otto_say "installing ${missing[*]}"
  ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1 || otto_apt update
  otto_apt install --no-install-recommends "${missing[@]}" && return 0
  # The lists may be old, or a mirror was busy.
  if otto_apt update && otto_apt install --no-install-recommends "${missing[@]}"; then
    return 0
  fi
  otto_cannot_install=${missing[*]}
}

otto_build() {
  local build=$otto_root/$2 log=$otto_root/$2/configure.log options=()
  if ! command -v cmake >/dev/null; then
    otto_say "cmake was not found"
    otto_advise
    return 3
  fi
  if [ ! -e "$build/CMakeCache.txt" ]; then
    command -v ninja >/dev/null || options=(-G "Unix Makefiles")
  elif ! grep -qx "CMAKE_HOME_DIRECTORY:INTERNAL=$otto_root" "$build/CMakeCache.txt"; then
    options=(--fresh) # the sources have been moved
  fi
  mkdir -p "$build"
  if ! (cd "$otto_root" && cmake --preset "$1" "${options[@]}") >"$log" 2>&1; then
    cat "$log" >&2
    otto_advise
    return 3
  fi
  if [ -n "$otto_cannot_install" ]; then
    otto_say "not installed, and not needed to build: $otto_cannot_install"
  fi
  [ -e "$build/bin/otto" ] || otto_say "building Otto in $2/"
  cmake --build "$build" -j "$(otto_cores)" >"$build/build.log" 2>&1 || {
    cat "$build/build.log" >&2
    otto_say "the build failed (see above)"
    return 3
  }
}

otto_advise() {
  cat >&2 <<END

Otto cannot be built here yet. What it needs:
  Debian 12 (as root):  apt-get install --no-install-recommends \\
    ${otto_cannot_install:-${otto_packages[*]}}
  on a cluster, modules usually called:  $otto_modules
Install or load them and run this again; nothing was changed.
END
}

otto_python() {
  local python
  for python in "${OTTO_PYTHON:-}" /usr/bin/python3 python3; do
    if [ -n "$python" ] && command -v "$python" >/dev/null && "$python" -c 'import importlib.util as u, sys
sys.exit(any(u.find_spec(m) is None for m in ("h5py", "matplotlib", "numpy")))' 2>/dev/null; then
      OTTO_PYTHON=$python
      return 0
    fi
  done
  return 1
}

# Plots and report of a run, by the first Python that can: plot.py itself says (77) where one lacks h5py or
# matplotlib, so that none is started only to ask it.
otto_plot() {
  local python status=77
  for python in "${OTTO_PYTHON:-}" /usr/bin/python3 python3; do
    { [ -n "$python" ] && command -v "$python" >/dev/null; } || continue
    ${OTTO_PLOT_TIME:+timeout "$OTTO_PLOT_TIME"} "$python" "$otto_root/jobs/plot.py" "$1" 2>"$1/plot.log"
    status=$?
    [ $status = 77 ] || break
  done
  if [ $status = 77 ]; then
    otto_say "no plots: no Python with h5py and matplotlib (python3-h5py python3-matplotlib)"
  elif [ $status = 124 ] && [ -n "${OTTO_PLOT_TIME:-}" ]; then
    otto_say "no plots: there was no time left; by hand: $python $otto_root/jobs/plot.py $1"
  elif [ $status != 0 ]; then
    cat "$1/plot.log" >&2
    otto_say "no plots: $python $otto_root/jobs/plot.py $1 failed (see above)"
  fi
  rm -f "$1/plot.log"
}

# Cores this process may use: its affinity, and a container's quota of processor time.
otto_cores() {
  local cores quota period
  cores=$(env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc 2>/dev/null || echo 1)
  if read -r quota period 2>/dev/null </sys/fs/cgroup/cpu.max && [ "$quota" != max ]; then
    quota=$(((quota + period - 1) / period))
    [ "$quota" -ge "$cores" ] || cores=$quota
  fi
  echo "$cores"
}

# How many of the processors in a list such as 0-3,8 were idle between two copies of /proc/stat, read one
# after the other from standard input; three quarters idle is idle.
otto_idle_of() {
  awk -v list="$1" '
    BEGIN {
      n = split(list, parts, ",")
      for (i = 1; i <= n; i++) {
        m = split(parts[i], ends, "-")
        for (k = ends[1]; k <= ends[m]; k++) mine["cpu" k] = 1
      }
    }
    $1 in mine {
      total = 0
      for (i = 2; i <= 9; i++) total += $i
      idle = $5 + $6
      if ($1 in seen && total > seen[$1]) sum += (idle - was[$1]) / (total - seen[$1])
      seen[$1] = total; was[$1] = idle
    }
    END { print int(sum + 0.25) }'
}

# Cores this process may use that nobody else uses now, 1 at least: ranks spin while they wait, and one that
# has to share its core holds up all the others.
otto_free_cores() {
  local cores list idle
  cores=$(otto_cores)
  list=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status 2>/dev/null)
  if [ "$cores" -gt 1 ] && [ -n "$list" ] && [ -r /proc/stat ]; then
    idle=$({ cat /proc/stat; sleep 0.3; cat /proc/stat; } | otto_idle_of "$list")
    [ "$idle" -ge "$cores" ] || cores=$idle
  fi
  [ "$cores" -ge 1 ] || cores=1
  echo "$cores"
}

# Cells of the grid that a driver's arguments name: -grid_n, or grid: {n: …} of the input file, which is the
# second of them. Nothing where it cannot be told.
otto_cells() {
  local sizes='' last='' word
  if [ -f "${2:-}" ]; then
    sizes=$(awk '
      { sub(/(^|[ \t])#.*/, "") }
      /^[^ \t]/ { inside = 0 }
      /^grid[ \t]*:/ { inside = 1; sub(/^grid[ \t]*:/, "") }
      /^grid_n[ \t]*:/ { sub(/^grid_n[ \t]*:/, " n:"); inside = 1 }
      inside && match($0, /(^|[ \t{,])n[ \t]*:[ \t]*(\[[^]]*\]|[0-9]+)/) {
        text = substr($0, RSTART, RLENGTH); sub(/.*:[ \t]*/, "", text); gsub(/[][ \t]/, "", text); print text; exit
      }' "$2")
  fi
  for word in "$@"; do
    [ "$last" != -grid_n ] || sizes=$word
    last=$word
  done
  if [[ $sizes =~ ^[0-9]+(,[0-9]+)*$ ]]; then
    awk -v sizes="$sizes" 'BEGIN { n = split(sizes, s, ","); c = 1; for (i = 1; i <= n; i++) c *= s[i]; printf "%.0f\n", c }'
  fi
}

# A rank that holds fewer cells than this waits for the others longer than it computes. Measured on two cores, one rank
# against two, the best of four interleaved runs: 64 x 64 cells 0.78 (dissipation) and 0.93 (fokker-planck) times as fast,
# 100 x 100 1.20 and 1.70, 128 x 128 1.28 and 1.46, 256 x 256 1.35 and 1.61, 32 x 32 x 32 1.47 and 1.46.
otto_least_cells=5000

otto_ranks() {
  local ranks most
  if [ -n "${OTTO_RANKS:-}" ]; then
    echo "$OTTO_RANKS"
    return
  fi
  most=$((${#1} > 15 ? 1000000 : ${1:-0} / otto_least_cells))
  if [ -n "${1:-}" ] && [ "$most" -le 1 ]; then
    ranks=1
  else
    ranks=$(otto_free_cores)
    [ -z "${1:-}" ] || [ "$ranks" -le "$most" ] || ranks=$most
  fi
  echo "$ranks"
}

otto_mpirun() {
  local ranks=$1 flags=()
  shift
  # OpenMPI: more ranks than its slots are allowed, and are not all tied to the same cores as those
  # of another run; no banner of its own after an exit status other than 0.
  if mpirun --version 2>/dev/null | grep -qi "open.*mpi"; then
    flags=(-q --oversubscribe --bind-to none)
  fi
  otto_stoppable mpirun "${flags[@]}" -n "$ranks" "$@"
}

# otto_stoppable command …: runs mpirun (or srun) so that SIGINT, SIGTERM, SIGHUP and SIGUSR1 end the
# run in order and with status 75. mpirun itself turns the first three into TERM, KILL a second later
# and status 1; SIGUSR1 it forwards, and so does srun. It runs in a session of its own, where a
# terminal's interrupt does not reach it; asked a second time it is ended at once.
otto_stoppable() {
  local child status asked=0
  # shellcheck disable=SC2317 # called by a trap
  otto_stop() {
    asked=$((asked + 1))
    if [ "$asked" = 1 ]; then
      kill -USR1 "$child" 2>/dev/null
    else
      kill -TERM "$child" 2>/dev/null
    fi
  }
  setsid "$@" </dev/null &
  child=$!
  trap otto_stop INT TERM HUP USR1
  while :; do # a trap ends wait, not the child
    wait "$child"
    status=$?
    kill -0 "$child" 2>/dev/null || break
  done
  trap - INT TERM HUP USR1
  # killed after all, or before it could catch signals
  if [ "$asked" -gt 1 ] || { [ "$asked" = 1 ] && [ "$status" -gt 3 ]; }; then
    status=75
  fi
  return "$status"
}
