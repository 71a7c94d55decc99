"""The check of task files: each loads, its reference runs on its fixed cases, and its workloads obey its contract."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_kernelbench.model.case import leaves
from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.task import Task

MAX_BYTES = 24 << 30
"""Bytes that the arguments and results of a workload may take."""


def check_tasks(catalogue: Catalogue) -> Iterator[str]:
    """Yield one line for each fault of a task: the file, the field, and what is wrong."""
    for name, file in catalogue.names().items():
        try:
            task = catalogue.load(name)
        except KernelBenchError as error:
            yield str(error)
            continue
        yield from (f"{file.path}: {line}" for line in (*_fixed_cases(task), *_workloads(task)))


def _fixed_cases(task: Task) -> Iterator[str]:
    from pytest_kernelbench.judge.comparison.evidence import OracleError, collect_evidence

    for index, case in enumerate(task.fixed_cases):
        try:
            collect_evidence(task, case)
        except OracleError as error:
            yield f"fixed_cases[{index}]: {error}"


def _workloads(task: Task) -> Iterator[str]:
    from pytest_kernelbench.judge.comparison.evidence import OracleError
    from pytest_kernelbench.judge.speed.flops_and_bytes import flops_and_bytes

    if not task.workloads:
        yield "workloads: empty; name at least one case that is worth timing"
    for name, case in task.workloads.items():
        where = f"workloads[{name!r}]"
        legal = {recipe.dtype for each in task.fixed_cases for _, recipe in leaves(each)} | set(task.dtypes)
        for path, recipe in leaves(case):
            if recipe.dtype not in legal:
                yield f"{where}: {path} is {recipe.dtype}; dtypes of the task are {', '.join(task.dtypes)}"
        try:
            needed = flops_and_bytes(task, case).moved_bytes
        except OracleError as error:
            yield f"{where}: {error}"
            continue
        if needed > MAX_BYTES:
            yield f"{where}: {needed / 2**30:.1f} GiB of arguments and results, at most {MAX_BYTES >> 30} GiB are legal"
