"""Verdicts on pairs of task and fault: the faulty kernel, and the facet that finds the fault."""

from __future__ import annotations

from pathlib import Path

from pytest_kernelbench.judge.comparison.oracle import Oracle
from pytest_kernelbench.judge.correctness.judgement import Judgement
from pytest_kernelbench.model.judging import JudgingSettings
from pytest_kernelbench.model.record import Record, RecordIdentity
from pytest_kernelbench.model.submission import Kernel
from pytest_kernelbench.model.task import FACETS
from tests.power.matrix.pairs import CATALOGUE, Pair

EXAMPLES = 48
"""Cases drawn where no fixed case finds the fault."""

ROOT = Path(__file__).parents[3]

LIKELY = {
    "contract": ("mutates_an_input", "ignores_out", "one_buffer", "result_in_an_input", "cached_by_pointer"),
    "layouts": ("strides", "storage_offset", "expanded"),
    "dtypes": ("wrong_in_float16", "wrong_in_bfloat16", "wrong_in_float64"),
    "values": ("strips_nan", "strips_infinities", "strips_sign_of_zero", "one_pass_variance", "unshifted_exponentials"),
}
"""The facet on which some faults are tried first; all others are tried in the usual order."""


def judge(pair: Pair, oracle: Oracle) -> str | None:
    """Return a facet that finds the fault, if any does: by its fixed cases alone, or else with a search."""
    first = [facet for facet, likely in LIKELY.items() if pair.fault in likely]
    for facet in [*first, *(facet for facet in FACETS if facet not in first)]:
        if pair.fault != "loses_one_in_10000" and (found := _found(pair, oracle, (facet,), 0)):
            return found
    return _found(pair, oracle, FACETS, EXAMPLES)


def _found(pair: Pair, oracle: Oracle, asked: tuple[str, ...], examples: int) -> str | None:
    record = verdict(pair, oracle, asked, examples)
    if record.status == "error":
        raise RuntimeError(f"{pair}: {record.failure}")
    return record.failure.facet if record.failure else None


def verdict(pair: Pair, oracle: Oracle, asked: tuple[str, ...], examples: int, seed: int = 0) -> Record:
    """Judge a kernel that has a fault, or that is one of `faults.RIGHT`."""
    # These kernels import the task and the faults, which a sandbox would not let them read.
    settings = JudgingSettings(
        device="cpu",
        facets=asked,
        examples=examples,
        timeout=3000.0,
        seed=str(seed),
        language="torch",
        sandbox="off",
    )
    kernel = _kernel(pair)
    identity = RecordIdentity(
        submission="matrix",
        variant=None,
        task=kernel.task,
        category=kernel.category,
        device={},
        versions={},
        settings={},
        started="",
    )
    task = CATALOGUE.load(pair.task)
    return Judgement(kernel, task, settings, oracle, identity, key=f"matrix::{pair}::{seed}").run()


KERNEL = """
import sys
import types

sys.path.insert(0, {root!r})

from tests.power.matrix import faults

_module = types.ModuleType("task")
exec(compile({task!r}, "task", "exec"), _module.__dict__)
_task = _module.task
{entry} = faults.{make}({fault!r}, faults.Plan(_task.reference, {written!r}, {keyword!r}))
"""


def _kernel(pair: Pair) -> Kernel:
    file = CATALOGUE.names()[pair.task]
    task = CATALOGUE.load(pair.task)
    code = KERNEL.format(
        root=str(ROOT),
        task=file.path.read_text(encoding="utf-8"),
        entry=task.entry or pair.task,
        make="faulty_optimizer" if task.calling_convention == "optimizer" else "faulty",
        fault=pair.fault,
        written=tuple(sorted(task.written(task.fixed_cases[0]))),
        keyword=pair.keyword,
    )
    return Kernel(pair.task, file.category, file.path, code, None, None, "")
