#!/usr/bin/env python3
"""Makes the data that two inputs start from, by formula: what they must give is known.

  example_data.py path out.dat       1000 paths of dx = u dt + sqrt(2 D) dW, blank lines between them
  example_data.py surface out.dat    a free energy of two angles in kJ/mol, as PLUMED's sum_hills writes it

The paths: D = 0.5 + 0.25 sin 2x and u = -D V' + D' with V = (x^2 - 1)^2, so that exp(-V) is stationary, which they
start from; 1001 rows each, 0.01 apart, found by ten steps of Milstein's method. The random numbers are
numpy.random.default_rng(seed)'s, 1 by default (--seed).

The surface: 48 x 48 points of F = 8 (1 - cos 2u) + 6 (1 - cos u) + 7 (1 - cos 2v) + 2 (1 - cos v) + 2 cos(phi - psi),
u = phi + 1.35, v = psi - 2.3: four basins in angles like those of an alanine dipeptide, and like them in nothing else."""
import argparse
import os
import sys

import numpy as np

STEP, INNER, WALKERS, ROWS = 0.01, 10, 1000, 1001


def diffusion(x):
    return 0.5 + 0.25 * np.sin(2 * x)


def potential(x):
    return (x * x - 1) ** 2


def drift(x):
    return -diffusion(x) * 4 * x * (x * x - 1) + 0.5 * np.cos(2 * x)


def start(random):
    """Points of exp(-V), by rejection."""
    x = random.uniform(-2.5, 2.5, 20 * WALKERS)
    return x[random.random(x.size) < np.exp(-potential(x))][:WALKERS]


def paths(seed, step=STEP, inner=INNER, rows=ROWS):
    """[rows, walkers]. Milstein's method: its law after one step is right to dt^2, and paths to dt."""
    random = np.random.default_rng(seed)
    x, dt = start(random), step / inner
    made = [x]
    for _ in range(rows - 1):
        for _ in range(inner):
            noise = random.standard_normal(WALKERS)
            # sigma sigma'/2 = D'/2, of sigma = sqrt(2 D)
            x = x + drift(x) * dt + np.sqrt(2 * diffusion(x) * dt) * noise + 0.25 * np.cos(2 * x) * (noise**2 - 1) * dt
        made.append(x)
    return np.array(made)


def write_paths(file, seed):
    file.write("# paths of dx = u dt + sqrt(2 D) dW, rows 0.01 apart, a blank line between paths\n")
    for path in paths(seed).T:
        file.write("\n".join(f"{x:.6f}" for x in path) + "\n\n")


def surface(phi, psi):
    u, v = phi + 1.35, psi - 2.3
    return (8 * (1 - np.cos(2 * u)) + 6 * (1 - np.cos(u)) + 7 * (1 - np.cos(2 * v)) + 2 * (1 - np.cos(v))
            + 2 * np.cos(phi - psi))  # fmt: skip


def write_surface(file, n=48):
    file.write("#! FIELDS phi psi file.free\n")
    for name in ("phi", "psi"):
        file.write(f"#! SET min_{name} -pi\n#! SET max_{name} pi\n#! SET nbins_{name} {n}\n#! SET periodic_{name} true\n")
    angles = -np.pi + 2 * np.pi / n * np.arange(n)
    for psi in angles:
        for phi in angles:
            file.write(f"{phi:14.9f} {psi:14.9f} {surface(phi, psi):14.9f}\n")
        file.write("\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["path", "surface"])
    parser.add_argument("output", help="text file")
    parser.add_argument("--seed", type=int, default=1, help="of the paths (1)")
    a = parser.parse_args()
    part = a.output + ".part"
    with open(part, "w", encoding="ascii") as file:
        if a.what == "path":
            write_paths(file, a.seed)
        else:
            write_surface(file)
    os.replace(part, a.output)
    print(a.output)


if __name__ == "__main__":
    sys.exit(main())
