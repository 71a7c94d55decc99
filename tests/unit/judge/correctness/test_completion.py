"""Launches that the interpreter makes and the compiler refuses are findings, unless a GPU might still make them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.host.settings import RunnerSettings
from pytest_kernelbench.judge.comparison.oracle import Oracle
from pytest_kernelbench.judge.correctness.case_trial import CaseTrial
from pytest_kernelbench.judge.correctness.completion import complete
from pytest_kernelbench.judge.correctness.trial import Finding
from tests.support.judging import kernel_of_text, task_of

CASE = Case(x=Tensor((64,)))


def double(x):
    return 2 * x


HEAD = """
import torch, triton, triton.language as tl

SCALE = 2

@triton.jit
def again(x, n):
    return x if n == 0 else again(x, n - 1)

@triton.jit
def tile(x, y, SIZE: tl.constexpr, stages: tl.constexpr):
    row, column, step = tl.arange(0, SIZE)[:, None], tl.arange(0, SIZE)[None, :], tl.arange(0, 64)
    total = tl.zeros((SIZE, SIZE), tl.float32)
    for start in tl.range(0, 4096, 64, num_stages=stages):
        a = tl.load(x + row * 4096 + start + step[None, :])
        b = tl.load(x + (start + step[:, None]) * SIZE + column)
        total = tl.dot(a, b, total, input_precision="tf32")
    tl.store(y + row * SIZE + column, total)

@triton.jit
def kernel(x, y, n, N: tl.constexpr):
    at = tl.arange(0, 64)
    block = tl.load(x + at)
    {line}
    tl.store(y + at, 2 * block)

def double(x):
    y = torch.empty_like(x)
    {host}
    return y
"""
LAUNCH = "kernel[(1,)](x, y, x.numel(), N=12)"
TILE = "tile[(1,)](x, y, SIZE=128, stages={stages})"

SM_100 = (
    "tl.inline_asm_elementwise('add.rn.f32x2 $0, $1, $1;', '=l,l', [at.to(tl.int64)], tl.int64, is_pure=False, pack=1)"
)
"""An instruction that came with Blackwell."""


@pytest.fixture
def completed() -> Callable[..., CaseTrial]:
    """Return a function that compiles what a kernel launches, and returns its trial."""

    def run(line: str = "pass", host: str = LAUNCH, target: str | None = "sm_90", workload: str = "") -> CaseTrial:
        kernel = kernel_of_text(HEAD.format(line=line, host=host), "double")
        trial = CaseTrial(kernel, task_of(double, CASE, entry="double"), Oracle(), RunnerSettings(), 120)
        complete(trial, target, [(workload, CASE)])
        return trial

    return run


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("block += tl.sum(tl.arange(0, N))", "arange's range must be a power of 2"),
        ("block += tl.sum(tl.dot(*[tl.zeros((8, 8), tl.float16)] * 2))", "."),
        ("block = again(block, n)", "."),
        ("block *= SCALE", "Cannot access global variable SCALE"),
        ("block = [each for each in range(3)][0] + block", "."),
    ],
)
def test_what_the_language_does_not_allow(completed: Callable[..., CaseTrial], line: str, said: str) -> None:
    with pytest.raises(Finding, match=said) as raised:
        completed(line)
    assert raised.value.status == "compile_error"
    assert raised.value.case == CASE
    assert raised.value.message.startswith("compiled for sm_90:\nkernel(x: *fp32 %16, y: *fp32 %16, n: i32 %16, N=12")


def test_an_option_that_no_triton_knows(completed: Callable[..., CaseTrial]) -> None:
    with pytest.raises(Finding, match="Keyword argument block was specified but unrecognised") as raised:
        completed(host=LAUNCH.replace("N=12", "N=12, block=(4, 1)"))
    assert raised.value.status == "runtime_error"
    assert "in double: kernel[(1,)](x, y, x.numel(), N=12, block=(4, 1))" in raised.value.message


@pytest.mark.parametrize("option", ["waves_per_eu=2", "num_consumer_groups=2", "num_warps=8"])
def test_options_of_other_versions_and_gpus(completed: Callable[..., CaseTrial], option: str) -> None:
    completed(host=LAUNCH.replace("N=12", f"N=12, {option}"))


def test_more_shared_memory_than_a_block_has(completed: Callable[..., CaseTrial]) -> None:
    with pytest.raises(Finding, match="out of resource: shared memory, Required: ") as raised:
        completed(host=TILE.format(stages=4), workload="prefill")
    assert raised.value.message.startswith("compiled for sm_90 on the shapes of the workload prefill:\ntile(")
    completed(host=TILE.format(stages=2))


@pytest.mark.parametrize(
    "host",
    [
        f"try:\n        {TILE.format(stages=4)}\n    except Exception:\n        {TILE.format(stages=2)}",
        f"N = 12 if {{reads}} else 16\n    {LAUNCH.replace('12', 'N')}",
        "raise ValueError('only on a GPU')",
        "raise SystemExit",
    ],
    ids=["it tries again", "it reads", "it raises", "it exits"],
)
def test_what_a_gpu_might_still_make(completed: Callable[..., CaseTrial], host: str) -> None:
    trial = completed("block += tl.sum(tl.arange(0, N))", host.format(reads="y.sum().item() == 0"))
    assert not trial.observed


def test_a_compiler_whose_programs_cannot_start(completed: Callable[..., CaseTrial]) -> None:
    no_more = "import resource; resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))"
    assert completed(host=f"{no_more}; {LAUNCH}").observed == {}


def test_nothing_is_compiled_without_a_target(completed: Callable[..., CaseTrial]) -> None:
    assert not completed("block += tl.sum(tl.arange(0, N))", target=None).observed


def test_a_kernel_for_another_gpu(completed: Callable[..., CaseTrial]) -> None:
    assert [*completed(SM_100).observed] == ["does not compile for sm_90, but for sm_100"]
    with pytest.raises(Finding, match="compiled for sm_80:"):
        completed(SM_100, target="sm_80")


def test_the_first_configuration_that_compiles_is_taken(completed: Callable[..., CaseTrial]) -> None:
    tuned = """tuned = triton.autotune([triton.Config({"stages": n}) for n in (7, 2, 1)], key=[])(tile)
    tuned[(1,)](x, y, SIZE=128)"""
    assert not completed(host=tuned).observed
    with pytest.raises(Finding, match=r"stages=7.*\n.*out of resource"):
        completed(host=tuned.replace("2, 1", ""))


@pytest.mark.parametrize("line", ["tl.part_of_another_version(block)", "tl.math.part_of_another_version(block)"])
def test_a_language_that_the_installed_compiler_lacks(completed: Callable[..., CaseTrial], line: str) -> None:
    assert not completed(line).observed
