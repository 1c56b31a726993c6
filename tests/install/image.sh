#!/usr/bin/env bash
# jobs/containers/Dockerfile, built by buildah, which needs no daemon, on a debian:12 that this test makes (Docker's own
# is not fetched): otto runs in it as a user, on one rank and on two, and draws; and on two nodes of a Slurm, where there
# is one to start, the host's srun starts its ranks. Fetches 600 MB of packages and compiles Otto anew; is skipped where
# that cannot be.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/debian.sh"
. "$(dirname "$0")/cluster.sh"
[ "$(id -u)" = 0 ] || skip "not root"
[ "$(. /etc/os-release && echo "${ID:-} ${VERSION_ID:-}")" = "debian 12" ] || skip "not Debian 12"
debian_needs buildah
cd "$scratch" || exit 1
export BUILDAH_ISOLATION=chroot
build() { buildah --root "$scratch/store" --runroot "$scratch/run" "$@"; }
forget() { # what is mounted keeps a folder from being removed
  { build umount -a && build rm -a && build rmi -a -f; } >/dev/null 2>&1
}
trap 'forget; rm -rf "$scratch"' EXIT

debian_root root.tar || fail "a root of Debian" log
container=$(build from scratch)
quietly build add -q "$container" root.tar /
quietly build commit -q --rm "$container" docker.io/library/debian:12
rm root.tar
mkdir otto work
tar -C "$source_dir" --exclude=./.git --exclude='./build*' --exclude=./otto-out -c . | tar -C otto -x
quietly build build --pull-never --network host -f otto/jobs/containers/Dockerfile -t otto otto

version=$("$build_dir/bin/otto" --version | cut -d ' ' -f 2)
build inspect --type image --format '{{.OCIv1.Config.Entrypoint}} {{.OCIv1.Config.Cmd}}' localhost/otto >log
expect "[/usr/bin/otto] [--help]" log
container=$(build from --pull-never localhost/otto)
chmod 777 work
inside() { build run -v "$scratch/work:/work" "$container" -- "$@" >log 2>&1; }
# shellcheck disable=SC2054 # two numbers
run=(dissipation /usr/share/otto/inputs/dissipation/mixture_2d.yaml -grid_n 32,32 -time_samples 2)
inside otto --version || fail "it starts" log
expect "otto $version" log
inside id -u || fail "whose it is" log
[ "$(cat log)" != 0 ] || fail "not root's"
inside otto "${run[@]}" -output_dir one || fail "a run on one rank" log
inside mpirun --oversubscribe -n 2 otto "${run[@]}" -output_dir two || fail "a run on two ranks" log
expect '"ranks": 2' work/two/summary.json
inside python3 /usr/share/otto/jobs/plot.py two || fail "it draws" log
[ -s work/two/report.html ] || fail "a report" log

# As Apptainer has it: the image's files, and the host's processes, devices and folder.
if ! (cluster_needed) >/dev/null || ! cluster_own_hosts; then
  echo "ok, without Slurm"
  exit
fi
image=$(build mount "$container")
mkdir -p "$image$scratch"
cat >otto-in-image <<END
#!/bin/sh
exec unshare --mount --propagation private sh -e -c '
  for folder in /proc /sys /dev $scratch; do mount --rbind \$folder $image\$folder; done
  exec chroot $image env -C "\$PWD" /usr/bin/otto "\$@"' sh "\$@"
END
chmod +x otto-in-image
cluster_start otto1 otto2
trap 'forget; cluster_stop' EXIT
program=$scratch/otto-in-image
cluster_job --nodes=2 --ntasks-per-node=1 -- "${run[@]}" -output_dir cluster
cluster_wait 120
[ "$state $status" = "COMPLETED 0" ] || fail "a job: $state $status" job.log
expect '"ranks": 2' cluster/summary.json
expect "\"version\": \"$version\"" cluster/summary.json
echo "ok"
