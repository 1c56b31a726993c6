#!/usr/bin/env bash
# otto.lock on a file system of many machines, where the lock of a host that is gone tells nothing: fstatfs() is told to say
# NFS. A run of another host is left alone, but for what this very Slurm job left when its node was lost.
. "$(dirname "$0")/lib.sh"
cat >"$scratch/nfs.c" <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/vfs.h>
int fstatfs(int descriptor, struct statfs *info)
{
  int (*real)(int, struct statfs *) = (int (*)(int, struct statfs *))dlsym(RTLD_NEXT, "fstatfs");
  const int code = real(descriptor, info);
  info->f_type = 0x6969;
  return code;
}
END
quietly gcc -shared -fPIC -o "$scratch/nfs.so" "$scratch/nfs.c" -ldl
cd "$scratch" || exit 1
unset SLURM_JOB_ID SLURM_RESTART_COUNT # of whoever runs the tests
run=("$build_dir/bin/otto" dissipation -grid_n 16,16 -heat_kernel lattice -time_start 1e-3 -time_stop 1e-2 -check_space no
  -check_integral_nodes 0 -p_density formula -p_formula '1+0.5*cos(2*_pi*x)' -q_density uniform -output_dir out)
ends() { # status lock-text job restarts: a run finds the lock
  rm -rf out && mkdir out
  printf '%s\n' "$2" >out/otto.lock
  env ${3:+SLURM_JOB_ID="$3"} ${4:+SLURM_RESTART_COUNT="$4"} LD_PRELOAD="$scratch/nfs.so" "${run[@]}" -time_samples 2 >log 2>&1
  local status=$?
  [ $status = "$1" ] || fail "lock '$2', job '$3', queued again '$4' times: status $status" log
  [ "$1" != 2 ] || expect "output_dir: out belongs to process 4711 on elsewhere; if that no longer runs, remove out/otto.lock" log
}
ends 2 "elsewhere 4711" "" ""
ends 2 "elsewhere 4711 0 0" "" ""
ends 2 "elsewhere 4711 17 0" "" ""
ends 2 "elsewhere 4711 17 0" 17 ""
ends 2 "elsewhere 4711 17 1" 17 1
ends 2 "elsewhere 4711 17 0" 18 1
ends 2 "elsewhere 4711" 17 1
ends 0 "elsewhere 4711 17 0" 17 1
ends 0 "elsewhere 4711 17 1" 17 3
ends 0 "$(hostname) 999999999 0 0" "" ""

# What a run writes there is what the next turn of its job reads.
rm -rf out
SLURM_JOB_ID=17 SLURM_RESTART_COUNT=2 "${run[@]}" -time_samples 200000 >log 2>&1 &
for _ in $(seq 100); do
  [ "$(wc -l 2>/dev/null <out/series.csv.part || echo 0)" -lt 3 ] || break
  sleep 0.1
done
read -r host pid job turn <out/otto.lock || fail "the lock is there" log
kill -USR1 $!
[ "$host $pid $job $turn" = "$(hostname) $! 17 2" ] || fail "the lock says $host $pid $job $turn" log
wait $!
[ ! -e out/otto.lock ] || fail "it is given back" log
echo "ok"
