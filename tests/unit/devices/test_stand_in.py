"""The stand-in for CUDA and the instruments, seen by a kernel in a runner."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.settings import RunnerSettings
from pytest_kernelbench.wire.conditions import CallConditions

PARAMETERS = [("x", "POSITIONAL_OR_KEYWORD")]
CASE = Case(x=Tensor((4, 5)))

ANSWERS = """
import torch

assert torch.cuda.is_available() and torch.cuda.device_count() == 1 and torch.cuda.current_device() == 0

def work(x):
    cuda = torch.device("cuda", 0)
    for tensor in (
        x, x.contiguous(), x + 1, x.to("cuda"), x.to(torch.device("cuda:0")), x.cuda(), x.cuda(0), x.pin_memory(),
        x.to("cuda", torch.float16), torch.empty(3, device="cuda"), torch.zeros(3, device=cuda),
        torch.full((3,), 1.0, device=x.device),
        torch.arange(3, device="cuda:0"), torch.empty_like(x), x.new_zeros(3), torch.tensor([1], device="cuda"),
        torch.rand(3, device="cuda"), torch.nn.Parameter(x), torch.tensor([1.0]).cuda(),
        torch.ones(2, device="cuda")[:1], torch.zeros(2, device=0), x.to(0), torch.ones(2, device=torch.device("cuda")),
    ):
        assert tensor.is_cuda and not tensor.is_cpu and tensor.device == cuda and tensor.device.type == "cuda", tensor
        assert tensor.get_device() == 0 and tensor.device.index == 0
    assert x.device == torch.empty(1, device="cuda").device

    generator = torch.Generator(device="cuda")
    generator.manual_seed(3)
    first = torch.rand(4, generator=generator, device="cuda")
    assert torch.equal(first, torch.rand(4, generator=generator.manual_seed(3), device="cuda"))
    assert isinstance(generator, torch.Generator)

    properties = torch.cuda.get_device_properties(x.device)
    assert properties.multi_processor_count > 0
    assert torch.cuda.get_device_capability() == (properties.major, properties.minor) >= (8, 0)
    assert torch.cuda.is_bf16_supported() and torch.cuda.get_device_name()
    torch.cuda.synchronize(); torch.cuda.empty_cache(); torch.cuda.set_device(0); torch.cuda.manual_seed_all(0)
    torch.manual_seed(1)
    assert torch.equal(torch.rand(3), (torch.cuda.manual_seed(1), torch.rand(3))[1])
    start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream), torch.cuda.device(x.device), torch.cuda.device_of(x):
        start.record(); end.record(); end.synchronize(); stream.wait_stream(torch.cuda.current_stream())
    assert end.query() and start.elapsed_time(end) > 0.0
    x.record_stream(stream)

    import triton
    driver = triton.runtime.driver.active
    assert driver.get_current_target().backend == "cuda" and driver.get_current_target().arch == 80
    assert driver.utils.get_device_properties(0)["max_shared_mem"] > 0
    assert driver.get_active_torch_device() == x.device
    return x.clone()
"""

POISONED = """
import torch
def work(x):
    return [torch.empty(3), torch.empty_like(x), x.new_empty(3), torch.empty_strided((2, 2), (2, 1)),
            torch.empty(3, dtype=torch.float16), torch.empty(3, dtype=torch.int32), torch.empty(3, dtype=torch.bool),
            torch.zeros(3)]
"""

KERNEL = """
import torch, triton, triton.language as tl

@triton.autotune([triton.Config({"BLOCK": 8}), triton.Config({"BLOCK": 16})], key=[])
@triton.jit
def add(x, y, count, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(y + at, tl.load(x + at, mask=at < count) + 1, mask=at < count)

@triton.jit
def order(y, count):
    last = tl.load(y + count)
    tl.store(y + tl.program_id(0), last)
    tl.store(y + count, last + 1)

def work(x):
    y = torch.zeros_like(x)
    add[lambda meta: (triton.cdiv(x.numel(), meta["BLOCK"]),)](x, y, x.numel())
    z = torch.zeros(5)
    order[(4,)](z, 4)
    return y, z, x.exp()
"""


@pytest.fixture
def runner() -> Iterator[Runner]:
    runner = Runner(RunnerSettings())
    yield runner
    runner.close()


def run(runner: Runner, code: str, **conditions: Any) -> Any:
    assert runner.load(code, "work.py", ["work"]).status == "ok"
    answer = runner.call(CASE, PARAMETERS, conditions=CallConditions(**conditions), max_bytes=1 << 20, timeout=60)
    assert answer.status == "ok", (answer.message, answer.frames)
    return answer


def test_every_tensor_claims_to_be_on_the_gpu(runner: Runner) -> None:
    assert run(runner, ANSWERS).outputs[0].shape == (4, 5)


def test_uninitialised_memory_is_poisoned(runner: Runner) -> None:
    *floats, half, ints, bools, zeros = [output.tensor for output in run(runner, POISONED, poison="nan").outputs]
    assert all(tensor.isnan().all() for tensor in (*floats, half))
    assert (ints == 2**31 - 1).all()
    assert bools.all()
    assert (zeros == 0).all()
    *floats, half, ints, bools, zeros = [output.tensor for output in run(runner, POISONED, poison="big").outputs]
    assert all((tensor == 2.0**100).all() for tensor in floats)
    assert (half > 50_000).all()
    assert half.isfinite().all()
    assert (ints == 7).all()


def test_the_instruments_see_and_change_launches(runner: Runner) -> None:
    plain = run(runner, KERNEL, audit=True)
    added, order, _ = [output.tensor for output in plain.outputs]
    assert order.tolist() == [0, 1, 2, 3, 4]
    counts = plain.counts
    assert (counts["launches"], counts["configs"], counts["programs"], counts["bare_loads"]) == (2, 2, 4, True)
    assert counts["computed"] == 40
    assert counts["touched"] >= 40
    backwards = run(runner, KERNEL, order="reverse").outputs[1].tensor
    assert backwards.tolist() == [3, 2, 1, 0, 4]
    shuffled = run(runner, KERNEL, order="shuffled").outputs[1].tensor
    assert sorted(shuffled.tolist()) == [0, 1, 2, 3, 4]
    skipped, order, exp = [output.tensor for output in run(runner, KERNEL, skip_launches=True).outputs]
    assert (skipped == 0).all()
    assert (order == 0).all()
    assert exp.isfinite().all()
    for config in (0, 1):
        assert (run(runner, KERNEL, config=config).outputs[0].tensor == added).all()
    assert (run(runner, KERNEL, benchmark=True).outputs[0].tensor == added).all()
    assert (run(runner, KERNEL, poison_masked_lanes=True).outputs[0].tensor == added).all()
