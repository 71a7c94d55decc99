"""The text of one kernel's failure: what, where, how far off, why, and how to see it again."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_kernelbench.model.record import Failure, Record


def describe(record: Record, failed: Sequence[tuple[Failure, str]], selection: str, printed: str = "") -> str:
    """Return the text that pytest shows for a kernel that did not pass.

    `failed` has its failures with the status of each, and `selection` is what selects the kernel.
    """
    blocks = [_block(record, failure, status, selection) for failure, status in failed if status != "rejected"]
    if record.status == "rejected" and record.failure is not None:
        reasons = record.failure.message.splitlines()
        blocks = [*(f"rejected: {record.category} {record.task}: {reason}" for reason in reasons), *blocks]
    if record.observations:
        blocks.append("observed:\n" + _indented("\n".join(record.observations)))
    if printed.strip():
        blocks.append(f"the kernel printed (the last of it):\n{_indented(printed.strip())}")
    return "\n\n".join(blocks)


def _block(record: Record, failure: Failure, status: str, selection: str) -> str:
    lines = [f"{status} in {failure.facet}: {record.category} {record.task}", _indented(failure.message)]
    if failure.case:
        lines += [f"  {failure.case}", f"  {replay(selection, failure)}"]
    return "\n".join(lines)


def replay(selection: str, failure: Failure) -> str:
    """Return the command that shows a failure again; `selection` is what selects the kernel."""
    case = f" --kb-facets={failure.facet} --kb-case={_quoted(failure.case)}" if failure.case else ""
    return f"pytest {selection}{case}"


def _quoted(source: str) -> str:
    """Quote for a shell: in double quotes where that is safe, since sources of cases are full of single ones."""
    return shlex.quote(source) if set(source) & set('"$`\\!') else f'"{source}"'


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
