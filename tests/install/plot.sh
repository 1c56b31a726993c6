#!/usr/bin/env bash
# jobs/plot.py draws every kind of run, whatever is missing or infinite in it, and
# jobs/image_to_density.py turns pictures the right way up.
. "$(dirname "$0")/lib.sh"
. "$source_dir/jobs/setup.sh"
otto_python || {
  echo "no Python with h5py and matplotlib"
  exit 77
}
cd "$scratch" || exit 1
cat >make.py <<'END'
"""Writes runs run1 … run4 (of that many axes), and bare: a series with nothing to draw."""
import json, os
import h5py, numpy as np
inf, nan = np.inf, np.nan
t = np.concatenate([[0], np.geomspace(1e-4, 1, 9)])
columns = {"t": t, "kl": np.exp(-t), "reverse_kl": inf + t, "tv": 0 * t, "fisher_rel": np.exp(-t),
           "residual": np.where(t > 0, 1e-13, nan)}
columns["kl"][0] = inf
for name, cols in [(f"run{d}", columns) for d in (1, 2, 3, 4)] + [("bare", {"t": t, "kl": 0 * t})]:
    os.mkdir(name)
    with open(name + "/series.csv", "w") as f:
        f.write(",".join(cols) + "\n")
        for k in range(len(t)):
            f.write(",".join(f"{c[k]:.17g}" for c in cols.values()) + "\n")
    checks = [{"name": "rate", "bound": 1e-9}, {"name": "gibbs", "bound": "inf"}]
    json.dump({"checks": checks, "grid": {"n": [5]}, "options": {}}, open(name + "/summary.json", "w"))
for d, n in enumerate(([7], [6, 5], [4, 5, 3], [3, 4, 2, 5]), 1):
    with h5py.File(f"run{d}/fields.h5", "w") as f:
        f.attrs["grid_lower"], f.attrs["grid_upper"] = -np.ones(d), np.ones(d)
        for sample in range(12 if d == 2 else 2):
            g = f.create_group(str(sample))
            g.attrs["time"] = float(sample)
            g["p"], g["q"] = np.random.rand(*n), np.ones(n)
            ratio = np.log(g["p"][...])
            ratio.flat[0], ratio.flat[1] = nan, -inf
            g["log_ratio"] = ratio * (sample > 0) if sample != 3 else ratio + nan
# relaxations: linear and log times, an infinite start, a decade or less, modes, a note
summary = {"driver": "fokker-planck", "results": {"potential": "none", "drift": "none", "relaxation_rates": [2.0]}}
turning = {"relaxation_rates": [2.0, 3.0, 5], "relaxation_bounds": [1e-9, 0.5, "inf"], "relaxation_frequencies": [0, 7.5, 0],
           "relaxation_frequency_bounds": [0, 0.5, "inf"], "relaxation_count": "certain: and so on"}
for name, t in (("relax", np.linspace(0, 1, 6)), ("relaxlog", np.concatenate([[0], np.geomspace(1e-3, 1, 6)]))):
    os.mkdir(name)
    cols = {"t": t, "kl": 5 - t, "kl_p_pi": np.exp(-t), "chi2": np.exp(-t), "fisher_rel": 2 - t, "production": 3 - t,
            "production_adiabatic": 0 * t, "free_energy": t - 100, "entropy_p": t, "heat_rate": 1 - t,
            "mass_p": 1 - t / 9, "current_norm": np.exp(-t), "kl_q_pi": nan * t}
    cols["kl"][0], cols["chi2"][0], cols["heat_rate"][0], cols["free_energy"][0] = inf, 1e120, 1e5, inf
    with open(name + "/series.csv", "w") as f:
        f.write(",".join(cols) + "\n")
        for k in range(len(t)):
            f.write(",".join(f"{c[k]:.17g}" for c in cols.values()) + "\n")
    json.dump(summary | {"grid": {"n": [6, 5]}}, open(name + "/summary.json", "w"))
    summary["results"] |= turning
    with h5py.File(name + "/fields.h5", "w") as f:
        f.attrs["grid_lower"], f.attrs["grid_upper"] = [-1, -1], [1, 1]
        for sample in (0, 6):
            g = f.create_group(str(sample))
            g.attrs["time"] = float(sample)
            for field in ("p", "q", "potential", "steady_state", "current_x", "current_y"):
                g[field] = np.random.rand(6, 5)
        f["6"].attrs["note"] = np.bytes_("state at failure")
        f["0/mode_1"] = np.random.rand(6, 5) - 0.5
picture = np.zeros((4, 6, 3))  # 4 rows of 6: the top left is bright
picture[0, 0] = 1
import matplotlib
matplotlib.use("Agg")
matplotlib.image.imsave("picture.png", picture)
END
sed -i 's/^import matplotlib$/import matplotlib, matplotlib.image/' make.py
quietly "$OTTO_PYTHON" make.py
for run in run1 run2 run3 run4 bare; do
  quietly "$OTTO_PYTHON" -W error::RuntimeWarning "$source_dir/jobs/plot.py" "$run"
  [ -s "$run/divergences.png" ] || fail "$run has its divergences"
  [ $run = bare ] && continue
  [ -s "$run/residuals.png" ] || fail "$run has its residuals"
  samples="0 1"
  [ $run != run2 ] || samples="0 3 7 11"
  for sample in $samples; do
    [ -s "$run/fields_$sample.png" ] || fail "$run has sample $sample"
  done
done
for run in relax relaxlog; do # one rate alone is no spectrum
  names="relaxation thermodynamics modes fields_0 fields_6"
  [ $run = relax ] || names="$names spectrum"
  quietly "$OTTO_PYTHON" -W error::RuntimeWarning "$source_dir/jobs/plot.py" "$run"
  for name in $names; do
    [ -s "$run/$name.png" ] || fail "$run has $name.png"
  done
done
mkdir empty && touch empty/series.csv
quietly "$OTTO_PYTHON" "$source_dir/jobs/plot.py" empty
[ -z "$(find . -name '*.part')" ] || fail "no half-written picture stays"
"$OTTO_PYTHON" "$source_dir/jobs/plot.py" nowhere >log 2>&1 && fail "a missing folder is refused"

convert="$source_dir/jobs/image_to_density.py"
quietly "$OTTO_PYTHON" "$convert" picture.png out.h5 --dataset p
quietly "$OTTO_PYTHON" "$convert" picture.png out.h5 --dataset q --shift=2,-1 --invert
quietly "$OTTO_PYTHON" "$convert" picture.png out.h5 --dataset small --size 3,2
quietly "$OTTO_PYTHON" "$convert" picture.png out.h5 --dataset corner --crop 0:2,1:4
for crop in 0:7,0:4 2:2,0:4 0:6 -1:3,0:4; do
  "$OTTO_PYTHON" "$convert" picture.png out.h5 "--crop=$crop" >log 2>&1 && fail "--crop $crop is refused"
  expect "crop" log
done
"$OTTO_PYTHON" -c 'import numpy; numpy.save("bad.npy", [1.0, -2.0])'
"$OTTO_PYTHON" "$convert" bad.npy out.h5 >log 2>&1 && fail "negative values are refused"
expect "not negative" log
"$OTTO_PYTHON" "$convert" picture.png out.h5 --size 3 >log 2>&1 && fail "one size for two axes"
"$OTTO_PYTHON" - <<'END' || fail "x runs to the right and y upwards"
import h5py, numpy as np
f = h5py.File("out.h5")
p, q, small, corner = f["p"][...], f["q"][...], f["small"][...], f["corner"][...]
assert p.shape == (6, 4) and np.isclose(p[0, 3], 1) and np.isclose(p.sum(), 1), p
assert q.shape == (6, 4) and q[2, 2] == 0 and np.isclose(q.sum(), 23), q
assert small.shape == (3, 2) and np.isclose(small[0, 1], 0.25), small
assert np.array_equal(corner, p[0:2, 1:4]), corner
END
echo "ok"
