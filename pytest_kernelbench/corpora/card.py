"""The card of a data set of judged kernels: what is in it, how it was judged, and what it does not say."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pytest_kernelbench.corpora.columns import COLUMNS, Column, feature_lines
from pytest_kernelbench.report.results import Results
from pytest_kernelbench.report.text import counted

HOW = """\
## How it was judged

[pytest-kernelbench](https://pypi.org/project/pytest-kernelbench/) judged each kernel in a process of its own: on fixed
cases, and on drawn ones where `settings` has a number of examples, in seven facets (`basic`, `sizes`, `dtypes`,
`layouts`, `values`, `contract`, `engine`). The right result is the reference in float64. An element may be off by three
units of an error budget that is made of its own rounding, rounded inputs, long sums and eager PyTorch's own error.
Where `device` is `interpreter`, no GPU was used: Triton's interpreter ran the kernels, and its compiler was asked where
a launch failed. A failure has the smallest case that shows it, and can be repeated:
`pytest --kb-submission=FOLDER --kb-facets=FACET --kb-case=MINIMAL_CASE`.
"""

NOT_SAID = """\
## What it does not say

- `passed` means that no case found a fault. It is no proof, and says nothing about sizes beyond those that were tried.
- A kernel that fails is wrong, or breaks a demand of its task's contract, on the case that is given. It may be right
  for what its author had in mind, such as contiguous float32 tensors: `facet_basic` says so.
- `unsupported`, `timeout` and `error` are no verdict on a kernel's results.
- Where `speed` is empty, nothing is known about speed; time on the interpreter says nothing about it.
- The rows are the kernels of the submissions that are named, not a sample of what their models write in general.
- The provenance in `label` is found in the kernel's own process; a kernel that is written to deceive can choose it.
"""

CITE = """\
## How to cite

Cite the authors of the kernels (`repository`), KernelBench-X for the tasks, and pytest-kernelbench with the version in
`versions` for the verdicts; its repository has a `CITATION.cff`.
"""


def card(results: Results, rows: Sequence[Mapping[str, Any]], licence: str | None, *, parquet: bool) -> str:
    """Return the card as Markdown with the head that `datasets` and the Hugging Face Hub read."""
    return "\n".join((*_head(rows, licence, parquet), *_contents(rows, results), HOW, NOT_SAID, CITE, *_schema()))


def _head(rows: Sequence[Mapping[str, Any]], licence: str | None, parquet: bool) -> Iterator[str]:
    file = "data/kernels.parquet" if parquet else "data/kernels.jsonl"
    yield "---"
    yield f"license: {(licence or 'other').lower()}"
    yield "pretty_name: Judged GPU kernels"
    yield "tags: [triton, gpu, kernels, code]"
    yield f"size_categories: [{'n<1K' if len(rows) < 1000 else '1K<n<10K' if len(rows) < 10000 else '10K<n<100K'}]"
    yield "configs:"
    yield "- config_name: default"
    yield "  data_files:"
    yield "  - split: kernels"
    yield f"    path: {file}"
    yield "dataset_info:"
    yield "  features:"
    yield from feature_lines()
    yield "---"


def _contents(rows: Sequence[Mapping[str, Any]], results: Results) -> Iterator[str]:
    tasks = {row["task"] for row in rows}
    yield "# Judged GPU kernels"
    yield ""
    yield (
        f"{counted(len(rows), 'verdict')} on kernels for {len(tasks)} of {len(results.tasks)} tasks. "
        "`data/kernels.jsonl` has a row for each kernel and device, and so has `data/kernels.parquet`, if it is there. "
        '`load_dataset(PATH, split="kernels")` of `datasets` loads them; from the JSON lines alone it finds the same '
        "types, except for columns that are empty in all rows."
    )
    yield ""
    yield "| submission | verdicts | passed | licence of the kernels | code copied | published at |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for name in sorted({row["submission"] for row in rows}):
        mine = [row for row in rows if row["submission"] == name]
        passed = sum(row["status"] == "passed" for row in mine)
        copied = sum(row["code"] is not None for row in mine)
        licences = ", ".join(sorted({row["licence"] or "not known" for row in mine}))
        where = ", ".join(sorted({row["repository"] for row in mine if row["repository"]})) or "not known"
        yield f"| {_cell(name)} | {len(mine)} | {passed} | {_cell(licences)} | {copied} | {_cell(where)} |"
    yield ""
    counts = Counter(row["status"] for row in rows).most_common()
    yield f"Statuses: {', '.join(f'{status} {count}' for status, count in counts)}."
    versions = sorted({row["versions"] for row in rows})
    yield ""
    yield "Judged with " + "; ".join(_versions(each) for each in versions) + "."
    yield ""
    yield (
        "A kernel whose licence is not known, or does not allow copies, is a reference: `kernel_sha256`, `repository` "
        "and `path`. The licence in the head of this card is that of the verdicts."
    )
    yield ""


def _versions(text: str) -> str:
    return ", ".join(f"{name} {version}" for name, version in json.loads(text).items())


def _schema() -> Iterator[str]:
    yield "## Columns"
    yield ""
    yield "| column | type | meaning |"
    yield "| --- | --- | --- |"
    yield from _rows(COLUMNS)


def _rows(columns: Sequence[Column], prefix: str = "") -> Iterator[str]:
    for each in columns:
        nested = not isinstance(each.type, str)
        yield f"| `{prefix}{each.name}` | {'list' if nested else each.type} | {each.meaning} |"
        if not isinstance(each.type, str):
            yield from _rows(each.type, f"{each.name}.")
    if not prefix:
        yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
