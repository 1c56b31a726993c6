"""An energy, its fluxes and its virial on a grid, from their definitions: sums over all pairs of cells and over all faces, in
extended precision."""

import numpy as np

import reference as ref

LD, PI = ref.LD, ref.PI
NODES, WEIGHTS = (np.array(v, LD) for v in np.polynomial.legendre.leggauss(60))


def on(a, b):
    """Gauss nodes and weights of [a, b]."""
    return (a + b) / 2 + (b - a) / 2 * NODES, (b - a) / 2 * WEIGHTS


def radial(f, R, dim):
    """∫_0^R f(r) r^(dim-1) dr for an f that may be singular at 0: r = R s^4."""
    s, w = on(LD(0), LD(1))
    r = R * s**4
    return (w * 4 * R * s**3 * f(r) * r ** (dim - 1)).sum()


def cell_mean(f, h):
    """The mean over a cell about 0, of one axis or two (by polar coordinates, its eighths by their own edges)."""
    if len(h) == 1:
        return 2 / h[0] * radial(f, h[0] / 2, 1)
    a, b = h[0] / 2, h[1] / 2
    total = LD(0)
    for near, far in ((a, b), (b, a)):
        angle, weight = on(LD(0), np.arctan2(far, near))
        total += sum(w * radial(f, near / np.cos(t), 2) for t, w in zip(angle, weight))
    return 4 * total / (h[0] * h[1])


class Interaction:
    """W(r), r W'(r); `torus`: the newtonian one on a torus, of that strength."""

    def __init__(self, value=None, rise=None, torus=None):
        self.value, self.rise, self.torus = value, rise, torus

    def matrix(self, grid, f):
        """f of the distance of two cells, by the nearest image of periodic axes, its mean at 0."""
        square = LD(0)
        for j, x in enumerate(grid.mesh()):
            d = np.abs(x.ravel()[:, None] - x.ravel()[None, :])
            square = square + (np.minimum(d, grid.length[j] - d) if grid.boundary[j] == "periodic" else d) ** 2
        r = np.sqrt(square)
        same = np.eye(grid.cells, dtype=bool)
        return np.where(same, cell_mean(f, grid.h), f(np.where(same, LD(1), r)))

    def convolution(self, grid):
        """K with W*ρ = K ρ."""
        if not self.torus:
            return self.matrix(grid, self.value) * grid.volume
        laplacian = np.zeros((grid.cells, grid.cells))
        index = np.arange(grid.cells).reshape(grid.n)
        for j in range(grid.dim):
            for shift in (1, -1):
                np.add.at(laplacian, (index.ravel(), np.roll(index, shift, j).ravel()), 1 / float(grid.h[j]) ** 2)
                np.add.at(laplacian, (index.ravel(), index.ravel()), -1 / float(grid.h[j]) ** 2)
        flat = np.eye(grid.cells) - 1 / grid.cells
        return np.array(self.torus * np.linalg.pinv(laplacian) @ flat, LD)


def quadratic(k):
    return Interaction(lambda r: LD(k) * r * r / 2, lambda r: LD(k) * r * r)


def gaussian(k, length):
    f = lambda r: LD(k) * np.exp(-r * r / (2 * LD(length) ** 2))
    return Interaction(f, lambda r: -r * r / LD(length) ** 2 * f(r))


def morse(height, reach, depth, far):
    f = lambda r: LD(height) * np.exp(-r / LD(reach)) - LD(depth) * np.exp(-r / LD(far))
    g = lambda r: -LD(height) * r / LD(reach) * np.exp(-r / LD(reach)) + LD(depth) * r / LD(far) * np.exp(-r / LD(far))
    return Interaction(f, g)


def newtonian(k, grid):
    if "periodic" in grid.boundary:
        return Interaction(torus=k)
    if grid.dim == 1:
        return Interaction(lambda r: LD(k) * r / 2, lambda r: LD(k) * r / 2)
    return Interaction(lambda r: LD(k) * np.log(r) / (2 * PI), lambda r: LD(k) / (2 * PI) + 0 * r)


class Energy:
    """internal: "entropy", "none" or the exponent of the power; V: a formula; mobility: how M is found; mu: per axis."""

    def __init__(self, grid, internal, T=1, V=None, W=None, mobility="limited", mu=1, t=0):
        self.grid, self.internal, self.T, self.W, self.mobility = grid, internal, LD(T), W, mobility
        self.mu = [LD(m) for m in (mu if isinstance(mu, (list, tuple)) else [mu] * grid.dim)]
        self.V = ref.evaluate(V, grid.mesh(), t).ravel() if V else np.zeros(grid.cells, LD)
        self.K = W.convolution(grid) if W else np.zeros((grid.cells, grid.cells), LD)

    def U(self, p):
        m = self.internal
        return 0 * p if m == "none" else self.T * (ref.xlogx(p) if m == "entropy" else p**m / (LD(m) - 1))

    def slope(self, p):
        m = self.internal
        with np.errstate(divide="ignore"):
            return 0 * p if m == "none" else self.T * (np.log(p) + 1 if m == "entropy" else m * p ** (LD(m) - 1) / (LD(m) - 1))

    def pressure(self, p):
        m = self.internal
        return 0 * p if m == "none" else self.T * (p if m == "entropy" else p**m)

    def parts(self, p):
        v = self.grid.volume
        with np.errstate(invalid="ignore"):
            potential = np.where(p > 0, p * self.V, LD(0)).sum() * v
        return self.U(p).sum() * v, potential, (p * (self.K @ p)).sum() * v / 2

    def total(self, p):
        return sum(self.parts(p))

    def variation(self, p):
        return self.slope(p) + self.V + self.K @ p

    def faces(self, j):
        """Cells on either side of the faces of an axis, and where these stand."""
        g = self.grid
        line = np.moveaxis(np.arange(g.cells).reshape(g.n), j, 0)
        last = g.n[j] if g.boundary[j] == "periodic" else g.n[j] - 1
        last = last if g.n[j] > 1 else 0
        a = [line[i].ravel() for i in range(last)]
        b = [line[(i + 1) % g.n[j]].ravel() for i in range(last)]
        at = [np.full(a[0].shape, g.lower[j] + (i + 1) * g.h[j]) for i in range(last)]
        return (np.concatenate(v) if v else np.zeros(0, int) for v in (a, b, at))

    def lean(self, p, j):
        """Half of van Leer's slope: half the harmonic mean of the differences to both sides, 0 beyond walls."""
        g = self.grid
        q = np.moveaxis(p.reshape(g.n), j, 0)
        up, down = np.roll(q, -1, 0) - q, q - np.roll(q, 1, 0)
        if g.boundary[j] != "periodic":
            up[-1] = down[0] = 0
        shut = np.isinf(np.moveaxis(self.V.reshape(g.n), j, 0))
        up, down = np.where(np.roll(shut, -1, 0), LD(0), up), np.where(np.roll(shut, 1, 0), LD(0), down)
        alike = (up * down > 0) & ~shut
        half = np.where(alike, up * down / np.where(alike, up + down, LD(1)), LD(0))
        return np.moveaxis(half, 0, j).ravel()

    def fluxes(self, p):
        """Per axis: cells, fluxes, falls of ξ, places."""
        xi, field, out = self.variation(p), self.V + self.K @ p, []
        for j in range(self.grid.dim):
            a, b, at = self.faces(j)
            h, fall = self.grid.h[j], xi[a] - xi[b]
            closed = np.isinf(self.V[a]) | np.isinf(self.V[b])
            if self.mobility == "scharfetter_gummel":
                z = (field[b] - field[a]) / self.T
                F = self.T * self.mu[j] / h * (ref.bernoulli(z) * p[a] - ref.bernoulli(-z) * p[b])
            else:
                lean = self.lean(p, j) if self.mobility == "limited" else 0 * p
                M = np.where(fall > 0, p[a] + lean[a], p[b] - lean[b])
                F = np.where(M > 0, self.mu[j] * M * fall / h, LD(0))
            F, fall = np.where(closed, LD(0), F), np.where(closed | (F == 0), LD(0), fall)
            out.append((a, b, F, fall, at))
        return out

    def rates(self, p):
        """dissipation, energy_rate, moment_rate, each with what it is a sum of; dp/dt."""
        g, v = self.grid, self.grid.volume
        rate, loss, moment, size = np.zeros(g.cells, LD), LD(0), LD(0), LD(0)
        for j, (a, b, F, fall, at) in enumerate(self.fluxes(p)):
            np.add.at(rate, a, -F / g.h[j])
            np.add.at(rate, b, F / g.h[j])
            loss += (F * fall).sum() * v / g.h[j]
            if g.boundary[j] != "periodic":
                moment += (2 * at * F).sum() * v
                size += (2 * np.abs(at * F)).sum() * v
        xi = self.variation(p)
        moved = rate != 0
        level = (p[moved] * xi[moved]).sum() / p[moved].sum() if moved.any() else LD(0)
        terms = np.where(moved, (np.where(moved, xi, LD(0)) - level) * rate, LD(0))
        return (loss, loss), (terms.sum() * v, np.abs(terms).sum() * v), (moment, size), rate

    def virial(self, p):
        """d/dt Σ_j ∫ x_j² ρ in the continuum: pressure, forces, walls."""
        g, v = self.grid, self.grid.volume
        P, terms = self.pressure(p).reshape(g.n), []
        whole = self.W is not None and "periodic" not in g.boundary and len(set(self.mu)) == 1
        field = (self.V if whole else self.V + self.K @ p).reshape(g.n)
        for j in range(g.dim):
            if g.boundary[j] == "periodic" or g.n[j] == 1:
                continue
            f, q, pr = (np.moveaxis(u, j, 0) for u in (field, p.reshape(g.n), P))
            x = np.moveaxis(g.mesh()[j], j, 0)
            force = np.concatenate([f[1:2] - f[:1], (f[2:] - f[:-2]) / 2, f[-1:] - f[-2:-1]]) / g.h[j]
            terms += [2 * self.mu[j] * pr * v, -2 * self.mu[j] * q * x * force * v]
            for side, wall, edge, inner in ((1, g.lower[j], pr[0], pr[1]), (-1, g.upper[j], pr[-1], pr[-2])):
                terms.append(side * 2 * self.mu[j] * wall * v / g.h[j] * np.maximum(0, 1.5 * edge - 0.5 * inner))
        if whole:
            pairs = p[:, None] * p[None, :] * self.W.matrix(g, self.W.rise) * v * v
            terms.append(-self.mu[0] * pairs)
        return sum((u.sum() for u in terms), LD(0)), sum((np.abs(u).sum() for u in terms), LD(0))

    def concentration(self, p):
        """Share of the mass in a disc of three cells about the largest."""
        g = self.grid
        top, square = np.unravel_index(int(np.argmax(p)), g.n), LD(0)
        for j, at in enumerate(np.indices(g.n)):
            d = np.abs(at - top[j])
            square = square + (np.minimum(d, g.n[j] - d) if g.boundary[j] == "periodic" else d) ** 2
        return p[square.ravel() <= 2.25].sum() / p.sum()


def w2_line(grid, p, q):
    """W2 of densities constant on the cells of a line, mass included: between breaks of both distributions each quantile
    function is a straight line."""
    F, G = (np.concatenate([[LD(0)], np.cumsum(u)]) * grid.volume for u in (p, q))
    F, G = F / F[-1], G / G[-1]
    faces = grid.lower[0] + np.arange(grid.n[0] + 1) * grid.h[0]
    breaks = np.unique(np.concatenate([F, G]))
    total = LD(0)
    for a, b in zip(breaks[:-1], breaks[1:]):
        ends = []
        for H, u in ((F, p), (G, q)):
            i = min(int(np.searchsorted(H, (a + b) / 2)) - 1, grid.n[0] - 1)  # the cell that holds what lies between
            rise = H[i + 1] - H[i]
            ends.append([faces[i] + grid.h[0] * (s - H[i]) / rise for s in (a, b)])
        d, e = ends[0][0] - ends[1][0], ends[0][1] - ends[1][1]
        total += (b - a) * (d * d + d * e + e * e) / 3
    return np.sqrt(total * p.sum() * grid.volume)
