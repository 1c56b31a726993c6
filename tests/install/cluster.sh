# shellcheck shell=bash disable=SC2154
# A Slurm cluster on this one machine, in the scratch folder of lib.sh, with its own ports and its own munge; to be
# sourced after lib.sh, by root. Each node has its own slurmd, and where the machine allows it its own host name, its
# own shared memory and, under one path on all, its own scratch folder: ranks on two of them find nothing in common but
# the network and the files.
#   cluster_needed              ends the test as skipped where Slurm or root is missing
#   cluster_own_hosts           whether this machine lets nodes have host names and folders of their own
#   cluster_start node …        starts it, and stops it when the test ends
#   cluster_job [options] -- arguments of jobs/otto.sbatch
#                               submits the program $program with its log in $scratch/$job_log (job.log); its number in $job
#   cluster_wait seconds        until that job has ended: how in $state, with which exit status in $status
#   cluster_pids node           processes on a node that has a host name of its own
cluster=$scratch/cluster job_log=job.log

cluster_stop() {
  local pid running=() i
  for pid in $(cat "$cluster"/slurmd.*.pid "$cluster"/{slurmctld,munge/munged}.pid 2>/dev/null); do
    kill "$pid" 2>/dev/null && running+=("$pid")
  done
  for i in $(seq 50); do
    kill -0 "${running[@]}" 2>/dev/null || break
    sleep 0.2
  done
  rm -rf "$scratch"
}

cluster_needed() {
  local tool
  for tool in slurmctld slurmd sbatch munged runuser unshare; do
    if [ "$(id -u)" != 0 ] || ! command -v $tool >/dev/null; then
      echo "no $tool here, or not root"
      exit 77
    fi
  done
}

cluster_own_hosts() { # not so in a container without that right
  unshare --uts --mount mount -t tmpfs tmpfs "$scratch" 2>/dev/null
}

cluster_configure() { # node …
  local host node port=$((20000 + RANDOM % 10000))
  host=$(hostname -s)
  mkdir -p "$cluster"/{state,munge,local,spool}
  chmod 755 "$scratch" "$cluster"
  head -c 128 /dev/urandom >"$cluster/munge/key"
  chmod 600 "$cluster/munge/key"
  chmod 711 "$cluster/munge"
  chown -R munge: "$cluster/munge"
  export SLURM_CONF=$cluster/slurm.conf
  cat >"$SLURM_CONF" <<END
ClusterName=otto
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$cluster/state
SlurmdSpoolDir=$cluster/spool/%n
SlurmctldPidFile=$cluster/slurmctld.pid
SlurmdPidFile=$cluster/slurmd.%n.pid
SlurmctldLogFile=$cluster/slurmctld.log
SlurmdLogFile=$cluster/slurmd.%n.log
AuthType=auth/munge
AuthInfo=socket=$cluster/munge/socket,cred_expire=5
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
TaskProlog=$cluster/prolog
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=1
KillWait=20
SlurmdTimeout=12
ReturnToService=2
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
  for node; do
    port=$((port + 1))
    echo "NodeName=$node NodeAddr=127.0.0.1 Port=$port CPUs=$(nproc --all) State=UNKNOWN" >>"$SLURM_CONF"
  done
  echo "PMIxCliTmpDirBase=$cluster/local" >"$cluster/mpi.conf"
  printf '#!/bin/sh\necho export TMPDIR=%s\n' "$cluster/local" >"$cluster/prolog"
  chmod +x "$cluster/prolog"
}

cluster_start() { # node …
  local node
  trap cluster_stop EXIT
  cluster_configure "$@"
  quietly runuser -u munge -- munged --socket="$cluster/munge/socket" --key-file="$cluster/munge/key" \
    --log-file="$cluster/munge/log" --pid-file="$cluster/munge/munged.pid" --seed-file="$cluster/munge/seed"
  quietly slurmctld
  for node; do
    if [ $# -gt 1 ]; then
      # shellcheck disable=SC2016
      quietly unshare --uts --mount sh -e -c 'hostname "$1"; mount -t tmpfs tmpfs /dev/shm
        mount -t tmpfs tmpfs "$2"; exec slurmd -N "$1"' - "$node" "$cluster/local"
    else
      quietly slurmd -N "$node"
    fi
  done
  for _ in $(seq 120); do
    [ "$(sinfo -h -N -o %t 2>/dev/null | grep -c '^idle$')" != $# ] || return 0
    sleep 0.25
  done
  fail "a cluster of $# nodes starts" "$cluster/slurmd.$1.log"
}

cluster_pids() { # node
  local there process
  there=$(readlink "/proc/$(cat "$cluster/slurmd.$1.pid")/ns/uts")
  for process in /proc/[0-9]*; do
    [ "$(readlink "$process/ns/uts" 2>/dev/null)" != "$there" ] || echo "${process#/proc/}"
  done
}

cluster_job() { # [options of sbatch] -- arguments …
  local options=()
  while [ "$1" != -- ]; do
    options+=("$1")
    shift
  done
  shift
  rm -f "$scratch/$job_log" # a job writes behind what is there
  job=$(OTTO=$program sbatch --parsable --chdir="$scratch" --output="$scratch/$job_log" "${options[@]}" \
    "$source_dir/jobs/otto.sbatch" "$@" 2>"$scratch/log") || fail "Slurm takes the job" "$scratch/log"
}

cluster_wait() { # seconds
  local i ended
  for i in $(seq $(($1 * 4))); do
    scontrol show job "$job" >"$scratch/log"
    state=$(sed -n 's/.*JobState=\([A-Z_]*\).*/\1/p' "$scratch/log")
    status=$(sed -n 's/.*[^d]ExitCode=\([0-9]*\):.*/\1/p' "$scratch/log")
    ended=$(grep -c "PENDING\|RUNNING\|COMPLETING\|CONFIGURING" <<<"$state")
    [ "$ended" != 0 ] || return 0
    sleep 0.25
  done
  fail "the job ends within $1 s; it is $state" "$scratch/$job_log"
}
