#!/usr/bin/env bash
# jobs/otto.sbatch under a real Slurm, on two nodes where the machine lets root make them (cluster.sh). Needs root,
# slurm-wlm and munge, which tests/run.sh installs; is skipped without them.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cluster.sh"
cluster_needed
nodes=(otto1 otto2) shape=(--nodes=2 --ntasks-per-node=1) ranks=2
if ! cluster_own_hosts; then
  ranks=$(($(nproc --all) > 1 ? 2 : 1))
  nodes=(otto1) shape=(--nodes=1 "--ntasks-per-node=$ranks")
fi
echo "${#nodes[@]} nodes"
cluster_start "${nodes[@]}"
cd "$scratch" || exit 1
ended() { # state status sentence
  cluster_wait 60
  [ "$state $status" = "$1 $2" ] || fail "$3: $state $status, not $1 $2" job.log
}
run=(dissipation -grid_n 32,32 -heat_kernel lattice -time_start 1e-3 -time_stop 1e-2 -p_density gaussian_mixture
  -p_mean 0.5,0.5 -p_sigma 0.2 -q_density formula -q_formula '1+x*y' -check_space no)

program=$build_dir/bin/test_grid
cluster_job "${shape[@]}" -- dissipation input.yaml
ended COMPLETED 0 "a job of $ranks ranks passes"
expect ", 0 failed" job.log
[ "$(grep -c checks job.log)" = 1 ] || fail "the ranks are one run" job.log

# A run on these ranks: every number is that of one rank, to rounding; and it is drawn.
program=$build_dir/bin/otto
cluster_job "${shape[@]}" -- "${run[@]}" -time_samples 5 -check_integral_nodes 0 -output_dir out
ended COMPLETED 0 "a run"
expect "results in out" job.log
expect "\"ranks\": $ranks" out/summary.json
[ ! -e out/otto.lock ] || fail "the folder is given back"
quietly "$program" "${run[@]}" -time_samples 5 -check_integral_nodes 0 -output_dir alone
paste -d, out/series.csv alone/series.csv | awk -F, '
  NR == 1 { for (i = 1; i <= NF / 2; i++) name[i] = $i; next }
  { for (i = 1; i <= NF / 2; i++) {
      a = $i; b = $(i + NF / 2); size = b < 0 ? -b : b; d = a > b ? a - b : b - a
      if (size > scale[i]) scale[i] = size
      if (!(a == b || d <= off[i])) off[i] = d
    } }
  END { if (NR != 7) exit 1
        for (i in off) if (name[i] !~ /residual/ && !(off[i] <= 1e-12 * scale[i])) { print name[i], off[i]; exit 1 } }' \
  >log || fail "a series of $ranks ranks on ${#nodes[@]} nodes is that of one" log
if (. "$source_dir/jobs/setup.sh" && otto_python); then
  [ -s out/report.html ] && [ -s out/divergences.png ] || fail "plots and report are drawn" job.log
fi

cluster_job "${shape[@]}" -- "${run[@]}" -grid_n 32,x -output_dir bad
ended FAILED 2 "an input error is a failed job"
expect "otto: error: grid_n: entry 2 of '32,x' is not a finite number" job.log
[ "$(grep -c otto: job.log)" = 1 ] || fail "it is said in one line" job.log
[ ! -e bad ] || fail "and nothing is written"

# Near the limit of its time (Slurm counts in minutes, and sends a signal up to one early) a run ends in order; until
# then its folder is its own, also for the other nodes.
running() { # folder
  local i
  for i in $(seq 200); do
    [ "$(wc -l 2>/dev/null <"$1/series.csv.part" || echo 0)" -lt 3 ] || return 0
    sleep 0.1
  done
  fail "the job begins" job.log
}
cluster_job --time=1 "${shape[@]}" -- "${run[@]}" -time_samples 1000000 -check_integral_nodes 0 -output_dir long
running long
expect "$([ ${#nodes[@]} = 1 ] && hostname || echo otto1) " long/otto.lock
OTTO=$program sbatch --wait --nodes=1 --ntasks-per-node=1 --nodelist="${nodes[-1]}" --output="$scratch/second.log" \
  "$source_dir/jobs/otto.sbatch" "${run[@]}" -output_dir "$scratch/long" >log 2>&1
[ $? = 2 ] || fail "a second run in the folder is refused" second.log
expect "is another run's, going on now: process $(cut -d ' ' -f 2 long/otto.lock) on" second.log
ended FAILED 75 "a job whose time is nearly over"
left() { # folder
  expect "otto: stopped by SIG" job.log
  expect "left in $1: summary.json, series.csv, fields.h5, fields.xdmf" job.log
  [ "$(grep -c otto: job.log)" = 1 ] || fail "it is said in one line" job.log
  ls "$1" >log
  printf '%s\n' fields.h5 fields.xdmf series.csv summary.json | cmp -s - log || fail "what it says is what is left" log
}
left long

cluster_job "${shape[@]}" -- "${run[@]}" -time_samples 1000000 -check_integral_nodes 0 -output_dir cancelled
running cancelled
scancel "$job"
cluster_wait 60
[ "$state" = CANCELLED ] || fail "a cancelled job: $state" job.log
left cancelled

# More ranks than a node has cores: Slurm refuses to wait for such a node.
OTTO=$program sbatch --nodes=1 --ntasks-per-node=$(($(nproc --all) + 1)) "$source_dir/jobs/otto.sbatch" \
  "${run[@]}" >log 2>&1 && fail "more ranks than cores are refused" log
expect "Requested node configuration is not available" log
echo "ok"
