"""Races of interpreted launches: what depends on the schedule, and what only looks as if it did."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_kernelbench import Case, Tensor
from tests.unit.devices import Interpret

HEAD = """
@triton.jit
def kernel(x, space, flags, BLOCK: tl.constexpr):
    program, lane = tl.program_id(0), tl.arange(0, BLOCK)
    at = program * BLOCK + lane
"""

TAIL = """
def work(x):
    space, flags = torch.zeros(64), torch.zeros(8, dtype=torch.int32)
    kernel[(4,)](x, space, flags, BLOCK=8, num_warps={warps})
    return space
"""


def _violations(interpret: Interpret, body: str, warps: int = 4, **conditions: Any) -> tuple[str, ...]:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    answer = interpret(HEAD + lines + TAIL.format(warps=warps), Case(x=Tensor((32,))), **conditions)
    assert answer.status == "ok", answer
    return answer.violations


MINE = "tl.store(space + at, tl.load(x + at))\n"
NEXT = "tl.store(space + 32 + at, tl.load(space + (at + 24) % 32))\n"

RACES = {
    "read, add, write": "tl.store(space, tl.load(space) + tl.sum(tl.load(x + at), axis=0))",
    "what another program writes": MINE + "tl.store(space + 32 + at, tl.load(space + (at + 8) % 32))",
    "what another program has read": "tl.store(space + at, tl.load(space + (at + 8) % 32) + 1)",
    "different values": "tl.store(space, program.to(tl.float32))",
    "a store among atomics": "tl.atomic_add(space, 1.0)\nif program == 2:\n    tl.store(space, 0.0)",
    "a relaxed atomic": MINE
    + 'tl.atomic_add(flags, 1, sem="relaxed")\ntl.store(space + 32 + at, tl.load(space + (at + 24) % 32))',
    "an atomic too early": "tl.atomic_add(flags, 1)\n"
    + MINE
    + "tl.store(space + 32 + at, tl.load(space + (at + 24) % 32))",
    "an atomic of one block": 'tl.atomic_add(space, 1.0, sem="relaxed", scope="cta")',
    "bytes of a wider element": "tl.store(space + at, tl.load(x + at))\n"
    "tl.store((space.to(tl.pointer_type(tl.int8)) + 4 * ((at + 8) % 32) + 1), 7)",
}


@pytest.mark.parametrize("body", RACES.values(), ids=RACES.keys())
def test_programs_that_no_atomic_orders_race(interpret: Interpret, body: str) -> None:
    (violation,) = _violations(interpret, body)
    assert violation.startswith("race in kernel: program ")
    assert "and no atomic operation orders the two" in violation


RIGHT = {
    "programs of their own": MINE + "tl.store(space + at, tl.load(space + at) + 1)",
    "the same value": "tl.store(space, 1.0)\ntl.store(space + 33 + lane, 2.0)",
    "atomics alone": "tl.atomic_add(space, 1.0)\ntl.atomic_max(flags, program)",
    "a flag that is set once": "if tl.load(flags) == 0:\n    tl.store(flags, 1)",
    "a volatile flag": "tl.store(space + at, tl.load(flags + lane, volatile=True))\ntl.atomic_add(flags + 1, 1)",
    "a ticket": MINE + "if tl.atomic_add(flags, 1) == 3:\n    tl.store(space + 32 + lane, tl.load(space + lane))",
    "a lock": "while tl.atomic_cas(flags, 0, 1) == 1:\n    pass\n"
    "tl.store(space, tl.load(space) + 1)\ntl.atomic_xchg(flags, 0)",
    "release and acquire": MINE + 'tl.atomic_add(flags, 1, sem="release")\n'
    'if tl.atomic_add(flags + 1, 0, sem="acquire") + tl.atomic_add(flags, 0, sem="acquire") == 4:\n'
    "    tl.store(space + 32 + lane, tl.load(space + lane))",
}


@pytest.mark.parametrize("order", ["forward", "reverse", "shuffled"])
@pytest.mark.parametrize("body", RIGHT.values(), ids=RIGHT.keys())
def test_what_no_schedule_can_change_is_no_race(interpret: Interpret, body: str, order: str) -> None:
    assert _violations(interpret, body, order=order) == ()


OPEN = "tl.store(space + lane, program.to(tl.float32))\n"


def test_where_any_value_may_stay_programs_may_store_different_ones(interpret: Interpret) -> None:
    assert _violations(interpret, OPEN, any_may_win=True) == ()
    assert len(_violations(interpret, OPEN)) == 1


@pytest.mark.parametrize(
    "body",
    [
        OPEN + "tl.store(space + 32 + at, tl.load(space + lane))",
        OPEN + "tl.atomic_add(space, 1.0)",
        "if program == 2:\n    " + OPEN + "tl.store(space.to(tl.pointer_type(tl.int16)) + 1, program.to(tl.int16))",
    ],
    ids=["loads", "atomic operations", "stores of parts of elements"],
)
def test_where_any_value_may_stay_all_else_still_races(interpret: Interpret, body: str) -> None:
    assert len(_violations(interpret, body, any_may_win=True)) == 1


MIRRORED = MINE + "{between}tl.store(space + 32 + at, tl.load(space + program * BLOCK + 7 - lane))"


def test_threads_race_where_no_barrier_is_between_them(interpret: Interpret) -> None:
    (violation,) = _violations(interpret, MIRRORED.format(between=""))
    assert "lane 0 reads space[7] in line 8" in violation
    assert "which lane 7 stores in line 7" in violation
    assert violation.endswith("without a barrier between")


@pytest.mark.parametrize(
    ("body", "warps"),
    [
        (MIRRORED.format(between="tl.debug_barrier()\n"), 4),
        (MIRRORED.format(between=""), 1),
        ("tl.store(space + at, tl.load(x + at))\ntl.store(space + at, 2 * tl.load(space + at))", 4),
    ],
    ids=["a barrier", "one warp", "the same lanes"],
)
def test_threads_that_wait_or_are_the_same_do_not_race(interpret: Interpret, body: str, warps: int) -> None:
    assert _violations(interpret, body, warps) == ()


def test_launches_are_ordered(interpret: Interpret) -> None:
    code = HEAD + "    tl.store(space + at, tl.load(space + (31 - at)) if BLOCK == 16 else tl.load(x + at))\n"
    code += "def work(x):\n    space = torch.zeros(32)\n    kernel[(4,)](x, space, x, BLOCK=8)\n"
    code += "    y = torch.zeros(32)\n    kernel[(4,)](space, y, x, BLOCK=8)\n    return y\n"
    assert interpret(code, Case(x=Tensor((32,)))).violations == ()
