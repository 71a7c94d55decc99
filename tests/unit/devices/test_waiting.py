"""Programs that wait for other programs of their grid are named; those that only look again and again are not."""

from __future__ import annotations

import pytest

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.settings import RunnerSettings
from pytest_kernelbench.wire.conditions import CallConditions
from tests.unit.devices import Interpret

CASE = Case(x=Tensor((4,)))

BARRIER = """
@triton.jit
def meet(bar):
    tl.atomic_add(bar, 1)
    while {question} < tl.num_programs(0):
        pass

def work(x):
    meet[({programs},)](torch.zeros(1, dtype=torch.int32{start}))
    return x.clone()
"""

QUESTIONS = ("tl.atomic_add(bar, 0)", "tl.load(bar)", "tl.load(bar, volatile=True)", "tl.atomic_cas(bar, 9, 9)")


def _status(code: str, **conditions: str) -> tuple[str, str]:
    runner = Runner(RunnerSettings())
    try:
        assert runner.load(f"import torch, triton, triton.language as tl\n{code}", "work.py", ["work"]).status == "ok"
        answer = runner.call(
            CASE, [("x", "POSITIONAL_OR_KEYWORD")], conditions=CallConditions(**conditions), max_bytes=1000, timeout=60
        )
    finally:
        runner.close()
    return answer.status, answer.message


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_barrier_over_the_grid_is_unsupported_by_name(question: str) -> None:
    status, message = _status(BARRIER.format(question=question, programs=2, start=""))
    assert status == "unsupported"
    assert "program (0, 0, 0) waits for other programs" in message


def test_the_only_program_of_a_grid_waits_for_nobody() -> None:
    code = BARRIER.format(question="tl.atomic_add(bar, 0)", programs=1, start="").replace("tl.num_programs(0)", "2")
    status, message = _status(code)
    assert status == "runtime_error"
    assert "its grid has one program" in message


LOOK_BACK = """
@triton.jit
def chain(flags):
    at = tl.program_id(0)
    if at > 0:
        while tl.atomic_add(flags + at - 1, 0) == 0:
            pass
    tl.atomic_xchg(flags + at, 1)

def work(x):
    flags = torch.zeros(4, dtype=torch.int32)
    chain[(4,)](flags)
    return flags
"""


def test_waiting_for_earlier_programs_depends_on_the_order() -> None:
    assert _status(LOOK_BACK)[0] == "ok"
    assert _status(LOOK_BACK, order="reverse")[0] == "unsupported"


BUSY = """
@triton.jit
def busy(x, y):
    total = 0.0
    for at in range(2500):
        total += tl.load(x) * tl.load(x + 1 + at % 2)
        tl.atomic_max(y, 1.0)
    tl.store(y + 1, total)

def work(x):
    y = torch.ones(2)
    busy[(1,)](x, y)
    return y
"""


def test_a_scalar_that_is_loaded_in_every_step_is_no_question(interpret: Interpret) -> None:
    assert interpret(BUSY, CASE).status == "ok"
