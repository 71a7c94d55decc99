"""The text of one kernel's failure: what, where, how far off, why, and how to see it again."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_kernelbench.judge.correctness import Judgement
    from pytest_kernelbench.model.record import Failure, Record


def describe(record: Record, judgement: Judgement, selection: str) -> str:
    """Return the text that pytest shows for a kernel that did not pass; `selection` is what selects it."""
    blocks = [_block(record, failure, status, selection) for failure, status in judgement.failed()]
    blocks = [*(f"rejected: {record.category} {record.task}: {reason}" for reason in judgement.rejections), *blocks]
    if record.observations:
        blocks.append("observed:\n" + _indented("\n".join(record.observations)))
    if judgement.trial.printed.strip():
        blocks.append(f"the kernel printed (the last of it):\n{_indented(judgement.trial.printed.strip())}")
    return "\n\n".join(blocks)


def _block(record: Record, failure: Failure, status: str, selection: str) -> str:
    lines = [f"{status} in {failure.facet}: {record.category} {record.task}", _indented(failure.message)]
    if failure.case:
        options = f"--kb-facets={failure.facet} --kb-case={shlex.quote(failure.case)}"
        lines += [f"  {failure.case}", f"  pytest {selection} {options}"]
    return "\n".join(lines)


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
