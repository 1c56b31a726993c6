#!/usr/bin/env bash
# A run that is longer than a job may be, cut into dependent jobs.
usage() {
  cat <<'END2'
usage: jobs/chain.sh jobs [--option of sbatch=value …] driver input.yaml -checkpoint_every 20min [-key value …]

    jobs/chain.sh 5 --time=24:00:00 --nodes=8 fokker-planck inputs/fokker-planck/kramers_3d.yaml -checkpoint_every 1h

Submits so many jobs of jobs/otto.sbatch, each of which waits for the one before. Near the end of its time a job
writes a checkpoint and ends well; the next goes on from there. When the run has ended the rest have nothing to do.
A job that fails (a check, bad input, a solver, no checkpoint) fails its chain: Slurm removes those that wait for it.
Prints the jobs' numbers, one a line.
END2
}
case ${1:-} in
  '' | -h | --help | help)
    usage
    exit $(($# == 0 ? 2 : 0))
    ;;
esac
if ! [[ $1 =~ ^[1-9][0-9]*$ ]]; then
  echo "chain.sh: jobs: '$1' is not a whole number above 0" >&2
  exit 2
fi
jobs=$1 options=() submitted=()
shift
while [[ ${1:-} == --* ]]; do
  options+=("$1")
  shift
done
if [ $# = 0 ]; then
  usage >&2
  exit 2
fi
if ! [[ $1 =~ ^[a-z] ]]; then
  echo "chain.sh: '$1' is no driver; options of sbatch are given as --option=value" >&2
  exit 2
fi
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
OTTO_CHAIN=$PWD/otto-chain-$(date +%Y%m%d%H%M%S)-$$.ended # says that the run has ended, to the jobs that follow
export OTTO_CHAIN OTTO_CHAIN_LINKS=$jobs OTTO_CHAIN_LINK
for ((OTTO_CHAIN_LINK = 1; OTTO_CHAIN_LINK <= jobs; OTTO_CHAIN_LINK++)); do
  after=()
  [ ${#submitted[@]} = 0 ] || after=("--dependency=afterok:${submitted[-1]}")
  if ! job=$(sbatch --parsable --kill-on-invalid-dep=yes "${after[@]}" "${options[@]}" "$here/otto.sbatch" "$@"); then
    [ ${#submitted[@]} = 0 ] || scancel "${submitted[@]}"
    echo "chain.sh: job $OTTO_CHAIN_LINK of $jobs was not taken: no job is left" >&2
    exit 3
  fi
  submitted+=("${job%%;*}")
  echo "${job%%;*}"
done
