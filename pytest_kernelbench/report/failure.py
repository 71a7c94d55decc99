"""The text of one kernel's failure: status, facet, values, case, and the command that replays it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pytest_kernelbench.report.text import indented, visible
from pytest_kernelbench.report.unrun import unrun

if TYPE_CHECKING:
    from pytest_kernelbench.model.record import Failure, Record


def describe(record: Record, failed: Sequence[tuple[Failure, str]], selection: str, printed: str = "") -> str:
    """Return the text that pytest shows for a kernel that did not pass.

    `failed` are its failures, each with its status; `selection` are the arguments of pytest that select the kernel;
    `printed` is the end of what the kernel wrote to its standard streams.
    """
    blocks = []
    if record.status == "rejected" and record.failure is not None:
        reasons = record.failure.message.splitlines()
        blocks += [f"rejected: {record.category} {record.task}: {reason}" for reason in reasons]
    blocks += [_block(record, failure, status, selection) for failure, status in failed if status != "rejected"]
    if record.observations:
        blocks.append("observed:\n" + indented("\n".join(record.observations)))
    if record.unrun_lines:
        blocks.append(indented("\n".join(unrun(record.unrun_lines))))
    if printed.strip():
        blocks.append(f"the kernel printed (the last of it):\n{indented(printed.strip())}")
    return visible("\n\n".join(blocks))


def _block(record: Record, failure: Failure, status: str, selection: str) -> str:
    lines = [f"{status} in {failure.facet}: {record.category} {record.task}", indented(failure.message)]
    if failure.case:
        lines += [f"  {failure.case}", f"  {replay(selection, failure)}"]
    return "\n".join(lines)


def replay(selection: str, failure: Failure) -> str:
    """Return the command that replays a failure; `selection` are the arguments of pytest that select the kernel."""
    case = f" --kb-facets={failure.facet} --kb-case={_quoted(failure.case)}" if failure.case else ""
    return f"pytest {selection}{case}"


def _quoted(source: str) -> str:
    """Quote a case for a shell: in double quotes where that is safe, because cases contain many single quotes."""
    return shlex.quote(source) if set(source) & set('"$`\\!') else f'"{source}"'
