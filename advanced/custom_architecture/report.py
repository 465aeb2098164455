"""The study as a page: the plan, what was found, what it does not say.

    python report.py                 # from the notebooks' stored outputs
    python report.py study.json ...  # from files

writes `report.html`, one file with its pictures inside, and `result.png`,
the picture of the README. A study is what a notebook's cell `collect-study`
has made; of those of both frameworks, the second replicates the first.
"""

from __future__ import annotations

import argparse
import base64
import html
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

Study = dict[str, Any]

FOLDER = Path(__file__).resolve().parent
NAMES = {"pytorch": "PyTorch", "tensorflow": "TensorFlow/Keras"}
COLORS = {"sweep": "#4c72b0", "gate": "#c76a1b"}
LIMITS = (
    "Small networks, few pictures, short trainings. At other sizes the order "
    "may be another one.",
    "One data set, and one set of test pictures: the intervals are about "
    "seeds, not about which pictures the test happens to have.",
    "Rate and decay were searched at equal weights only, with the same few "
    "trials for each block.",
    "Seconds are those of one machine and of this framework's own kernels.",
    "The scaling has few seeds and no tests.",
)
FOUR = {  # verdicts, and how the headline counts them
    "ahead": "won",
    "behind": "lost",
    "no difference that matters": "without a difference that matters",
    "open": "open",
}
HEAD = ("", "points", "95 %", "p, Holm", "verdict")
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Custom architecture: the report</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>Custom architecture: the report</h1>
{body}
</main>
</body>
</html>
"""
STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; color: #1d1d1f; background: #fff;
       max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2 { line-height: 1.2; }
h2 { margin-top: 2.5rem; }
.headline { font-size: 1.15rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums;
        margin-bottom: 1.5rem; }
caption { text-align: left; color: #555; padding-bottom: .3rem; }
th, td { padding: .25rem .7rem; text-align: right;
         border-bottom: 1px solid #ddd; }
th:first-child, td:first-child { text-align: left; }
th[scope=row] { font-weight: normal; }
img { max-width: 100%; height: auto; }
.ahead { color: #0b6b2d; font-weight: 600; }
.behind { color: #a3140f; font-weight: 600; }
footer { margin-top: 3rem; color: #555; font-size: .9rem; }
"""


def stored_study(notebook: Path) -> Study | None:
    """Return the study that a notebook has stored, if there is one."""
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    for cell in cells:
        if cell.get("id") == "collect-study":
            for output in cell.get("outputs", []):
                if study := output.get("data", {}).get("application/json"):
                    return dict(study)
    return None


def verdicts(study: Study, candidate: str = "") -> list[str]:
    """Return a study's verdicts, of one candidate or of all."""
    rows = study["comparisons"]
    return [
        one["verdict"] for one in rows if candidate in ("", one["candidate"])
    ]


def candidates(study: Study) -> list[str]:
    """Return the candidates in the order of the plan.

    A notebook stores a dictionary with its keys sorted; lists keep theirs.
    """
    return list(dict.fromkeys(c["candidate"] for c in study["comparisons"]))


def _blocks(study: Study) -> list[str]:
    return [*study["plan"]["baselines"], *candidates(study)]


def headline(study: Study) -> str:
    """Return what a study has found, a sentence for each candidate."""
    sentences = []
    for name in candidates(study):
        told = verdicts(study, name)
        counts = [
            f"{told.count(kind)} {words}"
            for kind, words in FOUR.items()
            if kind in told
        ]
        found = ", ".join(counts)
        sentences.append(f"The {name}: of {len(told)} comparisons {found}.")
    return " ".join(sentences)


def draw_verdicts(studies: Sequence[Study]) -> Figure:
    """Draw all comparisons, a panel for each meaning of "equal"."""
    plan = studies[0]["plan"]
    figure = Figure(
        figsize=(9.5, 1.4 + 0.32 * 6 * len(studies)),
        dpi=110,
        layout="constrained",
    )
    panels = figure.subplots(1, len(plan["equal"]), sharex=True, sharey=True)
    for panel, equal in zip(panels, plan["equal"], strict=True):
        _panel(panel, studies, equal, 100 * plan["matters"])
    return figure


def _panel(
    panel: Axes, studies: Sequence[Study], equal: str, matters: float
) -> None:
    panel.axvspan(-matters, matters, color="#eee")
    panel.axvline(0, color="#888", linewidth=0.8)
    names, at = [], 0.0
    pairs = [
        (c["candidate"], c["baseline"]) for c in studies[0]["comparisons"]
    ]
    for candidate, baseline in dict.fromkeys(pairs):
        for number, study in enumerate(studies):
            one = _comparison(study, equal, candidate, baseline)
            sure = one["verdict"] in ("ahead", "behind")
            color = COLORS.get(candidate, "#555")
            panel.errorbar(
                100 * one["mean"],
                at + 0.35 * number,
                xerr=100 * one["half"],
                fmt="os^"[number],
                markersize=5,
                color=color,
                markerfacecolor=color if sure else "white",
            )
        names.append(
            (at + 0.35 * (len(studies) - 1) / 2, f"{candidate} − {baseline}")
        )
        at += 1
    panel.set_yticks(
        [place for place, _ in names], [name for _, name in names]
    )
    panel.set_ylim(at - 0.5 + 0.35 * (len(studies) - 1), -0.5)
    panel.set_title(f"equal {equal}")
    panel.set_xlabel("points of accuracy")


def _comparison(
    study: Study, equal: str, candidate: str, baseline: str
) -> dict[str, Any]:
    wanted = (equal, candidate, baseline)
    for one in study["comparisons"]:
        if (one["equal"], one["candidate"], one["baseline"]) == wanted:
            return dict(one)
    raise KeyError(wanted)


def draw_scaling(study: Study) -> Figure:
    """Draw accuracy over width and over the number of pictures."""
    figure = Figure(figsize=(9.5, 3.2), dpi=110, layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for name in _blocks(study):
        lines = study["scaling"][name]
        ours = name in candidates(study)
        style = {
            "marker": "o" if ours else "s",
            "linestyle": "-" if ours else "--",
        }
        for panel, what in ((left, "width"), (right, "data")):
            values = [100 * value for value in lines[what]]
            panel.plot(study["scaled"][what], values, label=name, **style)
    left.set(
        xlabel="width, in times of that at equal weights",
        ylabel="test accuracy, %",
    )
    right.set(xlabel="pictures of a training", xscale="log")
    right.set_xticks(
        study["scaled"]["data"], [f"{n:,}" for n in study["scaled"]["data"]]
    )
    right.minorticks_off()
    right.legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def write_page(studies: Sequence[Study], path: Path) -> None:
    """Write the page of one study, or of one and its replications."""
    parts = [
        f'<p class="headline">{_text(headline(studies[0]))}</p>',
        *_plan(studies[0]),
        "<h2>What was found</h2>",
        *_pictured(studies),
        *map(_accuracies, studies),
        *map(_comparisons, studies),
        *(_replication(studies) if len(studies) > 1 else ()),
        "<h2>With the idea taken out</h2>",
        *map(_ablations, studies),
        "<h2>At other sizes</h2>",
        *map(_scaling, studies),
        "<h2>The search</h2>",
        *map(_search, studies),
        "<h2>What this does not say</h2>",
        _list(map(_text, LIMITS)),
        f"<footer>{_text(_made_of(studies))}</footer>",
    ]
    page = PAGE.format(style=STYLE, body="\n".join(parts))
    path.write_text(page, "utf-8")


def _plan(study: Study) -> list[str]:
    plan = study["plan"]
    claims = (
        f"<strong>{_text(name)}</strong>: {_text(plan['hypotheses'][name])}"
        for name in candidates(study)
    )
    rule = (
        f"Against: {', '.join(plan['baselines'])}. "
        f"Measured: {plan['measure']}, over {plan['seeds']} seeds that all "
        "blocks share. A difference matters from "
        f"{100 * plan['matters']:g} points on. Tests: paired t, Holm's "
        f"correction over all {len(study['comparisons'])} comparisons, at "
        f"{plan['alpha']:g}. Search: {plan['trials']} trials for each block. "
        f"Equal seconds: {plan['seconds']}."
    )
    code = f"<code>{_text(study['registered'])}</code>"
    return [
        "<h2>What was planned</h2>",
        _list(claims),
        f"<p>{_text(rule)}</p>",
        "<p>The plan was fixed before the first training; its hash is "
        f"{code}.</p>",
    ]


def _pictured(studies: Sequence[Study]) -> list[str]:
    words = (
        "Differences of each candidate and each baseline with 95 % "
        "intervals, at equal weights, multiplications and seconds."
    )
    note = (
        "A filled mark is a verdict after Holm's correction; the grey band "
        "is what does not matter."
    )
    if len(studies) > 1:
        circles, squares = map(_name, studies[:2])
        note += f" Circles: {circles}, squares: {squares}."
    return [_image(draw_verdicts(studies), words), f"<p>{_text(note)}</p>"]


def _scaling(study: Study) -> str:
    words = (
        "Test accuracy of the five blocks over width and over the number of "
        f"pictures, in {_name(study)}."
    )
    return _image(draw_scaling(study), words)


def _accuracies(study: Study) -> str:
    names = _blocks(study)
    rows = []
    for equal in study["plan"]["equal"]:
        table = study["accuracies"][equal]
        means = [sum(table[name]) / len(table[name]) for name in names]
        written = (f"{100 * mean:.1f} %" for mean in means)
        rows.append((f"accuracy at equal {equal}", *written))
        if equal != "seconds":
            counts = study["counts"][equal]
            sizes = (f"{counts[name][0]:,}" for name in names)
            rows.append(("with weights", *sizes))
            millions = (f"{counts[name][1] / 1e6:.2f} M" for name in names)
            rows.append(("and multiplications", *millions))
            times = study["step_ms"][equal]
            written = (f"{times[name]:.1f} ms" for name in names)
            rows.append(("and, for a step,", *written))
    lengths = (f"{study['lengths'][name]:,}" for name in names)
    rows.append(("in steps", *lengths))
    return _table(
        f"Test accuracy, mean over seeds, in {_name(study)}",
        ("", *names),
        rows,
    )


def _comparisons(study: Study) -> str:
    rows = []
    for one in study["comparisons"]:
        pair = f"{one['candidate']} − {one['baseline']}"
        rows.append((f"equal {one['equal']}: {pair}", *_numbers(one)))
    caption = f"All planned comparisons, in {_name(study)}"
    return _table(caption, HEAD, rows)


def _ablations(study: Study) -> str:
    rows = [
        (f"{one['whole']} − {one['without']}", *_numbers(one))
        for one in study["ablations"]
    ]
    caption = f"Whole block minus block without, in {_name(study)}"
    return _table(caption, HEAD, rows)


def _numbers(one: dict[str, Any]) -> tuple[str, str, str, str]:
    return (
        f"{100 * one['mean']:+.1f}".replace("-", "−"),
        f"± {100 * one['half']:.1f}",
        f"{one['p']:.3f}" if one["p"] >= 0.001 else "< 0.001",
        one["verdict"],
    )


def _search(study: Study) -> str:
    rows = []
    for name in _blocks(study):
        trials = study["search"][name]
        rate, decay, reached = max(trials, key=lambda trial: float(trial[-1]))
        first = trials[0][-1]
        rows.append(
            (
                name,
                f"{rate:.4f}",
                f"{decay:.3f}",
                f"{100 * first:.1f} %",
                f"{100 * reached:.1f} %",
            )
        )
    head = ("", "rate", "decay", "first guess", "best trial")
    return _table(
        f"Judged by held-back pictures, in {_name(study)}", head, rows
    )


def _replication(studies: Sequence[Study]) -> list[str]:
    told = [
        set(several) for several in zip(*map(verdicts, studies), strict=True)
    ]
    same = sum(len(several) == 1 for several in told)
    opposite = sum({"ahead", "behind"} <= several for several in told)
    sentence = (
        f"The study was done twice, in {' and in '.join(map(_name, studies))},"
        " with the same plan, the same pictures in the same order, and "
        "networks that tests prove to be the same. "
        f"{same} of {len(told)} verdicts agree; {opposite} contradict each "
        "other."
    )
    return ["<h2>Done twice</h2>", f"<p>{_text(sentence)}</p>"]


def _made_of(studies: Sequence[Study]) -> str:
    counts = (
        f"{_name(study)}: {study['trainings']} trainings, {study['data']} data"
        for study in studies
    )
    return "; ".join(counts) + "."


def _list(items: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"


def _table(
    caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]
) -> str:
    columns = "".join(f'<th scope="col">{_text(cell)}</th>' for cell in head)
    lines = []
    for first, *rest in rows:
        cells = "".join(
            f'<td class="{cell}">{cell}</td>'
            if cell in ("ahead", "behind")
            else f"<td>{_text(cell)}</td>"
            for cell in rest
        )
        lines.append(f'<tr><th scope="row">{_text(first)}</th>{cells}</tr>')
    return (
        f'<div class="scroll"><table><caption>{_text(caption)}</caption>'
        f"<thead><tr>{columns}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )


def _image(figure: Figure, words: str) -> str:
    file = io.BytesIO()
    figure.savefig(file, format="png")
    data = base64.b64encode(file.getvalue()).decode("ascii")
    return f'<img src="data:image/png;base64,{data}" alt="{_text(words)}">'


def _name(study: Study) -> str:
    return NAMES.get(study["framework"], str(study["framework"]))


def _text(words: object) -> str:
    return html.escape(str(words))


def main(words: Sequence[str] | None = None) -> None:
    """Write the page and the README's picture."""
    parser = argparse.ArgumentParser(
        description="Make the report of the study."
    )
    parser.add_argument(
        "files", nargs="*", type=Path, help="studies in JSON files"
    )
    parser.add_argument(
        "--folder", type=Path, default=FOLDER, help="where to write"
    )
    asked = parser.parse_args(words)
    if asked.files:
        studies = [
            dict(json.loads(file.read_text("utf-8"))) for file in asked.files
        ]
    else:
        notebooks = (
            FOLDER / f"custom_architecture_{name}.ipynb" for name in NAMES
        )
        studies = [study for one in notebooks if (study := stored_study(one))]
    if not studies:
        parser.error("no study: run the notebooks first, or name a file")
    write_page(studies, asked.folder / "report.html")
    draw_verdicts(studies).savefig(asked.folder / "result.png")
    print(f"{asked.folder / 'report.html'}\n{asked.folder / 'result.png'}")


if __name__ == "__main__":
    main()
