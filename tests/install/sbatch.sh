#!/usr/bin/env bash
# jobs/otto.sbatch, started as Slurm starts a job, with a stand-in for srun.
. "$(dirname "$0")/lib.sh"
mkdir -p "$scratch/bin" "$scratch/spool" "$scratch/submit/jobs"
cp "$source_dir"/jobs/{slurm,setup}.sh "$scratch/submit/jobs"
printf '#!/bin/bash\nprintf "%%s\\n" "$PWD" "$OPENBLAS_NUM_THREADS" "$@"\nexit ${FAKE_STATUS:-0}\n' \
  >"$scratch/bin/srun"
printf '#!/bin/bash\n' >"$scratch/bin/my-otto"
chmod +x "$scratch/bin/"*
export PATH=$scratch/bin:$PATH
cp "$source_dir/jobs/otto.sbatch" "$scratch/spool/slurm_script" # Slurm runs a copy
cd "$scratch/spool" || exit 1

unset OTTO # of whoever runs the tests
job() { SLURM_SUBMIT_DIR=$scratch/submit bash slurm_script "$@" >"$scratch/log" 2>&1; }

OTTO=my-otto job dissipation inputs/a.yaml -p_formula "1 + x" || fail "the job runs" "$scratch/log"
printf '%s\n' "$scratch/submit" 1 --kill-on-bad-exit=1 my-otto dissipation inputs/a.yaml \
  -p_formula "1 + x" | cmp -s - "$scratch/log" || fail "srun is told what to run" "$scratch/log"
job dissipation a.yaml
[ $? = 3 ] || fail "no program: status 3" "$scratch/log"
expect "no program build/bin/otto in $scratch/submit" "$scratch/log"
mkdir -p "$scratch/submit/build/bin"
cp "$scratch/bin/my-otto" "$scratch/submit/build/bin/otto"
job dissipation a.yaml || fail "the program of the folder of submission" "$scratch/log"
job && fail "without arguments it says how to use it"
expect "usage: sbatch" "$scratch/log"
FAKE_STATUS=75 OTTO=my-otto job dissipation a.yaml
[ $? = 75 ] || fail "the exit status comes through" "$scratch/log"

# What has ended is drawn, in the folder that the run says, whatever its checks said; what has not is left as it is.
mkdir -p "$scratch/submit/out"
echo 'import sys; open(sys.argv[1] + "/report.html", "w")' >"$scratch/submit/jobs/plot.py"
touch "$scratch/submit/out/series.csv"
for status in 75 0 1; do
  rm -f "$scratch/submit/out/report.html"
  FAKE_STATUS=$status job "results in out"
  [ $? = $status ] || fail "the status is the run's" "$scratch/log"
  drawn=no
  [ ! -e "$scratch/submit/out/report.html" ] || drawn=yes
  [ $drawn = "$([ $status = 75 ] && echo no || echo yes)" ] || fail "status $status: drawn: $drawn" "$scratch/log"
done

# Its time is over (SIGUSR1): a run that has a checkpoint is queued again, or is the next job's of its chain; one that
# has none, that was cancelled (SIGTERM), or that went round often enough, ends here.
cat >"$scratch/bin/srun" <<'END'
#!/bin/bash
echo "$*" >told
stop() {
  [ -z "${FAKE_SLOW:-}" ] || [ $((asked += 1)) -gt 1 ] || return # its sample takes long: it ends when it is asked again
  case ${FAKE_CHECKPOINT:-} in
    no | old) ;;
    *) touch out/checkpoint.new && mv out/checkpoint.new out/checkpoint.h5 ;;
  esac
  echo "otto: stopped by SIGUSR1: 3 rows, to t = 1; left in out: summary.json, series.csv" >&2
  exit 75
}
trap stop USR1
touch ready
for _ in $(seq 100); do sleep 0.1; done
END
printf '#!/bin/bash\necho "$*" >>%s\nexit ${FAKE_REQUEUE:-0}\n' "$scratch/asked" >"$scratch/bin/scontrol"
printf '#!/bin/bash\necho "${FAKE_LEFT:-}"\n' >"$scratch/bin/squeue"
chmod +x "$scratch/bin/"*
stopped() { # signal status words: how the job ends and what it says; what Slurm is asked for is in $scratch/asked
  local pid i status
  [ -n "${FAKE_AGAIN:-}" ] || : >"$scratch/log" # else behind what the job's last turn has said, as Slurm has it
  rm -f "$scratch"/asked "$scratch"/submit/ready
  [ "${FAKE_CHECKPOINT:-}" = old ] || rm -f "$scratch"/submit/out/checkpoint.h5
  (SLURM_JOB_ID=17 OTTO=my-otto SLURM_MPI_TYPE=pmix SLURM_SUBMIT_DIR=$scratch/submit exec bash slurm_script dissipation a.yaml) \
    >>"$scratch/log" 2>&1 &
  pid=$!
  for i in $(seq 100); do [ ! -e "$scratch/submit/ready" ] || break; sleep 0.05; done
  kill "-$1" $pid
  wait $pid
  status=$?
  [ $status = "$2" ] || fail "$1: status $status, not $2" "$scratch/log"
  expect "$3" "$scratch/log"
  touch "$scratch/asked"
}
asks() { [ "$(grep -c requeue "$scratch/asked")" = "$1" ] || fail "it is queued again $1 times" "$scratch/asked"; }
restarts() { [ "$(grep -c -e "-restart$" "$scratch/submit/told")" = "$1" ] || fail "restart is said $1 times" "$scratch/submit/told"; }
stopped USR1 75 "job 17: queued again, to go on from out/checkpoint.h5"
asks 1
expect "requeue 17" "$scratch/asked"
restarts 0
SLURM_RESTART_COUNT=1 stopped USR1 75 "queued again"
restarts 1
FAKE_REQUEUE=1 stopped USR1 75 "could not be queued again: submit it with -restart"
FAKE_CHECKPOINT=no stopped USR1 75 "no checkpoint to go on from"
asks 0
stopped TERM 75 "left in out"
asks 0
SLURM_RESTART_COUNT=100 stopped USR1 75 "restarted 100 times: the job ends here"
asks 0

# A run that writes no new checkpoint in all the time of a job would be queued again for ever; one that does goes on.
stopped USR1 75 "queued again, to go on from out/checkpoint.h5 ("
FAKE_AGAIN=yes SLURM_RESTART_COUNT=1 FAKE_CHECKPOINT=new stopped USR1 75 "queued again"
asks 1
FAKE_AGAIN=yes SLURM_RESTART_COUNT=2 FAKE_CHECKPOINT=old stopped USR1 75 "no new checkpoint in all its time: the job ends here"
asks 0

# What is left of a job's time is less than a sample takes: the run is ended with what it has in its last checkpoint.
stopped USR1 75 "queued again" # leaves one
FAKE_SLOW=yes FAKE_LEFT=0:16 FAKE_CHECKPOINT=old stopped USR1 75 "its time is over: the run is ended at once"
asks 1

# A job that is begun again when its run has ended draws it, and takes its status.
for verdict in pass fail; do
  rm -f "$scratch"/submit/{started,out/checkpoint.h5,out/report.html}
  echo "results in out" >"$scratch/log"
  echo "{\"verdict\": \"$verdict\"}" >"$scratch/submit/out/summary.json"
  SLURM_JOB_ID=17 SLURM_RESTART_COUNT=1 OTTO=my-otto SLURM_SUBMIT_DIR=$scratch/submit bash slurm_script a b >>"$scratch/log" 2>&1
  [ $? = "$([ $verdict = pass ] && echo 0 || echo 1)" ] || fail "$verdict: its run's status" "$scratch/log"
  expect "its run had ended before the job began again" "$scratch/log"
  [ -e "$scratch/submit/out/report.html" ] || fail "it is drawn" "$scratch/log"
done

# Plots end before Slurm would end the job: its status stays the run's.
printf 'import time; time.sleep(20)\n' >"$scratch/submit/jobs/plot.py"
echo "results in out" >"$scratch/log"
FAKE_LEFT=0:09 SLURM_JOB_ID=17 SLURM_RESTART_COUNT=1 OTTO=my-otto SLURM_SUBMIT_DIR=$scratch/submit timeout 15 bash slurm_script a b >>"$scratch/log" 2>&1
[ $? = 1 ] || fail "plots are cut" "$scratch/log"
expect "there was no time left" "$scratch/log"
rm "$scratch/submit/out/summary.json"
otto_jobs=$source_dir/jobs
. "$otto_jobs/slurm.sh"
for text in 0:45=45 12:34=754 1:00:00=3600 2-01:00:09=176409 UNLIMITED= INVALID=; do
  [ "$(FAKE_LEFT=${text%=*} otto_time_left)" = "${text#*=}" ] || fail "time left: $text"
done
export OTTO_CHAIN=$scratch/chain OTTO_CHAIN_LINKS=3
OTTO_CHAIN_LINK=1 stopped USR1 0 "1 of 3: the next one goes on from out/checkpoint.h5"
asks 0
restarts 0
OTTO_CHAIN_LINK=3 stopped USR1 75 "the last of 3 jobs, and the run has not ended"
asks 0
restarts 1
OTTO_CHAIN_LINK=2 FAKE_CHECKPOINT=no stopped USR1 75 "no checkpoint to go on from"

# A chain whose run has ended: the jobs that follow have nothing to do, and the last leaves nothing behind.
printf '#!/bin/bash\ntouch started\nexit ${FAKE_STATUS:-0}\n' >"$scratch/bin/srun"
FAKE_STATUS=1 OTTO=my-otto OTTO_CHAIN_LINK=1 job a && fail "a failed check is a failed job"
[ ! -e "$OTTO_CHAIN" ] || fail "a chain whose job failed has not ended well"
SLURM_JOB_ID=17 OTTO=my-otto OTTO_CHAIN_LINK=1 job a || fail "the first job ends its run" "$scratch/log"
for link in 2 3; do
  rm -f "$scratch/submit/started"
  OTTO=my-otto OTTO_CHAIN_LINK=$link job a || fail "job $link has nothing to do" "$scratch/log"
  expect "has ended: every check passed, in job 17" "$scratch/log"
  [ ! -e "$scratch/submit/started" ] || fail "job $link starts nothing"
done
[ ! -e "$OTTO_CHAIN" ] || fail "nothing of the chain stays"
OTTO=my-otto OTTO_CHAIN_LINK=3 job a || fail "the last job ends its run" "$scratch/log"
[ ! -e "$OTTO_CHAIN" ] || fail "nothing of the chain stays where its last job ends the run"
unset OTTO_CHAIN

# jobs/chain.sh: each job waits for the one before; where Slurm does not take one, none is left.
cat >"$scratch/bin/sbatch" <<'END'
#!/bin/bash
echo "$OTTO_CHAIN_LINK/$OTTO_CHAIN_LINKS $*" >>"$CHAIN_LOG"
[ "$OTTO_CHAIN_LINK" != "${FAKE_REFUSED:-}" ] || exit 1
echo "$((100 + OTTO_CHAIN_LINK));cluster"
END
printf '#!/bin/bash\necho "scancel $*" >>"$CHAIN_LOG"\n' >"$scratch/bin/scancel"
chmod +x "$scratch/bin/"*
export CHAIN_LOG=$scratch/chain.log
"$source_dir/jobs/chain.sh" 3 --time=5 --nodes=2 dissipation a.yaml -p_formula "1 + x" >"$scratch/log" || fail "a chain" "$scratch/log"
printf '%s\n' 101 102 103 | cmp -s - "$scratch/log" || fail "the numbers of its jobs" "$scratch/log"
for link in 1 2 3; do
  after=
  [ $link = 1 ] || after=" --dependency=afterok:$((99 + link))"
  echo "$link/3 --parsable --kill-on-invalid-dep=yes$after --time=5 --nodes=2 $source_dir/jobs/otto.sbatch dissipation a.yaml -p_formula 1 + x"
done | cmp -s - "$CHAIN_LOG" || fail "what Slurm is asked for" "$CHAIN_LOG"
rm "$CHAIN_LOG"
FAKE_REFUSED=3 "$source_dir/jobs/chain.sh" 4 a >"$scratch/log" 2>&1
[ $? = 3 ] || fail "a job that is not taken: status 3" "$scratch/log"
expect "scancel 101 102" "$CHAIN_LOG"
expect "job 3 of 4 was not taken" "$scratch/log"
for wrong in "" "0 a" "x a" "3" "3 --nodes=2" "3 -N 2 dissipation" "3 --time 1:00:00 dissipation"; do
  # shellcheck disable=SC2086 # words
  "$source_dir/jobs/chain.sh" $wrong >"$scratch/log" 2>&1
  [ $? = 2 ] || fail "chain.sh $wrong is refused" "$scratch/log"
done
echo "ok"
