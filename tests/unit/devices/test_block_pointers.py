"""Block pointers on the interpreter, in versions of Triton that have them and in those that do not."""

from __future__ import annotations

import pytest
import torch

from pytest_kernelbench import Case, Tensor
from tests.unit.devices import Interpret

PARENT = torch.arange(1.0, 25.0).reshape(4, 6)
"""The parent tensor of all blocks."""

KERNEL = """
@triton.jit
def kernel(x_ptr, y_ptr, rows, columns, B: tl.constexpr):
    p = tl.make_block_ptr(x_ptr, (rows, columns), (columns, 1), ({offsets}), ({shape}), (1, 0))
    q = tl.make_block_ptr(base=y_ptr, shape=(4, 4), strides=(4, 1), offsets=(0, 0), block_shape=(4, 4), order=(1, 0))
{body}

def work(x):
    x = torch.arange(1, 25, device=x.device, dtype=torch.{dtype}).reshape(4, 6)
    y = torch.zeros(4, 4, device=x.device, dtype=torch.{dtype})
    kernel[(1,)](x, y, 4, 6, B=4)
    return y
"""


def run(
    interpret: Interpret, body: str, offsets: str = "0, 0", shape: str = "4, 4", dtype: str = "float32"
) -> torch.Tensor:
    answer = interpret(code(body, offsets, shape, dtype), Case(x=Tensor((1,))))
    assert answer.status == "ok", answer
    return answer.outputs[0].tensor.float()


def code(body: str, offsets: str = "0, 0", shape: str = "4, 4", dtype: str = "float32") -> str:
    lines = "\n".join(f"    {line}" for line in body.split("\n"))
    return KERNEL.format(body=lines, offsets=offsets, shape=shape, dtype=dtype)


def test_a_block_is_loaded_and_stored(interpret: Interpret) -> None:
    assert torch.equal(run(interpret, "tl.store(q, tl.load(p))"), PARENT[:, :4])


def test_what_is_out_of_bounds_is_padded_with_zeros(interpret: Interpret) -> None:
    found = run(interpret, "tl.store(q, tl.load(p, boundary_check=(0, 1), padding_option='zero'))", offsets="2, 4")
    expected = torch.zeros(4, 4)
    expected[:2, :2] = PARENT[2:, 4:]
    assert torch.equal(found, expected)


def test_the_padding_is_zero_without_an_option_also_where_masked_lanes_are_poisoned(interpret: Interpret) -> None:
    body = "tl.store(q, tl.load(p, boundary_check=(0, 1)))"
    answer = interpret(code(body, "2, 4"), Case(x=Tensor((1,))), poison_masked_lanes=True)
    assert answer.status == "ok", answer
    assert answer.outputs[0].tensor.sum() == PARENT[2:, 4:].sum()


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_what_is_out_of_bounds_is_padded_with_nan(interpret: Interpret, dtype: str) -> None:
    body = "tl.store(q, tl.load(p, boundary_check=(0,), padding_option='nan'))"
    found = run(interpret, body, offsets="2, 0", dtype=dtype)
    assert torch.equal(found[:2], PARENT[2:, :4])
    assert found[2:].isnan().all()


def test_a_dimension_that_is_not_checked_is_read_beyond_its_bounds(interpret: Interpret) -> None:
    found = run(interpret, "tl.store(q, tl.load(p, boundary_check=(0,), padding_option='zero'))", offsets="0, 4")
    assert torch.equal(found[:3], torch.stack([PARENT.flatten()[6 * row + 4 :][:4] for row in range(3)]))


def test_a_pointer_advances_in_a_loop(interpret: Interpret) -> None:
    body = (
        "total = tl.zeros((4, 2), tl.float32)\n"
        "for k in range(0, columns, 2):\n"
        "    total += tl.load(p)\n"
        "    p = tl.advance(p, (0, 2))\n"
        "r = tl.make_block_ptr(y_ptr, (4, 4), (4, 1), (0, 0), (4, 2), (1, 0))\n"
        "tl.store(r.advance((0, 2)), total.to(r.type.element_ty.element_ty), boundary_check=(0, 1))"
    )
    found = run(interpret, body, shape="4, 2")
    assert torch.equal(found[:, 2:], PARENT.reshape(4, 3, 2).sum(1))
    assert not found[:, :2].any()


def test_a_store_leaves_what_is_out_of_bounds(interpret: Interpret) -> None:
    body = "tl.store(tl.advance(q, (2, 0)), tl.load(p), boundary_check=(0,))"
    found = run(interpret, body)
    assert torch.equal(found[2:], PARENT[:2, :4])
    assert not found[:2].any()


@pytest.mark.parametrize(
    "body",
    [
        "tl.store(q, tl.load(p, mask=tl.arange(0, 4)[:, None] < 2))",
        "tl.store(q, tl.load(p, boundary_check=(2,)))",
        "tl.store(q, tl.load(p, boundary_check=(0, 0)))",
        "tl.store(q, tl.load(p, padding_option='one'))",
        "tl.store(q, tl.load(p).to(tl.float16))",
        "tl.store(q, tl.zeros((4, 2), tl.float32))",
        "tl.store(q, tl.load(tl.advance(p, (0,))))",
        "tl.store(q, tl.load(tl.advance(p, (0, rows.to(tl.int64)))))",
        "r = tl.make_block_ptr(x_ptr, (rows, columns), (columns, 1), (0, 0), (4, 4), (0, 0))",
        "r = tl.make_block_ptr(x_ptr, (rows, columns), (columns,), (0, 0), (4, 4), (1, 0))",
        "r = tl.make_block_ptr(x_ptr, (rows, columns), (columns, 1), (0, 0), (rows, 4), (1, 0))",
    ],
)
def test_what_the_compiler_refused_is_refused(interpret: Interpret, body: str) -> None:
    assert interpret(code(body), Case(x=Tensor((1,)))).status not in ("ok", "crash")
