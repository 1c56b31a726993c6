#!/usr/bin/env bash
# The Debian package in a root that has nothing but Debian's essentials and apt, made for this test by mmdebstrap: apt finds
# all that the package depends on, and with that alone a run passes; with what it recommends a user runs it on two ranks,
# reads its man page and draws; with what it suggests a program is linked with the library; removed, it leaves nothing.
# Fetches 350 MB of packages, and is skipped where they cannot be had.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/debian.sh"
debian_needs dpkg-dev

cd "$scratch" || exit 1
quietly cpack -G DEB --config "$build_dir/CPackConfig.cmake" -B "$scratch/made"
mkdir put
mv made/otto_*.deb put/otto.deb
cp "$source_dir/inputs/library/points.c" put
list() { dpkg-deb -f put/otto.deb "$1" | tr -d ,; }

# What is done inside. A line `at: …` begins whatever can fail; the last one is shown.
cat >put/inside.sh <<END
set -eo pipefail
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1
version=$("$build_dir/bin/otto" --version | cut -d ' ' -f 2)
recommended="$(list Recommends)" suggested="$(list Suggests)"
END
cat >>put/inside.sh <<'END'
as_user() { (cd /home/user && runuser -u user -- env OMPI_MCA_rmaps_base_oversubscribe=1 "$@"); }
install() { apt-get -q -y --no-install-recommends install "$@"; }
run="otto dissipation /usr/share/otto/inputs/dissipation/mixture_2d.yaml -grid_n 32,32 -time_samples 2 -output_dir"

echo "at: apt installs the package with what it depends on"
useradd --create-home user
install /put/otto.deb
echo "at: nothing is missing, and a run passes with that alone"
! ldd /usr/bin/otto | grep "not found"
[ "$(otto --version | cut -d ' ' -f 2)" = "$version" ]
as_user $run alone | grep "PASS: "
as_user grep "\"version\": \"$version\"" alone/summary.json

echo "at: apt installs what it recommends"
install $recommended man-db
echo "at: a run on two ranks passes"
as_user mpirun -n 2 $run two | grep "PASS: "
as_user grep '"ranks": 2' two/summary.json
echo "at: man shows the page of otto"
as_user man -w otto | grep /usr/share/man/man1/otto.1
as_user man otto | grep "otto dissipation"
echo "at: its scripts draw"
as_user python3 /usr/share/otto/jobs/plot.py two
as_user test -s two/report.html

echo "at: apt installs what it suggests"
install $suggested gcc libc6-dev pkg-config
echo "at: a program is linked with the library"
mpicc -o /usr/local/bin/points /put/points.c $(pkg-config --cflags --libs otto)
as_user points | tee /dev/stderr | grep "D_t"

echo "at: removed, it leaves nothing"
dpkg -L otto | while read -r file; do [ ! -f "$file" ] || echo "$file"; done >/mine
[ "$(wc -l </mine)" -gt 100 ]
apt-get -q -y purge otto
while read -r file; do [ ! -e "$file" ] || { echo "$file stays"; exit 1; }; done </mine
[ ! -e /usr/share/otto ] && [ ! -e /usr/include/otto ]
echo "at: the end"
END

# shellcheck disable=SC2016 # mmdebstrap's own variable
debian_root - --format=null --customize-hook='copy-in put /' --customize-hook='chroot "$1" bash /put/inside.sh'
status=$?
reached=$(sed -n 's/^at: //p' log | tail -n 1)
[ "$status $reached" = "0 the end" ] || fail "$reached" log
echo "ok"
