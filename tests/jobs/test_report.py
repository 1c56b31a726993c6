"""report.html: one page that holds everything a run says, the answers first; rendered where there is a browser."""

import html
import re
import shutil
import subprocess
from html.parser import HTMLParser

from common import *
from otto_results import load
from plots.pictures import draw_all
from plots.report import command, page, write_report


class Reader(HTMLParser):
    """Sections by id with their text, tables' rows, pictures, and what the page asks of elsewhere."""

    def __init__(self, text):
        super().__init__()
        self.sections, self.order, self.rows, self.images, self.outside, self.open = {}, [], {}, [], [], []
        self.here, self.cells = None, None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "section":
            self.here = given["id"]
            self.order.append(self.here)
            self.sections[self.here], self.rows[self.here] = "", []
        if tag == "tr":
            self.cells = []
        if tag in ("td", "th") and self.cells is not None:
            self.cells.append("")
        if tag == "img":
            self.images.append((given.get("alt"), given["src"]))
        for key in ("src", "href"):
            if key in given and not given[key].startswith(("data:image/png;base64,", "#")):
                self.outside.append(given[key])
        if tag in ("link", "script", "iframe"):
            self.outside.append(tag)
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.outside.append(f"a wrong </{tag}>")
        if tag == "tr" and self.here:
            self.rows[self.here].append(self.cells)
            self.cells = None
        if tag == "section":
            self.here = None

    def handle_data(self, data):
        if self.here:
            self.sections[self.here] += data
        if self.cells and self.open[-1] in ("td", "th"):
            self.cells[-1] += data


def everything():
    run = load(wells())
    pictures = draw_all(run, lambda _: None)
    path = write_report(run, pictures)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    got = Reader(text)
    expect(
        path == run.path("report.html") and not got.outside and not got.open,
        f"one well-formed page by itself: {got.outside} {got.open}",
    )
    expect(
        got.order == ["answers", "unknown", "pictures", "checks", "errors", "results", "run"],
        f"the answers first: {got.order}",
    )
    expect("url(" not in text and "@import" not in text, "nor does its style ask for anything")
    answers = {row[0]: row for row in got.rows["answers"]}
    row = answers["KL(p|q)"]
    expect(
        row[1] == f"{run.series['kl'][0]:.6g}" and row[2] == f"{run.series['kl'][-1]:.6g}",
        f"first and last of KL: {row}",
    )
    expect(
        row[3].startswith("± " + f"{run.error('kl')[-1]:.2g}".replace("-", "−")) and row[4] == "nats",
        f"its error and unit: {row}",
    )
    expect(
        ", ".join(f"{r:.6g}" for r in run.results["relaxation_rates"]) in answers["relaxation_rates"][1], "the rates"
    )
    listed = {row[0]: row for row in got.rows["checks"][1:]}
    for check in run.checks:
        row = listed.get(check.name, [""] * 5)
        state = "never applied" if not check.applied else "pass" if check.passed else "FAIL"
        expect(row[1] == state and check.meaning in row[4], f"check {check.name} with verdict and sentence: {row}")
        expect(row[3] == f"{check.bound:.3g}".replace("-", "−"), f"and bound: {row}")
        expect(not check.applied or row[2] == f"{check.value:.3g}".replace("-", "−"), f"and value: {row}")
        expect(check.left_out in row[4], f"and why it was left out: {row}")
    shown = "".join(got.sections.values())
    for name in run.results:
        expect(any(name == row[0] for key in ("answers", "results") for row in got.rows[key]), f"result {name}")
    for key, value in run.options.items():
        expect([key, value] in got.rows["run"], f"option {key}")
    expect(
        "mpirun" not in command(run) and "otto fokker-planck -grid_boundary no_flux" in shown,
        "the command that repeats it",
    )
    expect(len(got.images) >= len(pictures) + 2, f"{len(pictures)} pictures, maps cut apart: {len(got.images)}")
    expect(all(alt for alt, _ in got.images) and len(set(got.images)) == len(got.images), "each once, with words")
    expect(not [name for name in os.listdir(run.folder) if name.endswith(".part")], "nothing half-written")
    return path


def stopped():
    """A run that a signal has ended says so, by what and how far, and is neither good nor bad."""
    said = {"by": "SIGUSR1", "rows": 1, "rows_asked": 17, "t": 0}
    checks = [{"name": "fine", "value": 0, "bound": 1, "pass": True, "meaning": "holds"}]
    summary = {"driver": "dissipation", "verdict": "stopped", "stopped": said, "checks": checks}
    run = load(made("stopped", {"t": np.array([0.0]), "kl": np.array([1.0])}, summary))
    expect(run.stopped == said, f"how far it came: {run.stopped}")
    words = "<b>STOPPED</b> by SIGUSR1 after 1 of 17 rows; 1 of 1 checks passed so far"
    expect(words in page(run, []), "the page says that it was stopped")


def unusual():
    """What fails comes first, what is not known is in the first line, results have sentences, text is escaped."""
    t = np.array([0.0, 1.0])
    run = load(
        made(
            "a <b> & c",
            {"t": t, "kl": np.array([np.inf, np.nan])},
            {
                "driver": "dissipation",
                "version": "9",
                "ranks": 3,
                "verdict": "fail",
                "grid": {"n": [4, 5]},
                "checks": [
                    {"name": "fine", "value": 0, "bound": 1, "pass": True, "meaning": "holds"},
                    {"name": "bad", "value": "inf", "bound": 1e-9, "pass": False, "meaning": "p < q & r"},
                ],
                "results": {"w2_upper": 2.5, "odd": True, "space_error": None},
                "meanings": {"w2_upper": {"unit": "length", "sentence": "an upper bound of W2"}},
                "not_known": [{"name": "kl", "from": 0.5, "interval": [0, "inf"], "why": "below <resolution>"}],
                "options": {"p_formula": "exp(x) > 1", "grid_n": "4,5", "p_radius": "1"},
                "input": "my runs/a.yaml",
                "options_command_line": ["grid_n"],
                "options_unused": ["p_radius"],
                "errors": {"space": [{"column": "kl", "unit": "nats", "error": None}]},
                "timing": {"steps": 1.5, "total": 3.0},
            },
        )
    )
    text = page(run, [])
    got = Reader(text)
    expect(not got.outside and not got.open, f"well-formed: {got.outside}")
    head = text[: text.index("<main>")]
    expect(
        "<b>FAIL</b>" in head and "1 of 2 checks passed" in head and "failed: bad" in head and "not known: kl" in head,
        "the verdict",
    )
    expect("<b> & c" not in text and "a &lt;b&gt; &amp; c" in text, "names are escaped")
    expect(
        got.rows["checks"][1][0] == "bad" and got.rows["checks"][1][1:3] == ["FAIL", "∞"],
        f"failures first: {got.rows['checks']}",
    )
    expect(
        ["kl", "0.5", "between 0 and ∞", "below <resolution>"] in got.rows["unknown"],
        f"not known: {got.rows['unknown']}",
    )
    expect(
        ["w2_upper", "2.5", "length", "an upper bound of W2"] in got.rows["answers"],
        f"unit and sentence: {got.rows['answers']}",
    )
    expect(
        ["space_error", "not known", "", ""] in got.rows["answers"] and ["odd", "yes", ""] in got.rows["results"],
        "null and yes",
    )
    expect(
        ["KL(p|q)", "∞", "not known", "none made", "nats"] in got.rows["answers"], f"inf and nan: {got.rows['answers']}"
    )
    expect(
        ["p_radius", "1 (not used)"] in got.rows["run"] and ["steps", "1.5 s", "50\u00a0%"] in got.rows["run"],
        "keys not used; time",
    )
    expect(
        command(run) == "mpirun -n 3 otto dissipation -p_formula 'exp(x) > 1' -grid_n 4,5 -p_radius 1",
        f"command: {command(run)}",
    )
    given = html.escape("mpirun -n 3 otto dissipation 'my runs/a.yaml' -grid_n 4,5")
    expect(f"<pre>{given}</pre>" in text, "the command as it was given")
    expect(f"<pre>{html.escape(command(run))}</pre>" in text and text.count("<pre>") == 2, "and by its keys alone")
    bare = load(made("nothing", {"t": t}, {}))
    expect("NO VERDICT" in page(bare, []) and "nothing was checked" in page(bare, []), "a run without a summary")


def browser():
    return next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )


def dump(page_text, name, width):
    """The page's own account of itself after it was laid out in a frame of that width."""
    path = os.path.join(SCRATCH, name)
    frame = html.escape(page_text, quote=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(
            f'<body><iframe id="f" style="width:{width}px;height:900px;border:0" srcdoc="{frame}"></iframe>'
            '<p id="o"></p>'
            """<script>onload = () => { const d = document.getElementById('f').contentDocument, e = d.documentElement;
                   const images = [...d.images], wide = [...d.querySelectorAll('td,p,h1,h2,pre,img')]
                     .filter(x => x.getBoundingClientRect().right > e.clientWidth + 1).length;
                   const small = [...d.querySelectorAll('td')]
                     .filter(x => parseFloat(getComputedStyle(x).fontSize) < 14).length;
                   const lines = x => {
                     const r = d.createRange(); r.selectNodeContents(x); return r.getClientRects().length };
                   const broken = [...d.querySelectorAll('td.value,td.unit')]
                     .filter(x => !/[ ,]/.test(x.textContent) && x.textContent.length < 24 && lines(x) > 1).length;
                   document.getElementById('o').textContent = 'laid out: ' + [e.clientWidth, e.scrollWidth,
                     images.filter(i => i.naturalWidth > 100).length, images.length, wide, small, broken,
                     Math.max(...images.map(i => i.getBoundingClientRect().top)) -
                     Math.min(...images.map(i => i.getBoundingClientRect().top)), e.scrollHeight]
                     .join(' ') }</script>"""
        )
    done = subprocess.run(
        [
            browser(),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--user-data-dir=" + os.path.join(SCRATCH, "profile"),
            "--virtual-time-budget=20000",
            "--dump-dom",
            "file://" + path,
        ],
        capture_output=True,
        text=True,
        timeout=240,
    )
    found = re.search(r"laid out: ([-0-9. ]+)<", done.stdout)
    expect(found, f"the page is laid out at {width}: {done.stderr[-400:]}")
    return [float(v) for v in found.group(1).split()] if found else None


def rendered(path):
    if not browser():
        print("no browser: the page was not rendered")
        return
    with open(path, encoding="utf-8") as file:
        text = file.read()
    heights = {}
    for width in (390, 1280):
        got = dump(text, f"frame{width}.html", width)
        if not got:
            continue
        inner, scroll, loaded, images, wide, small, broken, _, heights[width] = got
        expect(scroll <= inner <= width and wide == 0, f"nothing leaves a screen of {width}: {got}")
        expect(loaded == images > 4, f"every picture is shown at {width}: {got}")
        expect(broken == 0, f"no number is broken over two lines at {width}: {got}")
        expect(small == 0, f"no text under 14 px at {width}: {got}")
    if len(heights) == 2:
        expect(heights[390] > 1.3 * heights[1280], f"one column on a phone: {heights}")


def whole_numbers():
    """Beside long sentences a number, or a unit, stays in one line."""
    if not browser():
        return
    sentence = "largest error that stepping leaves in a divergence, production or rate, relative: an estimate " * 2
    said = {"time_error": {"unit": "", "sentence": sentence}, "covariance_p": {"unit": "length^2", "sentence": sentence}}
    results = {"time_error": 0.00397777123, "covariance_p": [0.0610682]}
    run = load(made("long sentences", {"t": np.zeros(1)}, {"driver": "", "results": results, "meanings": said}))
    picture = load(wells())
    got = dump(page(run, [(draw_all(picture, lambda _: None)[0][0], "one")]), "sentences.html", 1280)
    expect(got and got[6] == 0, f"no number is broken over two lines: {got}")


def compared():
    """The report of two densities compared, on a phone, too."""
    folder = otto("compared", "transport", "inputs/transport/discs_2d.yaml", "-grid_n", "48,48", "-transport_gap", "5e-2")
    run = load(folder)
    return write_report(run, draw_all(run, lambda _: None))


rendered(everything())
rendered(compared())
whole_numbers()
unusual()
stopped()
finish()
