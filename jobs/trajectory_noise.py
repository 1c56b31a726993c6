"""What tells noise that is not white in trajectories: error bars by blocks of rows, correlations of what is left of successive
increments, and the same estimate at longer lags."""

import math

import numpy as np

BLOCKS = 256  # at most: their error bars are known to sqrt(1/512) = 4 % where all of them saw a cell
AHEAD = (1, 2, 4)  # lags between increments that are compared, and lags of the scan


def block_rows(rows, lag, block):
    """How many rows a block has: ten lags at least, or what was asked for."""
    return max(10 * lag, -(-rows // BLOCKS)) if block is None else block


def influence(estimate, j, rows):
    """By how much each block of rows moves drift and D of axis j from their means: two arrays [blocks, cells], whose rows add up
    to 0; and how many blocks saw a cell. Covariances of estimates, of any cells, are the sums of products of these."""
    block = estimate.row // rows
    blocks, cells = int(block.max(initial=0)) + 1, len(estimate.count)
    key, good = block * cells + estimate.cell, estimate.good[estimate.cell]
    seen = (np.bincount(key, minlength=blocks * cells) > 0).reshape(blocks, cells).sum(axis=0)
    found = []
    for what in (estimate.left[:, j] / estimate.tau, estimate.square(j) - estimate.diffusion[j][estimate.cell]):
        sums = np.bincount(key[good], (estimate.w * what)[good], blocks * cells).reshape(blocks, cells).astype(float)
        sums[:, estimate.good] /= estimate.mass[estimate.good]
        found.append(sums)
    return found[0], found[1], seen


def block_error(sums, seen):
    """Standard errors by cells from what blocks add; nan where fewer than two saw the cell."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(seen > 1, np.sqrt((sums**2).sum(axis=0) * (seen / (seen - 1.0))), math.nan)


def correlations(estimate, paths, j, lag):
    """Of what is left of increments, in standard deviations of their cells, with the increments 1, 2 and 4 lags later: the
    correlations of axis j and what chance alone leaves of them, one standard deviation, counted by pairs that do not overlap."""
    scaled = np.full(len(paths.number), math.nan)
    known = estimate.good[estimate.cell] & (estimate.diffusion[j][estimate.cell] > 0)
    scale = np.sqrt(2 * estimate.tau * estimate.diffusion[j][estimate.cell[known]])
    scaled[estimate.row[known]] = estimate.left[known, j] / scale
    found, chance = [], []
    for ahead in AHEAD:
        one, later = scaled[: -ahead * lag], scaled[ahead * lag:]
        pair = (paths.number[: -ahead * lag] == paths.number[ahead * lag:]) & np.isfinite(one) & np.isfinite(later)
        count = int(pair.sum()) / lag
        size = math.sqrt(np.sum(one[pair] ** 2) * np.sum(later[pair] ** 2)) if count >= 2 else 0.0
        found.append(float(np.sum(one[pair] * later[pair])) / size if size else math.nan)
        chance.append(1 / math.sqrt(count) if size else math.nan)
    return found, chance


def scan(estimates, j):
    """D, its mean over cells, and the drift, as a multiple of the first one's, of estimates at growing lags; nan: not known."""
    first = estimates[0]
    D, drift = [], []
    for one in estimates:
        known = np.isfinite(one.drift[j]) & np.isfinite(first.drift[j]) & (first.diffusion[j] > 0)
        weight = first.independent[known]
        size = np.sum(weight * first.drift[j, known] ** 2)
        D.append(float(np.average(one.diffusion[j, known], weights=weight)) if known.any() else math.nan)
        drift.append(float(np.sum(weight * one.drift[j, known] * first.drift[j, known]) / size) if size > 0 else math.nan)
    return D, drift


def ratio(error, other):
    """Root mean square of one error bar in units of the other, over the cells that have both."""
    known = np.isfinite(error) & (other > 0)
    return math.sqrt(np.mean((error[known] / other[known]) ** 2)) if known.any() else math.nan


class Noise:
    """All of it, for an estimate and those at 2 and 4 times its lag."""

    def __init__(self, estimates, paths, lag, temperature, rows, extrapolate):
        one, double = estimates[:2]
        dim, cells = one.drift.shape
        self.rows = rows
        self.scan = [scan(estimates, j) for j in range(dim)]  # before anything is extrapolated
        self.correlation = [correlations(one, paths, j, lag) for j in range(dim)]
        self.drift_error, self.diffusion_error, self.force = [], [], []
        for j in range(dim):
            drift, diffusion, self.seen = influence(one, j, rows)
            D, u = one.diffusion[j], one.drift[j]
            if extrapolate:
                other = influence(double, j, rows)
                both = min(len(drift), len(other[0]))  # the last block may have no increment of twice the lag
                drift, diffusion = 2 * drift, 2 * diffusion
                drift[:both] -= other[0][:both]
                diffusion[:both] -= other[1][:both]
                D, u = 2 * D - double.diffusion[j], 2 * u - double.drift[j]
            self.drift_error.append(block_error(drift, self.seen))
            self.diffusion_error.append(block_error(diffusion, self.seen))
            with np.errstate(divide="ignore", invalid="ignore"):
                self.force.append(temperature * (drift / D - diffusion * (u / D**2)))
        self.blocks = len(self.force[0])

    def say(self, box, one, is_open):
        """Lines for the terminal, and warnings."""
        lines = []
        for j, name in enumerate(box.names):
            D, drift = self.scan[j]
            lines.append(f"{name} at 1, 2 and 4 lags: D {D[0]:.4g}, {D[1]:.4g}, {D[2]:.4g}; drift 1, {drift[1]:.3g}, {drift[2]:.3g} "
                         "times the first one's")
            found, chance = self.correlation[j]
            lines.append(f"{name}: increments 1, 2 and 4 lags apart are correlated by " + ", ".join(
                f"{r:.2g} ± {2 * c:.1g}" for r, c in zip(found, chance)) + " (two standard deviations; white noise: 0)")
            if any(abs(r) > max(3 * c, 0.01) for r, c in zip(found, chance)):
                lines.append(f"warning: {name}: the noise of successive increments is correlated: drift and D are not those of a "
                             "diffusion at this lag, and their error bars assume that it is not; a longer lag may do")
            steps = [D[k + 1] / D[k] for k in (0, 1) if D[k] > 0 and math.isfinite(D[k + 1])]
            if any(not 0.8 < step < 1.25 for step in steps):
                way = ("grows with the lag, as where velocities or a coloured noise are remembered" if max(steps) >= 1.25 else
                       "falls with the lag, as noise of the measurement, or a lag near the time of relaxation, makes it")
                lines.append(f"warning: {name}: D {way}: no lag of these is the right one")
            if self.blocks < 2:
                lines.append(f"{name}: error bars by blocks are not known: {self.rows} rows make a block, and there is one")
                continue
            by = [ratio(b[is_open], e[j][is_open]) for b, e in ((self.drift_error[j], one.drift_error),
                                                               (self.diffusion_error[j], one.diffusion_error))]
            lines.append(f"{name}: error bars by {self.blocks} blocks of {self.rows} rows are {by[0]:.2g} (drift) and {by[1]:.2g} (D) "
                         "times those of the likelihood (root mean square)")
            if any(r > 1.5 for r in by):
                lines.append(f"warning: {name}: believe the blocks' error bars (…_error_blocks)")
        return lines

    def write(self, file, box, step):
        """Attributes of the file."""
        file.attrs["block_rows"], file.attrs["blocks"] = self.rows, self.blocks
        file.attrs["scan_lags"] = np.array(AHEAD) * step
        for j, tag in enumerate(box.tags):
            file.attrs[f"scan_diffusion_{tag}"], file.attrs[f"scan_drift_{tag}"] = self.scan[j]
            file.attrs[f"correlation_{tag}"], file.attrs[f"correlation_{tag}_chance"] = self.correlation[j]
