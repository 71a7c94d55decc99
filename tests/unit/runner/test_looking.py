"""Host code on shapes that are too large to run: what a GPU would refuse of its launches."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.settings import RunnerSettings
from pytest_kernelbench.wire.device_names import interpreter_as, stand_in_of

HUGE = Case(x=Tensor((70_000, 4096)))

KERNEL = """
import torch, triton, triton.language as tl

@triton.jit
def copy(x, y, BLOCK: tl.constexpr):
    tl.store(y, tl.load(x))

@triton.autotune([triton.Config({"BLOCK": 8}), triton.Config({"BLOCK": 1})], key=["n"])
@triton.jit
def tuned(x, y, n, BLOCK: tl.constexpr):
    tl.store(y, tl.load(x))

def work(x):
    y = torch.empty(x.shape, device=x.device)
    rows = x.shape[0]
"""


def _look(body: str, device: str = "interpreter") -> dict[str, Any]:
    runner = Runner(RunnerSettings(device))
    try:
        assert runner.load(f"{KERNEL}    {body}\n    return y\n", "work.py", ["work"]).status == "ok"
        return runner.look(HUGE, [("x", "POSITIONAL_OR_KEYWORD")], convention="call", timeout=60)
    finally:
        runner.close()


@pytest.mark.parametrize(
    "body",
    [
        "copy[(1, rows)](x, y, BLOCK=1)",
        "copy[lambda meta: [1, 1, rows * meta['BLOCK']]](x, y, BLOCK=1)",
        "tuned[lambda meta: (1, triton.cdiv(rows, meta['BLOCK']))](x, y, rows)",
        "copy[(1,)](x, y, BLOCK=1, num_warps=64)",
        "x.sum().item(); copy[(1, rows)](x, y, BLOCK=1)",
    ],
)
def test_launches_that_a_gpu_refuses_are_seen_without_being_made(body: str) -> None:
    refused = _look(body)["refused"]
    assert refused["status"] == "runtime_error"
    assert any(body.partition("(x")[0] in frame for frame in refused["frames"])


@pytest.mark.parametrize(
    ("body", "launches"),
    [
        ("copy[(rows,)](x, y, BLOCK=1)", 1),
        ("copy[(0, rows)](x, y, BLOCK=1)", 1),
        ("x.cpu()", 0),
        ("copy[(1, 70_000 if x.sum().item() else 5)](x, y, BLOCK=1)", 1),
    ],
)
def test_everything_else_says_nothing(body: str, launches: int) -> None:
    found = _look(body)
    assert (found["refused"], found["launches"], found["asked"]) == (None, launches, False)


def test_host_code_that_asks_for_its_gpu_is_told_apart() -> None:
    assert _look("torch.cuda.get_device_name()")["asked"] is True


GPU = """    assert torch.cuda.get_device_properties(0).multi_processor_count == {processors}
    assert triton.runtime.driver.active.get_current_target().backend == "{backend}"
    assert (torch.version.hip is not None) == ("{backend}" == "hip")"""


@pytest.mark.parametrize(("target", "backend"), [("sm_90", "cuda"), ("sm_120", "cuda"), ("gfx942", "hip")])
def test_a_runner_can_stand_for_another_gpu(target: str, backend: str) -> None:
    body = GPU.format(processors=3, backend=backend).strip()
    device = interpreter_as(target, 3)
    assert stand_in_of(device) == (target, 3)
    runner = Runner(RunnerSettings(device))
    try:
        assert runner.load(f"{KERNEL}    {body}\n    return x.clone()\n", "work.py", ["work"]).status == "ok"
        answer = runner.call(Case(x=Tensor((3, 3))), [("x", "POSITIONAL_OR_KEYWORD")], max_bytes=1000, timeout=60)
    finally:
        runner.close()
    assert answer.status == "ok", answer.text
    assert answer.counts["asked"] is True
