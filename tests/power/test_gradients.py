"""Backward passes: wrong ones must fail in the facet `gradients`, right ones must pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_kernelbench import evaluate
from pytest_kernelbench.evaluation.api import Evaluation
from tests.power.gradients.kernels import CONTROLS, FAULTS, with_replaced
from tests.power.sampling import some_in_every_run

TASKS = Path(__file__).parent / "gradients" / "tasks"

IN_EVERY_RUN = 3
"""One in so many backward passes is judged in every run."""


def judged(code: str, *facets: str) -> Evaluation:
    return evaluate(code, "row_scale", tasks=TASKS, facets=facets, examples=0, device="interpreter", sandbox="off")


@pytest.mark.parametrize("name", some_in_every_run(FAULTS, IN_EVERY_RUN))
def test_wrong_backward_passes_fail(name: str) -> None:
    status, replaced = FAULTS[name]
    record = judged(with_replaced(replaced), "gradients").record
    assert (record.status, record.facets) == (status, {"gradients": status}), record.failure
    assert record.failure is not None
    assert record.failure.facet == "gradients"


@pytest.mark.parametrize("name", some_in_every_run(CONTROLS, IN_EVERY_RUN))
def test_right_backward_passes_pass(name: str) -> None:
    record = judged(with_replaced(CONTROLS[name]), "gradients").record
    assert (record.status, record.facets) == ("passed", {"gradients": "passed"}), record.failure


SIGMOID = """
import torch
import triton
import triton.language as tl

@triton.jit
def sigmoid_kernel(x, g, y, count, BACKWARD: tl.constexpr, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = at < count
    result = 1.0 / (1.0 + tl.exp(-tl.load(x + at, mask=mask, other=0.0).to(tl.float32)))
    if BACKWARD:
        result = tl.load(g + at, mask=mask, other=0.0) * result * (1.0 - result)
    tl.store(y + at, result, mask=mask)

def launched(x, g, backward):
    y = torch.empty_like(x)
    sigmoid_kernel[(triton.cdiv(x.numel(), 128),)](x, g, y, x.numel(), BACKWARD=backward, BLOCK=128)
    return y

class Sigmoid(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        x = x.contiguous()
        ctx.save_for_backward(x)
        return launched(x, x, False)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return launched(x, g.contiguous(), True)

def sigmoid(input, *, out=None):
    result = Sigmoid.apply(input)
    return result if out is None else out.copy_(result)
"""


@pytest.mark.parametrize(("code", "said"), [
    (SIGMOID, "which are right on the first case"),
    (SIGMOID.replace(" * (1.0 - result)", ""), "which are wrong on the first case: gradient of input"),
])  # fmt: skip
def test_gradients_that_nobody_asked_for_are_shown_and_decide_nothing(code: str, said: str) -> None:
    record = evaluate(code, "sigmoid", examples=0, device="interpreter", sandbox="off").record
    assert (record.status, record.stage) == ("passed", "all"), record.failure
    assert [text for text in record.observations if said in text and "carries gradients of input" in text]
