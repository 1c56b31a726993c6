#!/usr/bin/env bash
# A signal to jobs/local.sh's way of running mpirun, and to jobs/otto.sbatch, ends the run in order:
# status 75 on 1 and 2 ranks, and one line says what is left.
. "$(dirname "$0")/lib.sh"
run=(dissipation -grid_n 64,64 -heat_kernel lattice -time_start 1e-3 -time_stop 1e-2 -time_samples 200000
  -p_density gaussian_mixture -p_mean 0.5,0.5 -p_sigma 0.2 -q_density uniform -check_space no)

# When the run that is process $! has a row, the signal is sent: it ends with 75 and one line that says what is left.
ends() { # signal folder sentence
  local pid=$! i status
  for i in $(seq 300); do
    [ "$(wc -l 2>/dev/null <"$2/series.csv.part" || echo 0)" -lt 3 ] || break
    sleep 0.1
  done
  kill -"$1" "$pid"
  wait "$pid"
  status=$?
  [ $status = 75 ] || fail "$3: status $status, not 75" "$scratch/err"
  expect "otto: stopped by SIGUSR1: " "$scratch/err"
  [ "$(wc -l <"$scratch/err")" = 1 ] || fail "$3: one line" "$scratch/err"
  expect "left in $2: summary.json, series.csv" "$scratch/err"
  expect '"verdict": "stopped"' "$2/summary.json"
  [ ! -e "$2/otto.lock" ] || fail "$3: the folder is given back"
}
for ranks in 1 2; do
  for signal in TERM INT HUP USR1; do
    out=$scratch/$ranks$signal
    # perl: a shell's background jobs ignore SIGINT, and a bash that does cannot trap it
    perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' bash -c '. "$1/jobs/setup.sh"; shift; otto_mpirun "$@"' - \
      "$source_dir" "$ranks" "$build_dir/bin/otto" "${run[@]}" -output_dir "$out" >"$scratch/log" 2>"$scratch/err" &
    ends $signal "$out" "SIG$signal on $ranks ranks"
  done
done

# the batch script, with a stand-in for srun that hands signals on as srun does
mkdir -p "$scratch/bin"
cat >"$scratch/bin/srun" <<'END'
#!/bin/bash
shift
exec "$@"
END
chmod +x "$scratch/bin/srun"
for signal in TERM USR1; do
  out=$scratch/batch$signal
  PATH=$scratch/bin:$PATH SLURM_MPI_TYPE=none SLURM_SUBMIT_DIR=$scratch OTTO_JOBS=$source_dir/jobs OTTO=$build_dir/bin/otto \
    bash "$source_dir/jobs/otto.sbatch" "${run[@]}" -output_dir "$out" >"$scratch/log" 2>"$scratch/err" &
  ends $signal "$out" "SIG$signal to the batch script"
done
echo "ok"
