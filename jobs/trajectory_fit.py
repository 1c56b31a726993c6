"""The potential that comes nearest to the forces of cells, by weighted least squares, with its error bars."""

import math

import numpy as np

from fes_to_potential import Refused


MOST_DENSE = 3000  # open cells up to which error bars of V are found: they take a dense matrix


def shifted(box, j, field):
    """The upper neighbours' values along axis j, and whether there is such a neighbour."""
    field = field.reshape(box.n)
    there = np.ones(box.n, bool)
    if not box.is_periodic[j] or box.n[j] == 1:
        there[(slice(None),) * j + (-1,)] = False
    return np.roll(field, -1, j).ravel(), there.ravel()


def largest_part(box, is_open):
    """The cells of the largest part of the open ones that is connected by faces."""
    label = np.where(is_open, np.arange(is_open.size), -1)
    while True:
        before = label.copy()
        for j in range(len(box.n)):
            upper, there = shifted(box, j, np.arange(is_open.size))
            edge = there & is_open & is_open[upper]
            x, y = np.flatnonzero(edge), upper[edge]
            np.maximum.at(label, x, label[y])
            np.maximum.at(label, y, label[x])
        label[is_open] = label[label[is_open]]  # a label's own label is nearer to the end
        if np.array_equal(label, before):
            break
    count = np.bincount(label[is_open], minlength=is_open.size)
    return is_open & (label == count.argmax())


class Fit:
    """The potential, and on periodic axes a constant force, that come nearest to the forces of cells."""

    def __init__(self, box, force, error, is_open, ring):
        self.box, self.ring, self.given, edges = box, ring, np.where(is_open, force, math.nan), []
        for j in range(len(box.n)):
            upper, there = shifted(box, j, np.arange(is_open.size))
            x = np.flatnonzero(there & is_open & is_open[upper])
            y = upper[x]
            drop = box.h[j] / 2 * (force[j, x] + force[j, y])
            edges.append((np.full(len(x), j), x, y, drop, box.h[j] / 2 * np.hypot(error[j, x], error[j, y])))
        self.axis, self.x, self.y, self.drop, self.sigma = (np.concatenate(part) for part in zip(*edges))
        self.open, self.cells = is_open, is_open.size
        self.step = np.array(box.h)[self.axis] * np.array(ring, float)[self.axis]
        self.solve()

    def differences(self, unknown):
        """What V and the constant force make of the edges: V_x - V_y + f h."""
        V, f = unknown[: self.cells], unknown[self.cells:]
        return V[self.x] - V[self.y] + f[self.axis] * self.step

    def gathered(self, edge):
        V = np.bincount(self.x, edge, self.cells) - np.bincount(self.y, edge, self.cells)
        return np.concatenate([V, np.bincount(self.axis, edge * self.step, len(self.box.n))])

    def solve(self):
        """Weighted least squares by conjugate gradients, preconditioned by the diagonal."""
        weight = (np.median(self.sigma) / self.sigma) ** 2
        diagonal = np.bincount(self.x, weight, self.cells) + np.bincount(self.y, weight, self.cells)
        diagonal = np.concatenate([diagonal, np.bincount(self.axis, weight * self.step**2, len(self.box.n))])
        inverse = np.divide(1, diagonal, out=np.zeros_like(diagonal), where=diagonal > 0)
        unknown = np.zeros(self.cells + len(self.box.n))
        residual = self.gathered(weight * self.drop)
        z = inverse * residual
        way, size = z.copy(), residual @ z
        end = 1e-24 * size
        for _ in range(40 * len(unknown)):
            if not size > end:
                break
            image = self.gathered(weight * self.differences(way))
            step = size / (way @ image)
            unknown, residual = unknown + step * way, residual - step * image
            z = inverse * residual
            size, before = residual @ z, size
            way = z + size / before * way
        else:
            raise Refused("the least squares of the potential did not converge: are some cells known by very few rows?")
        V = unknown[: self.cells]
        self.V = np.where(self.open, V - V[self.open].min(), math.inf)
        self.force = unknown[self.cells:] * np.array(self.ring, float)
        self.left = (self.drop - self.differences(unknown)) / self.sigma
        self.freedom = len(self.drop) - int(self.open.sum()) + 1 - sum(self.ring)

    def propagate(self, error, noise):
        """Standard errors of V less V in its lowest cell and of the constant force: of forces whose errors are independent, and by
        what blocks of rows add to them, which may be correlated from cell to cell and from axis to axis: nan where fewer than two
        blocks saw the cell, and of the force where there are no two."""
        dim, cells = len(self.box.n), np.flatnonzero(self.open)
        self.error, self.error_blocks = np.full((2, self.cells), math.nan)
        self.force_error, self.force_error_blocks = np.full((2, dim), math.nan)
        if len(cells) > MOST_DENSE:
            return
        place = np.full(self.cells, -1)
        place[cells] = np.arange(len(cells))
        rings = np.flatnonzero(self.ring)
        edge = np.arange(len(self.drop))
        G = np.zeros((len(edge), len(cells) + len(rings)))  # self.differences()
        G[edge, place[self.x]], G[edge, place[self.y]] = 1, -1
        for k, j in enumerate(rings):
            G[:, len(cells) + k] = self.step * (self.axis == j)
        B = np.zeros((len(edge), dim, len(cells)))  # from forces to drops
        half = np.array(self.box.h)[self.axis] / 2
        B[edge, self.axis, place[self.x]] = B[edge, self.axis, place[self.y]] = half
        keep = np.delete(np.arange(G.shape[1]), place[int(np.argmin(self.V))])  # V is 0 there
        G, B = G[:, keep], B.reshape(len(edge), -1)
        weight = (np.median(self.sigma) / self.sigma) ** 2
        A = np.linalg.solve(G.T @ (weight[:, None] * G), G.T @ (weight[:, None] * B))  # from forces to what is solved for
        seen = noise.blocks / max(noise.blocks - 1, 1)
        each = np.concatenate([force[:, cells] for force in noise.force], axis=1)  # [blocks, dim * cells]
        for name, found in (("error", (A * error[:, cells].ravel()) ** 2), ("error_blocks", (A @ each.T) ** 2 * seen)):
            full = np.zeros(len(cells) + len(rings))
            full[keep] = np.sqrt(found.sum(axis=1))
            getattr(self, name)[cells] = full[: len(cells)]
            getattr(self, "force_" + name)[rings] = full[len(cells):]
        self.error_blocks[noise.seen < 2] = math.nan  # one block differs from the mean of blocks by rounding alone
        if noise.blocks < 2:
            self.force_error_blocks[:] = math.nan


def goes_round(box, is_open):
    """Of each periodic axis, whether a line of it is open all the way round."""
    lines = is_open.reshape(box.n)
    return [ring and n > 1 and bool(lines.all(axis=j).any()) for j, (ring, n) in enumerate(zip(box.is_periodic, box.n))]
