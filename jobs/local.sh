#!/usr/bin/env bash
# Installs what is missing, builds Otto, runs a driver on the cores that are free and draws its plots.
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh" || exit 3

usage() {
  cat <<'END'
usage: jobs/local.sh [driver input.yaml [-key value …]]

Installs what is missing (apt-get, as root or through sudo), builds Otto into build/, runs the
driver on the cores that are free (a small grid on one of them), draws plots and writes report.html
beside its results. Without arguments:
  jobs/local.sh dissipation inputs/dissipation/mixture_2d.yaml -output_overwrite yes
An input file is looked for where you stand, then in Otto's own folder. Results go to
otto-out/<driver>-<input name> where you stand, or to -output_dir.

  OTTO_RANKS=4         number of MPI ranks (default: one a free core, 5000 cells or more each)
  OTTO_PYTHON=python3  a Python that has h5py and matplotlib, for plots and report

The exit status is Otto's: 0 every check passed, 1 a check failed, 2 bad input, 3 a solver, memory
or file failure (or nothing could be built), 75 stopped in order by a signal (an interrupt, once).
END
}

if [ $# = 0 ]; then
  set -- dissipation inputs/dissipation/mixture_2d.yaml -output_overwrite yes
fi
case $1 in -h | --help | help)
  usage
  exit 0
  ;;
esac
if [ $# -gt 1 ] && [ ! -e "$2" ] && [ -e "$otto_root/$2" ]; then
  set -- "$1" "$otto_root/$2" "${@:3}"
fi

otto_install
otto_build release build || exit
otto=$otto_root/build/bin/otto

# What only prints (list, --version, -help) needs one rank.
case " $* " in
  " list "* | " -"* | *" -help "*) ranks=1 ;;
  *) ranks=$(otto_ranks "$(otto_cells "$@")") ;;
esac

# What some inputs start from is made of what Debian has; not kept with the sources.
input=
[ $# -le 1 ] || [ ! -e "$2" ] || input=$(realpath --relative-to="$otto_root" "$2")
convert() { "$OTTO_PYTHON" "$otto_root/jobs/image_to_density.py" "$1" "$made.part" "${@:2}"; }
ecg() { "$OTTO_PYTHON" "$otto_root/jobs/ecg_to_points.py" "$made.part"; }
example() { # path or surface, the script that reads it, and its words; it writes keys beside, which the input has
  "$OTTO_PYTHON" "$otto_root/jobs/example_data.py" "$1" "$made.txt" &&
    "$OTTO_PYTHON" "$otto_root/jobs/$2.py" "$made.txt" "$made.part" "${@:3}"
  local made_well=$?
  rm -f "$made.txt" "$made.yaml"
  return $made_well
}
make_for() {
  case $input in
    inputs/dissipation/image_2d.yaml) convert mri --dataset p && convert mri --dataset q --shift 6,0 ;;
    inputs/transport/images_2d.yaml)
      convert portrait --dataset portrait --crop 0:512,88:600 --size 256,256 && convert mri --dataset mri
      ;;
    inputs/fokker-planck/trajectory_1d.yaml)
      example path trajectory_to_generator --step 0.01 --lag 0.01 --extrapolate --cells 44 --lower -2.2 --upper 2.2
      ;;
    inputs/*/torsions_2d.yaml) example surface fes_to_potential --unit kJ/mol --temperature 300 ;;
    *) ecg ;;
  esac
}
made="" keys=""
case $input in
  inputs/dissipation/image_2d.yaml) made=inputs/dissipation/image_2d.h5 keys="p_path q_path" needs="" ;;
  inputs/transport/images_2d.yaml) made=inputs/transport/images_2d.h5 keys="p_path q_path" needs="" ;;
  inputs/transport/samples_2d.yaml) made=inputs/transport/ecg.h5 keys="p_path q_path" needs=python3-scipy ;;
  inputs/fokker-planck/samples_2d.yaml) made=inputs/fokker-planck/ecg.h5 keys=potential_path needs=python3-scipy ;;
  inputs/fokker-planck/trajectory_1d.yaml)
    made=inputs/fokker-planck/paths.h5 keys="potential_path mobility_path" needs=""
    ;;
  inputs/fokker-planck/torsions_2d.yaml) made=inputs/fokker-planck/angles.h5 keys=potential_path needs="" ;;
  inputs/first-passage/torsions_2d.yaml) made=inputs/first-passage/angles.h5 keys=potential_path needs="" ;;
esac
if [ -n "$made" ]; then
  made=$otto_root/$made
  if [ ! -e "$made" ]; then
    # shellcheck disable=SC2086 # no word, or one
    [ -z "$needs" ] || otto_install $needs
    rm -f "$made.part"
    if ! { otto_python && make_for && mv "$made.part" "$made"; } >&2; then
      otto_say "$made could not be made (python3-h5py python-matplotlib-data python3-scipy)"
      exit 3
    fi
  fi
  if [ "$PWD" != "$otto_root" ]; then
    for key in $keys; do
      set -- "$1" "$2" "-$key" "$made" "${@:3}"
    done
  fi
fi

# mpirun shows its ranks a terminal even where its own output goes to a file.
[ ! -t 1 ] || export OTTO_TERMINAL=1

# The program's last line says where its results are; tee outlives an interrupt, so that the program
# can end in its own way, and stands aside, so that this shell hears of signals at once.
said=$(mktemp "${TMPDIR:-/tmp}/otto-local.XXXXXX") || exit 3
trap 'rm -f "$said"' EXIT
exec 3> >(tee -i "$said")
tee=$!
otto_mpirun "$ranks" "$otto" "$@" >&3
status=$?
exec 3>&-
wait "$tee"
output=$(tr -d '\r' <"$said" | sed -n 's/^results in //p' | tail -n 1)
# A run that ended early (a solver's failure, p that concentrated) has rows and fields up to there.
[ $status -le 1 ] || [ $status = 3 ] || exit $status
[ -n "$output" ] && [ -e "$output/summary.json" ] || exit $status

if [ -e "$output/series.csv" ] || [ -e "$output/fields.h5" ]; then # a bench has neither, and nothing to draw
  otto_plot "$output" >/dev/null # their names follow
fi
echo
echo "Results are in $output:"
describe() { # pattern sentence
  local file
  for file in "$output"/$1; do
    [ ! -e "$file" ] || printf '  %-18s %s\n' "${file##*/}" "$2"
  done
}
describe report.html "answers, pictures and checks in one page, for a browser"
describe summary.json "every check with its value and bound, results, timing"
describe series.csv "one row per sample: divergences, Fisher information …"
describe time_error.csv "what stepping leaves in them, estimated row by row"
describe space_error.csv "what the grid leaves in them, estimated row by row"
describe fields.h5 "densities and what belongs to them: log-ratio, or potentials and map …"
describe fields.xdmf "opens fields.h5 in ParaView"
describe "*.png" "plot"
exit $status
