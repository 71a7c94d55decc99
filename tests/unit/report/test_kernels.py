"""Kernels by task: which status a kernel has where several records know of it, and which commands replay it."""

from __future__ import annotations

import pytest

from pytest_kernelbench.model.record import CompileRecord, Failure, Record
from pytest_kernelbench.report.kernels import Task, label_of, tasks_of
from tests.support.records import correctness, results, speed

GPU = {"kind": "cuda", "model": "h100"}


def compiled(target: str, status: str = "passed", message: str | None = None) -> CompileRecord:
    return CompileRecord(
        kind="compile", submission="mine", variant=None, task="Math_0", category="Math", status=status, stage="loads",
        target=target, failure=Failure("basic", message) if message else None,
    )  # fmt: skip


def tasks(*records: Record) -> list[Task]:
    return tasks_of(results(*records), records)


def test_tasks_are_sorted_and_their_kernels_by_variant() -> None:
    found = tasks(correctness("Math_1"), correctness("Fusion_0", variant="round_10"),
                  correctness("Fusion_0", variant="round_2"))  # fmt: skip
    assert [(task.name, task.category, [kernel.label for kernel in task.kernels]) for task in found] == [
        ("Fusion_0", "Fusion", ["mine/round_2", "mine/round_10"]), ("Math_1", "Math", ["mine"]),
    ]  # fmt: skip
    assert label_of(correctness("Math_1", submission="geak")) == "geak"


def test_a_kernel_that_was_judged_on_one_device_has_no_statuses_by_device() -> None:
    ((kernel,),) = ([*task.kernels] for task in tasks(correctness("Math_0"), speed("Math_0", 1.5)))
    assert kernel.statuses_by_device == {}
    assert kernel.verdict == correctness("Math_0")


def test_a_kernel_that_was_judged_on_several_has_the_status_of_each() -> None:
    records = (correctness("Math_0"), correctness("Math_0", "wrong_values", "sizes", device=GPU))
    ((kernel,),) = ([*task.kernels] for task in tasks(*records))
    assert kernel.statuses_by_device == {"interpreter": "passed", "cuda:h100": "wrong_values"}
    assert kernel.status == "wrong_values"


@pytest.mark.parametrize(
    ("records", "status"),
    [
        ((compiled("sm_80"), compiled("sm_90", "compile_error", "bad")), "compile_error"),
        ((compiled("sm_80"), compiled("sm_90")), "passed"),
        ((speed("Math_0", None, status="timeout"),), "timeout"),
        ((compiled("sm_80", "compile_error", "bad"), correctness("Math_0")), "passed"),
    ],
)
def test_without_a_verdict_compiling_or_timing_has_the_status(records: tuple[Record, ...], status: str) -> None:
    (task,) = tasks(*records)
    assert task.kernels[0].status == status


def test_targets_with_one_message_stand_together() -> None:
    records = (compiled("sm_90", "compile_error", "bad"), compiled("gfx942", "compile_error", "worse"),
               compiled("sm_80", "compile_error", "bad"), compiled("sm_100"))  # fmt: skip
    ((kernel,),) = ([*task.kernels] for task in tasks(*records))
    assert kernel.refused == {"worse": "gfx942", "bad": "sm_80, sm_90"}
    assert [each.target for each in kernel.compiled] == ["gfx942", "sm_100", "sm_80", "sm_90"]


def test_the_best_speedup_is_that_of_a_right_kernel_and_not_impossible() -> None:
    timed = (speed("Math_0", 1.5), speed("Math_0", 2.5, workload="small"),
             speed("Math_0", 99.0, workload="false", verdict="impossible"))  # fmt: skip
    (task,) = tasks(correctness("Math_0"), *timed)
    assert (task.passed, task.best) == (1, 2.5)
    (wrong,) = tasks(correctness("Math_0", "wrong_values", "sizes"), *timed)
    assert (wrong.passed, wrong.best) == (0, None)
