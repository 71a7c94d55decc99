"""The text of one kernel's failure: status, facet, values, case, and the command that replays it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pytest_kernelbench.report.text import indented, visible
from pytest_kernelbench.report.unrun import unrun

if TYPE_CHECKING:
    from pytest_kernelbench.model.record import Failure, Record

_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?(e[-+]?\d+)?")
"""A number in a message."""


def describe(record: Record, failed: Sequence[tuple[Failure, str]], selection: str, printed: str = "") -> str:
    """Return the text that pytest shows for a kernel that did not pass.

    `failed` are its failures, each with its status; `selection` are the arguments of pytest that select the kernel;
    `printed` is the end of what the kernel wrote to its standard streams.
    """
    blocks = []
    if record.status == "rejected" and record.failure is not None:
        reasons = record.failure.message.splitlines()
        blocks += [f"rejected: {of(record)}: {reason}" for reason in reasons]
    blocks += [_block(record, alike, selection) for alike in _causes(failed)]
    if record.observations:
        blocks.append("observed:\n" + indented("\n".join(record.observations)))
    if record.unrun_lines:
        blocks.append(indented("\n".join(unrun(record.unrun_lines))))
    if printed.strip():
        blocks.append(f"the kernel printed (the last of it):\n{indented(printed.strip())}")
    return visible("\n\n".join(blocks))


def _causes(failed: Sequence[tuple[Failure, str]]) -> list[list[tuple[Failure, str]]]:
    """Return the failures by their cause: those whose status and message differ in numbers at most."""
    causes: dict[tuple[str, str], list[tuple[Failure, str]]] = {}
    for failure, status in failed:
        if status != "rejected":
            causes.setdefault((status, _NUMBER.sub("0", failure.message)), []).append((failure, status))
    return list(causes.values())


def _block(record: Record, alike: Sequence[tuple[Failure, str]], selection: str) -> str:
    """Return the text of one cause: the first failure, and where else it shows."""
    (first, status), *others = alike
    facets = ", ".join(dict.fromkeys(failure.facet for failure, _ in alike))
    lines = [f"{status} in {facets}: {of(record)}", indented(first.message), *_shown(first, selection)]
    for failure, _ in others:
        lines += [f"  the same in {failure.facet}:", *_shown(failure, selection)]
    return "\n".join(lines)


def _shown(failure: Failure, selection: str) -> list[str]:
    return [f"  {failure.case}", f"  {replay(selection, failure)}"] if failure.case else []


def of(record: Record) -> str:
    """Return which kernel a record is about: its category, task, submission and variant."""
    submission = "/".join(filter(None, (record.submission, record.variant)))
    return f"{record.category} {record.task} of {submission}"


def replay(selection: str, failure: Failure) -> str:
    """Return the command that replays a failure; `selection` are the arguments of pytest that select the kernel."""
    case = f" --kb-facets={failure.facet} --kb-case={_quoted(failure.case)}" if failure.case else ""
    return f"pytest {selection}{case}"


def _quoted(source: str) -> str:
    """Quote a case for a shell: in double quotes where that is safe, because cases contain many single quotes."""
    return shlex.quote(source) if set(source) & set('"$`\\!') else f'"{source}"'
