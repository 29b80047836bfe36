"""The results as one page of Markdown (also what is printed), and as a picture."""

import re

from .results import FLOOR, OURS

ABOUT = """# Results

Written by `python -m benchmarks` from `results.json`. Times are medians of one call, on one thread,
with the contenders of a row measured in turn and in random order; the best of three such sets
stands here. A bar is *met* when its best set keeps it, *within noise* when it fails by less than the
noise that the three sets showed (half their range, as a part of their middle), and *MISSED*
otherwise. Differences below 10 % mean little on a shared machine.
"""


def as_markdown(data):
    parts = [ABOUT, _machine(data), _bars(data), _slopes(data)]
    topics = list(dict.fromkeys(case["topic"] for case in data["cases"]))
    parts += [_table(topic, [c for c in data["cases"] if c["topic"] == topic]) for topic in topics]
    return "\n".join(parts)


def missed(data):
    return [bar for case in data["cases"] for bar in case["bars"] if bar["verdict"] == "MISSED"]


def _machine(data):
    m = data["machine"]
    installed = [f"{name} {v}" for name, v in m["versions"].items() if v]
    absent = [name for name, v in m["versions"].items() if not v]
    lines = [
        "## Machine",
        "",
        f"{m['processor']}, {m['cores']} cores, {m['memory_gib']} GiB, {m['system']}, "
        f"Python {m['python']}, {m['blas']}.",
        f"With {', '.join(installed)}.",
        f"Not installed, so not measured: {', '.join(absent)}." if absent else "No peer is absent.",
        f"The run took {data['minutes']} minutes{' (quick: small sizes)' * data['quick']}. {_load(data)}",
    ]
    if "again" in data:
        load = _load({**data, "load": [n for loads in data["again"].values() for n in loads]})
        lines.append(f"Measured again since then: {', '.join(data['again'])}. {load}")
    lines.append("")
    return "\n".join(lines)


def _load(data):
    """How busy the machine was before each topic; the runs themselves keep one process running."""
    if isinstance(data.get("load"), str):  # told by a person, before it was measured
        return data["load"]
    seen = [load for load in data.get("load", []) if load is not None]
    if not seen:
        return "How busy the machine was is not known."
    sentence = f"Before each topic the load was {min(seen)} to {max(seen)} processes"
    if max(seen) <= data["machine"]["cores"]:
        return f"{sentence}: the machine was quiet."
    return (
        f"{sentence} on {data['machine']['cores']} cores: the machine was busy with other work, so "
        "single times are long and the noise is large. Ratios within a row were measured in turn, "
        "and hold better."
    )


def _bars(data):
    rows = [
        (
            case["topic"],
            case["name"],
            bar["text"],
            _number(bar["best"]),
            _noise(bar),
            bar["verdict"],
        )
        for case in data["cases"]
        for bar in case["bars"]
    ]
    if not rows:
        return ""
    count = sum(row[-1] == "met" for row in rows)
    title = f"## Bars\n\n{count} of {len(rows)} met, {len(missed(data))} missed.\n"
    heads = ("topic", "case", "bar", "best", "noise", "verdict")
    return title + "\n" + _grid(heads, rows, left=3)


def _noise(bar):
    return f"±{100 * bar['noise']:.0f} %" if len(bar["seen"]) > 1 else ""


def _slopes(data):
    rows = [
        (s["topic"], s["contender"], f"{s['measured']:.2f}", f"{s['theory']:g}", s["meaning"])
        for s in data["slopes"]
    ]
    if not rows:
        return ""
    title = "## How the cost grows\n\nSlopes on log axes, through the three largest sizes.\n"
    return title + "\n" + _grid(("topic", "contender", "measured", "theory", "why"), rows, left=2)


def _table(topic, cases):
    rows = []
    for case in cases:
        for name, medians in sorted(case["times"].items(), key=_ours_first):
            rows.append(
                (case["name"], name, _amount(min(medians), case["unit"]), *_ratios(case, name))
            )
    notes = [f"- {case['name']}: {case['note']}." for case in cases if case["note"]]
    heads = ("case", "contender", "median", "× ours", "× base", "base")
    return f"## {topic}\n\n" + _grid(heads, rows, left=2) + "\n".join([*notes, ""])


def _ours_first(item):
    name, medians = item
    return {OURS: 0, FLOOR: 1}.get(name, 2), min(medians)


def _ratios(case, name):
    def ratio(to):
        times = case["times"]
        return _number(min(times[name]) / min(times[to])) if to in times else ""

    return ratio(OURS), ratio(case["base"]), case["base"]


def _number(x):
    if x and abs(x) < 1e-3:
        return f"{x:.1e}"
    return f"{x:,.0f}" if abs(x) >= 100 else f"{x:.3g}"


def _amount(x, unit):
    if unit != "s":
        return f"{_number(x)} {unit}".strip()
    for factor, name in ((1, "s"), (1e3, "ms"), (1e6, "µs")):
        if x * factor >= 1:
            return f"{x * factor:.3g} {name}"
    return f"{x * 1e9:.3g} ns"


def _grid(heads, rows, left):
    rules = [":--" if n < left else "--:" for n in range(len(heads))]
    lines = [heads, rules, *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n"


def draw(data, path):
    """One panel a topic: time over size on log axes, ours drawn thick, the floor dashed."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    panels = _panels(data)
    rows = -(-len(panels) // 3)
    figure, axes = plt.subplots(rows, 3, figsize=(15, 4.2 * rows), squeeze=False)
    for axis in axes.flat[len(panels) :]:
        axis.set_visible(False)
    for axis, (title, lines) in zip(axes.flat, panels.items(), strict=False):
        _panel(axis, title, lines)
    figure.tight_layout()
    figure.savefig(path, dpi=80)
    plt.close(figure)


def _panels(data):
    """{title: {contender: ([size], [seconds])}} for every series with several sizes."""
    panels = {}
    for case in data["cases"]:
        if case["unit"] != "s":
            continue
        series = re.sub(r"[\d×]+", "", case["name"]).strip()
        lines = panels.setdefault(f"{case['topic']} {series}".strip(), {})
        for name, medians in case["times"].items():
            x, y = lines.setdefault(name, ([], []))
            x.append(case["size"])
            y.append(min(medians))
    return {t: lines for t, lines in panels.items() if max(len(x) for x, _ in lines.values()) > 1}


def _panel(axis, title, lines):
    for n, (name, (x, y)) in enumerate(lines.items()):
        style = {OURS: "-", FLOOR: "--"}.get(name, ":")
        axis.plot(
            x, y, style, marker="osv^Dx+*P"[n % 9], ms=4, lw=2 if name == OURS else 1.2, label=name
        )
    axis.set(title=title, xscale="log", yscale="log", xlabel="size", ylabel="seconds")
    axis.xaxis.set_minor_formatter("")
    axis.legend(fontsize=7)
    axis.grid(alpha=0.3)
