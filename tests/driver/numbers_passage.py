"""First passages the plain way: a chain on at most some hundred cells as a dense matrix, with sets and faces that end it. Faces
of sets are states through which a walk goes at once, on to either side."""
import itertools

import numpy as np


def bernoulli(z):
    return np.where(abs(z) < 1e-9, 1 - z / 2, z / np.expm1(np.where(abs(z) < 1e-9, 1, z)))


class Chain:
    """Centres x[cell, axis]; V[cell] (inf: closed); force(axis, x) the drift; walls: per axis "no_flux", "periodic" or
    "lower:upper" of no_flux and absorbing."""

    def __init__(self, n, lower, upper, walls, V, T=1.0, force=None, M=1.0):
        self.n, dim = tuple(n), len(n)
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
                lost.setdefault(labels[a], np.zeros(N))[b] += 2 * D * bernoulli(-w / 2)
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
    """From the cells labelled a to those labelled b of a chain without absorbing faces."""

    def __init__(self, chain, labels):
        c, N = chain, len(chain.index)
        pi = self.pi = c.steady()
        Q, lost = c.rates(labels, "ab")
        free = c.free
        in_a, in_b = (np.array([l == s for l in labels]) & c.open for s in "ab")
        self.forward = c.solve(Q, lost["b"]) + in_b
        # time backward: from cell y to x at the rate π_x Q_xy / π_y; through a face of a set likewise, by what passes the face
        back, into_a = np.zeros((N, N)), np.zeros(N)
        self.flux_out, face_flux = 0.0, {}
        for x, y, j, D, z in c.edges:
            if labels[x] in "ab" and labels[x] and labels[y] in "ab" and labels[y]:
                continue
            ends = [k for k in (x, y) if labels[k] in ("a", "b")]
            if not ends:
                back[y, x] += pi[x] * D * bernoulli(-z) / pi[y]
                back[x, y] += pi[y] * D * bernoulli(z) / pi[x]
                continue
            a = ends[0]
            b, w = (y, z) if a == x else (x, -z)  # w: force from a to b
            enter = pi[a] * 2 * D * bernoulli(-w / 2), pi[b] * 2 * D * bernoulli(w / 2)
            on = bernoulli(-w / 2) / (bernoulli(w / 2) + bernoulli(-w / 2))  # to b
            out = sum(enter) * on  # what passes from the face to b in unit time
            back[b, b] -= out / pi[b]
            if labels[a] == "a":
                into_a[b] += out / pi[b]
                self.flux_out += out * self.forward[b] * c.volume
                face_flux[x, y] = out * self.forward[b] * (1 if a == x else -1)
            else:
                face_flux[x, y] = (b, enter[1], 1 if a == y else -1)
        back -= np.diag(back.sum(1) - np.diag(back))
        self.backward = c.solve(back, into_a) + in_a
        assert (free == c.free).all()
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
        self.rate_ab, self.rate_ba = self.flux_out / self.last_in_a, self.flux_out / (1 - self.last_in_a)
