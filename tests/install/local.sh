#!/usr/bin/env bash
# jobs/local.sh from arguments to folder: which input, which output folder, how many ranks, what it
# exits with; on a program that only writes down what it was told.
. "$(dirname "$0")/lib.sh"
mkdir -p "$scratch/otto/jobs" "$scratch/otto/inputs/dissipation" "$scratch/otto/build/bin" \
  "$scratch/stand here" "$scratch/bin"
cp "$source_dir"/jobs/{local.sh,setup.sh} "$scratch/otto/jobs"
echo 'import sys; [open(sys.argv[1] + "/" + n, "w") for n in ("divergences.png", "report.html")]' >"$scratch/otto/jobs/plot.py"
touch "$scratch/otto/inputs/dissipation/mixture_2d.yaml"
cat >"$scratch/otto/build/bin/otto" <<'END'
#!/bin/bash
# The first rank to fail ends the others: let it be the one that writes.
[ "${OMPI_COMM_WORLD_RANK:-0}" = 0 ] || { sleep 0.3; exit "${FAKE_STATUS:-0}"; }
printf '%s\n' "$OMPI_COMM_WORLD_SIZE" "$@" >"$FAKE_LOG"
for a; do [ "$last" != -output_dir ] || dir=$a; last=$a; done
case " $* " in *" -help "* | " list "* | *" --version "*) exit ;; esac
dir=${dir:-otto-out/$1-fake}
mkdir -p "$dir"; echo '{}' >"$dir/summary.json"
printf 't,kl\n0,inf\n1,2\n2,1\n' >"$dir/series.csv"
printf 'results in nothing like it\n\nresults in %s\n' "$dir"
exit "${FAKE_STATUS:-0}"
END
printf '#!/bin/bash\nexit 0\n' >"$scratch/bin/cmake"
chmod +x "$scratch/otto/build/bin/otto" "$scratch/bin/cmake"
cp "$scratch/bin/cmake" "$scratch/bin/apt-get"
export FAKE_LOG=$scratch/told PATH=$scratch/bin:$PATH OTTO_RANKS=3

cd "$scratch/stand here" || exit 1
run() { # wanted status, arguments …
  local wanted=$1
  shift
  rm -f "$FAKE_LOG"
  "$scratch/otto/jobs/local.sh" "$@" >"$scratch/log" 2>&1
  local status=$?
  [ $status = "$wanted" ] || fail "local.sh $*: status $status, wanted $wanted" "$scratch/log"
}
told() { # what the program must have been told, one word an argument
  printf '%s\n' "$@" | cmp -s - "$FAKE_LOG" || fail "the program is told: $*" "$FAKE_LOG"
}

default=$scratch/otto/inputs/dissipation/mixture_2d.yaml
run 0
told 3 dissipation "$default" -output_overwrite yes
expect "Results are in otto-out/dissipation-fake:" "$scratch/log"
expect "series.csv" "$scratch/log"
if "${OTTO_PYTHON:-/usr/bin/python3}" -c 'import h5py, matplotlib' 2>/dev/null; then
  expect "divergences.png" "$scratch/log"
  expect "report.html" "$scratch/log"
fi

# An input where one stands comes first; spaces survive; the user's folder is kept.
mkdir -p inputs/dissipation
touch inputs/dissipation/mixture_2d.yaml "my input.yaml"
run 0 dissipation inputs/dissipation/mixture_2d.yaml -p_formula "1 + x"
told 3 dissipation inputs/dissipation/mixture_2d.yaml -p_formula "1 + x"
run 0 dissipation "my input.yaml" -output_dir "a b"
told 3 dissipation "my input.yaml" -output_dir "a b"
expect "Results are in a b:" "$scratch/log"
run 0 bench heat -grid_n 8,8
told 3 bench heat -grid_n 8,8

# What an input starts from is made once, beside it, and named to the program from wherever one stands.
if "${OTTO_PYTHON:-/usr/bin/python3}" -c 'import h5py, matplotlib' 2>/dev/null; then
  for name in image_to_density ecg_to_points trajectory_to_generator fes_to_potential; do
    cat >"$scratch/otto/jobs/$name.py" <<'END'
import sys
path = next(a for a in sys.argv if a.endswith(".part"))
open(path, "a").write(" ".join(a for a in sys.argv[1:] if a != path) + "\n")
END
  done
  making() { # driver, input, made file, key …
    local input=$scratch/otto/inputs/$1/$2.yaml made=$scratch/otto/inputs/$1/$3 driver=$1 keys=()
    mkdir -p "${input%/*}" && touch "$input"
    shift 3
    for key; do keys=("-$key" "$made" "${keys[@]}"); done
    run 0 "$driver" "$input" -x 1
    told 3 "$driver" "$input" "${keys[@]}" -x 1
    [ -s "$made" ] || fail "$made is made"
    cp "$made" "$scratch/first"
    run 0 "$driver" "$input"
    cmp -s "$made" "$scratch/first" || fail "$made is made once"
    [ ! -e "$made.part" ] || fail "nothing half-made stays"
  }
  making dissipation image_2d image_2d.h5 p_path q_path
  printf '%s\n' "mri --dataset p" "mri --dataset q --shift 6,0" | cmp -s - "$scratch/first" || fail "image_2d" "$scratch/first"
  making transport images_2d images_2d.h5 p_path q_path
  [ "$(cut -d' ' -f1-3 "$scratch/first" | tr '\n' ';')" = "portrait --dataset portrait;mri --dataset mri;" ] ||
    fail "images_2d" "$scratch/first"
  making transport samples_2d ecg.h5 p_path q_path
  making fokker-planck samples_2d ecg.h5 potential_path
  echo 'import sys; open(sys.argv[2], "w").write(sys.argv[1])' >"$scratch/otto/jobs/example_data.py"
  making fokker-planck trajectory_1d paths.h5 potential_path mobility_path
  grep -q "paths.h5.txt --step 0.01 --lag 0.01 --extrapolate" "$scratch/first" || fail "trajectory_1d" "$scratch/first"
  for driver in fokker-planck first-passage; do
    making $driver torsions_2d angles.h5 potential_path
    grep -q "angles.h5.txt --unit kJ/mol --temperature 300" "$scratch/first" || fail "$driver torsions_2d" "$scratch/first"
  done
  [ -z "$(find "$scratch/otto/inputs" -name '*.txt')" ] || fail "text that was made for them is gone"
  rm "$scratch/otto/inputs/transport/images_2d.h5"
  echo 'raise SystemExit("no picture")' >"$scratch/otto/jobs/image_to_density.py"
  run 3 transport "$scratch/otto/inputs/transport/images_2d.yaml"
  expect "images_2d.h5 could not be made" "$scratch/log"
  [ ! -e "$scratch/otto/inputs/transport/images_2d.h5" ] || fail "a file that could not be made is not there"
fi

# What only prints takes one rank and leaves no folder.
run 0 list density
told 1 list density
run 0 --version
told 1 --version
run 0 dissipation -help
told 1 dissipation -help
run 0 --help
[ ! -e "$FAKE_LOG" ] || fail "--help does not run the program"
expect "usage: jobs/local.sh" "$scratch/log"

# Exit statuses come through; a failed check still has its results, and a run that ended early those up to there; bad input
# has none.
for status in 1 2 3 75; do FAKE_STATUS=$status run $status; done
FAKE_STATUS=1 run 1
expect "Results are in" "$scratch/log"
FAKE_STATUS=3 run 3
expect "Results are in" "$scratch/log"
FAKE_STATUS=2 run 2
! grep -q "Results are in" "$scratch/log" || fail "no results after bad input" "$scratch/log"

# The folder is the one that the program itself found in its input.
mv "$scratch/otto/build/bin/otto" "$scratch/fake"
cp "$build_dir/bin/otto" "$scratch/otto/build/bin/otto"
cat >named.yaml <<'END'
output: {fields: none,
  "d\x69r": 'in a
  file' } # not otto-out
grid: {n: 8}
time: {start: 1e-2, stop: 2e-2, samples: 1}
p_density: uniform
q_density: uniform
END
run 0 dissipation named.yaml
expect "Results are in in a file:" "$scratch/log"
[ -e "in a file/summary.json" ] || fail "results where the input says" "$scratch/log"
run 0 dissipation named.yaml -output_dir elsewhere
expect "Results are in elsewhere:" "$scratch/log"
run 0 bench heat -grid_n 8,8
expect "Results are in otto-out/bench-heat:" "$scratch/log"
mv "$scratch/fake" "$scratch/otto/build/bin/otto"

# A plot that fails is a warning.
echo 'raise SystemExit(1)' >"$scratch/otto/jobs/plot.py"
run 0
expect "jobs/plot.py otto-out/dissipation-fake failed (see above)" "$scratch/log"
echo 'raise SystemExit(77)' >"$scratch/otto/jobs/plot.py"
run 0
expect "no plots: no Python with h5py and matplotlib" "$scratch/log"
[ -z "$(find . -name plot.log)" ] || fail "nothing of it stays"

# Ranks where OTTO_RANKS does not say: one for a grid too small to gain, the free cores otherwise.
unset OTTO_RANKS
printf 'otto_free_cores() { echo 3; }\n' >>"$scratch/otto/jobs/setup.sh"
echo 'grid: {n: [96, 64]}' >small.yaml
run 0 fokker-planck small.yaml
told 1 fokker-planck small.yaml
run 0 fokker-planck small.yaml -grid_n 512,512
told 3 fokker-planck small.yaml -grid_n 512,512
FAKE_STATUS=2 run 2 fokker-planck small.yaml -grid_n 512,512
! grep -q "ran on" "$scratch/log" || fail "a typing error is not about ranks" "$scratch/log"
echo "ok"
