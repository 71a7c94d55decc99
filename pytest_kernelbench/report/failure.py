"""The text of one kernel's failure: what, where, how far off, why, and how to see it again."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_kernelbench.model.record import Failure, Record

REASONS = {
    "decoy": "its Triton launches do not matter: with all of them left out, the answers are still right",
    "torch_only": "it launches no Triton kernel: PyTorch computes everything",
}


def describe(record: Record, failed: Sequence[tuple[Failure, str]], selection: str, printed: str = "") -> str:
    """Return the text that pytest shows for a kernel that did not pass.

    `failed` has its failures with the status of each, and `selection` is what selects the kernel.
    """
    blocks = [_block(record, failure, status, selection) for failure, status in failed]
    if record.status == "rejected":
        reason = REASONS.get(record.label or "", "")
        exempt = 'submissions that are meant so say language = "torch" in submission.toml'
        blocks.insert(0, f"rejected: {record.task} is labelled {record.label}: {reason}; {exempt}")
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
