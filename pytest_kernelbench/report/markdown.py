"""The report as a comment on a pull request: the overview, and each failed kernel with the command that replays it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pytest_kernelbench.report.against import Against, Beside
from pytest_kernelbench.report.contents import Contents, Overview, Speed
from pytest_kernelbench.report.kernels import Kernel, Task
from pytest_kernelbench.report.levels import Level
from pytest_kernelbench.report.metrics import Figure
from pytest_kernelbench.report.text import counted, cut, percent, significant, times, visible
from pytest_kernelbench.report.unrun import unrun

MAX_CHARACTERS = 20_000
"""Length of a comment; GitHub accepts 65,536 characters."""

MAX_UNRUN = 20
"""Right kernels whose lines that never ran are listed."""

HEAD = ("submission", "passed", "of all tasks", "95 % interval", "plainest case", "speedup over eager")


def markdown(contents: Contents, limit: int = MAX_CHARACTERS) -> str:
    """Return the comment in at most about `limit` characters; failures that do not fit are counted."""
    tables = [*_overview(contents), *_levels(contents.levels), *_against(contents.against)]
    text = "\n".join([*tables, *_notes(contents.notes)]) + "\n"
    kernels = [(task, kernel) for task in contents.tasks for kernel in task.kernels]
    failed = [(task, kernel) for task, kernel in kernels if kernel.status not in ("passed", "passed_within", "missing")]
    text += _unrun(kernels)
    if not failed:
        return text
    text += f"\n<details><summary>{len(failed)} kernels did not pass</summary>\n\n"
    end = "\n</details>\n"
    for number, (task, kernel) in enumerate(failed):
        entry, rest = _failure(task, kernel), len(failed) - number
        more = f"\nand {rest} more\n"
        if len(text) + len(entry) + len(more) + len(end) > limit:
            return text + more + end
        text += entry
    return text + end


def _overview(contents: Contents) -> Iterator[str]:
    yield "| " + " | ".join(HEAD) + " |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    for row in contents.overview:
        yield "| " + " | ".join(_cells(row, contents.speedups.get(row.label, ()))) + " |"


def _cells(row: Overview, speeds: Sequence[Speed]) -> Iterator[str]:
    passed = row.rates.met["all"]
    yield code(row.label)
    yield f"{passed.n} of {row.kernels}"
    yield _share(passed)
    yield "" if passed.low is None or passed.high is None else f"{percent(passed.low)} to {percent(passed.high)}"
    yield _share(row.fixed.fixed)
    yield ", ".join(f"{_mean(speed.mean)}{f' on {code(speed.device)}' if len(speeds) > 1 else ''}" for speed in speeds)


def _share(figure: Figure) -> str:
    return "" if figure.value is None else f"{figure.n} of {figure.of} ({percent(figure.value)})"


def _mean(figure: Figure) -> str:
    if figure.value is None:
        return ""
    interval = "" if figure.low is None or figure.high is None else f", {times(figure.low)} to {times(figure.high)}"
    return f"{times(figure.value)} (n = {figure.n}{interval})"


def _levels(levels: Sequence[Level]) -> Iterator[str]:
    """Yield the table of KernelBench's figures."""
    if levels:
        yield ""
        yield "| level | submission | pass@k | right (fast_0) | fast_p |"
        yield "| --- | --- | --- | --- | --- |"
    for row in levels:
        passed = ", ".join(f"@{k} {percent(one.value)}" for k, one in row.pass_at.items() if one.value is not None)
        right = ", ".join(f"{code(label)} {_share(one)}" for label, one in row.right.items())
        fast = ", ".join(
            f"{code(label)}{''.join(f' fast_{one.p:g} {_share(one.point)}' for one in some)}"
            for label, some in row.fast.items()
        )
        yield f"| {row.level} | {code(row.submission)} | {passed} | {right} | {fast} |"


def _against(against: Against | None) -> Iterator[str]:
    """Yield the table of submissions beside the expert."""
    if against is None:
        return
    expert, solved = " and ".join(map(code, against.experts)), counted(against.tasks, "task")
    yield ""
    yield f"| submission | of the {solved} of {expert} | besides these | ratio to {expert} | eff@k |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for row in against.beside:
        yield "| " + " | ".join(_beside(row, against)) + " |"


def _beside(row: Beside, against: Against) -> Iterator[str]:
    yield code(row.label)
    yield _share(row.solved)
    yield str(len(row.beyond))
    yield ", ".join(
        f"{_mean(one.expert)} on {code(one.device)}, to eager {times(one.eager.value)}"
        for one in row.ratios
        if one.eager.value is not None
    )
    yield ", ".join(
        f"@{k} {significant(each.value)}"
        for one in against.efficiency
        if row.label.partition("/")[0] == one.submission
        for k, each in one.at.items()
        if each.value is not None
    )


def _notes(notes: Sequence[str]) -> Iterator[str]:
    if notes:
        yield ""
        yield from (f"- {code(cut(note, 400))}" for note in notes)


def _unrun(kernels: Sequence[tuple[Task, Kernel]]) -> str:
    """Return the lines that never ran in each right kernel: nothing is known about them."""
    lines = [
        f"- {code(task.name)} of {code(kernel.label)}: {code(cut('; '.join(unrun(kernel.verdict.unrun_lines)), 300))}\n"
        for task, kernel in kernels
        if kernel.status == "passed" and kernel.verdict is not None and kernel.verdict.unrun_lines
    ]
    if not lines:
        return ""
    shown = lines[:MAX_UNRUN]
    more = f"\nand {len(lines) - MAX_UNRUN} more\n" if len(lines) > MAX_UNRUN else ""
    summary = f"{len(lines)} right kernels have lines that never ran"
    return f"\n<details><summary>{summary}</summary>\n\n{''.join(shown)}{more}\n</details>\n"


def _failure(task: Task, kernel: Kernel) -> str:
    failure = kernel.verdict.failure if kernel.verdict else None
    where = f" in {code(failure.facet)}" if failure else ""
    text = f"- {code(task.name)} of {code(kernel.label)}: {kernel.status}{where}"
    if failure:
        text += f": {code(cut(failure.message.strip().partition(chr(10))[0], 200))}"
    return text + "\n" + (_block(kernel.replay) if kernel.replay else "")


def code(text: str) -> str:
    """Return the text as inline code that may stand in a table; no Markdown, HTML or mention in it takes effect."""
    line = visible(text).replace("\n", " ").replace("|", "\\|")
    ticks = "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
    space = " " if "`" in line or not line.strip() else ""
    return f"{ticks}{space}{line}{space}{ticks}"


def _block(text: str) -> str:
    shown = visible(cut(text))
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    lines = "\n".join(f"  {line}" for line in shown.splitlines())
    return f"  {fence}sh\n{lines}\n  {fence}\n"
