"""Densities of the random cases as averages over cells of any grid."""

import itertools, math

import numpy as np

import reference as ref

LD = np.longdouble
POINTS = {1: 32, 2: 8, 3: 4}  # per axis of a cell


def averages(keys, grid, smooth):
    """Density of the keys (prefix taken off) on grid, mass 1, floor mixed in; of smooth ones the values at centres."""
    kind = keys["density"]
    if kind == "gaussian_mixture":
        u = ref.mixture(grid, keys.get("weight"), keys["mean"], keys["sigma"])
    elif kind == "uniform":
        u = np.ones(grid.n, LD)
    elif kind == "delta":
        u = point(keys["position"], grid)
    elif smooth:
        u = value(kind, keys, grid.mesh())
    else:
        u = sum(value(kind, keys, x) for x in points(grid))
    floor = LD(keys.get("floor", 0))
    return (1 - floor) * u / (u.sum() * grid.volume) + floor / (grid.volume * grid.cells)


def points(grid):
    """Meshes of points inside the cells."""
    m = POINTS[grid.dim]
    shift = (np.arange(m) + LD(0.5)) / m - LD(0.5)
    for offsets in itertools.product(shift, repeat=grid.dim):
        yield [x + s * h for x, s, h in zip(grid.mesh(), offsets, grid.h)]


def value(kind, keys, x):
    if kind == "formula":
        return ref.evaluate(keys["formula"], x)
    if kind == "box":
        inside = [(a <= u) & (u <= b) for a, u, b in zip(keys["lower"], x, keys["upper"])]
        return np.logical_and.reduce(inside).astype(LD)
    assert kind == "ball"
    return (sum((u - c) ** 2 for u, c in zip(x, keys["center"])) <= LD(keys["radius"]) ** 2).astype(LD)


def point(position, grid):
    """A point mass spread over the two cells next to it along each axis: its mean stays where it is."""
    u = LD(1)
    for j in range(grid.dim):
        n, line = grid.n[j], np.zeros(grid.n[j], LD)
        at = (LD(position[j]) - grid.lower[j]) / grid.h[j] - LD(0.5)
        low = int(math.floor(at))
        for i, share in ((low, 1 - (at - low)), (low + 1, at - low)):
            i = i % n if grid.boundary[j] == "periodic" else min(max(i, 0), n - 1)
            line[i] += share
        u = np.multiply.outer(u, line)
    return u
