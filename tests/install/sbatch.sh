#!/usr/bin/env bash
# jobs/otto.sbatch, started as Slurm starts a job, with a stand-in for srun.
. "$(dirname "$0")/lib.sh"
mkdir -p "$scratch/bin" "$scratch/spool" "$scratch/submit"
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
mkdir -p "$scratch/submit/jobs" "$scratch/submit/out"
cp "$source_dir/jobs/setup.sh" "$scratch/submit/jobs"
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
echo "ok"
