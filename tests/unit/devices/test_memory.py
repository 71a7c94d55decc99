"""Addresses of interpreted launches: which memory a kernel may access."""

from __future__ import annotations

import pytest

from pytest_kernelbench import Case, Tensor
from tests.unit.devices import Interpret

CASE = Case(x=Tensor((10,)))

KERNELS = """
@triton.jit
def copy(x, y, first, count, BLOCK: tl.constexpr):
    at = first + tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    value = tl.load(x + at, mask=at < count, other=0.0)
    tl.store(y + at, value, mask=(at >= 0) & (at < 10))

@triton.jit
def table(addresses, BLOCK: tl.constexpr):
    source = tl.load(addresses).to(tl.pointer_type(tl.float32))
    at = tl.arange(0, BLOCK)
    target = tl.load(addresses + 1).to(tl.pointer_type(tl.float32))
    tl.store(target + at, tl.load(source + at, mask=at < 10), mask=at < 10)

@triton.jit
def many(addresses, y, BLOCK: tl.constexpr):
    at = tl.arange(0, BLOCK)
    sources = tl.load(addresses + at, mask=at < 3, other=0).to(tl.pointer_type(tl.float32))
    tl.store(y + at, tl.load(sources, mask=at < 3), mask=at < 3)

@triton.jit
def add(y, BLOCK: tl.constexpr):
    tl.atomic_add(y + tl.arange(0, BLOCK), 1.0)
"""


def _called(interpret: Interpret, body: str) -> tuple[str, ...]:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    answer = interpret(f"{KERNELS}def work(x):\n    y = torch.zeros(10)\n{lines}    return y\n", CASE)
    assert answer.status == "ok", answer
    return answer.violations


@pytest.mark.parametrize(
    "body",
    [
        "copy[(2,)](x, y, 0, 10, BLOCK=8)",
        "copy[(1,)](x[2:], y, -2, 8, BLOCK=8)",
        "table[(1,)](torch.tensor([x.data_ptr(), y.data_ptr()]), BLOCK=16)",
        "p = [torch.ones(4) for _ in range(3)]\nmany[(1,)](torch.tensor([q.data_ptr() for q in p]), y, BLOCK=4)",
        "add[(1,)](torch.zeros(16), BLOCK=16)",
    ],
    ids=["masked", "a view of more memory", "a table", "a table of several tensors", "an atomic"],
)
def test_memory_of_live_tensors_is_allowed(interpret: Interpret, body: str) -> None:
    assert _called(interpret, body) == ()


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("copy[(1,)](x, y, 0, 16, BLOCK=16)", "6 of 16 lanes of program 0, the first one 0 bytes behind the end of x"),
        ("copy[(2,)](x, y, 0, 12, BLOCK=8)", "2 of 8 lanes of program 1"),
        (
            "copy[(1,)](x, y, -3, 10, BLOCK=8)",
            "3 of 8 lanes of program 0, the first one 12 bytes before the start of x",
        ),
        ("copy[(1,)](x, y, 5000, 9000, BLOCK=8)", "8 of 8 lanes"),
        ("copy[(1,)](x, y, 1 << 30, 1 << 31, BLOCK=8)", "8 of 8 lanes"),
        ("gone = torch.tensor([torch.ones(9000).data_ptr(), y.data_ptr()])\ntable[(1,)](gone, BLOCK=16)", "no tensor"),
        ("add[(1,)](y, BLOCK=16)", "add updates memory that belongs to no tensor: 6 of 16 lanes"),
    ],
    ids=["behind", "second program", "before", "far behind", "unmapped", "freed", "atomic"],
)
def test_memory_of_no_tensor_is_a_violation(interpret: Interpret, body: str, text: str) -> None:
    violations = _called(interpret, body)
    assert len(violations) == 1
    assert text in violations[0]


def test_a_violation_names_the_line_and_is_reported_once(interpret: Interpret) -> None:
    (violation,) = _called(interpret, "for _ in range(3):\n    copy[(1,)](x, y, 0, 16, BLOCK=16)")
    assert violation.startswith("copy reads memory that belongs to no tensor")
    assert violation.endswith("in line 6, `value = tl.load(x + at, mask=at < count, other=0.0)`")
    assert _called(interpret, "copy[(2,)](x, y, 0, 10, BLOCK=8)") == ()
