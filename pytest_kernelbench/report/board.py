"""A board of many submissions as a folder of static pages: the ranking, and a page for each task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from pytest_kernelbench.report.contents import Compiled, Contents, contents
from pytest_kernelbench.report.html import TEMPLATES, digest, environment
from pytest_kernelbench.report.kernels import Kernel, Task
from pytest_kernelbench.report.results import Results
from pytest_kernelbench.report.standings import ALPHA, Standing, standings
from pytest_kernelbench.report.text import cut
from pytest_kernelbench.report.writer import write_text

TASKS = "tasks"
"""Folder of the pages of tasks."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """The ranking on one category, or on all."""

    name: str
    """Name of the category, or `all`."""
    tasks: int
    """Number of its tasks."""
    standings: list[Standing]


def write_board(results: Results, into: Path, title: str) -> int:
    """Write the pages into a folder and return their number; pages of tasks that are there already are replaced."""
    found = contents(results)
    pages = board(results, found, title)
    for name, text in pages.items():
        write_text(into / name, text)
    return len(pages)


def board(results: Results, found: Contents, title: str) -> dict[str, str]:
    """Return the pages by their paths; text from kernels is escaped, and only the pages' own script can run."""
    style, script = ((TEMPLATES / name).read_text(encoding="utf-8") for name in ("report.css", "board.js"))
    files = {task.name: f"{TASKS}/{number}-{_plain(task.name)}.html" for number, task in enumerate(found.tasks)}
    shared = {"it": found, "title": title, "style": Markup(style), "labels": found.labels}
    policy = f"default-src 'none'; style-src {digest(style)}; base-uri 'none'"
    made = environment()
    pages = {
        "index.html": made.get_template("board.html.j2").render(
            **shared, policy=Markup(f"{policy}; script-src {digest(script)}"), script=Markup(script), files=files,
            rankings=_rankings(results, found), alpha=ALPHA, cell=_cell, targets=_targets(found),
            statuses=sorted({kernel.status for task in found.tasks for kernel in task.kernels}),
        )
    }  # fmt: skip
    one = made.get_template("board_task.html.j2")
    for task in found.tasks:
        pages[files[task.name]] = one.render(**shared, policy=Markup(policy), task=task, facets=_facets())
    return pages


def _rankings(results: Results, found: Contents) -> list[Ranking]:
    """Return the ranking on all tasks, and that of each category with kernels."""
    variants = [variant for variant in results.variants if results.correctness(variant)]
    rankings = [Ranking("all", len(results.tasks), standings(results, variants, set(results.tasks)))]
    for category in found.judged:
        tasks = {task for task, name in results.tasks.items() if name == category}
        rankings.append(Ranking(category, len(tasks), standings(results, variants, tasks)))
    return rankings


def _targets(found: Contents) -> dict[str, Mapping[str, Compiled]]:
    """Return the compilations by target, then by the label of the variant."""
    targets: dict[str, dict[str, Compiled]] = {}
    for each in found.compiled:
        targets.setdefault(each.target, {})[each.label] = each
    return dict(sorted(targets.items()))


def _cell(task: Task, label: str) -> Kernel | None:
    return next((kernel for kernel in task.kernels if kernel.label == label), None)


def _plain(name: str) -> str:
    """Return a name as part of the name of a file."""
    return "".join(
        letter if letter.isascii() and (letter.isalnum() or letter == "_") else "-" for letter in cut(name, 60)
    )


def _facets() -> tuple[str, ...]:
    from pytest_kernelbench.model.task import FACETS

    return FACETS
