"""Kernels timed on the CPU for real, and what pytest-benchmark has of them: with and without workers, and compared."""

from __future__ import annotations

import pytest

from tests.support.benchmarking import TORCH, Timed, structure

TASK = '''
"""Exponential of a matrix that is quick to compute."""

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.authoring.strategies import shapes, tensors


def reference(input):
    return input.exp()


def cases(draw, given):
    return Case(input=draw(tensors(given, draw(shapes(given, 1, 3)))))


task = Task(
    reference,
    cases,
    fixed_cases=tuple(Case(input=Tensor(shape)) for shape in ((4, 5), (1,), (129,), (3, 1025), (2, 3, 65), (4099,))),
    contract=Contract(),
    workloads={"square": Case(input=Tensor((128, 128))), "wide": Case(input=Tensor((16, 1024)))},
)
'''

KERNEL = "def quick(input):\n    return input.exp()\n"

THRICE = "def quick(input):\n    input.exp(), input.exp()\n    return input.exp()\n"

KILL = """
import os

def pytest_runtest_call(item):
    if item.name == "speed[wide]":
        os._exit(3)
"""

SQUARE, WIDE = (f"submissions/mine/quick.py::speed[{workload}]" for workload in ("square", "wide"))

QUICKLY = ("--kb-tasks=kb_tasks", "-m", "speed")


@pytest.fixture
def timed(pytester: pytest.Pytester, project: None, monkeypatch: pytest.MonkeyPatch) -> Timed:
    """A task of our own with two small workloads, and a kernel for it."""
    # Locks of this test's own: whoever times something else on this machine does not matter here.
    monkeypatch.setenv("XDG_CACHE_HOME", str(pytester.path / "cache"))
    timed = Timed(pytester)
    timed.write({"kb_tasks/math/quick.py": TASK})
    timed.submit({"quick.py": KERNEL, "submission.toml": TORCH})
    return timed


@pytest.mark.slow
def test_workers_give_the_same_file_and_a_kernel_that_became_slow_fails(timed: Timed) -> None:
    assert timed.time(*QUICKLY, "--benchmark-save=before", "--benchmark-json=alone.json").ret == 0
    compared = ("--benchmark-compare", "--benchmark-compare-fail=median:60%")
    same = timed.time(*QUICKLY, "-n2", "--benchmark-json=together.json", *compared)
    assert same.ret == 0, same.stderr.str()
    alone, together = timed.results("alone.json"), timed.results("together.json")
    assert set(alone) == set(together) == {SQUARE, WIDE}
    for name in alone:
        assert structure(alone[name]) == structure(together[name])
        assert alone[name]["extra_info"]["verdict"] is not None

    timed.submit({"quick.py": THRICE})
    slower = timed.time(*QUICKLY, "-k", "square", *compared)
    assert slower.ret == pytest.ExitCode.TESTS_FAILED
    slower.assert_outcomes(passed=1, deselected=2)
    assert "mine/quick[square] (0001_before) - Field 'median' has failed" in slower.stderr.str()
    slower.stdout.fnmatch_lines(["kernelbench: slower than the saved results (--benchmark-compare-fail)"])
    assert "Traceback" not in slower.stdout.str() + slower.stderr.str()


@pytest.mark.slow
def test_a_worker_that_is_killed_takes_no_finished_result_with_it(timed: Timed) -> None:
    timed.write({"conftest.py": KILL})
    result = timed.time(*QUICKLY, "-n1", "--benchmark-json=out.json", "--kb-results=results.jsonl")
    result.assert_outcomes(passed=1, failed=1)
    assert set(timed.results("out.json")) == {SQUARE}
    assert {record["workload"]: record["status"] for record in timed.records()} == {"square": "passed", "wide": "error"}
