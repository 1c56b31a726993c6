# shellcheck shell=bash disable=SC2154
# A Debian as small as there is (its essentials and apt), of the release that runs here and from where this machine has
# its packages; to be sourced after lib.sh.
#   skip sentence           ends the test as skipped
#   debian_needs [package]  installs it and mmdebstrap where root may, and skips where that is not to be had
#   debian_root file [option …]   makes it, by mmdebstrap with these options; its output is in $scratch/log
skip() {
  echo "skipped: $1"
  exit 77
}

debian_needs() {
  command -v dpkg-query >/dev/null || skip "not a Debian here"
  if ! (. "$source_dir/jobs/setup.sh" && otto_packages=() && otto_install mmdebstrap "$@" && [ -z "$otto_cannot_install" ]) \
    >"$scratch/log" 2>&1; then
    skip "no mmdebstrap $* here, and it cannot be installed"
  fi
}

debian_root() {
  local release mirror file=$1
  shift
  release=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  # shellcheck disable=SC2016 # apt's own variable
  mirror=$(apt-get indextargets --format '$(REPO_URI)' "Codename: $release" 'Created-By: Packages' | head -n 1)
  [ -n "$mirror" ] || skip "apt does not say where Debian is"
  mmdebstrap --quiet --variant=apt --customize-hook='echo "at: a root of Debian"' "$@" "$release" "$file" \
    "$mirror" >"$scratch/log" 2>&1 && return
  grep -q '^at: ' "$scratch/log" || skip "no root of $release from $mirror: $(grep '^E:' "$scratch/log" | head -n 1)"
  return 1
}
