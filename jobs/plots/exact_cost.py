"""What the exact kernels cost in applies of the own FFT engine, against how wide they are: of a run of `otto bench
heat`."""

import numpy as np

from .panels import PART, Curve, Panel, stack

KERNELS = ["lattice_exact", "gaussian_exact"]
DATA = {"mixture": "two Gaussians", "points": "two point masses", "discs": "two discs, zeros outside"}


def exact_cost(run):
    """A panel a kernel; None where the run has not timed them."""
    sigma, panels = run.results.get("exact_sigma"), []
    for kernel in KERNELS:
        panel = Panel(kernel, "over an FFT apply", whole=True, bounds=[(1.0, "an FFT apply")])
        for look, (name, label) in enumerate(DATA.items()):
            cost = run.results.get(f"{kernel}_{name}_over_own")
            if sigma is None or cost is None or len(cost) != len(sigma):
                continue
            x, y = zip(*sorted((float(s), float(c)) for s, c in zip(sigma, cost)))
            panel.curves.append(Curve(label, x, np.array(y), look=look))
        if panel.curves:
            panels.append(panel)
    if not panels:
        return None
    cells, ranks = " × ".join(str(n) for n in run.grid["n"]), run.summary["ranks"]
    figure = stack(
        f"What exact kernels cost{PART}{cells} cells{PART}{ranks} rank{'s' if ranks > 1 else ''}", panels, "log"
    )
    figure.axes[-1].set_xlabel("σ = √(2t), cells", labelpad=2)
    return figure
