"""Dense references, found independently of the library: numpy in extended precision (64 bits of mantissa, 1e±4932).

Chains are rebuilt from their definition (Scharfetter and Gummel 1969); exp(tQ), implicit Euler and the steady state are
computed without a subtraction, so every cell is right relative to itself however small it is."""

import math

import numpy as np

LD = np.longdouble
EPS = np.finfo(float).eps
PI = 4 * np.arctan(LD(1))
COLUMNS = ("kl", "reverse_kl", "js", "chi2", "hellinger2", "tv", "renyi")


class Grid:
    def __init__(self, n, lower, upper, boundary):
        self.n, self.boundary, self.dim = list(n), list(boundary), len(n)
        self.lower, self.upper = [LD(x) for x in lower], [LD(x) for x in upper]
        self.length = [u - l for l, u in zip(self.lower, self.upper)]
        self.h = [L / k for L, k in zip(self.length, n)]
        self.volume = np.prod(np.array(self.h, LD))
        self.cells = int(np.prod(n))

    def centres(self, axis):
        return self.lower[axis] + (np.arange(self.n[axis]) + LD(0.5)) * self.h[axis]

    def mesh(self):
        return np.meshgrid(*[self.centres(j) for j in range(self.dim)], indexing="ij")

    def refined(self, factor):
        return Grid([k * factor for k in self.n], self.lower, self.upper, self.boundary)

    def widened(self, reach):
        """The same cells and as many more as reach beyond either face of an open axis; how many those are."""
        more = [int(reach / h) + 1 if kind == "open" else 0 for h, kind in zip(self.h, self.boundary)]
        lower = [a - k * h for a, k, h in zip(self.lower, more, self.h)]
        upper = [b + k * h for b, k, h in zip(self.upper, more, self.h)]
        return Grid([k + 2 * m for k, m in zip(self.n, more)], lower, upper, self.boundary), more


# ---- formulas: texts that mean the same to muParser and, after two substitutions, to Python
def evaluate(text, x, t=0):
    names = dict(zip("xyz", x), t=LD(t), _pi=PI, exp=np.exp, cos=np.cos, sin=np.sin, sqrt=np.sqrt, abs=np.abs)
    return np.asarray(eval(text.replace("^", "**"), {"__builtins__": {}}, names) + 0 * x[0], LD)


def mixture(grid, weight, mean, sigma, t=0):
    """A mixture of Gaussians, tempered for the time t, all images summed, not normalised."""
    d = grid.dim
    count = len(mean) // d
    sigma = (
        [sigma[0]] * (count * d)
        if len(sigma) == 1
        else sigma if len(sigma) == count * d else [s for s in sigma for _ in range(d)]
    )
    weight = [LD(w) / sum(weight) for w in weight] if weight else [LD(1) / count] * count
    total = 0
    for i in range(count):
        product = LD(1)
        for j in range(d):
            s = np.sqrt(LD(sigma[i * d + j]) ** 2 + 2 * LD(t))
            x, m, L = grid.centres(j), LD(mean[i * d + j]), grid.length[j]
            images = [x - m] if grid.boundary[j] == "open" or "absorbing" in grid.boundary[j] else []
            if ":" in grid.boundary[j]:  # the face that reflects
                images.append(x + m - 2 * (grid.lower if absorbs(grid.boundary[j], 1) else grid.upper)[j])
            period = L if grid.boundary[j] == "periodic" else 2 * L
            reach = int(45 * s / period) + 2
            for k in range(-reach, reach + 1) if not images else ():
                images.append(x - m + k * period)
                if grid.boundary[j] == "no_flux":
                    images.append(x + m - 2 * grid.lower[j] + k * period)
            factor = sum(np.exp(-y * y / (2 * s * s)) for y in images) / (s * np.sqrt(2 * PI))
            product = np.multiply.outer(product, factor)
        total = total + weight[i] * product
    return total


# ---- heat kernels, one axis at a time: K[i, j] from cell j to cell i
def heat_axis(grid, axis, kernel, t, dtype=LD, finer=1):
    """finer > 1 (continuum kernels): at the centres of cells that much smaller."""
    n, L, h, kind = grid.n[axis], grid.length[axis], grid.h[axis], grid.boundary[axis]
    t = LD(t)
    if kernel in ("lattice", "lattice_exact") and kind == "open":  # the middle of a line that is long enough
        more = int(14 * np.sqrt(2 * t) / h) + 40
        wide = Grid([n + 2 * more], [0], [h * (n + 2 * more)], ["no_flux"])
        return heat_axis(wide, 0, kernel, t, dtype)[more : more + n, more : more + n]
    if kernel in ("lattice", "lattice_exact"):
        Q = np.zeros((n, n), LD)
        for i in range(n):
            for j in ((i + 1) % n, (i - 1) % n) if kind == "periodic" else (i - 1, i + 1):
                if 0 <= j < n and n > 1:
                    Q[i, j] += 1 / h**2
        return exponential(Q, t, dtype=dtype)
    y = np.arange(n) + LD(0.5)
    x = (np.arange(n * finer) + LD(0.5)) / finer
    d = (x[:, None] - y[None, :]) * h
    if kernel == "spectral":  # the trigonometric interpolant (cosine on no-flux axes) under exp(-t k²)
        K = np.zeros(d.shape, LD)
        for k in range(n if kind == "no_flux" else n // 2 + 1):
            if kind == "no_flux":
                c = np.outer(np.cos(PI * k * x / n), np.cos(PI * k * y / n))
                K += np.exp(-t * (PI * k / L) ** 2) * c * (1 if k == 0 else 2) / n
            else:
                weight = 1 if k == 0 or 2 * k == n else 2
                K += np.exp(-t * (2 * PI * k / L) ** 2) * np.cos(2 * PI * k * d / L) * LD(weight) / n
        return K
    s = x[:, None] + y[None, :]  # to the mirror image in the lower face
    width = np.sqrt(2 * t)

    def gauss(x):
        return np.exp(-x * x / (4 * t)) / np.sqrt(4 * PI * t)

    if kind == "open":
        return gauss(d) * h
    period = L if kind == "periodic" else 2 * L
    reach = int(150 * width / period) + 2  # exp(-150²/2) = 1e-4885
    K = np.zeros(d.shape, LD)
    for k in range(-reach, reach + 1):
        K += gauss(d + k * period)
        if kind == "no_flux":
            K += gauss(s * h + k * period)
    return K * h


def score_axis(grid, axis, t):
    """∂K/∂x·h of the Gaussian kernel (Tweedie's numerator)."""
    n, L, h, kind = grid.n[axis], grid.length[axis], grid.h[axis], grid.boundary[axis]
    t = LD(t)
    d = (np.arange(n)[:, None] - np.arange(n)[None, :]) * h
    s = (np.arange(n)[:, None] + np.arange(n)[None, :] + 1) * h
    out = np.zeros((n, n), LD)
    period = L if kind == "periodic" else 2 * L
    reach = 0 if kind == "open" else int(150 * np.sqrt(2 * t) / period) + 2
    for k in range(-reach, reach + 1):
        for x in (d, s) if kind == "no_flux" else (d,):
            y = x + k * period
            out += -y / (2 * t) * np.exp(-y * y / (4 * t)) / np.sqrt(4 * PI * t)
    return out * h


def apply_axes(factors, p):
    for j, K in enumerate(factors):
        p = np.moveaxis(np.tensordot(K, p, axes=(1, j)), 0, j)
    return p


def exponential(Q, t, killed=None, dtype=LD):
    """exp(tQ)ᵀ, P[y, x] the probability of y from x: scaling and squaring of non-negative matrices. What is absorbed
    is a state of its own, and columns are scaled to sum 1, so squaring does not magnify rounding of the total. With
    dtype float fast, and good to 1e-13 of the whole instead of in every cell."""
    n = len(Q)
    R = np.zeros((n + 1, n + 1), LD)
    R[:n, :n] = Q
    if killed is not None:
        R[:n, n] = killed
    leave = R.sum(axis=1)
    top = leave.max() * LD(t)
    squarings = max(0, int(math.ceil(math.log2(float(top) + 1e-300))) + 1) if top > 0 else 0
    s = LD(t) / LD(2) ** squarings
    c = leave.max()
    M = (R.T * s).copy()  # M[y, x]
    M[np.arange(n + 1), np.arange(n + 1)] += (c - leave) * s
    M, c = M.astype(dtype), dtype(c * s)
    term = np.eye(n + 1, dtype=dtype)
    P = term.copy()
    for k in range(1, n + 30 if dtype is LD else 20):  # every distance is reached, then far below rounding
        term = M.dot(term) / k
        P += term
    P *= np.exp(-c)
    P /= P.sum(axis=0)
    for _ in range(squarings):
        P = P.dot(P)
        P /= P.sum(axis=0)
    return P[:n, :n]


# ---- Fokker–Planck chains
def bernoulli(z):
    z = np.asarray(z, LD)
    small = np.abs(z) < 1e-4
    safe = np.where(small, LD(1), z)
    with np.errstate(over="ignore"):
        value = safe / np.expm1(safe)
    return np.where(small, 1 - z / 2 + z * z / 12 - z**4 / 720, value)


def absorbs(boundary, side):
    """Whether the lower (side -1) or upper (1) face of an axis does."""
    return boundary.split(":")[0 if side < 0 else -1] == "absorbing"


class Chain:
    """Edges (from, to, rate up, rate down, z, axis) and rates of absorption of a Fokker–Planck operator at time t.

    mobility: an axis each a number, or its values in the cells. noise: a of the flux M b p - D^(1-a) grad(D^a p); `shared`:
    all axes have the first one's mobility but for a factor, and a T log M belongs to the potential."""

    def __init__(self, grid, potential, drift, T, mobility, t=0, noise=0, shared=False):
        self.grid, self.T = grid, LD(T)
        self.slope = np.zeros(grid.cells, LD)  # ∂V/∂t, where whoever made it moves
        x = grid.mesh()
        M = [np.broadcast_to(np.asarray(m, LD), grid.n).ravel() for m in mobility]
        self.V = potential(x, t) + (LD(noise) * self.T * np.log(M[0].reshape(grid.n)) if shared else 0)
        noise = LD(0) if shared else LD(noise)
        index = np.arange(grid.cells).reshape(grid.n)
        V = self.V.ravel()
        parts, self.killed, self.faces = [], np.zeros(grid.cells, LD), []
        for j in range(grid.dim):
            n, h, D = grid.n[j], grid.h[j], M[j] * self.T / grid.h[j] ** 2
            line = np.moveaxis(index, j, 0)
            coords = [np.moveaxis(c, j, 0) for c in x]
            last = n if grid.boundary[j] == "periodic" else n - 1
            for i in range(last):
                a, b = line[i].ravel(), line[(i + 1) % n].ravel()
                at = [c[i].ravel().copy() for c in coords]
                at[j] = at[j] * 0 + grid.lower[j] + (i + 1) * h
                z = (V[a] - V[b]) / self.T + drift(at, t)[j] * h / self.T - noise * np.log(D[b] / D[a])
                coupling = 2 / (1 / D[a] + 1 / D[b])  # two half cells in a row
                if n == 1 and not np.any(z != 0):
                    continue  # a step round an axis of one cell changes nothing
                parts.append((a, b, coupling * bernoulli(-z), coupling * bernoulli(z), z, np.full(len(a), j)))
            for side, i, inner in ((-1, 0, 1), (1, n - 1, n - 2)):
                if not absorbs(grid.boundary[j], side):
                    continue
                a = line[i].ravel()
                at = [c[i].ravel().copy() for c in coords]
                at[j] = at[j] * 0 + (grid.lower[j] if side < 0 else grid.upper[j])
                z = side * drift(at, t)[j] * h / (2 * self.T)
                if n > 1:
                    before = line[inner].ravel()
                    z = z - (V[before] - V[a]) * LD(-0.5) / self.T - noise / 2 * np.log(D[a] / D[before])
                rate = 2 * D[a] * bernoulli(-z)
                self.killed[a] += rate
                self.faces.append((j, side, a, rate))
        if parts:
            self.x, self.y, self.up, self.down, self.z, self.axis = (np.concatenate(c) for c in zip(*parts))
        else:
            self.x = self.y = self.axis = np.zeros(0, int)
            self.up = self.down = self.z = np.zeros(0, LD)
        self.absorbing = any("absorbing" in b for b in grid.boundary)

    def matrix(self):
        Q = np.zeros((self.grid.cells,) * 2, LD)
        inner = self.x != self.y
        np.add.at(Q, (self.x[inner], self.y[inner]), self.up[inner])
        np.add.at(Q, (self.y[inner], self.x[inner]), self.down[inner])
        return Q

    def apply(self, p):
        J = p[self.x] * self.up - p[self.y] * self.down
        out = -self.killed * p
        np.add.at(out, self.x, -J)
        np.add.at(out, self.y, J)
        return out

    def propagator(self, t, dtype=LD):
        return exponential(self.matrix(), t, self.killed, dtype)

    def gibbs(self):
        w = -(self.V.ravel() - self.V.min()) / self.T
        w = np.exp(w)
        return w / w.sum() / self.grid.volume

    def steady(self):
        """Grassmann, Taksar and Heyman 1985: elimination without subtraction."""
        Q = self.matrix()
        n = len(Q)
        for k in range(n - 1, 0, -1):
            total = Q[k, :k].sum()
            Q[:k, k] /= total
            Q[:k, :k] += np.outer(Q[:k, k], Q[k, :k])
        pi = np.zeros(n, LD)
        pi[0] = 1
        for k in range(1, n):
            pi[k] = pi[:k].dot(Q[:k, k])
        return pi / pi.sum() / self.grid.volume


class Euler:
    """(I - dt Qᵀ)⁻¹ by elimination without subtraction (Alfa, Xue and Ye 2002)."""

    def __init__(self, chain, dt):
        B = chain.matrix() * LD(dt)
        n = len(B)
        rest = 1 + chain.killed * LD(dt)
        self.n, self.rows, self.columns, self.d = n, [], [], []
        for k in range(n):
            d = rest[k] + B[k, k + 1 :].sum()
            row, column = B[k, k + 1 :].copy(), B[k + 1 :, k].copy()
            self.rows.append(row)
            self.columns.append(column)
            self.d.append(d)
            rest[k + 1 :] += column * rest[k] / d
            B[k + 1 :, k + 1 :] += np.outer(column, row) / d
            B[np.arange(k + 1, n), np.arange(k + 1, n)] = 0

    def step(self, p):
        y = p.astype(LD).copy()
        for k in range(self.n):
            y[k + 1 :] += y[k] / self.d[k] * self.rows[k]
        x = np.zeros(self.n, LD)
        for k in range(self.n - 1, -1, -1):
            x[k] = (y[k] + x[k + 1 :].dot(self.columns[k])) / self.d[k]
        return x


# ---- columns of two densities
def moments(grid, p):
    """Mean [d] and covariance [d·d] of a density."""
    x = [c.ravel() for c in grid.mesh()]
    w = p.ravel() / p.sum()
    mean = [(w * c).sum() for c in x]
    return {
        "mean_p": mean,
        "covariance_p": [(w * (a - m) * (b - n)).sum() for a, m in zip(x, mean) for b, n in zip(x, mean)],
    }


def sizes(grid, name):
    """What mean and covariance are made of, for rounding."""
    far = [max(abs(a), abs(b)) for a, b in zip(grid.lower, grid.upper)]
    return far if name == "mean_p" else [a * b for a in far for b in far]


def xlogx(p):
    return np.where(p > 0, p * np.log(np.where(p > 0, p, LD(1))), LD(0))


def log_ratio(p, q):
    ok = (p > 0) & (q > 0)
    a, b = np.where(ok, p, LD(1)), np.where(ok, q, LD(1))
    near = np.abs(a - b) < b / 2
    return np.where(near, np.log1p(np.where(near, (a - b) / b, LD(0))), np.log(a) - np.log(b)), ok


def divergences(p, q, volume, order=0.5):
    """Every divergence of two densities (flat arrays), in the form that is non-negative cell by cell, and to what a
    relative error of each cell of 1 adds up in it (first order): name → (value, sensitivity)."""
    r, ok = log_ratio(p, q)
    a, only_p, only_q = LD(order), (p > 0) & ~(q > 0), (q > 0) & ~(p > 0)
    out = {}

    def put(name, cells, weight, infinite=False):
        out[name] = (LD(np.inf) if infinite else cells.sum() * volume, weight.sum() * volume)

    with np.errstate(over="ignore", invalid="ignore"):
        exm = np.where(np.abs(r) < 1e-3, r * r / 2 - r**3 / 6 + r**4 / 24 - r**5 / 120, np.expm1(-r) + r)
        exp_ = np.where(np.abs(r) < 1e-3, r * r / 2 + r**3 / 6 + r**4 / 24 + r**5 / 120, np.expm1(r) - r)
        kl = np.where(ok, p * exm, q)
        put("kl", kl, np.where(ok, p * np.abs(r) + np.abs(p - q), q), only_p.any())
        put("reverse_kl", np.where(ok, q * exp_, p), np.where(ok, q * np.abs(r) + np.abs(p - q), p), only_q.any())
        chi = np.where(ok, (p - q) ** 2 / np.where(ok, q, LD(1)), q)
        put("chi2", chi, np.where(ok, np.abs(p - q) * (2 * p + p + q) / np.where(ok, q, LD(1)), q), only_p.any())
        root = np.sqrt(p) - np.sqrt(q)
        put("hellinger2", root * root / 2, np.abs(root) * (np.sqrt(p) + np.sqrt(q)) / 2)
        m = (p + q) / 2
        u = np.where(m > 0, (p - q) / np.where(m > 0, 2 * m, LD(1)), LD(0))  # p = m(1+u), q = m(1-u)
        small = np.abs(u) < 1e-2
        series = u**2 / 2 + u**4 / 12 + u**6 / 30 + u**8 / 56 + u**10 / 90
        full = (xlogx(1 + u) + xlogx(1 - u)) / 2
        put(
            "js",
            m * np.where(small, series, full),
            (
                np.abs(p * np.log(np.where(p > 0, p / np.where(m > 0, m, LD(1)), LD(1))))
                + np.abs(q * np.log(np.where(q > 0, q / np.where(m > 0, m, LD(1)), LD(1))))
            )
            / 2,
        )
        put("tv", np.abs(p - q) / 2, (p + q) / 2)
        affinity = np.where(
            ok, np.exp(a * np.log(np.where(ok, p, LD(1))) + (1 - a) * np.log(np.where(ok, q, LD(1)))), LD(0)
        )
        A = affinity.sum() * volume
        mass_p, mass_q = p.sum() * volume, q.sum() * volume
        # a p + (1-a) q - affinity = q (a exp_(r) - exp_(a r))
        s = a * r
        exs = np.where(np.abs(s) < 1e-3, s * s / 2 + s**3 / 6 + s**4 / 24 + s**5 / 120, np.expm1(s) - s)
        deficit = np.where(ok & (np.abs(r) < 1), q * (a * exp_ - exs), a * p + (1 - a) * q - affinity).sum() * volume
        # masses that miss 1 by rounding are 1: the data are meant so
        missing = [m - 1 if abs(m - 1) > 1e-13 else LD(0) for m in (mass_p, mass_q)]
        excess = a * missing[0] + (1 - a) * missing[1] - deficit
        value = (np.log1p(excess) if abs(excess) < 0.5 else np.log(A) if A > 0 else -LD(np.inf)) / (a - 1)
        weight = (np.abs(a / (a - 1)) * np.abs(affinity / A - p) + np.abs(affinity / A - q)) if A > 0 else p
        put("renyi", LD(0) * p, weight + p)  # a mass is 1 to rounding
        out["renyi"] = (LD(np.inf) if (a > 1 and only_p.any()) or A == 0 else value, out["renyi"][1])
    return out


def densities(p, q, volume):
    """Masses, minima, entropies, cross-entropy; name → (value, sensitivity)."""
    out = {
        "mass_p": (p.sum() * volume, p.sum() * volume),
        "min_p": (p.min(), p.min()),
        "entropy_p": (-xlogx(p).sum() * volume, np.abs(xlogx(p) + p).sum() * volume),
    }
    if q is None:
        return out
    out["entropy_p"] = (
        out["entropy_p"][0],
        out["entropy_p"][1] + (p * np.abs(np.log(np.where(q > 0, q, LD(1))))).sum() * volume,
    )
    out["mass_q"] = (q.sum() * volume, q.sum() * volume)
    out["min_q"] = (q.min(), q.min())
    out["entropy_q"] = (-xlogx(q).sum() * volume, np.abs(xlogx(q) + q).sum() * volume)
    lq = np.log(np.where(q > 0, q, LD(1)))
    inf = ((p > 0) & ~(q > 0)).any()
    out["cross_entropy"] = (LD(np.inf) if inf else -(p * lq).sum() * volume, (p * (1 + np.abs(lq))).sum() * volume)
    return out


def psi(s):
    """s - 1 - log s of s = e^d, from d, without cancellation."""
    return np.where(np.abs(s) < 1e-3, s * s / 2 + s**3 / 6 + s**4 / 24 + s**5 / 120, np.expm1(s) - s)


def relative_fisher(x, y, up, down, p, q, killed, volume):
    """Σ Q_xy p_x Ψ(r_y/r_x) + Σ killed (p log(p/q) - p + q): -dKL(p|q)/dt."""
    r, ok = log_ratio(p, q)
    if ((p > 0) & ~(q > 0)).any():
        return LD(np.inf), LD(0)
    total, weight = LD(0), LD(0)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for a, b, rate in ((x, y, up), (y, x, down)):
            both = ok[a] & ok[b]
            d = np.where(both, r[b] - r[a], LD(0))
            term = np.where(both, rate * p[a] * psi(d), LD(0))
            # p_x = 0: q_x Q φ(0) part: Q (q_x r_y) where r_x = 0; r_y = 0: infinite unless p_x = 0
            from_zero = ~(p[a] > 0) & (q[a] > 0) & ok[b]
            term = np.where(from_zero, rate * q[a] * np.exp(np.where(from_zero, r[b], LD(0))), term)
            if (ok[a] & (q[b] > 0) & ~(p[b] > 0) & (rate > 0)).any():
                return LD(np.inf), LD(0)
            total += term.sum()
            weight += np.where(both, rate * p[a] * (np.abs(psi(d)) + 2 * np.abs(np.expm1(d))), term).sum()
    if killed is not None:
        exm = np.where(np.abs(r) < 1e-3, psi(-r), np.expm1(-r) + r)
        total += (killed * np.where(ok, p * exm, q)).sum()
        weight += (killed * (p * np.abs(r) + np.abs(p - q))).sum()
    return total * volume, weight * volume


def flow_entropy(x, y, up, down, p, volume):
    """Σ over edges of J log(p_x/p_y): dH/dt of the chain."""
    J = p[x] * up - p[y] * down
    if ((p[x] > 0) != (p[y] > 0)).any():
        return LD(np.inf), LD(0)
    d, ok = log_ratio(p[x], p[y])
    cells = np.where(ok, J * d, LD(0))
    return cells.sum() * volume, (np.abs(J * d) + (p[x] * up + p[y] * down) * np.abs(d) + 2 * np.abs(J)).sum() * volume


def production(chain, p, pi):
    """Entropy production and its parts; name → (value, sensitivity)."""
    v, T = chain.grid.volume, chain.T
    x, y = chain.x, chain.y
    there, back = p[x] * chain.up, p[y] * chain.down
    J = there - back
    d, ok = log_ratio(p[x], p[y])
    delta = d + chain.z
    gross = there + back
    rough = 1 + np.abs(chain.V.ravel()[x] / T) + np.abs(chain.V.ravel()[y] / T) + np.abs(chain.z)  # of z, in eps
    J = np.where(ok & (np.abs(delta) < 1), there * -np.expm1(-delta), J)
    out = {}
    open_edges = ((p[x] > 0) & ~(p[y] > 0) & (chain.up > 0)) | ((p[y] > 0) & ~(p[x] > 0) & (chain.down > 0))
    out["production"] = (
        LD(np.inf) if open_edges.any() else np.where(ok, J * delta, LD(0)).sum() * v,
        ((gross * np.abs(np.where(ok, delta, LD(0))) + 2 * np.abs(J)) * rough).sum() * v,
    )
    flow = (J * chain.z).sum() * v
    # work: what the potential's motion does to p, and on edges the drift's part of the force
    f = T * chain.z - (chain.V.ravel()[x] - chain.V.ravel()[y])
    out["work_rate"] = (
        (p * chain.slope).sum() * v + (J * f).sum() * v,
        (p * np.abs(chain.slope)).sum() * v + T * ((np.abs(J) + gross * np.abs(chain.z)) * rough).sum() * v,
    )
    out["heat_rate"] = (T * flow, T * ((np.abs(J) + gross * np.abs(chain.z)) * rough).sum() * v)
    rate = chain.apply(p)
    lp = np.log(np.where(p > 0, p, LD(1)))
    H = -(rate * lp).sum() * v
    # Σ (Qᵀp) log p is infinite where mass enters an empty cell
    leave = np.zeros(chain.grid.cells, LD)
    np.add.at(leave, x, chain.up)
    np.add.at(leave, y, chain.down)
    leave += chain.killed
    out["entropy_rate"] = (
        LD(np.inf) if (~(p > 0) & (rate > 0)).any() else H,
        ((gross * np.abs(d) + 2 * np.abs(J)) * rough).sum() * v + (chain.killed * p * (1 + np.abs(lp))).sum() * v,
    )
    current = [np.zeros(chain.grid.cells, LD) for _ in range(chain.grid.dim)]
    for j in range(chain.grid.dim):
        e = chain.axis == j
        half = chain.grid.h[j] * J[e] / 2
        np.add.at(current[j], x[e], half)
        np.add.at(current[j], y[e], half)
    for j, side, a, r in chain.faces:
        current[j][a] += side * chain.grid.h[j] * r * p[a] / 2
    norm = np.sqrt(sum(c * c for c in current)).sum() * v
    size = max(h for h in chain.grid.h) * (gross * rough).sum() * v
    out["current_norm"] = (norm, size + norm)
    if pi is None:
        return out
    lpi = np.log(pi)
    out["production_adiabatic"] = (
        (J * (lpi[x] - lpi[y] + chain.z)).sum() * v,
        (np.abs(J) * (1 + np.abs(lpi[x]) + np.abs(lpi[y]) + np.abs(chain.z))).sum() * v,
    )
    na, weight = relative_fisher(x, y, chain.up, chain.down, p, pi, None, v)
    out["production_nonadiabatic"] = (na, weight)
    return out


def fokker_planck_row(chain, p, q, pi, order):
    """Everything a row of a Fokker–Planck run holds, for densities p, q (flat; q, pi may be None)."""
    v = chain.grid.volume
    out = densities(p, q, v)
    out.update(production(chain, p, pi))
    V = chain.V.ravel()
    free = (p * V).sum() * v + chain.T * xlogx(p).sum() * v
    out["free_energy"] = (free, (p * np.abs(V)).sum() * v + chain.T * np.abs(xlogx(p) + p).sum() * v)
    out["energy"] = ((p * V).sum() * v, (p * np.abs(V)).sum() * v)
    out["energy_absorbed_rate"] = ((chain.killed * p * V).sum() * v, (chain.killed * p * (np.abs(V) + chain.T)).sum() * v)
    killed = chain.killed if chain.absorbing else None
    if pi is not None:
        out["kl_p_pi"] = divergences(p, pi, v)["kl"]
    if q is None:
        return out
    out.update(divergences(p, q, v, order))
    fisher = relative_fisher(chain.x, chain.y, chain.up, chain.down, p, q, killed, v)
    out["fisher_rel"] = fisher
    out["kl_rate"] = (-fisher[0], fisher[1])
    if pi is not None:
        out["kl_q_pi"] = divergences(q, pi, v)["kl"]
    return out


def dissipation_row(grid, p, q, order, form, p0=None, scores=None, t=0):
    """A row of a dissipation run; form `edge` (rates 1/h²) or `scores` (scores[k][axis] of p and q), or None."""
    v, shape = grid.volume, grid.n
    out = densities(p, q, v)
    out.update(divergences(p, q, v, order))
    if p0 is not None:
        kl = divergences(p0, p, v)["kl"]
        out["kl_p0_pt"] = (kl[0], kl[1])
    if form == "edge":
        total = {"fisher_p": [LD(0), LD(0)], "fisher_q": [LD(0), LD(0)], "fisher_rel": [LD(0), LD(0)]}
        index = np.arange(grid.cells).reshape(shape)
        for j in range(grid.dim):
            n = shape[j]
            line = np.moveaxis(index, j, 0)
            last = n if grid.boundary[j] == "periodic" else n - 1
            for i in range(last if n > 1 else 0):
                x, y = line[i].ravel(), line[(i + 1) % n].ravel()
                rate = np.full(len(x), 1 / grid.h[j] ** 2)
                for name, part in (
                    ("fisher_p", flow_entropy(x, y, rate, rate, p, v)),
                    ("fisher_q", flow_entropy(x, y, rate, rate, q, v)),
                    ("fisher_rel", relative_fisher(x, y, rate, rate, p, q, None, v)),
                ):
                    total[name][0] += part[0]
                    total[name][1] += part[1]
        out.update({k: tuple(value) for k, value in total.items()})
    elif form == "scores":
        sp, sq = scores
        width = 1 / np.sqrt(2 * LD(t))  # a score is good to eps of the kernel's own, or of itself
        out["fisher_p"] = ((p * sum(s * s for s in sp)).sum() * v,) * 2
        out["fisher_q"] = ((q * sum(s * s for s in sq)).sum() * v,) * 2
        out["fisher_rel"] = (
            (p * sum((a - b) ** 2 for a, b in zip(sp, sq))).sum() * v,
            (p * sum(np.abs(a - b) * (np.abs(a) + np.abs(b) + np.abs(a - b) + width) for a, b in zip(sp, sq))).sum()
            * v,
        )
    if form:
        r, _ = log_ratio(p, q)
        rough = width**2 if form == "scores" else sum(2 / h**2 for h in grid.h)  # what a rate ∂p/p is made of
        out["kl_rate"] = (
            -out["fisher_rel"][0],
            out["fisher_rel"][1] + rough * (p * np.abs(r) + np.abs(p - q)).sum() * v,
        )
    return out


def rates(chain, count):
    """The slowest relaxation rates, their frequencies and how well each is known here (absolute)."""
    Q = chain.matrix()
    n = len(Q)
    diagonal = -(Q.sum(axis=1) + chain.killed)
    pi = chain.gibbs() if chain.absorbing else chain.steady()
    half = np.sqrt(pi)
    M = Q * half[:, None] / half[None, :]
    M[np.arange(n), np.arange(n)] = diagonal
    M = M.astype(float)
    norm = np.abs(M).sum(axis=0).max()
    if np.abs(M - M.T).max() <= 1e-13 * norm:
        values = np.linalg.eigvalsh((M + M.T) / 2)[::-1]
        known = np.full(n, 4 * EPS * norm * math.sqrt(n))
    else:
        values, right = np.linalg.eig(M)
        left = np.linalg.inv(right)
        known = 8 * EPS * norm * np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=0) * math.sqrt(n)
        order = np.argsort(-values.real, kind="stable")
        values, known = values[order], known[order]
    found = [(-v.real, abs(v.imag), k) for v, k in zip(values, known)]
    if not chain.absorbing:
        found = found[1:]
    single, k = [], 0
    while k < len(found):  # a pair of complex ones counts once
        single.append(found[k])
        k += 2 if found[k][1] > found[k][2] and k + 1 < len(found) else 1
    return single[:count]
