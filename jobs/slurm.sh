# shellcheck shell=bash disable=SC2034,SC2154
# What the batch scripts beside this share; sourced by them once $otto_jobs says where this is:
#   otto_begin                 goes to the folder of submission, finds the program, decides how ranks are started
#   otto_run [ranks] -- command …     runs it on all ranks of the job, or the first so many, and ends it in order when
#                              Slurm or a user asks; how it ended in $status, the signal that asked in $asked
#   otto_ladder                1, 2, 4 … and all ranks of the job
#   otto_said words            what followed these words when a run last said them
#   otto_restart arguments …   whether to go on from a checkpoint: the job has begun before, and they do not say -restart
#   otto_left                  whether a run that was stopped since its time is over left a checkpoint: in $checkpoint
#   otto_again                 such a job is queued again; 1 where that is not to be
#   otto_ended                 whether the run had ended before a job began again: its folder in $output, its status in $status
#   otto_draw                  plots and report.html of a run that has ended
# The job's log is this script's output: what a run says is read there.
. "$otto_jobs/setup.sh" || exit 3
otto_note() { echo "job ${SLURM_JOB_ID:-}: $*"; }

otto_begin() {
  cd "${SLURM_SUBMIT_DIR:-.}" || exit 3
  if [ -z "${OTTO:-}" ]; then # built here, or installed
    OTTO=build/bin/otto
    [ -e "$OTTO" ] || ! command -v otto >/dev/null || OTTO=$(command -v otto)
  fi
  if ! command -v "$OTTO" >/dev/null; then
    echo "no program $OTTO in $PWD: build Otto there, or set OTTO to its path" >&2
    exit 3
  fi
  otto_launcher
  exec 3>&1 4>&2
}

# How ranks find each other: by srun in the cluster's own way, or by pmix where it has chosen none (SLURM_MPI_TYPE names
# another of `srun --mpi=list`); where there is no pmix, mpirun starts them. OTTO_LAUNCH=srun or mpirun decides otherwise.
otto_launcher() {
  [ -z "${OTTO_LAUNCH:-}" ] || return 0
  OTTO_LAUNCH=srun
  [ -z "${SLURM_MPI_TYPE:-}" ] || return 0
  scontrol show config 2>/dev/null | grep -q "MpiDefault *= *none" || return 0
  if srun --mpi=list 2>&1 | grep -qw pmix; then
    export SLURM_MPI_TYPE=pmix
  elif command -v mpirun >/dev/null; then
    OTTO_LAUNCH=mpirun
    otto_note "srun knows no pmix here: mpirun starts the ranks"
  fi
}

otto_time_left() { # seconds until Slurm ends the job, as it writes them: days-hours:minutes:seconds; nothing where it does not say
  squeue --noheader --jobs="${SLURM_JOB_ID:-0}" --format=%L 2>/dev/null | awk -F '[-:]' '
    /^[0-9:-]*:[0-9]+$/ { split("1 60 3600 86400", unit, " "); for (i = 0; i < NF; i++) s += unit[i + 1] * $(NF - i); print s }'
}

otto_patience() { # seconds left: how many of them may go by before the last few
  echo $(($1 > 16 ? $1 - 15 : 1))
}

# The run is asked to end; where Slurm is about to, once more, which ends it at once: what it has in its last checkpoint stays.
otto_ask() { # signal that came
  local left
  [ "$1 $asked" != "USR1 " ] || left=$(otto_time_left)
  asked=$1
  kill -USR1 "$child" 2>/dev/null
  [ -n "${left:-}" ] || return 0
  (
    sleep "$(otto_patience "$left")" &
    trap 'kill $!' TERM
    wait $! && kill -USR1 "$child" 2>/dev/null && otto_note "its time is over: the run is ended at once"
  ) &
  patience=$!
}

# A minute before the time is over, and when the job is cancelled, the run is asked to end in order (status 75). srun and
# mpirun pass SIGUSR1 on to their ranks; of SIGTERM srun would end itself, and mpirun would kill.
otto_run() { # [ranks] -- command …
  local launch=(srun --kill-on-bad-exit=1) ranks='' child a_node # a_node: tasks on one
  if [ "$1" != -- ]; then
    ranks=$1
    shift
  fi
  shift
  if [ "$OTTO_LAUNCH" = mpirun ]; then
    launch=(mpirun -q ${ranks:+-n "$ranks"})
    mpirun --version 2>/dev/null | grep -qi "open.*mpi" || launch=(mpirun ${ranks:+-n "$ranks"})
  elif [ -n "$ranks" ]; then # on as few nodes as hold them
    a_node=$(((SLURM_NTASKS + SLURM_NNODES - 1) / SLURM_NNODES))
    launch+=("--ntasks=$ranks" "--nodes=$(((ranks + a_node - 1) / a_node))" "--ntasks-per-node=$a_node")
  fi
  asked='' patience=''
  "${launch[@]}" "$@" &
  child=$!
  trap 'otto_note "its time is nearly over: the run is asked to end"; otto_ask USR1' USR1
  trap 'otto_ask TERM' TERM INT HUP
  while :; do # a trap ends wait, not the child
    wait "$child"
    status=$?
    kill -0 "$child" 2>/dev/null || break
  done
  [ -z "$patience" ] || kill "$patience" 2>/dev/null
  [ -z "$asked" ] || [ "$status" -le 3 ] || status=75 # killed after all, or before it could catch signals
  [ "$asked $OTTO_LAUNCH $status" != "TERM mpirun 1" ] || status=75 # a SIGTERM reached mpirun, which kills and says 1
}

otto_ladder() {
  local ranks
  for ((ranks = 1; ranks < ${SLURM_NTASKS:-1}; ranks *= 2)); do echo $ranks; done
  echo "${SLURM_NTASKS:-1}"
}

otto_said() { # words as a basic regular expression, of which \(…\) is wanted
  local log
  for log in /proc/self/fd/3 /proc/self/fd/4; do
    [ ! -f $log ] || sed -n "s/$1/\\1/p" $log
  done | tail -n 1
}

otto_restart() { # arguments …
  case " $* " in *" -restart "*) return 1 ;; esac
  [ "${SLURM_RESTART_COUNT:-0}" -gt 0 ] || [ "${OTTO_CHAIN_LINK:-1}" -gt 1 ]
}

otto_left() {
  checkpoint=
  [ "$status" = 75 ] && [ "$asked" = USR1 ] || return
  checkpoint=$(otto_said '^otto: stopped by .*; left in \(.*\): .*')/checkpoint.h5
  [ ! -e "$checkpoint" ] || return 0
  otto_note "no checkpoint to go on from (checkpoint_every): the job ends here"
  return 1
}

otto_again() {
  local job=${SLURM_JOB_ID:-}
  [ -z "${SLURM_ARRAY_JOB_ID:-}" ] || job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID # the array has the first one's number
  if [ "${SLURM_RESTART_COUNT:-0}" -ge "${OTTO_MOST_RESTARTS:-100}" ]; then
    otto_note "restarted $SLURM_RESTART_COUNT times: the job ends here (OTTO_MOST_RESTARTS)"
    return 1
  fi
  # the file that this job leaves, by its inode and time: one that is not another than the last job's got nowhere
  local left before
  left=$(LC_ALL=C stat -c %i-%.Y "$checkpoint" 2>/dev/null)
  before=$(otto_said '^job [0-9]*: queued again, to go on from .* (\([-0-9.]*\))$')
  if [ -n "$left" ] && [ "$left" = "$before" ]; then
    otto_note "no new checkpoint in all its time: the job ends here; it needs more time, or checkpoint_every less"
    return 1
  fi
  otto_note "queued again, to go on from $checkpoint ($left)"
  scontrol requeue "$job" && return # Slurm ends this one
  otto_note "the job could not be queued again: submit it with -restart"
  return 1
}

otto_ended() {
  output=$(otto_said '^results in \(.*\)$')
  [ -n "$output" ] && [ "${SLURM_RESTART_COUNT:-0}" -gt 0 ] && [ -e "$output/summary.json" ] &&
    [ ! -e "$output/checkpoint.h5" ] && [ ! -e "$output/otto.lock" ] || return
  asked='' status=0
  grep -q '"verdict": *"pass"' "$output/summary.json" || status=1
  otto_note "its run had ended before the job began again"
}

# Where they cannot be drawn, one line says so; the status is the run's all the same. Slurm's end of the job waits for none.
otto_draw() {
  local output left
  output=$(otto_said '^results in \(.*\)$')
  if [ "$status" -le 1 ] && [ -n "$output" ] && [ -e "$otto_jobs/plot.py" ] &&
    { [ -e "$output/series.csv" ] || [ -e "$output/fields.h5" ]; }; then
    left=$(otto_time_left)
    OTTO_PLOT_TIME=${left:+$(otto_patience "$left")} otto_plot "$output"
  fi
}
