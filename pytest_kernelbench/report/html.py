"""The report as one self-contained HTML page, with its styles, script and charts."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from pytest_kernelbench.model.record import CompileRecord
from pytest_kernelbench.model.task import ALL_FACETS, FACETS, GRADIENTS
from pytest_kernelbench.report import charts, text
from pytest_kernelbench.report.contents import Contents
from pytest_kernelbench.report.kernels import Task, label_of
from pytest_kernelbench.report.metrics import DEMANDS, Figure
from pytest_kernelbench.report.results import device_of
from pytest_kernelbench.report.unrun import unrun

TEMPLATES = Path(__file__).parent / "templates"

NEUTRAL = ("refused", "unsupported", "missing", "error", "unclear", "same")
"""Statuses and verdicts that are neither good nor bad."""

AXIS_LENGTH = 320
"""Length of the axis of ratios in pixels, as in the style sheet."""


def page(contents: Contents) -> str:
    """Return the page; text from kernels is escaped, and only the page's own script can run."""
    style, script = ((TEMPLATES / name).read_text(encoding="utf-8") for name in ("report.css", "report.js"))
    # With the digests of the page's own style and script, the browser runs and fetches nothing else.
    policy = f"default-src 'none'; style-src {digest(style)}; script-src {digest(script)}; base-uri 'none'"
    drawn = _speed(contents)
    template = environment().get_template("report.html.j2")
    return template.render(
        it=contents,
        title=_title(contents),
        policy=Markup(policy),
        style=Markup(style),
        script=Markup(script),
        sections=_sections(contents, drawn),
        kernels=sum(len(task.kernels) for task in contents.tasks),
        anchors={task.name: f"t{index}" for index, task in enumerate(contents.tasks)},
        found_by=_found_by(contents),
        failures_first=sorted(contents.tasks, key=lambda task: task.passed / max(1, len(task.kernels))),
        demands=[demand for demand in DEMANDS if demand != GRADIENTS or _has_gradients(contents)],
        facets=FACETS,
        statuses=sorted({kernel.status for task in contents.tasks for kernel in task.kernels}),
        symbols=charts.symbols(),
        **drawn,
    )


def _title(contents: Contents) -> str:
    names = list(dict.fromkeys(label.partition("/")[0] for label in contents.labels))
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"Kernel report: {text.cut(', '.join(names[:3]), 80)}{more}"


def _sections(contents: Contents, drawn: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return anchor and name of each section that has contents."""
    there = (
        ("overview", "Overview", contents.overview),
        ("categories", "Categories", contents.overview),
        ("levels", "Levels", contents.levels),
        ("against", "Beside the expert", contents.against),
        ("breakdown", "Where kernels fail", contents.overview),
        ("fixed", "What the plainest case misses", _found_by(contents)),
        ("rounds", "Rounds", contents.rounds),
        ("compiled", "Compiled", contents.compiled),
        ("speed", "Speed", contents.speedups or drawn["plot"]),
        ("gpus", "Across GPUs", contents.spreads),
        ("tasks", "Tasks", contents.tasks),
    )
    return [(anchor, name) for anchor, name, shown in there if shown]


def _has_gradients(contents: Contents) -> bool:
    """Whether the gradients of any kernel were judged; most tasks have none."""
    verdicts = (kernel.verdict for task in contents.tasks for kernel in task.kernels)
    return any(verdict is not None and GRADIENTS in verdict.facets for verdict in verdicts)


def _found_by(contents: Contents) -> list[str]:
    """Return what found the kernels that pass `basic` only: facets in their order, then statuses."""
    found = {by for row in contents.overview for by in row.fixed.caught}
    return [*(facet for facet in ALL_FACETS if facet in found), *sorted(found - set(ALL_FACETS))]


def _speed(contents: Contents) -> dict[str, Any]:
    """Return the variables of the section on speed."""
    fast = [speed for found in contents.speedups.values() for speed in found]
    ends = [end for speed in fast for each in speed.tasks.values() for end in (each.ratio, each.low, each.high)]
    scale = charts.LogScale.around(ends, AXIS_LENGTH)
    labels = contents.labels
    points = [
        charts.Point(f"{each.task} {each.workload}", labels.index(label_of(each)), each.speed_of_light, each.ratio)
        for each in contents.speed
        if each.speed_of_light and each.ratio
    ]
    series = sorted({point.series for point in points})
    return {
        "axis": charts.ratio_axis(scale),
        "row": lambda each: charts.ratio_row(scale, each.ratio, each.low, each.high, each.verdict),
        "plot": charts.scatter(points, "share of the speed of light", "speedup") if points else None,
        "plotted": len(points),
        "series": [(labels[number], charts.series_mark(number)) for number in series],
    }


def environment() -> Environment:
    """Return the environment of the templates, which escapes HTML and invisible characters."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, finalize=_final,
    )  # fmt: skip
    for name in ("percent", "times", "seconds", "kibibytes", "significant"):
        environment.filters[name] = _or_nothing(name)
    environment.filters |= {
        "breakable": _breakable,
        "cut": text.cut,
        "device": device_of,
        "figure": lambda value, name: _or_nothing(name)(value),
        "level": level,
        "mark": charts.mark,
        "occupancy": _occupancy,
        "moment": lambda started: started[:16].replace("T", " "),
        "or_dash": lambda value: "\N{EN DASH}" if value is None else value,
        "plain": lambda value: text.significant(value) if isinstance(value, float) else value,
        "rate_bar": _rate_bar,
        "tally": _tally,
        "tone": tone,
        "unrun": unrun,
    }
    return environment


def _final(value: Any) -> Any:
    return text.visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _breakable(label: str) -> Markup:
    """Return a label with a possible line break after each slash and underscore."""
    return Markup(re.sub("[/_]", r"\g<0><wbr>", str(escape(text.visible(label)))))


def _or_nothing(name: str) -> Any:
    write = getattr(text, name)
    return lambda value: "" if value is None else write(value)


def level(share: float) -> int:
    """Return the shade of a share, 0 to 9; only a share of 0 has 0, and only a share of 1 has 9."""
    return 9 if share >= 1 else min(8, 1 + int(8 * share)) if share > 0 else 0


def tone(status: str) -> str:
    """Return the CSS class of a status or verdict: `good`, `bad` or `other`."""
    return "good" if status in ("passed", "passed_within", "faster") else "other" if status in NEUTRAL else "bad"


def _tally(task: Task) -> Iterable[tuple[str, int]]:
    """Return the number of kernels with each status, `passed` first."""
    counts = Counter(kernel.status for kernel in task.kernels)
    return sorted(counts.items(), key=lambda pair: (pair[0] != "passed", -pair[1], pair[0]))


def _occupancy(record: CompileRecord) -> float | None:
    """Return the least theoretical occupancy of any specialisation."""
    shares = (each.get("occupancy") for each in record.kernels if isinstance(each, Mapping))
    return min((share for share in shares if isinstance(share, int | float)), default=None)


def _rate_bar(figure: Figure) -> Markup:
    if figure.value is None or figure.low is None or figure.high is None:
        return Markup()
    return charts.rate_bar(figure.value, figure.low, figure.high)


def digest(source: str) -> str:
    """Return the digest of a style or a script, as a policy of the page names it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode('ascii')}'"
