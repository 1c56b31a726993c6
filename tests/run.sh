#!/usr/bin/env bash
# usage: tests/run.sh [ctest arguments]     without any: all tests but those labelled `long`
# Installs what is missing, builds the preset dev (warnings are errors) and runs CTest.
. "$(dirname "${BASH_SOURCE[0]}")/../jobs/setup.sh" || exit 3

# For the build against 64-bit indices; for the API reference; to check the man page; for jobs/fields_to_netcdf.py; for a
# Slurm cluster on this machine, which only root can start.
packages=(libpetsc64-real-dev libslepc64-real-dev doxygen groff-base python3-netcdf4)
[ "$(id -u)" != 0 ] || packages+=(slurm-wlm munge)
otto_install "${packages[@]}"
otto_build dev build-dev || exit
[ $# -gt 0 ] || set -- -LE long
cd "$otto_root" || exit 3
exec ctest --test-dir build-dev --output-on-failure -j "$(otto_cores)" "$@"
