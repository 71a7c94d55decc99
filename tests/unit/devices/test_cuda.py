"""A real GPU in a runner, through fake drivers: launches are counted or skipped, a GPU that cannot be used is told."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from pytest_kernelbench.devices import cuda
from pytest_kernelbench.devices.cuda import CudaDevice, NoGpu, first_line, watch_launches
from pytest_kernelbench.devices.instruments import Instruments
from pytest_kernelbench.wire.conditions import CallConditions


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
    assert (instruments.counts.launches, instruments.counts.off_stream_launches, instruments.counts.touched) == (
        2,
        1,
        12,
    )
    instruments.start(CallConditions(tuned=True))
    launch(2, 1, 1, 9, "f", torch.ones(3))
    assert (instruments.counts.off_stream_launches, instruments.counts.touched) == (1, 0)
    ran.pop()
    instruments.start(CallConditions(skip_launches=True))
    launch(3, 1, 1, 0, "f")
    assert (instruments.counts.launches, ran) == (0, [(2, 0), (2, 9)])
    instruments.start(CallConditions(fail_launches=True))
    with pytest.raises(RuntimeError, match="launches fail in this call"):
        launch(3, 1, 1, 0, "f")
    assert ran == [(2, 0), (2, 9)]


@pytest.mark.skipif(torch.version.cuda is not None, reason="this torch has CUDA")
def test_a_torch_without_cuda_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")  # and so what it was is set again afterwards
    with pytest.raises(NoGpu, match="without CUDA"):
        CudaDevice("GPU-1")


def test_the_first_line_of_an_error_is_shown() -> None:
    assert first_line(RuntimeError("CUDA error: no\nCompile with `TORCH_USE_CUDA_DSA`")) == "CUDA error: no"
    assert first_line(RuntimeError()) == "RuntimeError"


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
from pytest_kernelbench.wire.conditions import CallConditions

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
state.start(CallConditions(skip_launches=True))
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
