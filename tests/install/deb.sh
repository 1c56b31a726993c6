#!/usr/bin/env bash
# A Debian package by CPack, installed by dpkg into a folder, with this machine's libraries: the program runs from there, with
# its man page, scripts and inputs; what it depends on is what is there to link with; removed, it leaves nothing. (With no
# libraries but those that apt finds: clean_root.sh.)
. "$(dirname "$0")/lib.sh"
for tool in cpack dpkg dpkg-deb dpkg-shlibdeps; do
  if ! command -v $tool >/dev/null; then
    echo "no $tool here"
    exit 77
  fi
done
cd "$scratch" || exit 1
quietly cpack -G DEB --config "$build_dir/CPackConfig.cmake" -B "$scratch/made"
deb=$(find made -maxdepth 1 -name 'otto_*.deb')
version=$("$build_dir/bin/otto" --version | cut -d ' ' -f 2)
[ "$(basename "$deb")" = "otto_${version}_$(dpkg --print-architecture).deb" ] || fail "one package of version $version: $deb"
field() { dpkg-deb -f "$deb" "$1"; }
[ "$(field Version)" = "$version" ] || fail "it states version $version"
depends=$(field Depends)
for package in libpetsc-real libslepc-real libfftw3-double3 libfftw3-mpi3 libhdf5-openmpi libopenmpi3 libmuparser2v5 libyaml-0-2; do
  [[ ", $depends" == *", $package"* ]] || fail "it depends on $package: $depends"
done

# A root of its own: dpkg knows nothing there, so that what it depends on is looked up here.
root=$scratch/root
mkdir -p "$root"/var/lib/dpkg/{info,updates}
touch "$root"/var/lib/dpkg/{status,available}
IFS=',' read -ra wanted <<<"$depends"
for one in "${wanted[@]}"; do
  name=$(sed 's/^ *\([^ :|]*\).*/\1/' <<<"$one")
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || fail "$one is installed here"
done
quietly dpkg --root="$root" --log="$scratch/dpkg.log" --force-not-root --force-depends --force-script-chrootless -i "$deb"
[ "$(dpkg-query --admindir="$root/var/lib/dpkg" -W -f '${db:Status-Status}' otto)" = installed ] || fail "dpkg has it"
otto=$root/usr/bin/otto
env -i PATH=/usr/bin:/bin OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 HOME="$scratch" OPENBLAS_NUM_THREADS=1 \
  "$otto" dissipation "$root/usr/share/otto/inputs/dissipation/mixture_2d.yaml" -grid_n 32,32 -time_samples 2 -check_space no \
  -output_dir out >log 2>&1 || fail "a run of an installed input" log
expect "PASS" log
expect "\"version\": \"$version\"" out/summary.json
for file in share/man/man1/otto.1 share/doc/otto/copyright include/otto.h lib/libotto.a lib/pkgconfig/otto.pc; do
  [ -s "$root/usr/$file" ] || fail "$file is there"
done
if command -v man >/dev/null; then
  man -l "$root/usr/share/man/man1/otto.1" >page 2>log || fail "the man page is read" log
  expect "dissipation" page
fi
if (. "$source_dir/jobs/setup.sh" && otto_python && "$OTTO_PYTHON" "$root/usr/share/otto/jobs/plot.py" out >log 2>&1); then
  [ -s out/report.html ] || fail "its scripts draw" log
fi
mkdir elsewhere
(cd elsewhere && PATH=$root/usr/bin:$PATH OTTO_LAUNCH=mpirun SLURM_SUBMIT_DIR=$PWD OTTO_JOBS=$root/usr/share/otto/jobs \
  bash "$root/usr/share/otto/jobs/otto.sbatch" list heat) >log 2>&1 || fail "its batch script finds the program" log
expect lattice_exact log

quietly dpkg --root="$root" --log="$scratch/dpkg.log" --force-not-root --force-script-chrootless --purge otto
[ -z "$(find "$root/usr" -type f 2>/dev/null)" ] || fail "nothing stays"
echo "ok"
