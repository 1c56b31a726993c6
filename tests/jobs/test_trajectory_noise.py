"""Error bars of jobs/trajectory_to_generator.py over an ensemble of seeds: bars of 95 % hold the truth in 90 to 99 of 100, by the
likelihood where noise is white and by blocks of rows where it is not; V's, in one and two axes; what tells that it is not."""

import math
import os
import sys
from types import SimpleNamespace
from unittest import mock

import numpy as np
from common import expect, finish
from converters import folder, made, stored

import trajectory_to_generator
from trajectory_fit import Fit, largest_part
from trajectory_noise import influence

FOLDER = folder("noise")
DT, LOWER, H, CELLS = 0.01, -0.8, 0.1, 16
BOX = ("--step", DT, "--cells", CELLS, "--lower", LOWER, "--upper", -LOWER)


def estimate(x, lag, *more):
    return made(trajectory_to_generator, stored(os.path.join(FOLDER, "in.h5"), x[:, :, None]), os.path.join(FOLDER, "out.h5"),
                "--lag", lag, *BOX, *more)  # fmt: skip


class Linear:
    """x <- x + (e - 2 x) dt with e white (memory 0) or an Ornstein-Uhlenbeck process of that memory, D = 0.5 at long times: all
    means and variances of increments are those of a Gaussian recursion."""

    def __init__(self, memory):
        rate = 1 / memory if memory else 1 / DT  # of 1/dt: e is white
        self.next = np.array([[1 - 2 * DT, DT], [0, 1 - rate * DT]])
        self.kick = np.array([0, math.sqrt(DT) * rate])
        noise = np.outer(self.kick, self.kick)
        self.cov = np.linalg.solve(np.eye(4) - np.kron(self.next, self.next), noise.ravel()).reshape(2, 2)

    def paths(self, walkers, rows, seed):
        """[walkers, rows], begun in the stationary law."""
        random = np.random.default_rng(seed)
        z, found = random.standard_normal((walkers, 2)) @ np.linalg.cholesky(self.cov).T, []
        for _ in range(rows):
            found.append(z[:, 0])
            z = z @ self.next.T + random.standard_normal((walkers, 1)) * self.kick
        return np.array(found).T

    def truth(self, x, rows):
        """Drift of cells, given the points that start increments over so many rows, D, and V of their ratio."""
        later = (np.linalg.matrix_power(self.next, rows) @ self.cov)[0, 0] / self.cov[0, 0]
        D = self.cov[0, 0] * (1 - later**2) / (2 * rows * DT)
        starts = x[:, :-rows].ravel()
        cell = np.floor((starts - LOWER) / H).astype(int)
        inside = (cell >= 0) & (cell < CELLS)
        mean = np.bincount(cell[inside], starts[inside], CELLS) / np.bincount(cell[inside], minlength=CELLS)
        drift = (later - 1) / (rows * DT) * mean
        force = drift / D
        return {"drift_x": drift, "diffusion_x": D, "V": np.concatenate([[0], np.cumsum(-H / 2 * (force[1:] + force[:-1]))])}


def held(process, rows, seeds, *more, walkers=20, length=1500):
    """Of each error bar the share of cells and seeds in which 1.96 of it hold the truth."""
    off = {}
    for seed in range(seeds):
        x = process.paths(walkers, length, seed)
        found = estimate(x, rows * DT, *more)[0]
        for name, truth in process.truth(x, rows).items():
            truth = truth - truth[np.argmin(found["V"])] if name == "V" else truth
            for kind in ("_error", "_error_blocks"):
                error = found[name + kind]
                expect(np.isfinite(error).all() and (error > 0).sum() >= CELLS - 1, f"{name}{kind}: {error}")
                off.setdefault(name + kind, []).append(np.abs(found[name] - truth)[error > 0] / error[error > 0])
    return {name: float(np.mean(np.concatenate(values) < 1.96)) for name, values in off.items()}


def white():
    """480 bars a number, correlated for V alone: 0.95 ± 0.01, within the 0.90 to 0.99 that are asked for by five of these."""
    for name, share in held(Linear(0), 1, 30).items():
        expect(0.90 <= share <= 0.99, f"white noise, {name}: {share}")
    # increments of five rows overlap: the likelihood's bars are wide, blocks' are not
    shares = held(Linear(0), 5, 20)
    for name in ("drift_x_error_blocks", "diffusion_x_error_blocks", "V_error_blocks"):
        expect(0.90 <= shares[name] <= 0.99, f"five rows, {name}: {shares[name]}")
    expect(min(shares.values()) > 0.9 and shares["diffusion_x_error"] > 0.99, f"{shares}")


def coloured():
    """Noise of a memory of five rows: the likelihood's bars of D hold too little, blocks' hold; what telescopes in the drift makes
    its bars wide (a path that went up through a cell comes down through it next)."""
    shares = held(Linear(0.05), 1, 20)
    expect(shares["diffusion_x_error"] < 0.87, f"the likelihood's bars are too narrow: {shares}")
    expect(0.90 <= shares["diffusion_x_error_blocks"] <= 0.99, f"by blocks: {shares}")
    expect(min(shares["drift_x_error_blocks"], shares["V_error_blocks"]) >= 0.90, f"{shares}")


def told(x, lag=DT):
    return estimate(x, lag)[1:]


def warnings():
    """White noise is not warned of; coloured noise and noise of the measurement are, by their correlations in closed form."""
    x = Linear(0).paths(20, 5000, 1)
    facts, said = told(x)
    expect("warning" not in said, said)
    expect((np.abs(facts["correlation_x"]) < 4 * facts["correlation_x_chance"]).all(), f"{facts['correlation_x']}")
    n = np.sum((x[:, :-2] > LOWER) & (x[:, :-2] < -LOWER) & (x[:, 1:-1] > LOWER) & (x[:, 1:-1] < -LOWER))
    expect(abs(facts["correlation_x_chance"][0] * math.sqrt(n) - 1) < 1e-3, f"one over the root of pairs: {facts['correlation_x_chance']}")
    # E[(x(t + k tau) - x)²]/(2 k tau) = 0.5 (1 - 2 k dt + ...), less what the mean takes out
    scan = [0.5 * (1 - (1 - 2 * DT) ** (2 * k)) / (1 - (1 - 2 * DT) ** 2) / k for k in (1, 2, 4)]
    expect(np.allclose(facts["scan_diffusion_x"], scan, rtol=0.02) and facts["scan_lags"].tolist() == [DT, 2 * DT, 4 * DT], f"{facts}")
    # the drift at k rows is ((1 - 2 dt)^k - 1)/k, noise of 2 % beside it
    drift = [(1 - (1 - 2 * DT) ** k) / (2 * DT * k) for k in (1, 2, 4)]
    expect(np.allclose(facts["scan_drift_x"], drift, atol=0.06), f"{facts['scan_drift_x']}")
    blurred = x + 0.07 * np.random.default_rng(2).standard_normal(x.shape)
    facts, said = told(blurred)
    # increments have variance dt + 2 s², neighbours covariance -s²; given the place, which is blurred too, somewhat less
    expect(abs(facts["correlation_x"][0] / (-0.0049 / 0.0198) - 1) < 0.15, f"noise of the measurement: {facts['correlation_x']}")
    expect("noise of successive increments is correlated" in said and "falls with the lag" in said and "grows" not in said, said)
    wanted = 0.5 + 0.0049 / (np.array([1, 2, 4]) * DT)
    expect(np.allclose(facts["scan_diffusion_x"], wanted, rtol=0.1), f"0.5 + s²/tau: {facts['scan_diffusion_x']} {wanted}")
    facts, said = told(Linear(0.1).paths(20, 5000, 3))
    expect("noise of successive increments is correlated" in said and "grows with the lag" in said, said)
    expect("error bars by" in said and "believe the blocks'" in said, said)
    # a noise of memory 10 rows is remembered by 0.9^k; its own relaxation of x takes a little
    expect(np.allclose(facts["correlation_x"], [0.9, 0.81, 0.656], atol=0.07), f"{facts['correlation_x']}")
    expect("10 rows" in estimate(x, DT, "--block", 0.1)[2] and facts["blocks"] == 256, "blocks of a given length")


def one_block():
    """Of one block there are no error bars, of V neither; of cells that one block saw there are none. Round a ring likewise."""
    x = 0.4 * np.sin(0.9 * np.arange(90))[None] + 0.1 * np.random.default_rng(6).standard_normal((1, 90))  # is in both halves
    found, facts, said = estimate(x, 0.1, "--cells", 2, "--least", 3)
    expect(facts["blocks"] == 1 and "x: error bars by blocks are not known: 100 rows make a block, and there is one" in said, said)
    expect("at worst (not known by blocks), standard errors" in said and "nan by blocks" not in said, said)
    for name in ("drift_x", "diffusion_x", "V"):
        expect(np.isnan(found[name + "_error_blocks"]).all() and np.isfinite(found[name + "_error"]).all(), f"{name}: {found}")
    said = estimate(x, 0.1, "--cells", 2, "--least", 3, "--period", 2, "--lower", -1, "--upper", 1)[2]
    expect("(not known by blocks)\n" in said and "constant force round x" in said and "nan by blocks" not in said, said)
    steps = np.concatenate([Linear(0).paths(1, 600, 4)[0] % 0.5 - 0.6, Linear(0).paths(1, 300, 5)[0] % 0.5 + 0.05])
    found = estimate(steps[None], DT, "--block", 3, "--cells", 8)[0]
    seen = found["blocks"]
    expect({1.0, 2.0} <= set(seen), f"{seen}")
    expect(np.array_equal(np.isfinite(found["V_error_blocks"]), np.isfinite(found["V_error"]) & (seen > 1)), f"{seen} {found['V_error_blocks']}")


def weighed():
    """What a block adds to drift, D and force is their derivative by the weight of its rows."""
    x = Linear(0).paths(4, 500, 6)
    found = []
    for weight in (1, 1 + 1e-4):
        rows = np.stack([x, np.where(np.arange(2000).reshape(4, 500) // 250 == 3, weight, 1.0)], axis=2)
        source = stored(os.path.join(FOLDER, "weights.h5"), rows)
        arguments = [source, os.path.join(FOLDER, "out.h5"), "--lag", DT, *BOX, "--block", 2.5, "--weight-column", 2, "--temperature", 2]
        with mock.patch.object(sys, "argv", ["", *map(str, arguments)]):
            found.append(trajectory_to_generator.find(trajectory_to_generator.parse()))
    (_, _, one, _, _, fit, noise, *_), (_, _, _, _, _, moved, *_) = found
    expect(noise.blocks == 8 and noise.seen.max() == 8 and noise.rows == 250, f"{noise.blocks} blocks")
    slope = (moved.given - fit.given) / 1e-4
    # of order 1/n, n some hundred, is left out: how the factor n/(n - 1) of D changes
    expect(np.abs(slope[0] - noise.force[0][3]).max() < 0.01 * np.abs(slope).max(), f"{slope[0]} {noise.force[0][3]}")
    drift = np.sqrt((influence(one, 0, 250)[0] ** 2).sum(axis=0) * noise.seen / (noise.seen - 1))
    expect(np.allclose(drift, noise.drift_error[0], rtol=1e-12), "their squares add up")


def extrapolated():
    """--extrapolate: blocks know how much wider 2 f(tau) - f(2 tau) is; the likelihood's bound is wider still."""
    shares = held(Linear(0), 1, 20, "--extrapolate")
    for name in ("drift_x_error_blocks", "diffusion_x_error_blocks"):
        # the truth of the extrapolation, which is off tau's own by a tenth of a bar here
        expect(0.88 <= shares[name] <= 0.99, f"extrapolated, {name}: {shares[name]}")


def two_axes():
    """V's and the constant force's error bars on two axes, one of them a ring, against 4000 draws of the forces: 3 standard
    deviations of sqrt(1/8000) are 3.4 %."""
    random = np.random.default_rng(5)
    box = SimpleNamespace(n=[6, 5], h=[0.5, 0.4], is_periodic=[True, False])
    is_open = np.ones(30, bool)
    is_open[[3, 17]] = False
    is_open = largest_part(box, is_open)
    force, error = random.standard_normal((2, 30)), random.uniform(0.1, 0.4, (2, 30))
    fit = Fit(box, force, error, is_open, [True, False])
    blocks = SimpleNamespace(blocks=12, seen=np.full(30, 12), force=list(random.standard_normal((2, 12, 30))))
    blocks.force[0] += blocks.force[1]  # correlated from axis to axis
    fit.propagate(error, blocks)
    lowest = int(np.argmin(fit.V))
    for name, draw in (("error", lambda: error * random.standard_normal((2, 30))),
                       ("error_blocks", lambda: math.sqrt(12 / 11) * np.einsum("b,jbc->jc", random.standard_normal(12), blocks.force))):
        found = []
        for _ in range(4000):
            other = Fit(box, force + draw(), error, is_open, [True, False])
            found.append(np.append(other.V - other.V[lowest], other.force[0]))
        with np.errstate(invalid="ignore"):
            spread = np.std(found, axis=0)
        wanted = np.append(getattr(fit, name), getattr(fit, "force_" + name)[0])
        known = np.append(is_open, True) & (np.arange(31) != lowest)
        expect(np.abs(spread[known] / wanted[known] - 1).max() < 0.05, f"{name}: {spread[known] / wanted[known]}")
        expect(wanted[lowest] == 0 and np.isnan(wanted[:30][~is_open]).all(), f"{name}: 0 in the lowest cell")


for part in (white, coloured, warnings, one_block, weighed, extrapolated, two_axes):
    part()
finish()
