"""Launches that fail on the interpreter: the compiler says whether the kernel is to blame."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.host.answers import Answer
from pytest_kernelbench.host.settings import RunnerSettings
from pytest_kernelbench.judge.comparison.oracle import Oracle
from pytest_kernelbench.judge.correctness import blame
from pytest_kernelbench.judge.correctness.case_trial import CaseTrial
from pytest_kernelbench.judge.correctness.trial import Finding
from tests.support.judging import kernel_of_text, task_of

CASE = Case(x=Tensor((8,)))


def double(x):
    return 2 * x


TASK = task_of(double, CASE, entry="double")

CODE = """
import torch, triton, triton.language as tl
from triton.language.extra import libdevice
from triton.runtime import interpreter

def planted(*args, **kwargs):
    scope = {{}}
    exec(compile("def fail(): raise IndexError('planted')", interpreter.__file__, "exec"), scope)
    scope["fail"]()

@triton.jit
def kernel(x, y, N: tl.constexpr):
    at = tl.arange(0, N)
    block = tl.load(x + at)
    {line}
    tl.store(y + at, 2 * block)

def double(x):
    y = torch.empty_like(x)
    {host}
    kernel[(1,)](x, y, {arguments})
    return y
"""
PLANTED = "type(interpreter.interpreter_builder).binary_op = planted"


@pytest.fixture
def judged() -> Iterator[Callable[..., Finding]]:
    """Return a function that gives the finding of a kernel on the interpreter."""
    trials: list[CaseTrial] = []

    def judge(line: str = "pass", host: str = "pass", arguments: str = "8") -> Finding:
        kernel = kernel_of_text(CODE.format(line=line, host=host, arguments=arguments), "double")
        trials.append(CaseTrial(kernel, TASK, Oracle(), RunnerSettings(), 120))
        with pytest.raises(Finding) as raised:
            trials[-1].run(CASE)
        return raised.value

    yield judge
    for trial in trials:
        trial.close()


def test_what_the_compiler_takes_is_not_supported_here(judged: Callable[..., Finding]) -> None:
    finding = judged(host=PLANTED)
    assert finding.status == "unsupported"
    assert finding.message.startswith(
        "Triton's interpreter fails in fail, and the compiler takes it: IndexError: planted"
    )
    assert "2 * block" in finding.message


def test_what_the_compiler_refuses_is_its_error(judged: Callable[..., Finding]) -> None:
    finding = judged(line="block += libdevice.tanh(block.to(tl.float16))")
    assert finding.status == "compile_error"
    assert finding.message.startswith("kernel(x: *fp32 %16, y: *fp32 %16, N=8, num_warps=4, num_stages=3)\nat ")
    assert "float16" in finding.message


def test_what_triton_raises_without_the_interpreter_too_is_the_kernels_fault(judged: Callable[..., Finding]) -> None:
    finding = judged(arguments="")
    assert finding.status == "runtime_error"
    assert finding.message.startswith("TypeError: kernel() missing 1 required positional argument: 'N'")


def test_what_this_triton_no_longer_has_proves_nothing() -> None:
    message = "this Triton no longer has blocks: RuntimeError: removed"
    raised = {"status": "unsupported", "message": message, "launch": True}
    failed = Answer("runtime_error", "ValueError: no", within="check")
    status, text = blame._verdict({"status": "ok", "raised": raised, "reads": False}, [], failed)
    assert status == "unsupported"
    assert f"and the compiler cannot tell why ({message}): " in text


def test_where_host_code_does_not_reach_the_compiler_there_is_no_proof(judged: Callable[..., Finding]) -> None:
    finding = judged(host=f"{PLANTED}\n    assert triton.knobs.runtime.interpret")
    assert finding.status == "unsupported"
    assert "and the compiler was not reached" in finding.message


def test_the_compiler_is_asked_once_about_one_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Case] = []

    def ask(kernel, task, case, answer, settings):
        asked.append(case)
        return "unsupported", "no"

    monkeypatch.setattr("pytest_kernelbench.judge.correctness.trial.ask_the_compiler", ask)
    kernel = kernel_of_text(CODE.format(line="pass", host=PLANTED, arguments="8"), "double")
    trial = CaseTrial(kernel, TASK, Oracle(), RunnerSettings(), 60)
    for _ in range(2):
        with pytest.raises(Finding, match="no"):
            trial.run(CASE)
    trial.close()
    assert asked == [CASE]


def test_a_compiler_that_dies_proves_nothing(monkeypatch: pytest.MonkeyPatch, judged: Callable[..., Finding]) -> None:
    monkeypatch.setattr(blame, "SECONDS", 0.0)
    finding = judged(host=PLANTED)
    assert finding.status == "unsupported"
    assert "the compiler could not be asked" in finding.message


UNKNOWN = "8, block=(4, 1)"
"""Arguments of a launch with an option that Triton does not know, and that its interpreter ignores."""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (UNKNOWN, "KeyError: 'Keyword argument block was specified but unrecognised'"),
        ("8, num_warps=3", "AssertionError: num_warps must be a power of 2"),
    ],
)
def test_a_launch_that_triton_does_not_take_is_the_kernels_fault(
    judged: Callable[..., Finding], arguments: str, message: str
) -> None:
    finding = judged(line="tl.program_id(3)", arguments=arguments)
    assert finding.status == "runtime_error"
    assert finding.message.startswith(message)


def test_what_host_code_launches_by_what_it_reads_proves_nothing(judged: Callable[..., Finding]) -> None:
    finding = judged(host=f"{PLANTED}\n    float(x[0])", arguments=UNKNOWN)
    assert finding.status == "unsupported"
    assert "and the compiler was not reached" in finding.message


EXAMPLE = "\ndouble(torch.ones(8, device='cuda'))\n"
"""A call of the kernel at the end of its file."""


def loading(**parts: str) -> Finding:
    """Return the finding of a file that cannot be loaded, since it calls its kernel."""
    code = CODE.format(**{"line": "pass", "host": "pass", "arguments": "8"} | parts) + EXAMPLE
    trial = CaseTrial(kernel_of_text(code, "double"), TASK, Oracle(), RunnerSettings(), 120)
    with pytest.raises(Finding) as raised:
        trial.load()
    trial.close()
    return raised.value


def test_an_example_in_the_file_that_only_the_interpreter_fails_on_is_not_supported_here() -> None:
    finding = loading(host=PLANTED)
    assert finding.status == "unsupported"
    assert "and the compiler takes it: IndexError: planted" in finding.message


def test_an_example_in_the_file_that_the_compiler_refuses_is_an_error_of_the_file() -> None:
    finding = loading(line="for k in range(2): block += at[k]")
    assert finding.status == "load_error"
    assert finding.message.startswith("CompilationError: at ")


def test_an_example_in_the_file_is_not_blamed_where_the_compiler_lacks_something(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lacking = Answer("runtime_error", "RuntimeError: Cannot find ptxas", within="make_cubin")
    monkeypatch.setattr(blame, "_loaded", lambda runner, kernel, task: lacking)
    finding = loading(host=PLANTED)
    assert finding.status == "unsupported"
    assert "the compiler could not be asked" in finding.message


def test_an_example_that_fails_by_itself_is_an_error_of_the_file() -> None:
    finding = loading(host="assert x.sum() < 0, 'not negative'")
    assert (finding.status, finding.message.splitlines()[0]) == ("load_error", "AssertionError: not negative")
