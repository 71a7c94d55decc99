"""Runners that compile: beside those that interpret, on hollow tensors, with numbers that the tools confirm."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.devices.hollow import META, EndlessReads, Hollow
from pytest_kernelbench.runner.child import RunnerSettings
from pytest_kernelbench.runner.client import Runner

CODE = """
import sys
import torch, triton
import triton.language as tl

@triton.jit
def spilling(x, y, size, M: tl.constexpr):
    at = tl.arange(0, M)
    a = tl.load(x + at)
    for _ in range(size):
        a += tl.load(x + a.to(tl.int32)) * tl.sum(a)
    tl.store(y + at, a)

def work(x):
    y = torch.empty_like(x)
    kernel = spilling[(1,)](x, y, x.shape[0], M=4096, num_warps=1, maxnreg=64)
    properties = torch.cuda.get_device_properties(0)
    with open(sys.argv[0] + ".cubin", "wb") as stream:
        stream.write(kernel.asm["cubin"])
    print(kernel.n_regs, properties.multi_processor_count, torch.cuda.get_device_capability(), x.device, x.is_meta)
    return y
"""


@pytest.fixture
def runner() -> Iterator[Runner]:
    runner = Runner(RunnerSettings(device="compile:sm_90", memory=16 << 30))
    yield runner
    runner.close()


def compile_case(runner: Runner, case: Case) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    seen: list[dict[str, Any]] = []
    parameters = [("x", "POSITIONAL_OR_KEYWORD")]
    header = runner.compile(case, parameters, driver="call", seconds=100, seen=seen.append)
    return header, seen


def test_what_is_reported_is_what_the_tools_read(runner: Runner) -> None:
    interpreting = Runner(RunnerSettings())
    try:
        assert interpreting.load("import triton\ndef work(x): pass\nassert triton.knobs.runtime.interpret", "work.py",
                                 ["work"]).status == "ok"  # fmt: skip
    finally:
        interpreting.close()
    assert runner.load(CODE, "work.py", ["work"]).status == "ok"
    large = Case(x=Tensor((1 << 14, 1 << 14)))
    header, (begun, done) = compile_case(runner, large)
    assert (header["launches"], header["raised"], header["data_dependent"]) == (1, None, False)
    assert (begun["done"], begun["name"], done["name"]) == (False, "spilling", "spilling")
    assert done["specialisation"] == "x: *fp32 %16, y: *fp32 %16, size: i32 %16, M=4096, num_warps=1, num_stages=3"
    said = runner.printed().split()
    assert said == [str(done["registers"]), "132", "(9,", "0)", "cuda:0", "True"]

    import triton.backends.nvidia

    tool = Path(triton.backends.nvidia.__file__).parent / "bin" / "cuobjdump"
    cubin = Path(runner._home, "work.py.cubin")
    shown = subprocess.run([tool, "--dump-resource-usage", cubin], capture_output=True, text=True, check=True).stdout
    (registers, stack), = re.findall(r"REG:(\d+) STACK:(\d+)", shown)  # fmt: skip
    assert (done["registers"], done["stack"]) == (int(registers), int(stack))
    assert done["spills"] > 0

    _, again = compile_case(runner, large)
    _, small = compile_case(runner, Case(x=Tensor((32, 5))))
    assert not again + small, "a specialisation is compiled once"


def test_reads_are_counted_and_made_up() -> None:
    large = torch.empty(3, 4, device="meta", dtype=torch.int64)
    for contents, value in (("zero", 0), ("one", 1)):
        mode = Hollow(contents, META)
        with mode:
            assert large.is_cuda
            assert large.sum().item() == value
            assert bool(large.any()) == bool(value)
            assert large[0].tolist() == [value] * 4
            assert large.cpu().device.type == "cuda"
            assert large.to("cpu")[0, 0].item() == value
            assert torch.zeros(5, device="cuda").is_meta
        assert mode.reads == 6


def test_what_has_contents_keeps_them() -> None:
    mode = Hollow("one")
    with mode:
        assert torch.tensor([5]).item() == 5
        assert torch.empty(2, device="cuda").tolist() == [1.0, 1.0]
        assert torch.empty(2, dtype=torch.bool, device="cuda").all().item()
    assert mode.reads == 3


def test_waiting_for_a_result_ends() -> None:
    flag = torch.zeros(1)

    def wait() -> None:
        while not flag.item():
            pass

    with Hollow(), pytest.raises(EndlessReads, match="waits for something"):
        wait()
