#!/usr/bin/env bash
# jobs/otto.sbatch under a real Slurm: a cluster of this one machine, in a scratch folder, with its
# own ports and its own munge. Needs root, slurm-wlm and munge; is skipped without them.
. "$(dirname "$0")/lib.sh"
for tool in slurmctld slurmd sbatch munged runuser; do
  if [ "$(id -u)" != 0 ] || ! command -v $tool >/dev/null; then
    echo "no $tool here, or not root"
    exit 77
  fi
done
host=$(hostname -s) port=$((20000 + RANDOM % 10000))
mkdir "$scratch"/{state,spool,munge}
chmod 755 "$scratch"
head -c 128 /dev/urandom >"$scratch/munge/key"
chmod 600 "$scratch/munge/key"
chmod 711 "$scratch/munge"
chown -R munge: "$scratch/munge"
export SLURM_CONF=$scratch/slurm.conf
cat >"$SLURM_CONF" <<END
ClusterName=one
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$scratch/state
SlurmdSpoolDir=$scratch/spool
SlurmctldPidFile=$scratch/slurmctld.pid
SlurmdPidFile=$scratch/slurmd.pid
SlurmctldLogFile=$scratch/slurmctld.log
SlurmdLogFile=$scratch/slurmd.log
AuthType=auth/munge
AuthInfo=socket=$scratch/munge/socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc --all) State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
stop() {
  local file
  for file in "$scratch"/{slurmd.pid,slurmctld.pid,munge/pid}; do
    [ ! -s "$file" ] || kill "$(cat "$file")"
  done
  sleep 1
  rm -rf "$scratch"
}
trap stop EXIT
cd "$scratch" || exit 1
quietly runuser -u munge -- munged --socket="$scratch/munge/socket" --key-file="$scratch/munge/key" \
  --log-file="$scratch/munge/log" --pid-file="$scratch/munge/pid" --seed-file="$scratch/munge/seed"
quietly slurmctld
quietly slurmd
for _ in $(seq 60); do
  sinfo -h -o %t 2>/dev/null | grep -q idle && break
  sleep 0.5
done
sinfo -h -o %t 2>/dev/null | grep -q idle || fail "the cluster of one node starts" "$scratch/slurmd.log"

ranks=$(($(nproc --all) > 1 ? 2 : 1))
job() { # program arguments …
  OTTO=$1 timeout 90 sbatch --wait --nodes=1 --ntasks-per-node=$ranks --output="$scratch/job.log" \
    "$source_dir/jobs/otto.sbatch" "${@:2}" >"$scratch/log" 2>&1
}
job "$build_dir/bin/test_grid" dissipation input.yaml || fail "a job of $ranks ranks passes" job.log
expect ", 0 failed" job.log
[ "$(grep -c checks job.log)" = 1 ] || fail "the ranks are one run" job.log
printf '#!/bin/bash\nexit 2\n' >failing
chmod +x failing
job "$scratch/failing" dissipation input.yaml
[ $? = 2 ] || fail "the exit status of the program is the job's" job.log
echo "ok"
