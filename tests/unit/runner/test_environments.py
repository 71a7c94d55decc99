"""The environments of runners: the answer of a call on a fake GPU, and errors that a CUDA context does not survive."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.devices.cuda import unready
from pytest_kernelbench.devices.instruments import Instruments
from pytest_kernelbench.host.answers import answer
from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.settings import RunnerSettings
from pytest_kernelbench.model.case_codec import decode, encode
from pytest_kernelbench.runner import server
from pytest_kernelbench.runner.environments import ExecutionEnvironment, OnGpu, environment_for
from pytest_kernelbench.runner.results import LastResult
from pytest_kernelbench.wire.conditions import ORDINARY
from pytest_kernelbench.wire.materialize import materialize


class FakeDevice:
    """A GPU whose memory is that of the host and whose work is done when somebody waits for it."""

    name = "cpu"

    def __init__(self) -> None:
        self.queue: list[Callable[[], object]] = []
        self.dead = False
        self.calls: list[str] = []

    def watch(self, instruments: Instruments) -> None:
        self.instruments = instruments

    def compiler(self) -> Any:
        return type("Compiler", (), {"_do_compile": lambda *_: "compiled"})

    def settled(self) -> bool:
        return True

    def hold(self) -> None:
        self.calls.append("hold")

    def synchronise(self) -> None:
        if self.dead:
            raise RuntimeError("CUDA error: an illegal memory access was encountered\nCompile with TORCH_USE_CUDA_DSA")
        while self.queue:
            self.queue.pop(0)()

    def empty_cache(self) -> None:
        self.calls.append("empty_cache")


@pytest.fixture
def device() -> FakeDevice:
    """A GPU that does not exist."""
    return FakeDevice()


CASE = Case(x=Tensor((4, 5)))


def call(device: FakeDevice, work: Callable[..., Any], **request: Any) -> Any:
    """Call a function as a runner on that GPU does, and return the answer."""
    asked = {"case": encode(CASE), "parameters": [["x", "POSITIONAL_OR_KEYWORD"]], "convention": "call",
             "conditions": {}, "max_bytes": 1 << 20, **request}  # fmt: skip
    header, parts = server.call(asked, work, OnGpu(device), LastResult(), 10_000)
    memory = {each.path: len(each.snapshot()) for each in materialize(decode(asked["case"])).tensors}
    return answer(header, b"".join(parts), memory)


def test_an_answer_from_a_gpu(device: FakeDevice) -> None:
    found = call(device, lambda x: (x[1:], x * 2))
    assert [output.alias for output in found.outputs] == ["x", None]
    assert found.outputs[1].tensor is not None
    assert torch.equal(found.outputs[1].tensor, 2 * materialize(CASE).tensors[0].tensor)
    assert (found.unready, found.counts["launches"]) == (False, 0)
    assert "hold" in device.calls


def test_uninitialised_memory_is_poisoned_on_a_gpu(device: FakeDevice) -> None:
    (nan,) = call(device, lambda x: torch.empty(3)).outputs
    (big,) = call(device, lambda x: torch.empty_like(x), conditions={"poison": "big"}).outputs
    assert nan.tensor.isnan().all()
    assert (big.tensor == 2.0**100).all()


def test_a_result_that_another_stream_still_writes(device: FakeDevice) -> None:
    def work(x: torch.Tensor) -> torch.Tensor:
        result = torch.zeros_like(x)
        device.queue.append(lambda: result.copy_(x))
        return result

    found = call(device, work)
    assert found.unready
    assert torch.equal(found.outputs[0].tensor, materialize(CASE).tensors[0].tensor)


def test_results_that_are_ready_even_where_they_are_nan(device: FakeDevice) -> None:
    assert not unready([torch.full((3,), float("nan")), torch.ones(2, 2).t()], device)


def test_an_error_that_the_context_does_not_survive(device: FakeDevice) -> None:
    environment = OnGpu(device)
    device.dead = True
    header = environment.describe(RuntimeError("Triton Error [CUDA]: an illegal memory access was encountered"), "k.py")
    assert header["status"] == "crash"
    assert header["message"] == "the CUDA context is lost: CUDA error: an illegal memory access was encountered"


def test_an_error_that_it_survives(device: FakeDevice) -> None:
    assert OnGpu(device).describe(TypeError("no"), "k.py")["status"] == "runtime_error"
    assert device.calls == ["empty_cache"]


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_gpu_that_cannot_be_used_is_not_the_fault_of_a_kernel() -> None:
    runner = Runner(RunnerSettings(device="cuda:GPU-none"))
    try:
        loaded = runner.load("def work(): pass", "work.py", ["work"])
    finally:
        runner.close()
    assert loaded.status == "error"
    assert "NoGpu" in loaded.message


def test_the_plain_environment_changes_nothing() -> None:
    environment = environment_for("cpu")
    assert type(environment) is ExecutionEnvironment
    assert environment.tensor_device is None
    assert environment.run(ORDINARY, lambda: 3) == 3
    assert (environment.settle([]), environment.counts(), environment.operations()) == (False, {}, {})
    assert environment.describe(ValueError("no"), "k.py")["status"] == "runtime_error"


def test_an_unknown_target_cannot_be_compiled_for() -> None:
    runner = Runner(RunnerSettings(device="compile:sm_1"))
    try:
        loaded = runner.load("def work(): pass", "work.py", ["work"])
    finally:
        runner.close()
    assert (loaded.status, loaded.message) == ("error", "KeyError: 'sm_1'")
