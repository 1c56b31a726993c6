#!/usr/bin/env bash
# usage: run.sh test_<name>.py
. "$(dirname "$0")/../../jobs/setup.sh"
otto_python || {
  echo "no Python with h5py and matplotlib"
  exit 77
}
exec "$OTTO_PYTHON" -W error::RuntimeWarning "$@"
