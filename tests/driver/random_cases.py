"""Draws random inputs of `dissipation` and `fokker-planck`; case k depends on k alone."""

import random

SEED = 20261128
SIZES = {
    1: [2, 3, 5, 7, 8, 12, 16, 17, 23, 31, 32, 40, 47, 48, 60],
    2: [1, 2, 3, 4, 5, 6, 7, 8, 10],
    3: [1, 2, 3, 4, 5],
}
MOST = {1: 60, 2: 80, 3: 80}


class Case:
    """Arguments of the program, and what the reference needs to know."""

    def __init__(self, number):
        self.number, self.random = number, random.Random(SEED + 7919 * number)
        r = self.random
        self.driver = "dissipation" if r.random() < 0.4 else "fokker-planck"
        self.keys, self.smooth = {}, {}
        self.order, self.ranks = 0.5, r.choices([1, 2, 3, 4], [85, 8, 4, 3])[0]
        self.draw_box()
        if self.driver == "dissipation":
            self.draw_dissipation()
        else:
            self.draw_fokker_planck()
        if r.random() < 0.5:
            self.order = r.choice([0.25, 0.5, 0.999999, 1.000001, 1.5, 2, 3])
            self.keys["renyi_order"] = self.order
        self.keys["output_fields"] = "all"

    def arguments(self):
        out = [self.driver]
        for key, value in self.keys.items():
            out += ["-" + key, ",".join(map(number, value)) if isinstance(value, (list, tuple)) else number(value)]
        return out

    def draw_box(self):
        r = self.random
        self.dim = d = r.choices([1, 2, 3], [60, 28, 12])[0]
        self.scale = 10 ** r.uniform(-6, 6) if r.random() < 0.3 else 1
        while True:
            self.n = [r.choice(SIZES[d]) for _ in range(d)]
            cells = 1
            for n in self.n:
                cells *= n
            if 2 <= cells <= MOST[d] and self.n[0] >= self.ranks:  # ranks cut the first axis
                break
        self.cells = cells
        self.lower = [self.scale * round(r.uniform(-2, 1), 3) for _ in range(d)]
        self.length = [self.scale * round(r.uniform(0.5, 3), 3) for _ in range(d)]
        self.upper = [a + L for a, L in zip(self.lower, self.length)]
        self.h = [L / n for L, n in zip(self.length, self.n)]
        self.keys.update(grid_n=self.n, grid_lower=self.lower, grid_upper=self.upper)

    def boundary(self, kinds, weights):
        self.kinds = [self.random.choices(kinds, weights)[0] for _ in range(self.dim)]
        self.keys["grid_boundary"] = self.kinds

    def unit(self, axis):
        """The text of a coordinate that runs from 0 to 1."""
        return f"(({'xyz'[axis]}-({number(self.lower[axis])}))/{number(self.length[axis])})"

    def point(self, margin=0.0):
        r = self.random
        return [a + L * r.uniform(margin, 1 - margin) for a, L in zip(self.lower, self.length)]

    def draw_density(self, name, smooth):
        """smooth: wide mixtures and trigonometric formulas alone."""
        r, keys, d = self.random, {}, self.dim
        kind = r.choices(
            ["gaussian_mixture", "formula", "delta", "box", "uniform", "ball"],
            [5, 3, 0, 0, 0.4, 0] if smooth else [4, 2, 1.5, 1.5, 0.5, 0.7],
        )[0]
        if kind == "gaussian_mixture":
            m = r.choice([1, 1, 2, 3])
            low, high = (0.1, 0.35) if smooth else (0.04, 0.4)
            keys["mean"] = [x for _ in range(m) for x in self.point(0.1)]
            keys["sigma"] = [L * r.uniform(low, high) for _ in range(m) for L in self.length]
            if r.random() < 0.5:
                keys["weight"] = [round(r.uniform(0.1, 1), 2) for _ in range(m)]
        elif kind == "formula":
            parts = []
            for j in range(d):
                u, k, a = self.unit(j), r.choice([1, 2]), round(r.uniform(0.1, 1.5), 3)
                wave = "2*_pi" if self.kinds[j] == "periodic" else "_pi"
                parts.append(
                    f"exp({a}*cos({wave}*{k}*{u}))"
                    if smooth or r.random() < 0.6
                    else (
                        f"({u}>{round(r.uniform(0, 0.5), 3)})*{u}^{r.choice([1, 2])}+1e-{r.choice([3, 9, 30])}"
                        if r.random() < 0.5
                        else f"abs({u}-{round(r.uniform(0, 1), 3)})"
                    )
                )
            keys["formula"] = "*".join(f"({p})" for p in parts)
        elif kind == "delta":
            keys["position"] = self.point(0.02)
        elif kind == "box":
            keys["lower"], keys["upper"] = [], []
            for a, L, h in zip(self.lower, self.length, self.h):
                width = min(L, max(1.01 * h, L * r.uniform(0.1, 0.9)))
                keys["lower"].append(a + (L - width) * r.random() * 0.999)
                keys["upper"].append(min(a + L, keys["lower"][-1] + width))
        elif kind == "ball":
            keys["center"], keys["radius"] = self.point(0.2), max(max(self.h), 0.3 * min(self.length))
        keys["density"] = kind
        if not smooth and r.random() < 0.25:
            keys["floor"] = 10 ** -r.uniform(1, 12)
        self.smooth[name] = kind in ("gaussian_mixture", "uniform") or (
            kind == "formula" and ">" not in keys["formula"]
        )
        self.keys.update({f"{name}_{k}": v for k, v in keys.items()})

    def draw_dissipation(self):
        r = self.random
        self.kernel = r.choices(["lattice_exact", "gaussian_exact", "lattice", "spectral"], [35, 30, 15, 20])[0]
        open_too = self.kernel == "gaussian_exact"
        self.boundary(["periodic", "no_flux", "open"], [4, 4, 3 if open_too else 0])
        h = max(self.h)
        least = {"lattice_exact": -1, "gaussian_exact": 0.1, "lattice": -1, "spectral": 0}[self.kernel]
        start = h * h * 10 ** r.uniform(least, least + 1.5)
        longest = max(L * L for L in self.length)
        stop = min(start * 10 ** r.uniform(0.2, 3.5), longest)
        stop = max(stop, 1.5 * start)
        smooth = self.kernel in ("lattice", "spectral") and r.random() < 0.7
        self.draw_density("p", smooth)
        self.draw_density("q", smooth)
        if self.kernel == "lattice" and not smooth:
            for name in "pq":
                self.keys[f"{name}_floor"] = 10 ** -r.uniform(1, 4)
        if r.random() < 0.5:
            self.keys["time_spacing"] = r.choice(["log", "linear"])
        self.keys.update(heat_kernel=self.kernel, time_start=start, time_stop=stop, time_samples=r.choice([2, 3, 4]))
        if r.random() < 0.3:
            self.keys["check_integral_nodes"] = 0

    def draw_fokker_planck(self):
        r, d = self.random, self.dim
        self.boundary(["periodic", "no_flux", "absorbing", "absorbing:no_flux", "no_flux:absorbing"], [8, 10, 4, 1, 1])
        self.energy = 10 ** r.uniform(-6, 6) if r.random() < 0.3 else 1
        self.T = self.energy * round(10 ** r.uniform(-0.7, 0.5), 4)
        mobile = 10 ** r.uniform(-3, 3) if r.random() < 0.3 else 1
        self.mobility = [mobile * (round(r.uniform(0.3, 3), 3) if r.random() < 0.3 else 1) for _ in range(d)]
        self.keys.update(temperature=self.T, mobility=self.mobility)
        self.draw_potential()
        self.draw_drift()
        self.draw_density("p", r.random() < 0.4)
        self.two = r.random() < 0.6
        if self.two:
            self.draw_density("q", r.random() < 0.4)
        time = min(L * L / (m * self.T) for L, m in zip(self.length, self.mobility))
        stop = time * 10 ** r.uniform(-2.5, 0.7)
        if r.random() < 0.15:  # a few hops
            stop = min(h * h / (m * self.T) for h, m in zip(self.h, self.mobility)) * 10 ** r.choice(
                [r.uniform(-1, 1), r.uniform(-7, 1)]
            )
        samples = r.choice([2, 3, 4, 6])
        self.keys.update(time_stop=stop, time_samples=samples)
        self.moves = r.random() < 0.12
        if self.moves:
            self.draw_motion(stop / (samples - 1))
        self.draw_stepping(stop / (samples - 1))
        if r.random() < 0.3:
            self.keys["spectrum_count"] = min(r.choice([1, 2, 3, 4]), self.cells - 1)

    def draw_potential(self):
        r, d = self.random, self.dim
        depth = self.T * 10 ** r.uniform(-1, 1.48)  # 0.1 to 30 T
        walls = all(k != "periodic" for k in self.kinds)
        kind = r.choices(
            ["none", "quadratic", "double_well", "periodic_cosine", "formula"],
            [2, 3 * walls, 2 * walls * (self.scale == 1), 2, 2],
        )[0]
        self.potential = "0*x"
        if kind == "quadratic":
            k = [2 * depth / L**2 * r.uniform(0.5, 4) for L in self.length]
            c = self.point(0.2)
            self.keys.update(potential_stiffness=k, potential_center=c)
            self.potential = "+".join(f"0.5*{number(k[j])}*({'xyz'[j]}-({number(c[j])}))^2" for j in range(d))
        elif kind == "double_well":
            k = [depth * r.uniform(0.5, 4) for _ in range(d)]
            c = self.point(0.3)
            a = depth * r.uniform(0.2, 1)
            self.keys.update(potential_height=a, potential_stiffness=k, potential_center=c)
            self.potential = f"{number(a)}*((x-({number(c[0])}))^2-1)^2" + "".join(
                f"+0.5*{number(k[j])}*({'xyz'[j]}-({number(c[j])}))^2" for j in range(1, d)
            )
        elif kind == "periodic_cosine":
            m = [r.choice([0, 1, 1, 2]) for _ in range(d)]
            a = r.choice([-1, 1]) * depth / 2
            self.keys.update(potential_amplitude=a, potential_periods=m)
            self.potential = "+".join(f"({number(a)})*cos(2*_pi*{m[j]}*{self.unit(j)})" for j in range(d))
        elif kind == "formula":
            a = depth / 2
            waves = [
                f"{number(a * r.uniform(0.2, 1))}*sin("
                f"{'2*_pi' if self.kinds[j] == 'periodic' else '_pi'}*{self.unit(j)}+"
                f"{round(r.uniform(0, 6), 2)})"
                for j in range(d)
            ]
            if d > 1 and r.random() < 0.5:  # not separable
                waves.append(f"{number(a)}*cos(2*_pi*{self.unit(0)})*cos(2*_pi*{self.unit(1)})")
            self.potential = "+".join(waves)
            self.keys["potential_formula"] = self.potential
        self.keys["potential_type"] = kind
        if r.random() < 0.12:  # an obstacle in the middle
            axis, low = r.randrange(d), round(r.uniform(0.2, 0.6), 3)
            u, high = self.unit(axis), round(low + r.uniform(0.1, 0.35), 3)
            self.potential += f"+{number(self.T * r.choice([20, 100, 500, 5000]))}*({u}>{low})*({u}<{high})"
            for key in [k for k in self.keys if k.startswith("potential_")]:
                del self.keys[key]
            self.keys.update(potential_type="formula", potential_formula=self.potential)

    def draw_drift(self):
        r, d = self.random, self.dim
        self.drift = ["0*x"] * d
        if r.random() < 0.55:
            return
        kind = r.choice(["constant", "constant", "rotation", "formula"])
        if kind == "rotation" and (d < 2 or "periodic" in self.kinds[:2]):
            kind = "constant"
        if kind == "constant":
            f = [self.T / L * round(r.uniform(-8, 8), 2) * (r.random() < 0.8) for L in self.length]
            self.keys["drift_force"] = f
            self.drift = [f"({number(a)})+0*x" for a in f]
        elif kind == "rotation":
            w = self.T / (self.length[0] * self.length[1]) * r.uniform(-8, 8)
            c = self.point(0.2)
            self.keys.update(drift_rate=w, drift_center=c)
            self.drift[0] = f"({number(-w)})*(y-({number(c[1])}))"
            self.drift[1] = f"({number(w)})*(x-({number(c[0])}))"
        else:
            self.drift = [
                f"{number(self.T / L * r.uniform(0.5, 8))}*cos(2*_pi*{self.unit(r.randrange(d))}+"
                f"{round(r.uniform(0, 6), 2)})"
                for L in self.length
            ]
            self.keys["drift_formula"] = ", ".join(self.drift)
        self.keys["drift_type"] = kind

    def draw_motion(self, interval):
        """A potential that moves, a quarter of a period an interval or less."""
        r = self.random
        a, turn = number(self.T * r.uniform(0.2, 3)), f"2*_pi*t/{number(interval * r.uniform(4, 12))}"
        u = self.unit(0)
        self.potential += f"+{a}*cos(2*_pi*{u}-{turn})" if self.kinds[0] == "periodic" else f"+{a}*{u}*cos({turn})"
        for key in [k for k in self.keys if k.startswith("potential_")]:
            del self.keys[key]
        self.keys.update(potential_type="formula", potential_formula=self.potential)

    def draw_stepping(self, interval):
        r = self.random
        self.stepping = r.choices(
            ["default", "beuler", "cn", "theta", "bdf", "arkimex", "adaptive"], [40, 25, 8, 4, 8, 7, 8]
        )[0]
        self.steps_each = 0  # implicit Euler in equal steps: how many an interval
        if self.stepping == "default":
            return
        if self.stepping == "adaptive":
            self.keys.update(
                ts_type=r.choice(["beuler", "cn", "bdf", "arkimex"]),
                ts_adapt_type="basic",
                ts_rtol=1e-4,
                ts_dt=interval / 20,
            )
            return
        self.keys["ts_type"] = self.stepping
        steps = r.choice([1, 2, 4, 8, 16, 32])
        self.keys["ts_dt"] = interval / steps
        if self.stepping == "beuler":
            self.steps_each = steps


def number(x):
    return x if isinstance(x, str) else repr(x)
