"""Resources that a compilation reports, confirmed by NVIDIA's own tools."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.settings import RunnerSettings, compiling

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
    runner = Runner(compiling("sm_90"))
    yield runner
    runner.close()


def compile_case(runner: Runner, case: Case) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    seen: list[dict[str, Any]] = []
    parameters = [("x", "POSITIONAL_OR_KEYWORD")]
    header = runner.compile(case, parameters, convention="call", timeout=100, seen=seen.append)
    return header, seen


def test_what_is_reported_is_what_the_tools_read(runner: Runner, tmp_path: Path) -> None:
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
    printed = runner.printed().split()
    assert printed == [str(done["registers"]), "132", "(9,", "0)", "cuda:0", "True"]

    import triton.backends.nvidia

    tool = Path(triton.backends.nvidia.__file__).parent / "bin" / "cuobjdump"
    cubin = tmp_path / "work.py.cubin"
    # The runner's folder may be a file system that only its own processes see.
    cubin.write_bytes(Path(f"/proc/{runner.pid}/root{runner.home}", cubin.name).read_bytes())
    shown = subprocess.run([tool, "--dump-resource-usage", cubin], capture_output=True, text=True, check=True).stdout
    (registers, stack), = re.findall(r"REG:(\d+) STACK:(\d+)", shown)  # fmt: skip
    assert (done["registers"], done["stack"]) == (int(registers), int(stack))
    assert done["spills"] > 0

    _, again = compile_case(runner, large)
    _, small = compile_case(runner, Case(x=Tensor((32, 5))))
    assert not again + small, "a specialisation is compiled once"
