"""What the kill matrix has found: rows in `results.json`, and their summary, the page `docs/kill-matrix.md`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from pytest_kernelbench.model.catalogue import CATEGORIES
from pytest_kernelbench.model.task import FACETS
from tests.power.matrix import faults

RESULTS = Path(__file__).with_name("results.json")
"""One line for each task, in alphabetical order."""

PAGE = Path(__file__).parents[3] / "docs" / "kill-matrix.md"

NAMED = 3
"""Tasks that the table of exemptions names; of more than that it gives the number."""

HEAD = """# The kill matrix

The kill matrix measures how well the tests find faults. Each of {faults} generic faults is put into the reference of
each of the {tasks} tasks, and the faulty reference is judged as a kernel. The fault `ignores_keyword` is tried once for
each keyword of the signature. A fault that no facet finds survives.

**Of {applying:,} pairs of task and fault, {found:,} are found and {survived} survive.** {exempt:,} more pairs are
exempt, because the fault changes no result of the task or breaks no demand of its contract.

`python -m tests.power.matrix.matrix` judges the tasks that have changed, and rewrites this page; with names of tasks it
judges those, with `--all` all of them. The result of every pair is in `tests/power/matrix/results.json`: for each task
a digest of its cases, its contract and its formulas, the facet that finds each fault, the faults that survive, and the
reason for each exemption.
"""

BY_FAULT = """
## By fault

A fault that one facet is meant to find is tried on the fixed cases of that facet first (`strides` on `layouts`, for
example), any other fault on the facets in their usual order. Random cases are drawn only where all fixed cases miss the
fault, and always for `loses_one_in_10000`. The last column counts the pairs by the facet that found the fault.

| fault | what the faulty kernel does | pairs | found | survived | found first by |
| --- | --- | --- | --- | --- | --- |
"""

BY_CATEGORY = """
## By category

The columns from `basic` on count the faults that each facet found first.

"""

SURVIVORS = """
## Survivors

| task | fault | why it is not found |
| --- | --- | --- |
"""

EXEMPTIONS = """
## Exemptions

| fault | why it does not apply | pairs | tasks |
| --- | --- | --- | --- |
"""


class Row(NamedTuple):
    """What became of the faults of one task."""

    category: str
    digest: str
    """Digest of the task that was judged, from `digests.digest`."""
    found: dict[str, str]
    """The facet that found each fault."""
    survived: list[str]
    exempt: dict[str, str]
    """The faults that do not apply, each with the reason."""

    @property
    def faults(self) -> list[str]:
        """All faults of the task."""
        return [*self.found, *self.survived, *self.exempt]

    def of(self, fault: str) -> Row:
        """Return the part of the row that is about one fault, whatever its keyword."""
        found, exempt = ({name: text for name, text in each.items() if kind(name) == fault}
                         for each in (self.found, self.exempt))  # fmt: skip
        return self._replace(found=found, survived=[name for name in self.survived if kind(name) == fault],
                             exempt=exempt)  # fmt: skip


def kind(name: str) -> str:
    """Return the fault that a name such as `ignores_keyword[dim]` means."""
    return name.partition("[")[0]


def read() -> dict[str, Row]:
    """Return the row of each task."""
    return {name: Row(**row) for name, row in json.loads(RESULTS.read_text()).items()} if RESULTS.exists() else {}


def write(rows: Mapping[str, Row], reasons: Mapping[str, Mapping[str, str]]) -> None:
    """Write results and page; `reasons` says why faults survive, by task and fault."""
    lines = (f"{json.dumps(name)}: {json.dumps(row._asdict())}" for name, row in sorted(rows.items()))
    RESULTS.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    PAGE.write_text(render(rows, reasons))


def render(rows: Mapping[str, Row], reasons: Mapping[str, Mapping[str, str]]) -> str:
    """Return the page: totals, a table by fault and one by category, survivors and exemptions with their reasons."""
    every = [*rows.values()]
    found, survived = sum(len(row.found) for row in every), sum(len(row.survived) for row in every)
    head = HEAD.format(
        faults=len(faults.FAULTS),
        tasks=len(rows),
        applying=found + survived,
        found=found,
        survived=survived,
        exempt=sum(len(row.exempt) for row in every),
    )
    survivors = [
        f"| `{task}` | `{fault}` | {reasons.get(task, {}).get(fault, 'unknown')} |\n"
        for task, row in sorted(rows.items())
        for fault in row.survived
    ]
    parts = [head, BY_FAULT, *_by_fault(every), BY_CATEGORY, *_by_category(every)]
    return "".join([*parts, SURVIVORS, *survivors, EXEMPTIONS, *_exemptions(rows)])


def _by_fault(rows: Iterable[Row]) -> Iterable[str]:
    for fault, function in faults.FAULTS.items():
        parts = [row.of(fault) for row in rows]
        found = _facets(parts)
        lost = sum(len(part.survived) for part in parts)
        first = ", ".join(f"{facet} {count}" for facet, count in found.most_common())
        text = (function.__doc__ or "").splitlines()[0].rstrip(".")
        yield f"| `{fault}` | {text} | {found.total() + lost} | {found.total()} | {lost} | {first} |\n"


def _by_category(rows: Iterable[Row]) -> Iterable[str]:
    columns = ["category", "tasks", "pairs", *FACETS, "survived"]
    yield f"| {' | '.join(columns)} |\n| {' | '.join(['---'] * len(columns))} |\n"
    for category in CATEGORIES:
        of_category = [row for row in rows if row.category == category]
        found = _facets(of_category)
        lost = sum(len(row.survived) for row in of_category)
        counts = [len(of_category), found.total() + lost, *(found[facet] for facet in FACETS), lost]
        yield f"| {category} | {' | '.join(map(str, counts))} |\n"


def _facets(rows: Iterable[Row]) -> Counter[str]:
    """Count the faults that each facet found."""
    return Counter(facet for row in rows for facet in row.found.values())


def _exemptions(rows: Mapping[str, Row]) -> Iterable[str]:
    for fault in faults.FAULTS:
        tasks: dict[str, list[str]] = {}
        for task, row in sorted(rows.items()):
            for name, reason in row.of(fault).exempt.items():
                keyword = name.removeprefix(fault).strip("[]")
                tasks.setdefault(reason, []).append(f"`{task}`" + (f" (`{keyword}`)" if keyword else ""))
        for reason, names in sorted(tasks.items(), key=lambda each: (-len(each[1]), each[0])):
            yield f"| `{fault}` | {reason} | {len(names)} | {', '.join(names) if len(names) <= NAMED else ''} |\n"
