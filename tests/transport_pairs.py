"""Exact W2² and W1 of small pairs of densities, by linear programming: prints tests/transport_pairs.def.

    python3 -m venv venv && venv/bin/pip install pot && venv/bin/python tests/transport_pairs.py > tests/transport_pairs.def

The densities are those of tests/transport_pairs.h, to the last bit: a linear congruential generator, and of the
arithmetic of doubles only what rounds alike everywhere. They are atoms at the centres of 32² cells. POT's network
simplex (Bonneel et al. 2011) solves the full problem between them; its plan and its potentials, made feasible here by one
c-transform, are evaluated in long double, and a pair is printed only where the two values agree to 1e-11.
"""

import numpy
import ot

N = 32
KINDS = ("smooth", "discs", "points", "noise")
# (periodic x, y), (sides), seeds of each kind
BOXES = (((0, 0), (1, 1), range(5)), ((1, 1), (1, 1), range(5, 7)), ((1, 0), (2, 1), range(7, 8)))


class Draw:
    """Knuth's 64-bit linear congruential generator; the upper 53 bits as a number in [0, 1)."""

    def __init__(self, seed):
        self.state = seed

    def __call__(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 11) * 2.0**-53


def field(kind, draw):
    """Cell values of a density, not normalised, positions in the unit square."""
    x = [(i + 0.5) / N for i in range(N)]
    values = [[0.0] * N for _ in range(N)]
    if kind == "noise":
        for i in range(N):
            for j in range(N):
                u = draw()
                values[i][j] = u * u
    elif kind == "points":
        for _ in range(12):
            i, j = int(N * draw()), int(N * draw())
            values[i][j] += 0.1 + draw()
    else:
        smooth = kind == "smooth"
        for i in range(N):
            for j in range(N):
                values[i][j] = 0.01 if smooth else 0.0
        for _ in range(3 if smooth else 2):
            a, b, u, weight = draw(), draw(), draw(), 0.2 + draw()
            radius = 0.2 + 0.4 * u if smooth else 0.1 + 0.2 * u
            for i in range(N):
                for j in range(N):
                    s = 1 - ((x[i] - a) * (x[i] - a) + (x[j] - b) * (x[j] - b)) / (radius * radius)
                    if s > 0:
                        values[i][j] += weight * (s * s * s if smooth else 1)
    return values


def masses(kind, draw):
    """The same as atoms of total 1: row-wise sums in order, as C takes them."""
    values, total = field(kind, draw), 0.0
    for row in values:
        for value in row:
            total += value
    return numpy.array([value / total for row in values for value in row])


def squared_distances(periodic, sides):
    """|x − y|² between all pairs of centres, to the nearest image on periodic axes."""
    squared = 0
    index = numpy.indices((N, N)).reshape(2, -1)
    for j in range(2):
        cells = abs(index[j][:, None] - index[j][None, :])
        if periodic[j]:
            cells = numpy.minimum(cells, N - cells)
        squared = squared + (cells * (sides[j] / N)) ** 2
    return squared


def value(p, q, cost):
    """The least cost, in the middle of what plan and potentials enclose."""
    rows, columns = numpy.flatnonzero(p), numpy.flatnonzero(q)
    p, q, cost = p[rows], q[columns], numpy.ascontiguousarray(cost[numpy.ix_(rows, columns)])
    long, lower, upper = numpy.longdouble, -numpy.inf, numpy.inf
    for scale in (1, 1e6, 1e9):  # the solver's tolerance is not relative to the costs
        plan, log = ot.emd(p, q, cost * scale, numItermax=10**8, log=True)
        upper = min(upper, numpy.sum(plan.astype(long) * cost))
        v = numpy.min(cost.astype(long) - log["u"].astype(long)[:, None] / scale, axis=0)
        u = numpy.min(cost.astype(long) - v[None, :], axis=1)
        lower = max(lower, numpy.sum(u * p) + numpy.sum(v * q))
    assert abs(upper - lower) <= 1e-11 * upper, (upper, lower)
    return float((upper + lower) / 2)


def main():
    print("/* Exact values of the pairs of tests/transport_pairs.h, between atoms at the centres of 32 x 32 cells:")
    print(" * PAIR(kind, seed, periodic x, periodic y, side x, side y, W2 squared, W1, mean numbers of a cell of p and q).")
    print(" * Printed by tests/transport_pairs.py, which says how; not to be edited. */")
    number = numpy.arange(N * N)
    for periodic, sides, seeds in BOXES:
        squared = squared_distances(periodic, sides)
        for kind in KINDS:
            for seed in seeds:
                draw = Draw(seed)
                p, q = masses(kind, draw), masses(kind, draw)
                two, one = value(p, q, squared), value(p, q, numpy.sqrt(squared))
                means = [float(numpy.sum(number * mass)) for mass in (p, q)]
                entries = [kind, seed, *periodic, *sides, *(repr(x) for x in [two, one] + means)]
                print(f"PAIR({', '.join(map(str, entries))})", flush=True)


if __name__ == "__main__":
    main()
