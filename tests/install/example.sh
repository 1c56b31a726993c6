#!/usr/bin/env bash
# The example of inputs/library, built and run as README's section "As a library" says, against its closed form; and
# README's mpirun, as written, on two cores.
. "$(dirname "$0")/lib.sh"
prefix=$scratch/otto example=$source_dir/inputs/library
quietly cmake --install "$build_dir" --prefix "$prefix"

two_cores() { # of those this process may use
  sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status |
    awk -F, '{ for (i = 1; i <= NF; i++) { n = split($i, e, "-"); for (k = e[1]; k <= e[n] && c < 2; k++) printf "%s%d", c++ ? "," : "", k } }'
}

# README's own lines, with $HOME/otto read as this prefix.
lines=$(sed -n '/^## As a library/,/^## /p' "$source_dir/README.md" | sed -n 's/^    //p' | grep -v -- --install)
mkdir -p "$scratch/home" "$scratch/here/inputs"
cp -r "$example" "$scratch/here/inputs/"
ln -s "$prefix" "$scratch/home/otto"
cd "$scratch/here" || exit 1
HOME=$scratch/home bash -e -c "$lines" >"$scratch/readme.log" 2>&1 || fail "README's lines build the example: $lines" "$scratch/readme.log"

table() { # program, name, arguments …: KL t is |a-b|^2/4 in every row, and dD/dt is -I_rel
  local program=$1 name=$2
  shift 2
  LD_LIBRARY_PATH=$prefix/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} "$program" "$@" >"$scratch/table" 2>&1 || fail "$name runs" "$scratch/table"
  awk 'function off(a, b) { return (a > b ? a - b : b - a) > 1e-9 * (b > 0 ? b : -b) }
    NR > 1 { rows++; if (off($3, (50 / 128)^2 / 4) || off($4, $5)) bad = 1 }
    END { exit bad || rows != 5 }' "$scratch/table" || fail "$name: |a-b|^2/4t and -I_rel" "$scratch/table"
}
found=$(find . -type f -name points -perm -u+x | wc -l)
[ "$found" = 2 ] || fail "README builds it twice, by CMake and by pkg-config: $found" "$scratch/readme.log"
for program in $(find . -type f -name points -perm -u+x); do table "$program" "$program"; done
program=$(find . -type f -name points -perm -u+x | head -n 1)
"$program" -grid_n 8 -p_sity delta >"$scratch/log" 2>&1
[ $? = 3 ] || fail "bad input ends with status 3" "$scratch/log"
[ "$(wc -l <"$scratch/log")" = 1 ] || fail "and one line" "$scratch/log"

# README's mpirun on two cores, as written, without what tests set for OpenMPI; only shorter.
command=$(grep -o '`mpirun [^`]*-n [0-9][^`]*`' "$source_dir/README.md" | tr -d '`' | head -n 1)
[ -n "$command" ] || fail "README shows an mpirun"
cd "$source_dir" || exit 1
env -u OMPI_MCA_rmaps_base_oversubscribe -u OMPI_MCA_hwloc_base_binding_policy taskset -c "$(two_cores)" \
  bash -c "${command/build\/bin\/otto/$build_dir/bin/otto} -time_samples 1 -time_start 1e-2 -check_integral_nodes 0 \
  -output_fields none -output_dir $scratch/out" >"$scratch/log" 2>&1 || fail "$command" "$scratch/log"
expect '"ranks": 4' "$scratch/out/summary.json"
echo "ok"
