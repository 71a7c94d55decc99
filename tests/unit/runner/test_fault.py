"""Whose fault an exception is: a failure is planted in each function that runs kernels here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.host.answers import Answer
from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.settings import RunnerSettings

CODE = """
import torch, triton, triton.language as tl
from triton.language.extra import libdevice
from triton.runtime import interpreter
from triton.runtime.autotuner import Autotuner
from pytest_kernelbench.devices import loops, stand_in

builder = type(interpreter.interpreter_builder)

@triton.autotune([triton.Config({{"BLOCK": 16}})], key=[])
@triton.jit
def kernel(x, y, scale, N, BLOCK: tl.constexpr):
    at = tl.arange(0, BLOCK)
    full = tl.load(x + at)
    for k in range(0, N):
        full = tl.load(x + at, mask=at < 8 + k, other=0.0)
    full = tl.erf(full) + tl.rsqrt(tl.fma(full, full, 1.0)) + tl.clamp(full, -1.0, 1.0) + libdevice.tanh(full)
    total = tl.sum(full.to(tl.float64), axis=0).to(tl.float32)
    square = tl.dot(full[:, None] * full[None, :], full[:, None] * full[None, :])
    tl.store(y + at, tl.sum(square, axis=0) * scale + total)
    tl.store(y + at, full.to(tl.bfloat16).to(tl.float32), mask=at < 4)

def planted(*args, **kwargs):
    scope = {{}}
    exec(compile("def fail():\\n    raise {error}('planted')", stand_in.__file__, "exec"), scope)
    scope["fail"]()

def work(x):
    interpreter.InterpretedFunction.rewritten_fn.clear()
    real = {place}.{name}
    {place}.{name} = planted
    try:
        y = torch.empty_like(x, device=x.device)
        torch.cuda.synchronize()
        kernel[lambda meta: (1,)](x, y, 2.0, 2)
    finally:
        {place}.{name} = real
    return y
"""

PLACES = [
    ("interpreter.GridExecutor", "__call__"), ("interpreter.interpreter_builder", "set_grid_dim"),
    ("interpreter.interpreter_builder", "set_grid_idx"), ("interpreter", "_patch_lang"),
    ("interpreter", "_implicit_cvt"), ("Autotuner", "run"),
    ("interpreter.ASTTransformer", "visit_For"), ("interpreter", "_kernelbench_loop"),
    ("builder", "create_masked_load"), ("builder", "create_masked_store"), ("builder", "create_load"),
    ("builder", "create_store"), ("builder", "create_fma"), ("builder", "create_erf"), ("builder", "create_rsqrt"),
    ("builder", "create_clampf"), ("builder", "create_dot"), ("builder", "cast_impl"), ("builder", "binary_op"),
    ("builder", "create_extern_elementwise"), ("interpreter.ReduceScanOpInterface", "apply"), ("libdevice", "tanh"),
]  # fmt: skip
"""Functions of a launch that this package replaces."""


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    runner = Runner(RunnerSettings())
    yield runner
    runner.close()


def answer_of(runner: Runner, code: str) -> Answer:
    loaded = runner.load(code, "work.py", ["work"])
    assert loaded.status == "ok", loaded.text
    return runner.call(Case(x=Tensor((16,))), [("x", "POSITIONAL_OR_KEYWORD")], max_bytes=1 << 20, timeout=60)


@pytest.mark.parametrize(("place", "name"), PLACES)
def test_a_failure_planted_in_a_launch_is_put_to_the_compiler(runner: Runner, place: str, name: str) -> None:
    answer = answer_of(runner, CODE.format(place=place, name=name, error="IndexError"))
    assert (answer.status, answer.message) == ("runtime_error", "IndexError: planted")
    assert answer.within == "fail"


@pytest.mark.parametrize(("place", "name"), [("torch.cuda", "synchronize"), ("stand_in", "redirect"),
                                             ("stand_in", "poison")])  # fmt: skip
def test_a_failure_planted_in_the_stand_in_is_no_fault_of_a_kernel(runner: Runner, place: str, name: str) -> None:
    answer = answer_of(runner, CODE.format(place=place, name=name, error="KeyError"))
    assert answer.status == "unsupported"
    assert answer.message == "the stand-in for a GPU failed in fail: KeyError: 'planted'"


def test_nothing_is_planted_and_the_kernel_works(runner: Runner) -> None:
    answer = answer_of(runner, CODE.format(place="torch", name="pi", error="KeyError"))
    assert answer.status == "ok", answer.text


HOST = """
import torch, triton, triton.language as tl
@triton.jit
def kernel(x, n):
    {kernel}
def work(x):
    {host}
"""


@pytest.mark.parametrize(
    ("host", "kernel", "message"),
    [
        ("torch.empty_like(x, device='cuda').view(3)", "pass", "RuntimeError: shape '[3]' is invalid"),
        ("torch.cuda.device('no')[0]", "pass", "TypeError: '_GeneratorContextManager' object is not subscriptable"),
        ("torch.zeros(2, device='cuda') @ torch.zeros(3, device='cuda')", "pass", "RuntimeError: "),
        ("torch.device('nowhere')", "pass", "RuntimeError: Expected one of"),
        ("kernel[lambda meta: 1 / 0](x, 1)", "pass", "ZeroDivisionError: "),
        (
            "kernel[(1,)](x, 1)",
            "tl.make_tensor_descriptor(x + 1, [8], [1], [8])",
            "ValueError: tensor descriptor: ",
        ),
        ("tl.tensor(shape=x.shape)", "pass", "TypeError: tensor.__init__() got an unexpected keyword argument 'shape'"),
        ("tl.tensor([1.0])", "pass", "TypeError: tensor.__init__() missing 1 required positional argument: 'type'"),
        ("tl.block_type(tl.float32)", "pass", "TypeError: block_type.__init__() missing 1 required"),
    ],
)
def test_what_a_kernel_raises_itself_stays_its_fault(runner: Runner, host: str, kernel: str, message: str) -> None:
    answer = answer_of(runner, HOST.format(host=host, kernel=kernel))
    assert answer.status == "runtime_error", answer.text
    assert answer.message.startswith(message)
    assert answer.within == ""


@pytest.mark.parametrize(
    ("host", "message"), [("raise ValueError('mine')", "ValueError: mine"), ("assert x.is_cpu", "AssertionError: ")]
)
def test_what_it_raises_on_purpose_before_a_launch_is_a_refusal(runner: Runner, host: str, message: str) -> None:
    answer = answer_of(runner, HOST.format(host=host, kernel="pass"))
    assert answer.status == "refused", answer.text
    assert answer.message.startswith(message)


@pytest.mark.parametrize(
    ("host", "text"),
    [
        ("torch.cuda.Event().nothing", "the stand-in for a GPU lacks nothing"),
        ("torch.cuda.synchronize(nothing=1)", "the stand-in for a GPU does not take these arguments"),
        ("triton.runtime.driver.active.get_current_target(3)", "the stand-in for a GPU failed in "),
    ],
)
def test_what_the_stand_in_lacks_is_no_fault_of_a_kernel(runner: Runner, host: str, text: str) -> None:
    answer = answer_of(runner, HOST.format(host=host, kernel="pass"))
    assert answer.status == "unsupported"
    assert answer.message.startswith(text)


@pytest.mark.parametrize(
    "line", ["tl.load(x).nothing", "tl.arange(0, 3)", "tl.zeros((2,), tl.float32) + tl.arange(0, 4)"]
)
def test_other_failures_of_a_kernel_function_are_put_to_the_compiler(runner: Runner, line: str) -> None:
    answer = answer_of(runner, HOST.format(host="kernel[(1,)](x, 1)", kernel=line))
    assert answer.status == "runtime_error"
    assert answer.within


def test_a_missing_argument_is_put_to_the_compiler(runner: Runner) -> None:
    answer = answer_of(runner, HOST.format(host="kernel[(1,)](x)", kernel="pass"))
    assert answer.message.startswith("TypeError: ")
    assert answer.within
