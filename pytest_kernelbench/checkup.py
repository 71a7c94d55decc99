"""Whether task files hold together: they load, their references run, their workloads keep their own contract."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_kernelbench.model.case import leaves
from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.task import Task

MOST_BYTES = 24 << 30
"""Memory that the arguments and results of a workload may take."""


def checkup(catalogue: Catalogue) -> Iterator[str]:
    """Yield a line for each thing that is wrong with a task: the file, the field, and what is the matter."""
    for name, file in catalogue.names().items():
        try:
            task = catalogue.load(name)
        except KernelBenchError as error:
            yield str(error)
            continue
        yield from (f"{file.path}: {line}" for line in (*_spine(task), *_workloads(task)))


def _spine(task: Task) -> Iterator[str]:
    from pytest_kernelbench.judge.oracle import OracleError, evaluate

    for index, case in enumerate(task.spine):
        try:
            evaluate(task, case)
        except OracleError as error:
            yield f"spine[{index}]: {error}"


def _workloads(task: Task) -> Iterator[str]:
    from pytest_kernelbench.judge.oracle import OracleError
    from pytest_kernelbench.judge.work import work

    if not task.workloads:
        yield "workloads: there is none; name at least one case that is worth timing"
    for name, case in task.workloads.items():
        where = f"workloads[{name!r}]"
        seen = {recipe.dtype for each in task.spine for _, recipe in leaves(each)} | set(task.dtypes)
        for path, recipe in leaves(case):
            if recipe.dtype not in seen:
                yield f"{where}: {path} is {recipe.dtype}; dtypes of the task are {', '.join(task.dtypes)}"
        try:
            needed = work(task, case).moved_bytes
        except OracleError as error:
            yield f"{where}: {error}"
            continue
        if needed > MOST_BYTES:
            yield f"{where}: {needed / 2**30:.1f} GiB of arguments and results, at most {MOST_BYTES >> 30}"
