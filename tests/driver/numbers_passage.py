"""First passages the plain way: a chain on at most some hundred cells as a dense matrix, with sets and faces that end it. Ends of
sets are states through which a walk goes at once, on to either side."""
import itertools
import math
import os

import h5py
import numpy as np

from common import close, expect, run, sound
from otherwise import compared, seen

DRIVER = "first-passage"


def bernoulli(z):
    return np.where(abs(z) < 1e-9, 1 - z / 2, z / np.expm1(np.where(abs(z) < 1e-9, 1, z)))


class Chain:
    """Centres x[cell, axis]; V[cell] (inf: closed); force(axis, x) the drift; walls: per axis "no_flux", "periodic" or
    "lower:upper" of no_flux and absorbing; place(x) the set's letter that a point is in, or ''."""

    def __init__(self, n, lower, upper, walls, V, T=1.0, force=None, M=1.0, place=None):
        self.n, dim = tuple(n), len(n)
        self.place, self.upper, self.lower = place, np.broadcast_to(upper, dim), np.broadcast_to(lower, dim)
        lower, upper = np.broadcast_to(lower, dim), np.broadcast_to(upper, dim)
        self.h = (np.array(upper, float) - lower) / n
        self.index = list(itertools.product(*map(range, n)))
        self.number = {i: k for k, i in enumerate(self.index)}
        self.x = np.array([[lower[j] + (i[j] + 0.5) * self.h[j] for j in range(dim)] for i in self.index])
        self.V = np.array([V(*x) for x in self.x])
        self.volume, self.T = self.h.prod(), T
        self.edges, self.faces = [], []  # (x, y, axis, D/h², z), (x, channel, rate)
        for k, i in enumerate(self.index):
            if np.isinf(self.V[k]):
                continue
            for j in range(dim):
                D = M * T / self.h[j] ** 2
                drift = (lambda at: 0.0) if force is None else (lambda at, j=j: force(j, at) * self.h[j] / T)
                middle = self.x[k].copy()
                middle[j] += self.h[j] / 2
                up = i[:j] + (i[j] + 1,) + i[j + 1 :]
                if up not in self.number and walls[j] == "periodic":
                    up = i[:j] + (0,) + i[j + 1 :]
                if up in self.number and not np.isinf(self.V[self.number[up]]):
                    y = self.number[up]
                    self.edges.append((k, y, j, D, (self.V[k] - self.V[y]) / T + drift(middle)))
                for side, at, other in ((0, 0, 1), (1, n[j] - 1, n[j] - 2)):
                    if walls[j] == "periodic" or i[j] != at or walls[j].split(":")[side * (":" in walls[j])] != "absorbing":
                        continue
                    inner = self.number[i[:j] + (other,) + i[j + 1 :]]
                    face = self.x[k].copy()
                    face[j] += (1 if side else -1) * self.h[j] / 2
                    z = (self.V[inner] - self.V[k]) / T + (1 if side else -1) * drift(face)
                    self.faces.append((k, ("lower", "upper")[side] + f"_{j + 1}", 2 * D * bernoulli(-z / 2)))
        self.open = np.isfinite(self.V)

    def part(self, x, y, axis, letter):
        """The share of the edge from x up to y at which the set ends that has one of them."""
        def has(t):
            at = self.x[x].copy()
            at[axis] += t * self.h[axis]
            if at[axis] > self.upper[axis]:
                at[axis] -= self.upper[axis] - self.lower[axis]
            return self.place(at) == letter

        ends = [-1e-9, 1 + 1e-9]  # a centre may be at the end, and in by rounding
        beyond = has(ends[1])
        for _ in range(50):
            middle = sum(ends) / 2
            ends[has(middle) == beyond] = middle
        return min(max(sum(ends) / 2, 1e-3), 1 - 1e-3)  # so much is left at least

    @staticmethod
    def leaves(D, z, part):
        """The rate at which a cell is left for an end at this share of an edge."""
        return D * (bernoulli(-z) + np.sqrt(bernoulli(z) * bernoulli(-z)) * (1 - part) / part)

    def rates(self, labels=None, ends=()):
        """Q of the cells that are in no set of `ends`, and what they lose: {channel: rate[cell]}. labels[cell]: '' or a letter."""
        N = len(self.index)
        inside = [labels is not None and labels[k] != "" and labels[k] in ends for k in range(N)]
        Q, lost = np.zeros((N, N)), {}
        for x, y, j, D, z in self.edges:
            if inside[x] and inside[y]:
                continue
            if inside[x] or inside[y]:
                a, b, w = (x, y, -z) if inside[x] else (y, x, z)  # from b outside to a in a set
                part = self.part(x, y, j, labels[a])
                lost.setdefault(labels[a], np.zeros(N))[b] += self.leaves(D, w, part if b == x else 1 - part)
                continue
            Q[x, y] += D * bernoulli(-z)
            Q[y, x] += D * bernoulli(z)
        for x, channel, rate in self.faces:
            if not inside[x]:
                lost.setdefault(channel, np.zeros(N))[x] += rate
        Q -= np.diag(Q.sum(1) + sum(lost.values(), np.zeros(N)))
        self.free = np.array([self.open[k] and not inside[k] for k in range(N)])
        return Q, lost

    def solve(self, Q, b, transposed=False):
        u, f = np.zeros(len(self.index)), self.free
        A = -Q[np.ix_(f, f)]
        u[f] = np.linalg.solve(A.T if transposed else A, b[f])
        return u

    def steady(self):
        """The density of mass 1 that the chain without ends keeps."""
        faces, self.faces = self.faces, []
        Q, _ = self.rates()
        self.faces = faces
        o = self.open
        A = np.vstack([Q[np.ix_(o, o)].T, np.ones(o.sum())])
        pi = np.zeros(len(self.index))
        pi[o] = np.linalg.lstsq(A, np.append(np.zeros(o.sum()), 1 / self.volume), rcond=None)[0]
        return pi


class Transition:
    """From the cells labelled a to those labelled b; no other set of `ends` on the way. What faces take begins anew by p."""

    def __init__(self, chain, labels, a="a", b="b", ends="ab", p=None):
        c, N = chain, len(chain.index)
        pi, births = c.steady(), 0
        self.closed = pi
        if p is not None:
            Q, _ = c.rates(labels)
            pi = c.solve(Q, p, True)
            births = p / (pi.sum() * c.volume)
            pi = pi / (pi.sum() * c.volume)
        Q, lost = c.rates(labels, ends)
        in_a, in_b = (np.array([l == s for l in labels]) & c.open for s in (a, b))
        self.forward = c.solve(Q, lost[b]) + in_b
        # time backward: from cell y to x at the rate π_x Q_xy / π_y; through a face of a set likewise, by what passes the face
        back, into_a = np.zeros((N, N)), np.zeros(N)
        self.flux_out, face_flux = 0.0, {}
        for x, y, j, D, z in c.edges:
            sets = [k for k in (x, y) if labels[k] and labels[k] in ends]
            if len(sets) == 2:
                continue
            if not sets:
                back[y, x] += pi[x] * D * bernoulli(-z) / pi[y]
                back[x, y] += pi[y] * D * bernoulli(z) / pi[x]
                continue
            k = sets[0]
            free, w = (y, z) if k == x else (x, -z)  # w: force from the set to the cell that is free
            part = c.part(x, y, j, labels[k])
            part = part if free == x else 1 - part  # from the free one
            enter = pi[k] * c.leaves(D, w, 1 - part), pi[free] * c.leaves(D, -w, part)
            on = D * bernoulli(-w) / c.leaves(D, w, 1 - part)  # to the free one
            out = sum(enter) * on  # what passes from the end to it in unit time
            back[free, free] -= out / pi[free]
            if labels[k] == a:
                into_a[free] += out / pi[free]
                self.flux_out += out * self.forward[free] * c.volume
                face_flux[x, y] = out * self.forward[free] * (1 if k == x else -1)
            else:
                face_flux[x, y] = (free, enter[1] * (labels[k] == b), 1 if k == y else -1)
        back -= np.diag(back.sum(1) - np.diag(back))
        if p is not None:
            back -= np.diag(births / pi)
        self.backward = c.solve(back, into_a) + in_a
        self.density = pi * self.forward * self.backward
        current = np.zeros((N, len(c.n)))
        for x, y, j, D, z in c.edges:
            if (x, y) in face_flux:
                f = face_flux[x, y]
                J = f if not isinstance(f, tuple) else f[2] * f[1] * self.backward[f[0]]
            elif labels[x] or labels[y]:
                continue
            else:
                J = pi[x] * self.backward[x] * D * bernoulli(-z) * self.forward[y]
                J -= pi[y] * self.backward[y] * D * bernoulli(z) * self.forward[x]
            for k in (x, y):
                current[k, j] += J * c.h[j] / 2
        self.current = current
        self.last_in_a = (pi * self.backward).sum() * c.volume
        self.outside_b = 1 - (pi * in_b).sum() * c.volume
        self.rate = self.flux_out / self.last_in_a


def fields(r):
    with h5py.File(os.path.join(r.folder, "fields.h5")) as f:
        return {name: np.array(f["0"][name]).ravel() for name in f["0"] if f["0"][name].ndim and name not in "xyz"}


def same(value, expected, tolerance, what):
    scale = abs(expected).max()
    off = abs(value - expected).max()
    expect(value.shape == expected.shape and off <= tolerance * scale, f"{what}: off by {off / scale:.3g}, allowed {tolerance:.3g}")


def number(r, name, value, tolerance, what):
    """A result, found otherwise."""
    close(r.summary()["results"][name], value, tolerance, f"{what}: {name}")
    compared[DRIVER].add(name)


def moments(c, Q, count):
    u = [np.ones(len(c.index))]
    for k in range(1, count + 1):
        u.append(c.solve(Q, k * u[-1]))
    return u[1:]


def exponential(A):
    """exp(A) by scaling and squaring a series (Higham 2005 has better ones)."""
    s = max(0, int(math.log2(max(1e-300, np.abs(A).sum(1).max()))) + 4)
    B, E, term = A / 2.0**s, np.eye(len(A)), np.eye(len(A))
    for k in range(1, 22):
        term = term @ B / k
        E = E + term
    for _ in range(s):
        E = E @ E
    return E


def check_times(r, c, labels, ends, what, times=None):
    """Moments, slowest mode, and the series, of a run of 4 moments. Solves are certified to 1e-8 and are usually better."""
    f, res = fields(r), r.summary()["results"]
    Q, lost = c.rates(labels, ends)
    p, free = f["p"], c.free
    for k, u in enumerate(moments(c, Q, 4)):
        name = "passage_time" + (f"_{k + 1}" if k else "")
        same(f[name], u, 1e-8, f"{what}: field {name}")
        number(r, name, (p * u).sum() * c.volume, 1e-8, what)
        if k == 0:
            number(r, "passage_time_longest", u.max(), 1e-8, what)
            # what is certified is no less than what is off, and rounding
            expect(abs(f[name] - u).max() <= (res["solve_certified"] + 1e-11) * u.max() and res["solve_certified"] <= 1e-8, f"{what}: certified")
    slow, modes = np.linalg.eig(Q[np.ix_(free, free)].T)
    i = slow.real.argmax()
    law = np.zeros(len(c.index))
    law[free] = modes[:, i].real / modes[:, i].real.sum() / c.volume
    number(r, "quasi_stationary_rate", -slow[i].real, 1e-7, what)
    expect(res["quasi_stationary_lower"] <= -slow[i].real * (1 + 1e-9) and -slow[i].real <= res["quasi_stationary_upper"] * (1 + 1e-9),
           f"{what}: the slowest rate lies in {res['quasi_stationary_lower']}, {res['quasi_stationary_upper']}")
    same(f["quasi_stationary"], law, 1e-5, f"{what}: slowest mode")
    compared[DRIVER] |= {"quasi_stationary_lower", "quasi_stationary_upper", "solve_certified"}
    if times is None:
        return
    s, start = r.series(), p * free
    killed = {channel: (p * np.array([l == channel for l in labels])).sum() * c.volume for channel in lost}
    inverse = np.linalg.inv(Q[np.ix_(free, free)])
    for row, t in enumerate(s["t"]):
        left = np.zeros_like(p)
        left[free] = start[free] @ exponential(Q[np.ix_(free, free)] * t)
        spent = np.zeros_like(p)  # ∫ of what is left
        spent[free] = (left[free] - start[free]) @ inverse
        # stepping errs by what the run says, and is held to its tolerance besides, 1e-2
        err = r.errors("time")
        flux = sum((left * rate).sum() for rate in lost.values()) * c.volume
        of = {"mass_p": left.sum() * c.volume, "passage_density": flux, "escape_rate": flux / (left.sum() * c.volume),
              "killed_mass": 1 - left.sum() * c.volume}
        for channel, rate in lost.items():
            of["killed_" + channel] = killed[channel] + (spent * rate).sum() * c.volume
        compared[DRIVER] |= {"t", *of}
        for name, value in of.items():
            off = abs(s[name][row] - value)
            expect(off <= 2 * err[name][row] + 1e-9 and off <= 2e-2 * max(1, abs(value)),
                   f"{what}: {name} at {t}: {s[name][row]} for {value}, the run says {err[name][row]}")
    number(r, "killed_mass", s["killed_mass"][-1], 0, what)
    # implicit Euler in the same steps: so many in every interval, the first of which is cut at 2^-6, 2^-5 … of it
    x, area, at, steps = start[free], 0.0, 0.0, [b - a for a, b in zip(s["steps"], s["steps"][1:])]
    expect(steps[0] == 16 * 7 and min(steps) >= 16 and res["steps"] == s["steps"][-1], f"{what}: steps {steps}")
    cuts = [(s["t"][1] * 2.0**-k, 16) for k in range(6, -1, -1)] + list(zip(s["t"][2:], steps[1:]))
    for to, count in cuts:
        for _ in range(int(count)):
            x = np.linalg.solve(np.eye(free.sum()) - (to - at) / count * Q[np.ix_(free, free)].T, x)
            area += x.sum() * (to - at) / count * c.volume
        at = to
    number(r, "survival_integral", area, 1e-9, what)
    compared[DRIVER] |= {"steps", "solve_residual"}
    expect(0 <= res["solve_residual"] <= 1e-11, f"{what}: residual {res['solve_residual']}")  # solves end at 1e-12, or at rounding


def check_ways(r, c, labels, ends, what):
    """Splitting probabilities."""
    f, res = fields(r), r.summary()["results"]
    Q, lost = c.rates(labels, ends)
    total = 0
    for channel, rate in lost.items():
        q = c.solve(Q, rate) + np.array([l == channel for l in labels])
        same(f["splitting_" + channel], q, 1e-8, f"{what}: field of {channel}")
        number(r, "splitting_" + channel, (f["p"] * q).sum() * c.volume, 1e-7, what)
        total += res["splitting_" + channel]
    close(total, 1, 1e-8, f"{what}: some end comes first")


def check_transition(r, c, labels, what, fed=False):
    f, res = fields(r), r.summary()["results"]
    ends, p, last = "".join(l for l in "abcd" if l in labels), f["p"] if fed else None, {}
    t = Transition(c, labels, ends=ends, p=p)
    for a, b in itertools.permutations(ends, 2):
        pair = Transition(c, labels, a, b, ends, p)
        number(r, f"rate_{a}{b}", pair.rate, 1e-8, what)
        number(r, f"last_in_{a}", pair.last_in_a, 1e-8, what)
        last[a] = pair.last_in_a
    if fed:
        number(r, "last_in_none", 1 - sum(last.values()), 1e-8, what)
    for name, value in (("steady_state", t.closed), ("committor", t.forward), ("committor_backward", t.backward), ("reactive_density", t.density)):
        same(f[name], value, 1e-8, f"{what}: field {name}")
    for j, axis in enumerate("xyz"[: len(c.n)]):
        scale = abs(t.current).max()
        off = abs(f["reactive_current_" + axis] - t.current[:, j] * c.free).max()
        expect(off <= 1e-8 * scale, f"{what}: reactive current along {axis} off by {off / scale}")
    for name, value in (("committor", (f["p"] * t.forward).sum() * c.volume), ("rate_by_time", t.rate), ("reactive_flux", t.flux_out),
                        *(() if fed else (("outside_b", t.outside_b), ("outside_b_kac", t.outside_b))), ("reactive_share", t.density.sum() * c.volume)):
        number(r, name, value, 1e-8, what)
    compared[DRIVER] |= {"reactive_levels", "reactive_level_flux"}
    expect(res["reactive_levels"] == [k / 10 for k in range(10)], f"{what}: levels")
    for level, flux in zip(res["reactive_levels"], res["reactive_level_flux"]):
        close(flux, t.flux_out, 1e-8, f"{what}: flux through {level}")
    if "capacity_lower" in res:
        for name, side in (("capacity_lower", 1), ("capacity_upper", -1)):
            number(r, name, t.flux_out, 1e-6, what)
            expect(side * (t.flux_out - res[name]) >= -1e-9 * t.flux_out, f"{what}: {name} is a bound")


START = ["-p_density", "gaussian_mixture", "-p_sigma", 0.3, "-p_closed", "restrict", "-passage_moments", 4]


def told(r, c, labels, what):
    """What a run says of its chain and its solves; errors by the table of all."""
    seen[DRIVER] |= set(r.summary()["results"]) | set(r.series() if os.path.exists(os.path.join(r.folder, "series.csv")) else ())
    res = r.summary()["results"]
    for letter in "abcd":
        if letter in labels:
            number(r, f"set_{letter}_cells", labels.count(letter), 0, what)
    closed = (~c.open).sum()
    if closed:
        number(r, "closed_cells", closed, 0, what)
        number(r, "closed_fraction", closed / len(c.V), 1e-14, what)
    V, at = max(abs(e[4]) for e in c.edges), [(x, y) for x, y, *_ in c.edges]
    outside = [k for k, (x, y) in enumerate(at) if labels[x] in ("", "a") and labels[y] in ("", "a")]
    number(r, "cell_peclet", max(abs(c.edges[k][4]) for k in outside), 1e-12, what)
    number(r, "largest_potential_step", max(abs(c.V[x] - c.V[y]) / c.T for x, y in (at[k] for k in outside)), 1e-12, what)
    number(r, "temperature", c.T, 0, what)
    expect(res["potential"] == "formula" and res["drift"] in ("none", "rotation") and res["velocity"] == "none" and "multigrid" in res["solver"], f"{what}: {res['solver']}")
    expect(res["solve_iterations"] > 0 and res["solve_cycles"] == 0 and 1 < res["solve_applications"] < 250, f"{what}: work of solves")
    compared[DRIVER] |= {"potential", "drift", "velocity", "solver", "solve_iterations", "solve_cycles", "solve_applications"}
    for source in ("time", "space"):
        if f"{source}_error" not in res:
            continue
        worst = max(r.summary()["errors"][source], key=lambda e: e["relative"] if e["relative"] is not None else -1)
        number(r, f"{source}_error", worst["relative"], 1e-12, what)
        expect(res[f"{source}_error_column"] == worst["column"], f"{what}: {source}_error_column")
        compared[DRIVER] |= {f"{source}_error_column", f"{source}_error_time"}


# A plane with a wall of closed cells, at rest and with a drift that turns; sets at odd places, one in two parts.
V = "x>0.4&&x<0.6&&y<0.2?inf:x^2-y^2*x+cos(3*y)"
PLANE = ["-grid_n", "13,11", "-grid_lower", "-1,-1.1", "-grid_upper", "1.6,1.1", "-grid_boundary", "no_flux", "-potential_type", "formula",
         "-potential_formula", V, "-temperature", 0.7, "-mobility", 1.5, "-set_a", "(x<0-0.6&&y>0)||(y<0-0.8&&abs(x)<0.3)", "-set_b",
         "0.09-(x-0.9)^2-(y+0.2)^2", "-p_mean", "-0.2,0.3", *START, "-check_space", "no"]


def wall(x, y):
    return math.inf if 0.4 < x < 0.6 and y < 0.2 else x * x - y * y * x + math.cos(3 * y)


def place(x):
    if x[0] < -0.6 and x[1] > 0 or x[1] < -0.8 and abs(x[0]) < 0.3:
        return "a"
    return "b" if (x[0] - 0.9) ** 2 + (x[1] + 0.2) ** 2 < 0.09 else ""


def plane(turn=0.0):
    drift = ["-drift_type", "rotation", "-drift_rate", turn, "-drift_center", "0.1,0.2"] if turn else []
    c = Chain((13, 11), (-1, -1.1), (1.6, 1.1), ("no_flux",) * 2, wall, 0.7, lambda j, x: turn * (-(x[1] - 0.2), x[0] - 0.1)[j], 1.5, place)
    labels = [place(x) if np.isfinite(v) else "" for x, v in zip(c.x, c.V)]
    r, what = run(DRIVER, *PLANE, *drift, "-time_stop", 3, "-time_samples", 4), f"plane, drift {turn}"
    sound(r, what)
    told(r, c, labels, what)
    check_times(r, c, labels, "b", what, True)
    check_transition(r, c, labels, what)
    expect(("capacity_lower" in r.summary()["results"]) == (turn == 0), "bounds of the flux need detailed balance")


def turning():
    plane(2.5)


def rates(turn=0.0, absorbs=False):
    """Four sets on a plane: between every two of them."""
    force = lambda j, x: turn * (-x[1], x[0])[j]  # noqa: E731
    walls = ("no_flux:absorbing" if absorbs else "no_flux", "no_flux")
    inside = {"a": lambda x, y: x < -0.6 and y < 0, "b": lambda x, y: x > 0.5 and y > 0.6, "c": lambda x, y: x > 0.7 and y < -0.5,
              "d": lambda x, y: abs(x) < 0.2 and abs(y) < 0.2}
    place = lambda x: "".join(l for l in inside if inside[l](*x))  # noqa: E731
    c = Chain((14, 12), -1, 1, walls, lambda x, y: x * x * y + math.cos(3 * y) - x, 0.8, force, place=place)
    labels = [place(x) for x in c.x]
    drift, what = ["-drift_type", "rotation", "-drift_rate", turn] if turn else [], f"four sets, drift {turn}, absorbs {absorbs}"
    r = run(DRIVER, "-grid_n", "14,12", "-grid_lower", -1, "-grid_upper", 1, "-grid_boundary", ",".join(walls), "-potential_type", "formula",
            "-potential_formula", "x^2*y+cos(3*y)-x", "-temperature", 0.8, *drift, "-set_a", "x<0-0.6&&y<0", "-set_b", "x>0.5&&y>0.6", "-set_c",
            "x>0.7&&y<0-0.5", "-set_d", "abs(x)<0.2&&abs(y)<0.2", "-p_mean", "0.1,-0.4", *START, "-check_space", "no")
    sound(r, what)
    told(r, c, labels, what)
    check_ways(r, c, labels, "abcd", what)
    check_transition(r, c, labels, what, absorbs)
    expect("capacity_lower" not in r.summary()["results"], "bounds are of two sets alone")
    expect(("last_in_none" in r.summary()["results"]) == absorbs, "before any set there is but birth")


def rates_turning():
    rates(3.0)


def rates_fed():
    rates(3.0, True)
    rates(0.0, True)


def space(walls=("no_flux:absorbing", "periodic", "no_flux"), more=()):
    """Absorbing faces, a round axis and three or four sets: who comes first."""
    inside = {"a": lambda x, y, z: x < 0.3 and y < 0.5 and z > 0.3, "b": lambda x, y, z: z > 0.8 and x > 0.6 and y > 0.7,
              "c": lambda x, y, z: more and x < 0.2 and y > 0.7 and z < 0.3, "d": lambda x, y, z: x > 0.4 and y < 0.2}
    place = lambda x: "".join(l for l in inside if inside[l](*x))  # noqa: E731
    c = Chain((6, 5, 4), 0, 1, walls, lambda x, y, z: 0.5 * x + math.sin(2 * math.pi * y) * 0.3 + z * x, place=place)
    labels = [place(x) for x in c.x]
    what = f"space, {walls}"
    r = run(DRIVER, "-grid_n", "6,5,4", "-grid_boundary", ",".join(walls), "-potential_type", "formula",
            "-potential_formula", "0.5*x+0.3*sin(2*_pi*y)+z*x", "-set_a", "x<0.3&&y<0.5&&z>0.3", "-set_b", "z>0.8&&x>0.6&&y>0.7", "-set_d",
            "x>0.4 && y<0.2", *more, "-p_mean", "0.4,0.5,0.5", *START, "-check_space", "no", "-time_stop", 0.3, "-time_samples", 3,
            "-time_start", 0.01, "-time_spacing", "log")
    sound(r, what)
    told(r, c, labels, what)
    check_times(r, c, labels, "bcd", what, True)
    check_ways(r, c, labels, "abcd", what)
    close(r.summary()["results"]["committor"], r.summary()["results"]["splitting_b"], 1e-14, "the committor is that of set_b")
    expect({"rate_ab", "capacity_lower"}.isdisjoint(r.summary()["results"]), "no rates between sets side by side")
    same(fields(r)["sets"], np.array([{"": 0, "a": 1, "b": 2, "c": 3, "d": 4}[l] for l in labels]), 0, "labels")


def all_round():
    space(("absorbing",) * 3, ["-set_c", "x<0.2&&y>0.7&&z<0.3"])


def coarser():
    """What the grid is said to err by: of sets that end at faces of all grids, a third of what changes from grid to grid."""
    line = ["-grid_lower", -2, "-grid_upper", 2, "-grid_boundary", "no_flux", "-potential_type", "formula", "-potential_formula",
            "(x^2-1)^2", "-temperature", 0.5, "-set_a", "x<0-1", "-set_b", "x>1", "-p_density", "gaussian_mixture", "-p_mean", 0.2,
            "-p_sigma", 0.5, "-time_stop", 4, "-time_samples", 3]
    r = [run(DRIVER, "-grid_n", n, *line, "-space_tolerance", 1, *([] if n == 64 else ["-check_space", "no"])) for n in (64, 32, 16)]
    for each in r:
        sound(each, "coarser grids")
    seen[DRIVER] |= set(r[0].summary()["results"])
    said = {e["column"]: e for e in r[0].summary()["errors"]["space"]}
    values = {name: [each.summary()["results"][name] for each in r] + [said[name]["error"]]
              for name in ("passage_time", "passage_time_2", "passage_time_longest", "committor", "rate_ab", "reactive_flux",
                           "quasi_stationary_rate")}  # fmt: skip
    for name in ("mass_p", "passage_density", "escape_rate", "killed_mass", "killed_b"):  # of the last row
        values[name] = [each.series()[name][-1] for each in r] + [r[0].errors("space")[name][-1]]
    for name, (fine, half, quarter, error) in values.items():
        first, ratio = fine - half, (half - quarter) / (fine - half) / 4
        right = abs(first) / (3 if 0.75 <= ratio <= 1.5 else 1)
        least = abs(half - quarter) / 12
        close(error, max(right, min(least, 10 * abs(first) / 3)), 2e-5, f"space error of {name}")
    compared[DRIVER] |= {"space_error", "space_error_column", "space_error_time"}
    worst = max(said.values(), key=lambda e: e["relative"] or 0)
    close(r[0].summary()["results"]["space_error"], worst["relative"], 1e-12, "the worst of them")


CASES = [plane, turning, rates, rates_turning, rates_fed, space, all_round, coarser]
