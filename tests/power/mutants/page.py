"""What became of the mutants: rows in `results.json`, and their summary, the page `docs/mutants.md`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from tests.power.mutants.hosts import HOSTS
from tests.power.mutants.mutations import MUTATIONS
from tests.power.mutants.survivors import SURVIVORS

RESULTS = Path(__file__).with_name("results.json")
"""One line for each carrier, in alphabetical order."""

PAGE = Path(__file__).parents[3] / "docs" / "mutants.md"

HEAD = """# Faults in Triton kernels

Some faults need a real kernel: a wrong launch, a read behind a tensor, a false promise to the compiler, or PyTorch that
does the work for some inputs. Each of {faults} such faults is put into {carriers} right Triton kernels, wherever it
applies, and the faulty kernel is judged without a GPU.

**Of {applying} pairs of kernel and fault, {found} are found and {survived} survive.**

`python -m tests.power.mutants.mutants` judges the kernels that have changed, and rewrites this page. Faults in the
references of all tasks are in [the kill matrix](kill-matrix.md).

| fault | what the faulty kernel does | pairs | found | survived | found first by |
| --- | --- | --- | --- | --- | --- |
"""

TAIL = """
## Survivors

| kernel | fault | why it is not found |
| --- | --- | --- |
"""


class Row(NamedTuple):
    """What became of the faults of one kernel."""

    digest: str
    """Digest of the faulty files that were judged."""
    found: dict[str, str]
    """The facet, or the label, by which each fault was found."""
    survived: list[str]


def read() -> dict[str, Row]:
    """Return the row of each carrier."""
    return {name: Row(**row) for name, row in json.loads(RESULTS.read_text()).items()} if RESULTS.exists() else {}


def write(rows: Mapping[str, Row]) -> None:
    """Write results and page."""
    lines = (f"{json.dumps(name)}: {json.dumps(row._asdict())}" for name, row in sorted(rows.items()))
    RESULTS.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    PAGE.write_text(render(rows))


def render(rows: Mapping[str, Row]) -> str:
    """Return the page: totals, a table by fault, and the survivors with their reasons."""
    found, survived = (sum(len(row[part]) for row in rows.values()) for part in (1, 2))
    texts = {name: (function.__doc__ or "").rstrip(".") for name, function in MUTATIONS.items()}
    texts |= {name: text for name, (text, _) in HOSTS.items()}
    head = HEAD.format(faults=len(texts), carriers=len(rows), applying=found + survived, found=found, survived=survived)
    lines = []
    for fault, text in texts.items():
        by = Counter(row.found[fault] for row in rows.values() if fault in row.found)
        lost = sum(fault in row.survived for row in rows.values())
        first = ", ".join(f"{facet} {count}" for facet, count in by.most_common())
        lines.append(f"| `{fault}` | {text} | {by.total() + lost} | {by.total()} | {lost} | {first} |\n")
    left = [
        f"| `{name}` | `{fault}` | {SURVIVORS.get(name, {}).get(fault, 'unknown')} |\n"
        for name, row in sorted(rows.items())
        for fault in row.survived
    ]
    return "".join([head, *lines, TAIL, *left])
