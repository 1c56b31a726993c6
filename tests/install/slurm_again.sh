#!/usr/bin/env bash
# Under a real Slurm (cluster.sh): sweeps by a job array, chains of jobs, a job whose time is over and one whose node is
# lost, which go on from their checkpoints. Needs what slurm.sh needs.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cluster.sh"
cluster_needed
nodes=(otto1 otto2)
cluster_own_hosts || nodes=(otto1)
echo "${#nodes[@]} nodes"
cluster_start "${nodes[@]}"
cd "$scratch" || exit 1
export OTTO_PYTHON=${OTTO_PYTHON:-/usr/bin/python3}
program=$build_dir/bin/otto
small=(-heat_kernel lattice -time_start 1e-3 -time_stop 1e-2 -p_density formula -q_density formula -q_formula '1+x*y'
  -check_space no -check_integral_nodes 0)
ended() { # state status sentence
  cluster_wait 90
  [ "$state $status" = "$1 $2" ] || fail "$3: $state $status, not $1 $2" "$job_log"
}
took() { echo "$1: $((SECONDS - began)) s" && began=$SECONDS; } # what a case took
began=$SECONDS
said() { # seconds words: until the job's log has them
  local i
  for i in $(seq $(($1 * 10))); do
    ! grep -q -e "$2" "$job_log" 2>/dev/null || return 0
    sleep 0.1
  done
  fail "the job says: $2" "$job_log"
}

# What goes on from a checkpoint ends with the very numbers of a run that was never stopped.
run=(dissipation -grid_n 32,32 "${small[@]}" -p_formula '1+0.5*cos(2*_pi*x)' -time_samples 400 -checkpoint_every 5)
quietly "$program" "${run[@]}" -output_dir alone
whole() { # folder
  cmp -s "$1/series.csv" alone/series.csv || fail "$1: the series is that of a run never stopped" "$job_log"
  expect "restart: goes on from checkpoint" "$job_log"
  [ -z "$(find "$1" -name '*.part' -o -name 'checkpoint*' -o -name otto.lock)" ] || fail "$1: only results are left" "$job_log"
}

rows() { # folder count: until the run has so many rows
  local i
  for i in $(seq 300); do
    [ "$(wc -l 2>/dev/null <"$1/series.csv.part" || echo 0)" -lt "$2" ] || return 0
    sleep 0.1
  done
  fail "the job begins" "$job_log"
}

# The time of a job is over, by Slurm's own clock, while its ranks stand still (it may ask 30 s before it was told to): it is
# queued again and ends what it began.
ranks_of() { # folder: processes of the run there
  local process
  for process in /proc/[0-9]*; do
    [ "$(cat "$process/comm" 2>/dev/null)" != otto ] || ! tr '\0' ' ' <"$process/cmdline" | grep -q -e "-output_dir $1 " ||
      [ "$(readlink "$process/cwd")" != "$scratch" ] || echo "${process#/proc/}"
  done
}
job_log=limit.log
cluster_job --time=1 --signal=B:USR1@10 --nodes=1 --ntasks-per-node=1 -- "${run[@]}" -output_dir limit
rows limit 12
mapfile -t ranks < <(ranks_of limit)
[ ${#ranks[@]} -ge 1 ] || fail "its ranks: ${ranks[*]}" job.log
kill -STOP "${ranks[@]}"
(
  (said 90 "its time is nearly over")
  kill -CONT "${ranks[@]}"
) &
limit=$job job_log=job.log

# A table of three runs, one of which is refused: each a job of its own, gathered by whichever ends last.
printf '%s\n' "p_formula  grid_n" "'1 + 0.5*cos(2*_pi*x)'  16,16" "1+x  16,24" "1+x  16,x" >table.txt
echo "output: {fields: none}" >in.yaml
export OTTO=$program
job=$(sbatch --parsable --array=1-3 --nodes=1 --ntasks-per-node=1 --output="$scratch/sweep.%a.log" "$source_dir/jobs/sweep.sbatch" \
  table.txt dissipation in.yaml "${small[@]}" -time_samples 3 2>log) || fail "Slurm takes a sweep" log
for row in 1 2 3; do
  array=$job
  job=${array}_$row
  cluster_wait 60
  job=$array
  [ "$state $status" = "$([ $row = 3 ] && echo FAILED 2 || echo COMPLETED 0)" ] || fail "row $row: $state $status" sweep.$row.log
done
top=otto-out/dissipation-in-table
[ "$(wc -l <$top/sweep.csv)" = 10 ] || fail "four rows of two runs, a line of the third" $top/sweep.csv
[ "$(grep -c '^1+x,"16,24",0,' $top/sweep.csv)" = 4 ] || fail "the rows of the second" $top/sweep.csv
[ "$(grep -c '^1+x,"16,x",2,' $top/sweep.csv)" = 1 ] || fail "the third is refused" $top/sweep.csv
[ -s $top/sweep.png ] || fail "a picture" sweep.2.log
paste -d, <(grep '^1+x,"16,24",0,' $top/sweep.csv | cut -d, -f5-) <(tail -n +2 $top/2/series.csv) |
  awk -F, '{ for (i = 1; i <= NF / 2; i++) if ($i != $(i + NF / 2)) exit 1 }' || fail "its numbers are the run's" $top/sweep.csv
took sweep

# The ladder: on one rank, and on all.
job=$(sbatch --parsable "--nodes=${#nodes[@]}" --ntasks-per-node=1 --output="$scratch/job.log" "$source_dir/jobs/verify.sbatch" 12 2>log) ||
  fail "Slurm takes the ladder" log
ended COMPLETED 0 "the identity on 1 to ${#nodes[@]} ranks"
expect "${#nodes[@]} of ${#nodes[@]} rungs came to their end; all passed and agree" job.log
took ladder

# A job that fails takes its chain with it.
mapfile -t chain < <(OTTO=$program "$source_dir/jobs/chain.sh" 3 --nodes=1 --ntasks-per-node=1 --output="$scratch/job.log" "${run[@]}" \
  -p_formula '1+' -output_dir failed)
[ ${#chain[@]} = 3 ] || fail "three jobs of a chain"
job=${chain[0]}
ended FAILED 2 "the first of a chain"
for job in "${chain[@]:1}"; do
  cluster_wait 60
  [ "$state" = CANCELLED ] || fail "a job whose chain has failed: $state" log
  expect Dependency log
done
took "failed chain"

asked_to_end() { scancel --batch --signal=USR1 "$job"; } # as Slurm does near the end of a job's time


# A chain: the first job's time is over, the second ends the run, the third has nothing to do.
mapfile -t chain < <(OTTO=$program "$source_dir/jobs/chain.sh" 3 --nodes=1 --ntasks-per-node=1 --output="$scratch/job.log" "${run[@]}" \
  -output_dir chain)
job=${chain[0]}
rows chain 12
asked_to_end
ended COMPLETED 0 "the first job of a chain"
expect "1 of 3: the next one goes on from chain/checkpoint.h5" job.log
for job in "${chain[@]:1}"; do ended COMPLETED 0 "the jobs that follow"; done
expect "the run of this chain has ended: every check passed, in job ${chain[1]}" job.log
whole chain
[ -z "$(ls otto-chain-* 2>/dev/null)" ] || fail "nothing of the chain stays"
took chain

# The job whose time was over, meanwhile.
job=$limit job_log=limit.log
ended COMPLETED 0 "a job that was queued again"
whole limit
expect "queued again, to go on from limit/checkpoint.h5" limit.log
took "time limit"

job_log=job.log

# A node is lost, with all that ran on it: the job begins again, on another one, and goes on from its last checkpoint.
if [ ${#nodes[@]} = 2 ]; then
  cluster_job --nodes=1 --ntasks-per-node=1 -- "${run[@]}" -output_dir lost
  rows lost 12
  node=$(squeue -h -j "$job" -o %N)
  mapfile -t lost < <(cluster_pids "$node")
  kill -KILL "${lost[@]}"
  ended COMPLETED 0 "a job whose node was lost"
  [ "$(sed -n 's/.*BatchHost=//p' log)" != "$node" ] || fail "on another node than $node" log
  whole lost
  took "lost node"
fi
echo "ok"
