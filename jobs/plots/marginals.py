"""Pictures of the marginals that output_marginals wrote: curves along one axis, maps over two."""

import os


from .columns import run_title
from .panels import COLOURS, head, new_figure, title_lines
from .units import of_axis, raised

SAMPLES = 4


def names(run):
    """{name: number of axes} of the marginals of p in the last sample that has fields."""
    import h5py

    if not run.samples or not os.path.exists(run.path("fields.h5")):
        return {}
    with h5py.File(run.path("fields.h5")) as file:
        group = file[str(max(run.samples))]
        return {name: group[name].ndim for name in group if name.startswith("marginal_p_")}


def pictures(run):
    """In the form of pictures()."""
    if not names(run):
        return []
    return [("marginals.png", "Marginals of the densities along one axis, and two", lambda: draw(run))]


def axes_of(run, name, sample):
    """What each axis of a marginal is called, and its centres."""
    import h5py

    with h5py.File(run.path("fields.h5")) as file:
        data = file[f"{sample}/{name}"]
        return [(os.path.basename(d[0].name), d[0][...]) for d in data.dims]


def unit_of(run, name, sample):
    """A marginal's unit, as the file says it."""
    import h5py

    with h5py.File(run.path("fields.h5")) as file:
        unit = file[f"{sample}/{name}"].attrs["units"]
    return raised(unit.decode() if isinstance(unit, bytes) else str(unit))


def with_unit(run, name):
    """An axis' name with its unit, as elsewhere."""
    found = run.grid.get("names")
    names = [str(n) for n in found] if isinstance(found, list) else list("xyz")
    return of_axis(run, names.index(name)) if name in names else name


def curves(run, axes, name, samples):
    label, x = axes_of(run, name, samples[-1])[0]
    for k, sample in enumerate(samples):
        alpha = (k + 1) / len(samples)
        for density, colour in (("p", COLOURS[0]), ("q", COLOURS[1])):
            try:
                y = run.field(name.replace("marginal_p", f"marginal_{density}"), sample=sample)
            except ValueError:  # there is no q
                continue
            axes.plot(x, y, color=colour, alpha=alpha, label=f"{density}, t = {run.samples[sample]:.4g}")
    axes.set_ylim(bottom=0)
    axes.set_xlabel(with_unit(run, label))
    axes.set_ylabel(unit_of(run, name, samples[-1]))
    axes.set_title(f"marginal along {label}", fontsize=11, loc="left")
    axes.legend(frameon=False, fontsize=8.5)


def plane(run, figure, axes, name, sample):
    (across, x), (up, y) = axes_of(run, name, sample)
    values = run.field(name, sample=sample)
    steps = [(v[1] - v[0]) if len(v) > 1 else 1.0 for v in (x, y)]
    ends = [x[0] - steps[0] / 2, x[-1] + steps[0] / 2, y[0] - steps[1] / 2, y[-1] + steps[1] / 2]
    image = axes.imshow(values.T, origin="lower", extent=ends, aspect="auto", cmap="viridis", vmin=0)
    figure.colorbar(image, ax=axes, fraction=0.05, pad=0.02).set_label(unit_of(run, name, sample))
    axes.grid(False)
    axes.set_xlabel(with_unit(run, across))
    axes.set_ylabel(with_unit(run, up))
    axes.set_title(f"p over {across} and {up}, t = {run.samples[sample]:.4g}", fontsize=11, loc="left")


def draw(run):
    """A row of curves along single axes; a row of maps, first and last sample, for every pair."""
    found, samples = names(run), sorted(run.samples)
    picked = [samples[k] for k in sorted({round(k * (len(samples) - 1) / (SAMPLES - 1)) for k in range(SAMPLES)})]
    cells = [("line", name, None) for name, axes in found.items() if axes == 1]
    cells += [("blank", "", None)] * (len(cells) % 2)
    cells += [("plane", name, sample) for name, axes in found.items() if axes == 2 for sample in (samples[0], samples[-1])]
    heading = title_lines(run_title(run), 9.6)
    rows = -(-len(cells) // 2)
    height = 3.1 * rows + 0.15 + 0.24 * len(heading)
    figure = new_figure(9.6, height)
    head(figure, heading)
    for k, (kind, name, sample) in enumerate(cells):
        bottom = (height - 0.1 - 0.24 * len(heading) - 3.1 * (k // 2 + 1) + 0.6) / height
        if kind == "blank":
            continue
        axes = figure.add_axes((0.08 + 0.49 * (k % 2), bottom, 0.4 if kind == "line" else 0.37, 2.15 / height))
        if kind == "line":
            curves(run, axes, name, picked)
        else:
            plane(run, figure, axes, name, sample)
    return figure
