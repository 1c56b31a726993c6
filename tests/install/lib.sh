# shellcheck shell=bash disable=SC2034
# Shared by the scripts beside it: a scratch folder, and failing with a sentence.
set -u
source_dir=${OTTO_SOURCE:?} build_dir=${OTTO_BUILD:?}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/otto-test.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

fail() { # sentence [file to show]
  echo "failed: $1"
  [ $# -lt 2 ] || tail -n 60 "$2"
  exit 1
}
quietly() { # command …: its output is shown only where it fails
  "$@" >"$scratch/quiet.log" 2>&1 || fail "$*" "$scratch/quiet.log"
}
expect() { # text file
  grep -qF -e "$1" "$2" || fail "expected to read: $1" "$2"
}
