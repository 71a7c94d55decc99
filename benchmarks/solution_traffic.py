"""Count bytes and flops of every solution on its workload, made smaller: `python benchmarks/solution_traffic.py`.

Each kernel runs once in Triton's interpreter, behind the stand-in for CUDA, in a process of its own; `counted_work.py`
says what is counted. The case is the first workload with its batch and then its longest dimensions halved until it
moves no more than `MAX_BYTES` and so on, or less where the interpreter takes longer than `MAX_SECONDS`; the largest
fixed case where dimensions cannot be halved so far. The least is that of `judge/speed/flops_and_bytes.py` for the case.

Figures are kept in `solutions_traffic.json`, kernel by kernel, and then the page is written. A kernel whose code has
not changed since is not run again, unless it is named with `--tasks`.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib.util
import json
import logging
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from solutions_page import FIXED, FOLDERS, PAGE, ROOT, TRAFFIC, digest, kernels, page

from pytest_kernelbench.judge.comparison.evidence import OracleError, signature
from pytest_kernelbench.judge.speed.flops_and_bytes import flops_and_bytes
from pytest_kernelbench.judge.speed.scaled import SHORTEST, TooLarge, scaled
from pytest_kernelbench.judge.speed.workload_limits import input_bytes
from pytest_kernelbench.model.case import Case, Tensor, leaves, map_tensors
from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.task import Task
from pytest_kernelbench.wire.calling_conventions import Parameters, invoke
from pytest_kernelbench.wire.conditions import CallConditions

MAX_BYTES = 2 << 20
"""Bytes that a case must move at most."""

MAX_FLOPS = 1 << 28
"""Operations of matrix products that a case must have at most: those of three matrices of 512 x 512."""

MAX_TENSORS = 32 << 20
"""Bytes of its tensors, of which it need not read all."""

MAX_SECONDS = 40
"""Seconds of processor time that a kernel may take before it gets a smaller case."""

SMALLER = 4
"""How many times smaller a case must be then."""

TRIES = 4
"""Sizes of a case that are tried."""

SINGLE_THREADED = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""Environment variables, since other threads would not survive a fork."""


def main() -> None:
    """Count what has changed, and write the page."""
    parser = argparse.ArgumentParser(description="Count bytes and flops of the solutions, and write docs/solutions.md.")
    parser.add_argument("--tasks", nargs="+", metavar="TASK", default=[], help="count these again, and no others")
    named = parser.parse_args().tasks
    prepare()
    catalogue = Catalogue.find()
    kept: dict[str, Any] = json.loads(TRAFFIC.read_text(encoding="utf-8")) if TRAFFIC.exists() else {}
    for path in (path for folder in FOLDERS for path in kernels(ROOT / "submissions" / folder)):
        sha256 = digest(path)
        known = kept.get(path.stem, {}).get("sha256") == sha256
        if path.stem not in named if named else known:
            continue
        started = time.perf_counter()
        found = counted(path, catalogue.load(path.stem))
        print(f"{path.stem}: {found}, {time.perf_counter() - started:.0f} s", flush=True)
        kept[path.stem] = {"sha256": sha256, **found}
        rows = (f"{json.dumps(task)}: {json.dumps(kept[task])}" for task in sorted(kept))
        TRAFFIC.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")


def prepare() -> None:
    """Import torch and Triton, which interprets, for all processes that are forked from this one."""
    os.environ |= {**SINGLE_THREADED, "TRITON_INTERPRET": "1"}
    import torch
    import triton.language  # noqa: F401

    torch.set_num_threads(1)
    # Smaller batches that a reference does not take are tried, and each of them would be told at length.
    logging.getLogger("torch._subclasses.fake_tensor").setLevel(logging.CRITICAL)


def counted(path: Path, task: Task) -> dict[str, Any]:
    """Return the work of a kernel, the least work and the case, or what went wrong."""
    found: dict[str, Any] = {}
    for name, case in cases(task):
        names = [name for name in (path.stem, "kernel_function", task.entry) if name]
        found = in_a_process(path, names, signature(task), case, task.calling_convention)
        if "failed" not in found:
            least = flops_and_bytes(task, case)
            return {
                **found,
                "least_bytes": least.moved_bytes,
                "least_flops": least.flops,
                "of": name,
                "case": f"{case}",
            }
        print(f"{path.stem}: {found} on {case}", flush=True)
    return found


def cases(task: Task) -> Iterator[tuple[str, Case]]:
    """Yield cases to try, each with the name of its workload: smaller and smaller ones, at last a fixed case."""
    before = None
    for tries in range(TRIES):

        def too_large(task: Task, case: Case, share: int = SMALLER**tries) -> str | None:
            work, size = flops_and_bytes(task, case), input_bytes(case)
            large = work.moved_bytes > MAX_BYTES / share or work.flops > MAX_FLOPS / share or size > MAX_TENSORS / share
            return "too large" if large else None

        for name, workload in [*task.workloads.items()][:1]:
            case = scaled(task, _with_fewer(task, workload, too_large), too_large)
            if case is not None and case != before:
                yield name, case
            before = case
    yield FIXED, max(task.fixed_cases, key=lambda case: flops_and_bytes(task, case).moved_bytes)


def _with_fewer(task: Task, case: Case, too_large: TooLarge) -> Case:
    """Return the case with a smaller batch while it is too large: its tiles are those of the workload then."""
    while too_large(task, case):
        least = flops_and_bytes(task, case).moved_bytes
        for smaller in _halved_batch(case):
            try:
                less = flops_and_bytes(task, smaller).moved_bytes < least
            except OracleError:  # the reference does not take it
                continue
            if less:
                case = smaller
                break
        else:
            break
    return case


def _halved_batch(case: Case) -> Iterator[Case]:
    """Yield the case with the first axis of its first tensor halved, then with that of every tensor of that length."""
    first, recipe = next(leaves(case), ("", Tensor(())))
    batch, *others = recipe.shape or (1,)
    if len(others) < 2 or batch // 2 < SHORTEST:
        return
    for every in (False, True):

        def changed(path: str, each: Tensor, every: bool = every) -> Tensor:
            if path != first and not (every and each.shape[:1] == (batch,)):
                return each
            return dataclasses.replace(each, shape=(batch // 2, *each.shape[1:]))

        yield map_tensors(case, changed)


def in_a_process(
    path: Path, names: Sequence[str], parameters: Parameters, case: Case, convention: str = "call"
) -> dict[str, Any]:
    """Run a kernel as `work_of` does, in a process of its own; return its work, or what went wrong."""
    ours, theirs = multiprocessing.Pipe(duplex=False)
    arguments = (theirs, path, names, parameters, case, convention)
    process = multiprocessing.get_context("fork").Process(target=_child, args=arguments)
    process.start()
    theirs.close()
    try:
        found: dict[str, Any] = ours.recv()
    except EOFError:
        found = {"failed": f"more than {MAX_SECONDS} s, or a crash"}
    process.join()
    return found


def _child(channel: Connection, *arguments: Any) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS))
    try:
        channel.send(work_of(*arguments))
    except BaseException as error:  # what a kernel raises is a result here
        channel.send({"failed": f"{type(error).__name__}: {error}"})


def work_of(path: Path, names: Sequence[str], parameters: Parameters, case: Case, convention: str) -> dict[str, Any]:
    """Call the entry point of a kernel's file on a case, in this process, and return what its launches do.

    Triton stays patched, so a process can do this once.
    """
    from counted_work import Work, count_into
    from triton.runtime import interpreter

    from pytest_kernelbench.runner.environments import Interpreted
    from pytest_kernelbench.wire.materialize import materialize

    environment, work = Interpreted(), Work()
    count_into(work, interpreter)
    sys.path.insert(0, str(path.parents[1]))  # where `_common` is
    spec = importlib.util.spec_from_file_location(f"kernel_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with environment.mode():
        spec.loader.exec_module(module)
    entry = next(getattr(module, name) for name in names if hasattr(module, name))
    values = materialize(case, environment.tensor_device, None, environment.generator_device).values
    environment.run(CallConditions(any_may_win=True), lambda: invoke(convention, entry, parameters, values))
    if wrong := environment.violations():
        return {"failed": wrong[0]}
    return {"launches": environment.counts()["launches"], **dataclasses.asdict(work)}


if __name__ == "__main__":
    main()
