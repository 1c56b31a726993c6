"""report.html: what a run says, in one page that needs no other file, the answers first."""

import base64
import html
import io
import math
import os
import shlex

from .names import SENTENCES
from .pictures import of_driver
from .report_style import STYLE

ANSWERS = (
    "relaxation_rates relaxation_frequencies implied_timescales metastable_sets metastable_probabilities metastable_rates escape_rate jko_ratio jko_certificate concentration killed_mass killed_mass_q "
    "passage_time passage_time_2 committor rate_ab rate_ba w2_lower w2_upper w1_lower w1_upper sinkhorn mmd2 energy_distance "
    "steady_state mean_p covariance_p time_error time_error_column space_error space_error_column"
).split()


def number(value, digits=6):
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(number(v, digits) for v in value) or "none"
    if isinstance(value, (int, float)):
        return ("−" if value < 0 else "") + "∞" if math.isinf(value) else f"{value:.{digits}g}".replace("-", "−")
    return str(value)


def cell(text, label="", kind=""):
    label = f' data-label="{html.escape(label)}"' if label else ""
    return f"<td{label}{f' class={kind}' if kind else ''}>{html.escape(str(text))}</td>"


def table(headings, rows, kind=""):
    """A table whose rows become cards on a narrow screen; rows: lists of (text, class)."""
    head = "".join(f"<th>{html.escape(h)}</th>" for h in headings)
    body = "".join(
        "<tr>" + "".join(cell(text, label, look) for (text, look), label in zip(row, headings)) + "</tr>\n"
        for row in rows
    )
    return f'<table class="cards {kind}"><thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table>\n'


def verdict(run):
    """The last line of the run, as one sentence, and whether it passed."""
    applied = [c for c in run.checks if c.applied]
    failed = [c for c in applied if not c.passed]
    good = run.verdict == "pass"
    words = f"{len(applied) - len(failed)} of {len(applied)} checks passed" if applied else "nothing was checked"
    if run.verdict == "stopped":
        by, rows, asked = (run.stopped.get(key) for key in ("by", "rows", "rows_asked"))
        words = f"by {by} after {rows} of {asked} rows; {words} so far"
    if failed:
        words += "; failed: " + ", ".join(c.name for c in failed)
    idle = len(run.checks) - len(applied)
    if idle:
        words += f"; {idle} never applied: what they say was not tested"
    if run.not_known:
        words += "; not known: " + ", ".join(sorted({str(n.get("name", "")) for n in run.not_known}))
    return words, good


def error_text(value, error):
    """What a number may be off by, beside the number."""
    if error is None:
        return "none made"
    if not math.isfinite(error):
        return "not known"
    share = abs(error / value) if value and math.isfinite(value) else math.nan
    part = "" if math.isnan(share) else " (more than it)" if share > 1 else f" ({number(100 * share, 2)}\u00a0%)"
    return "± " + number(float(error), 2) + part


def unit_text(unit):
    return "no unit" if unit in ("", "1") else unit


def first_and_last(run):
    rows, t = [], run.t
    for name in of_driver(run).ANSWERED:
        y = run.series.get(name)
        if y is None or not len(y) or all(math.isnan(v) for v in y) or (name == "work_rate" and not any(y)):
            continue
        errors = run.error(name)
        rows.append(
            [
                (SENTENCES[name], "name"),
                (number(float(y[0])), "value"),
                (number(float(y[-1])), "value"),
                (error_text(float(y[-1]), None if errors is None else float(errors[-1])), ""),
                (unit_text(run.unit(name)), "unit"),
            ]
        )
    if not rows:
        return ""
    return table(
        ["", f"at t = {number(float(t[0]))}", f"at t = {number(float(t[-1]))}", "its error, estimated", "unit"],
        rows,
    )


def distances(run):
    """The table of what two densities are compared by, of a driver that has one, and the results that it tells."""
    rows, told = [], set()
    found = getattr(of_driver(run), "distances", lambda _: [])(run)
    for label, value, proven, (size, error), unit, sentence, names in found:
        estimate = "" if error == "" else "not known" if error is None else error_text(size or math.nan, float(error))
        rows.append(
            [
                (label, "name"),
                (number(value, 7), "value"),
                (proven, ""),
                (estimate, ""),
                (unit_text(unit), "unit"),
                (sentence, "sentence"),
            ]
        )
        told |= set(names)
    headings = ["p and q", "value", "how far it is known", "the grid's error, estimated", "unit", "what it is"]
    return (table(headings, rows) if rows else ""), told


def unit_and_sentence(run, name):
    unit = run.unit(name)
    return "" if unit == "1" else unit, run.meaning(name) if name in run.meanings else ""


def result_rows(run, names):
    rows = []
    for name in names:
        unit, sentence = unit_and_sentence(run, name)
        value = run.results[name]
        long = isinstance(value, str) and len(value) > 24
        rows.append([(name, "name"), (number(value), "" if long else "value"), (unit, "unit"), (sentence, "")])
    if not any(row[3][0] for row in rows):
        return table(["result", "value", "unit"], [row[:3] for row in rows]) if rows else ""
    return table(["result", "value", "unit", "what it is"], rows) if rows else ""


def check_rows(run):
    rows = []
    order = [c for c in run.checks if not c.passed] + [c for c in run.checks if c.passed and c.applied]
    for check in order + [c for c in run.checks if not c.applied and c.passed]:
        state = "FAIL" if not check.passed else "pass" if check.applied else "never applied"
        sentence = check.meaning
        if check.left_out:
            where = (
                ""
                if not check.applied
                else f" (at {check.times_left_out} sample{'s' if check.times_left_out > 1 else ''})"
            )
            sentence += f" — left out{where}: {check.left_out}"
        at = "" if check.time is None or not check.value else f", worst at t = {number(float(check.time), 4)}"
        rows.append(
            [
                (check.name, "name"),
                (state, {"FAIL": "fail", "pass": "pass"}.get(state, "idle")),
                (number(check.value, 3) if check.applied else "–", "value"),
                (number(check.bound, 3), "value"),
                (sentence + at, "sentence"),
            ]
        )
    return table(["check", "verdict", "worst value", "bound", "what it says"], rows, "checks")


def not_known_rows(run):
    rows = []
    for entry in run.not_known:
        interval = entry.get("interval")
        rows.append(
            [
                (str(entry.get("name", "")), "name"),
                (number(entry.get("from"), 4), "value"),
                ("between " + " and ".join(number(v, 6) for v in interval) if interval else "no bounds", ""),
                (str(entry.get("why", "")), "sentence"),
            ]
        )
    return (
        table(["what", "from t", "what it may be", "why"], rows) if rows else "<p>Nothing: every number is known.</p>"
    )


def error_rows(run):
    rows = []
    for source, words in (("time", "stepping"), ("space", "grid")):
        for e in run.errors.get(source, []):
            relative = number(e["relative"], 2) if isinstance(e.get("relative"), (int, float)) else ""
            rows.append(
                [
                    (str(e.get("column", "")), "name"),
                    (words, ""),
                    (number(e.get("error"), 3), "value"),
                    (unit_text(run.unit(str(e.get("column"))) or str(e.get("unit", ""))), "unit"),
                    (relative, "value"),
                    (number(float(e["t"]), 4) if isinstance(e.get("t"), (int, float)) else "", "value"),
                ]
            )
    return table(["column", "of", "largest error, estimated", "unit", "relative", "at t"], rows) if rows else ""


def command(run, keys=None, *words):
    """A command line of these words and keys (all that were given), for a shell."""
    words = ["otto", *run.driver.split(), *words]
    for key, value in run.options.items():
        if keys is None or key in keys:
            words += ["-" + key] + ([str(value)] if str(value) != "" else [])
    line = " ".join(shlex.quote(w) for w in words)
    return (f"mpirun -n {run.ranks} " if isinstance(run.ranks, int) and run.ranks > 1 else "") + line


def commands(run):
    """The command as it was given, where the summary says so, and the one that repeats it by its keys alone."""
    path, typed = run.summary.get("input"), run.summary.get("options_command_line")
    parts = [("The command that repeats it by its keys alone" if path else "The command", command(run))]
    if path and isinstance(typed, list):
        parts.insert(0, ("The command, as it was given", command(run, typed, str(path))))
    return "\n".join(f"<p>{title}:</p>\n<pre>{html.escape(line)}</pre>" for title, line in parts)


def how_it_was_run(run):
    unused = run.summary.get("options_unused") or []
    options = table(
        ["key", "value"],
        [[(k, "name"), (str(v) + (" (not used)" if k in unused else ""), "value")] for k, v in run.options.items()],
        "options",
    )
    total = run.timing.get("total")
    parts = [
        [
            (name, "name"),
            (number(float(v), 3) + " s", "value"),
            (f"{100 * v / total:.0f}\u00a0%" if total and name != "total" else "", "value"),
        ]
        for name, v in run.timing.items()
        if isinstance(v, (int, float))
    ]
    facts = [
        f"Otto {run.version}",
        f"{run.ranks} rank" + ("s" if run.ranks != 1 else ""),
        " × ".join(str(n) for n in run.grid.get("n", [])) + " cells" if run.grid.get("n") else "",
    ]
    box = " × ".join(
        f"[{number(float(a))}, {number(float(b))}]"
        for a, b in zip(run.grid.get("lower", []), run.grid.get("upper", []))
    )
    facts += [f"box {box}" if box else "", ", ".join(run.grid.get("boundary", []))]
    return (
        f"<p>{html.escape('; '.join(f for f in facts if f))}.</p>\n{commands(run)}\n<h3>Options</h3>\n{options}"
        + (f"<h3>Time taken</h3>\n{table(['part', 'time', 'share'], parts)}" if parts else "")
    )


def png(data, caption):
    return f'<img alt="{html.escape(caption)}" src="data:image/png;base64,{base64.b64encode(data).decode()}">'


def inline(path, caption):
    """A picture in the page. Tiles side by side are cut apart, so that a narrow screen can put them under another."""
    with open(path, "rb") as file:
        data = file.read()
    images, across = [png(data, caption)], 1
    try:
        from PIL import Image

        picture = Image.open(io.BytesIO(data))
        tiles = picture.text.get("Otto-Tiles", "") if hasattr(picture, "text") else ""
        if tiles:
            across, down, head = (float(v) for v in tiles.split())
            across, down, top = int(across), int(down), int(head * picture.height)
            images, height, width = [], (picture.height - top) / down, picture.width / across
            palette = picture.convert("RGB")
            for k in range(across * down):
                x, y = (k % across) * width, top + (k // across) * height
                part = palette.crop((round(x), round(y), round(x + width), round(y + height)))
                if len(part.getcolors(2) or [0, 0]) < 2:
                    continue  # an empty place in the last row
                out = io.BytesIO()
                part.save(out, "png", compress_level=6)
                images.append(png(out.getvalue(), f"{caption}, part {k + 1}"))
    except ImportError:
        pass  # whole, then
    kind = "tiles" if across > 1 else "single"
    return (
        f'<figure class="{kind}"><div>{"".join(images)}</div>'
        f"<figcaption>{html.escape(caption)} <small>({html.escape(os.path.basename(path))})</small></figcaption>"
        "</figure>\n"
    )


def page(run, pictures):
    words, good = verdict(run)
    title = f"{run.name} · otto {run.driver}"
    state = {"pass": "PASS", "fail": "FAIL", "stopped": "STOPPED"}.get(run.verdict, "NO VERDICT")
    compared, told = distances(run)
    answers = [name for name in ANSWERS if name in run.results and name not in told]
    others = [n for n in run.results if n not in answers and n not in told and "_history_" not in n]
    sections = [
        ("answers", "Answers", compared + first_and_last(run) + result_rows(run, answers)),
        ("unknown", "What is not known", not_known_rows(run)),
        ("pictures", "Pictures", "".join(inline(path, caption) for path, caption in pictures)),
        ("checks", "Checks", check_rows(run) if run.checks else ""),
        ("errors", "What stepping and grid err by", error_rows(run)),
        ("results", "All other results", result_rows(run, others)),
        ("run", "How it was run", how_it_was_run(run)),
    ]
    sections = [s for s in sections if s[2]]
    links = " ".join(f'<a href="#{key}">{html.escape(name)}</a>' for key, name, _ in sections)
    body = "".join(
        f'<section id="{key}"><h2>{html.escape(name)}</h2>\n{text}</section>\n' for key, name, text in sections
    )
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)}</title><style>{STYLE}</style></head><body>
<header><h1>{html.escape(run.name)}</h1><p>otto {html.escape(run.driver)}, version {html.escape(run.version)}</p>
<p class="verdict {'good' if good else 'bad'}"><b>{state}</b> {html.escape(words)}</p><nav>{links}</nav></header>
<main>
{body}</main></body></html>
"""


def write_report(run, pictures):
    """Writes report.html beside its final name and renames it; returns its path."""
    path = run.path("report.html")
    with open(path + ".part", "w", encoding="utf-8") as file:
        file.write(page(run, pictures))
    os.replace(path + ".part", path)
    return path
