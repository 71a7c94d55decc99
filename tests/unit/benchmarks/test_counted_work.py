"""Bytes and flops of small kernels, which are known by hand, and cases of a size for the interpreter."""

from __future__ import annotations

import dataclasses
import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.model.case import leaves
from pytest_kernelbench.model.catalogue import Catalogue
from tests.support.judging import task_of

Argument = tuple[tuple[int, ...], str]
"""Shape and dtype of a tensor."""

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"

KERNELS = """
import torch, triton, triton.language as tl


@triton.jit
def add_kernel(x, y, out, count, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(out + at, tl.load(x + at, mask=at < count) + tl.load(y + at, mask=at < count), mask=at < count)


def masked_tail(x, y):
    add_kernel[(3,)](x, y, out := torch.empty_like(x), x.numel(), BLOCK=16)
    return out


@triton.jit
def full_kernel(x, y, out, N: tl.constexpr):
    at = tl.arange(0, N)
    tl.store(out + at, tl.load(x + at) + tl.load(y + at))


def unmasked(x, y):
    full_kernel[(1,)](x, y, out := torch.empty_like(x), 32)
    return out


@triton.jit
def block_kernel(x, y, out, count, BLOCK: tl.constexpr):
    start = tl.program_id(0) * BLOCK
    a = tl.make_block_ptr(x, (count,), (1,), (start,), (BLOCK,), (0,))
    b = tl.make_block_ptr(y, (count,), (1,), (start,), (BLOCK,), (0,))
    c = tl.make_block_ptr(out, (count,), (1,), (start,), (BLOCK,), (0,))
    tl.store(c, tl.load(a, boundary_check=(0,)) + tl.load(b, boundary_check=(0,)), boundary_check=(0,))


def block_pointers(x, y):
    block_kernel[(3,)](x, y, out := torch.empty_like(x), x.numel(), BLOCK=16)
    return out


@triton.jit
def described_kernel(x, y, out, count, BLOCK: tl.constexpr):
    start = tl.program_id(0) * BLOCK
    a = tl.make_tensor_descriptor(x, (count,), (1,), (BLOCK,))
    b = tl.make_tensor_descriptor(y, (count,), (1,), (BLOCK,))
    c = tl.make_tensor_descriptor(out, (count,), (1,), (BLOCK,))
    c.store([start], a.load([start]) + b.load([start]))


def descriptors(x, y):
    described_kernel[(3,)](x, y, out := torch.empty_like(x), x.numel(), BLOCK=16)
    return out


@triton.jit
def twice_kernel(x, out, N: tl.constexpr):
    at = tl.arange(0, N)
    peak = tl.max(tl.load(x + at), axis=0)
    tl.store(out + at, tl.exp(tl.load(x + at) - peak))


def loaded_twice(x, y):
    twice_kernel[(1,)](x, out := torch.empty_like(x), 32)
    return out


@triton.jit
def atomic_kernel(x, out, count, BLOCK: tl.constexpr):
    at = tl.arange(0, BLOCK)
    tl.atomic_add(out + at * 0, tl.load(x + at, mask=at < count), mask=at < count)


def atomic(x, y):
    atomic_kernel[(1,)](x, out := torch.zeros(1, dtype=x.dtype), x.numel(), BLOCK=64)
    return out


@triton.jit
def product_kernel(x, y, out, N: tl.constexpr, K: tl.constexpr, SUM: tl.constexpr, BLOCK: tl.constexpr):
    m = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    n, total = tl.arange(0, N), tl.zeros((BLOCK, N), SUM)
    for start in range(0, K, BLOCK):
        k = start + tl.arange(0, BLOCK)
        total = tl.dot(tl.load(x + m[:, None] * K + k), tl.load(y + k[:, None] * N + n), total)
    tl.store(out + m[:, None] * N + n, total.to(out.dtype.element_ty))


def product(x, y):
    out = torch.empty((x.shape[0], y.shape[1]), dtype=x.dtype)
    wide = tl.int32 if x.dtype == torch.int8 else tl.float32
    product_kernel[(x.shape[0] // 16,)](x, y, out, y.shape[1], x.shape[1], wide, 16)
    return out


@triton.jit
def swapping_kernel(out, N: tl.constexpr):
    tl.atomic_cas(out + tl.arange(0, N), 0, 1)


def swapping(x, y):
    swapping_kernel[(2,)](out := torch.zeros(32, dtype=x.dtype), 32)
    return out


@triton.jit
def integer_kernel(x, out, N: tl.constexpr):
    at = tl.arange(0, N)
    value = tl.load(x + at)
    tl.store(out + at, tl.where(value > 1, value * 2 + value, -value))


def integers(x, y):
    integer_kernel[(1,)](x, out := torch.empty_like(x), 32)
    return out


@triton.jit
def many_kernel(x, out, N: tl.constexpr):
    at = tl.arange(0, N)
    value = tl.load(x + at)
    value = tl.fma(value, value, tl.sqrt(value))
    value = tl.where(value > 0, -value, tl.clamp(value, -1.0, 1.0))
    tl.store(out + at, tl.cumsum(value, axis=0))


def many(x, y):
    many_kernel[(1,)](x, out := torch.empty_like(x), 32)
    return out


@triton.jit
def larger(a, b):
    return tl.where(a * 2.0 > b, a, b)


@triton.jit
def reduced_kernel(x, out, N: tl.constexpr):
    tl.store(out, tl.reduce(tl.load(x + tl.arange(0, N)), 0, larger))


def reduced(x, y):
    reduced_kernel[(1,)](x, out := torch.empty(1, dtype=x.dtype), 32)
    return out
"""

SCRIPT = """
import json, sys
from pathlib import Path
import solution_traffic
from pytest_kernelbench import Case, Tensor

solution_traffic.prepare()
for name, x, y in json.loads(sys.argv[2]):
    case = Case(x=Tensor(tuple(x[0]), x[1]), y=Tensor(tuple(y[0]), y[1]))
    parameters = [("x", "POSITIONAL_OR_KEYWORD"), ("y", "POSITIONAL_OR_KEYWORD")]
    print(json.dumps(solution_traffic.in_a_process(Path(sys.argv[1]), [name], parameters, case)), flush=True)
"""

F32, F16, BF16, I32 = ((40,), "float32"), ((40,), "float16"), ((40,), "bfloat16"), ((32,), "int32")
FULL, HALF = ((32,), "float32"), ((32,), "bfloat16")
LEFT, RIGHT = (32, 48), (48, 16)

KNOWN: list[tuple[str, Argument, Argument, tuple[int, int, int]]] = [
    # Three programs of 16 lanes compute, and 40 lanes are loaded and stored.
    ("masked_tail", F32, F32, (2 * 40 * 4, 40 * 4, 48)),
    ("masked_tail", F16, F16, (2 * 40 * 2, 40 * 2, 48)),
    ("masked_tail", BF16, F32, (40 * 2 + 40 * 4, 40 * 2, 48)),
    ("block_pointers", F32, F32, (2 * 40 * 4, 40 * 4, 48)),
    ("descriptors", F16, F16, (2 * 40 * 2, 40 * 2, 48)),
    ("unmasked", FULL, FULL, (2 * 32 * 4, 32 * 4, 32)),
    # 31 maxima, then a difference and an exponential for each lane.
    ("loaded_twice", FULL, FULL, (2 * 32 * 4, 32 * 4, 31 + 64)),
    ("loaded_twice", HALF, HALF, (2 * 32 * 2, 32 * 2, 31 + 64)),
    # Each lane reads x, and its sum in memory, which it writes.
    ("atomic", F32, F32, (2 * 40 * 4, 40 * 4, 40)),
    ("atomic", BF16, BF16, (2 * 40 * 2, 40 * 2, 40)),
    ("swapping", I32, I32, (2 * 32 * 4, 2 * 32 * 4, 0)),
    # Two tiles of rows: x is loaded once, y twice.
    ("product", (LEFT, "float16"), (RIGHT, "float16"), (2 * (32 * 48 + 2 * 48 * 16), 2 * 32 * 16, 2 * 32 * 48 * 16)),
    ("product", (LEFT, "int8"), (RIGHT, "int8"), (32 * 48 + 2 * 48 * 16, 32 * 16, 2 * 32 * 48 * 16)),
    ("integers", I32, I32, (32 * 4, 32 * 4, 0)),
    # A square root, a multiply-add, a clamp, and a sum for each lane but the first.
    ("many", FULL, FULL, (32 * 4, 32 * 4, 32 * (1 + 2 + 2) + 31)),
    # What the function that reduces computes, 31 times.
    ("reduced", FULL, FULL, (32 * 4, 4, 31)),
]
"""Entry point, x, y, and then bytes loaded, bytes stored and flops."""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    """Return what is counted for each of `KNOWN`; Triton is patched in other processes."""
    file = tmp_path_factory.mktemp("kernels") / "kernels.py"
    file.write_text(KERNELS)
    calls = json.dumps([call for *call, _ in KNOWN])
    command = [sys.executable, "-c", SCRIPT, str(file), calls]
    done = subprocess.run(command, capture_output=True, text=True, cwd=BENCHMARKS, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("index", range(len(KNOWN)), ids=[f"{name}-{x[1]}" for name, x, *_ in KNOWN])
def test_what_is_known_by_hand_is_counted(found: list[dict[str, object]], index: int) -> None:
    *_, (loaded, stored, flops) = KNOWN[index]
    assert found[index] == {"launches": 1, "loaded": loaded, "stored": stored, "flops": flops}


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("conv2d", [(2, 64, 28, 28), (64, 64, 3, 3)]),
        ("bmm_w8a8", [(2, 256, 128), (2, 128, 256)]),
        ("sum", [(1024, 512)]),
        ("nll_loss", [(128, 50257), (128,)]),
    ],
)
def test_batches_are_made_smaller_first(monkeypatch: pytest.MonkeyPatch, name: str, shapes: list[object]) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import solution_traffic  # type: ignore[import-not-found]

    monkeypatch.setattr(logging.getLogger("torch._subclasses.fake_tensor"), "level", logging.CRITICAL)
    task = Catalogue.find().load(name)
    workload, case = next(solution_traffic.cases(task))
    assert workload == next(iter(task.workloads))
    assert [recipe.shape for _, recipe in leaves(case)] == shapes


def test_smaller_and_smaller_cases_are_tried_and_a_fixed_one_at_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import solution_traffic

    huge, *fixed = (Case(x=Tensor((size,))) for size in (1 << 30, 3, 5, 4))
    task = dataclasses.replace(task_of(lambda x: x.exp(), huge, workloads={"huge": huge}), fixed_cases=tuple(fixed))
    tried = [(name, case.x.shape) for name, case in solution_traffic.cases(task)]
    assert tried == [*(("huge", (1 << power,)) for power in (18, 16, 14, 12)), (solution_traffic.FIXED, (5,))]
