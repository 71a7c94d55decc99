"""The runner's side of a GPU on one that is not there: memory, launches, streams and errors through fakes."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.devices import cuda
from pytest_kernelbench.devices.cuda import Board, NoGpu, unready, watch_launches
from pytest_kernelbench.devices.instruments import Instruments, Variant
from pytest_kernelbench.model.case import LAYOUTS, decode, encode
from pytest_kernelbench.runner import server
from pytest_kernelbench.runner.answers import answer
from pytest_kernelbench.runner.child import RunnerSettings
from pytest_kernelbench.runner.client import Runner
from pytest_kernelbench.runner.materialize import GUARD, GUARD_BYTE, materialize, refill
from pytest_kernelbench.runner.mistakes import outcome
from pytest_kernelbench.runner.workplaces import OnGpu


class FakeBoard:
    """A GPU whose memory is the host's, and whose work is done when somebody waits for it."""

    home = "cpu"

    def __init__(self) -> None:
        self.queue: list[Callable[[], object]] = []
        self.dead = False
        self.said: list[str] = []

    def watch(self, instruments: Instruments) -> None:
        self.instruments = instruments

    def hold(self) -> None:
        self.said.append("hold")

    def synchronise(self) -> None:
        if self.dead:
            raise RuntimeError("CUDA error: an illegal memory access was encountered\nCompile with TORCH_USE_CUDA_DSA")
        while self.queue:
            self.queue.pop(0)()

    def empty_cache(self) -> None:
        self.said.append("empty_cache")


@pytest.fixture
def board() -> FakeBoard:
    """A GPU that is not there."""
    return FakeBoard()


CASE = Case(x=Tensor((4, 5)))


def call(board: FakeBoard, work: Callable[..., Any], **request: Any) -> Any:
    """Call a function as a runner on that GPU does, and return the answer."""
    asked = {"case": encode(CASE), "parameters": [["x", "POSITIONAL_OR_KEYWORD"]], "driver": "call", "variant": {},
             "most": 1 << 20, **request}  # fmt: skip
    header, parts = server._call(asked, work, OnGpu(board), server.Kept(), 10_000)
    memory = {made.path: len(made.snapshot()) for made in materialize(decode(asked["case"])).made}
    return answer(header, b"".join(parts), memory)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "complex64", "bool", "int64"])
def test_what_is_copied_to_a_device_is_laid_out_and_guarded_there(layout: str, dtype: str) -> None:
    case = Case(x=Tensor((3, 4, 5), dtype, "integers(0, 2)", layout))
    (here,), (there,) = materialize(case).made, materialize(case, "cpu").made
    assert there.memory.data_ptr() != here.memory.data_ptr()
    assert there.snapshot() == here.snapshot()
    assert torch.equal(there.tensor, here.tensor)
    assert (there.tensor.stride(), there.tensor.storage_offset()) == (
        here.tensor.stride(),
        here.tensor.storage_offset(),
    )
    assert there.tensor.untyped_storage().nbytes() == here.tensor.untyped_storage().nbytes()
    assert there.holds(there.tensor.data_ptr())
    assert not there.holds(here.tensor.data_ptr())


def test_a_write_past_the_end_on_a_device_is_seen() -> None:
    (made,) = materialize(CASE, "cpu").made
    made.memory[-GUARD] = 0
    after = made.snapshot()
    assert after[:GUARD] == bytes([GUARD_BYTE]) * GUARD
    assert after[-GUARD:] != bytes([GUARD_BYTE]) * GUARD


def test_new_contents_in_the_same_memory_move_no_version_counter() -> None:
    arguments = materialize(CASE, "cpu")
    tensor = arguments.made[0].tensor
    before = (tensor.data_ptr(), tensor._version)
    refill(arguments, Case(x=Tensor((4, 5), seed=9)))
    assert (tensor.data_ptr(), tensor._version) == before
    assert torch.equal(tensor, materialize(Case(x=Tensor((4, 5), seed=9))).made[0].tensor)


def test_an_answer_from_a_gpu(board: FakeBoard) -> None:
    found = call(board, lambda x: (x[1:], x * 2))
    assert [output.alias for output in found.outputs] == ["x", None]
    assert found.outputs[1].tensor is not None
    assert torch.equal(found.outputs[1].tensor, 2 * materialize(CASE).made[0].tensor)
    assert (found.unready, found.counts["launches"]) == (False, 0)
    assert "hold" in board.said


def test_memory_that_nobody_has_written_is_poisoned_on_a_gpu(board: FakeBoard) -> None:
    (nan,) = call(board, lambda x: torch.empty(3)).outputs
    (big,) = call(board, lambda x: torch.empty_like(x), variant={"poison": "big"}).outputs
    assert nan.tensor.isnan().all()
    assert (big.tensor == 2.0**100).all()


def test_a_result_that_another_stream_still_writes(board: FakeBoard) -> None:
    def work(x: torch.Tensor) -> torch.Tensor:
        result = torch.zeros_like(x)
        board.queue.append(lambda: result.copy_(x))
        return result

    found = call(board, work)
    assert found.unready
    assert torch.equal(found.outputs[0].tensor, materialize(CASE).made[0].tensor)


def test_results_that_are_ready_even_where_they_are_nan(board: FakeBoard) -> None:
    assert not unready([torch.full((3,), float("nan")), torch.ones(2, 2).t()], board)


def test_an_error_that_the_context_does_not_survive(board: FakeBoard) -> None:
    place = OnGpu(board)
    board.dead = True
    header = place.describe(RuntimeError("Triton Error [CUDA]: an illegal memory access was encountered"), "k.py")
    assert header["status"] == "crash"
    assert header["message"] == "the GPU's context is gone: CUDA error: an illegal memory access was encountered"


def test_an_error_that_it_survives(board: FakeBoard) -> None:
    assert OnGpu(board).describe(TypeError("no"), "k.py")["status"] == "runtime_error"
    assert board.said == ["empty_cache"]


class OutOfResources(Exception):
    """What Triton raises where a block wants more than there is."""


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (torch.OutOfMemoryError("Tried to allocate 900.00 GiB"), "crash", "out of memory of the GPU"),
        (RuntimeError("Triton Error [CUDA]: out of memory"), "crash", "out of memory of the GPU"),
        (OutOfResources("shared memory, Required: 196608"), "compile_error", "Required: 196608"),
        (RuntimeError("PassManager::run failed"), "compile_error", "PassManager"),
        (RuntimeError('"addmm_cuda" not implemented for \'Int\''), "runtime_error", "not implemented for"),
        (RuntimeError("Block pointers have been removed in triton 3.6"), "unsupported", "no longer has"),
        (SystemExit(3), "crash", "SystemExit"),
    ],
)  # fmt: skip
def test_what_an_exception_means_on_a_gpu(error: BaseException, status: str, text: str) -> None:
    header = outcome(error, "k.py")
    assert header["status"] == status
    assert text in header["message"]


def test_launches_are_counted_where_they_happen_and_dropped_in_a_replay() -> None:
    ran = []

    class Launcher:
        def __init__(self, source: Any, metadata: Any) -> None:
            pass

        def __call__(self, x: int, y: int, z: int, stream: int, *rest: Any) -> None:
            if rest[0] == "broken":
                raise RuntimeError
            ran.append((x, stream))

    driver, instruments = SimpleNamespace(launcher_cls=Launcher), Instruments()
    watch_launches(driver, instruments)
    launch = driver.launcher_cls(SimpleNamespace(fn=SimpleNamespace(fn=watch_launches)), None)
    assert launch.file == cuda.__file__
    described = SimpleNamespace(base=torch.ones(7))
    launch(2, 1, 1, 0, "f", None, torch.ones(3), (torch.ones(2), 5), described)
    launch(2, 1, 1, 9, "f")
    with pytest.raises(RuntimeError):
        launch(1, 1, 1, 0, "broken")
    assert (instruments.counts.launches, instruments.counts.elsewhere, instruments.counts.touched) == (2, 1, 12)
    instruments.start(Variant(tuned=True))
    launch(2, 1, 1, 9, "f", torch.ones(3))
    assert (instruments.counts.elsewhere, instruments.counts.touched) == (1, 0)
    ran.pop()
    instruments.start(Variant(ghost=True))
    launch(3, 1, 1, 0, "f")
    assert (instruments.counts.launches, ran) == (0, [(2, 0), (2, 9)])
    instruments.start(Variant(refuse=True))
    with pytest.raises(RuntimeError, match="refused"):
        launch(3, 1, 1, 0, "f")
    assert ran == [(2, 0), (2, 9)]


@pytest.mark.skipif(torch.version.cuda is not None, reason="this torch has CUDA")
def test_a_torch_without_cuda_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")  # and so what it was is set again afterwards
    with pytest.raises(NoGpu, match="without CUDA"):
        Board("GPU-1")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_gpu_that_cannot_be_used_is_no_kernels_fault() -> None:
    runner = Runner(RunnerSettings(device="cuda:GPU-none"))
    try:
        said = runner.load("def work(): pass", "work.py", ["work"])
    finally:
        runner.close()
    assert said.status == "error"
    assert "NoGpu" in said.message


TUNED = """
import triton, triton.language as tl
from types import SimpleNamespace
from triton.runtime.errors import OutOfResources
from pytest_kernelbench.devices import instruments
state = instruments.Instruments()
instruments.patch_autotuner(state)
ran = []

class Fn:
    arg_names = ["x", "BLOCK"]
    def run(self, *args, BLOCK, num_warps=4, **rest):
        ran.append(BLOCK)
        if BLOCK == 64:
            raise OutOfResources(1, 0, "shared memory")

tuner = triton.runtime.autotuner.Autotuner.__new__(triton.runtime.autotuner.Autotuner)
tuner.fn, tuner.arg_names = Fn(), Fn.arg_names
tuner.configs = [triton.Config({"BLOCK": size}) for size in (64, 32, 16)]
tuner.early_config_prune = tuner.perf_model = None
tuner.run(1)
state.start(instruments.Variant(config=2))
tuner.run(1)
state.start(instruments.Variant(config=0))
tuner.run(1)
assert ran == [64, 32, 16, 64, 32], ran
assert state.counts.configs == 3
tuner.configs = tuner.configs[:1]
try:
    tuner.run(1)
except OutOfResources:
    print("refused")
"""


def test_a_configuration_without_room_gives_way_to_the_next() -> None:
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(TUNED)], capture_output=True, text=True, check=False)
    assert done.stdout == "refused\n", done.stderr


COMPILED = """
import os
os.environ.pop("TRITON_INTERPRET", None)
import torch, triton
import triton.language as tl
from triton.runtime import driver
from pytest_kernelbench.devices import instruments
from pytest_kernelbench.devices.cross_compile import Compiler
from pytest_kernelbench.devices.cuda import watch_launches
from pytest_kernelbench.devices.stand_in import StandIn

compiler, state = Compiler("sm_90"), instruments.Instruments()
watch_launches(driver.active, state)

@triton.jit
def double(x, y, count, BLOCK: tl.constexpr):
    at = tl.arange(0, BLOCK)
    tl.store(y + at, 2 * tl.load(x + at, mask=at < count), mask=at < count)

x = torch.ones(100)
with StandIn():
    kernel = double[(1,)](x, torch.empty_like(x), 100, BLOCK=128)
    kernel[(3, 1, 1)](x, torch.empty_like(x), 100, 128)
print(state.counts.launches, state.counts.touched, len(compiler.launches))
state.start(instruments.Variant(ghost=True))
with StandIn():
    double[(1,)](x, torch.empty_like(x), 100, BLOCK=128)
print(state.counts.launches, len(compiler.launches))
"""


def test_tritons_own_launches_are_seen_whichever_way_they_take(tmp_path: Path) -> None:
    file = tmp_path / "compiled.py"
    file.write_text(textwrap.dedent(COMPILED), encoding="utf-8")
    environ = {**os.environ, "TRITON_CACHE_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, env=environ, check=False)
    assert done.stdout.split() == ["2", "400", "2", "0", "2"], done.stderr
