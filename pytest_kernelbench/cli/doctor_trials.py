"""The trials of the doctor: a small kernel, run by the interpreter and compiled for one target."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.targets import target as checked_target

if TYPE_CHECKING:
    from pytest_kernelbench.host.client import Runner
    from pytest_kernelbench.host.settings import RunnerSettings
    from pytest_kernelbench.model.case import Case

COPY = """
import torch, triton
import triton.language as tl

@triton.jit
def copy(x, y, size, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(y + at, tl.load(x + at, mask=at < size), mask=at < size)

def work(x):
    y = torch.empty_like(x)
    copy[(triton.cdiv(x.numel(), 64),)](x, y, x.numel(), BLOCK=64)
    return y
"""
"""The code of the kernel."""

PARAMETERS = [("x", "POSITIONAL_OR_KEYWORD")]
"""The signature of the kernel, as runners are told."""

TIMEOUT = 120.0
"""Seconds for each step of a trial; the first one imports torch and Triton."""


def interpret() -> str:
    """Run the kernel in the interpreter; return the error, or an empty text."""
    from pytest_kernelbench.host.settings import RunnerSettings

    def use(runner: Runner, case: Case) -> str:
        answer = runner.call(case, PARAMETERS, max_bytes=1 << 10, timeout=TIMEOUT)
        return "" if answer.status == "ok" else f"{answer.status}: {answer.message}"

    return _tried(RunnerSettings(), use)


def compile_for(target: str) -> str:
    """Compile the kernel for a target; return the error, or an empty text."""
    from pytest_kernelbench.host.settings import compiling

    def use(runner: Runner, case: Case) -> str:
        errors: list[str] = []
        answer = runner.compile(
            case,
            PARAMETERS,
            convention="call",
            timeout=TIMEOUT,
            seen=lambda compiled: errors.append(compiled.get("error") or ""),
        )
        raised = answer.get("raised") or {}
        return str(raised.get("message", "")) or "".join(errors)

    try:
        checked_target(target)
    except KernelBenchError as error:
        return str(error)
    return _tried(compiling(target), use)


def _tried(settings: RunnerSettings, use: Callable[[Runner, Case], str]) -> str:
    """Load the kernel in a new runner and return the result of `use`, or the error that loading it gave."""
    from pytest_kernelbench.host.client import Runner
    from pytest_kernelbench.host.process import RunnerDied
    from pytest_kernelbench.model.case import Case, Tensor

    runner = Runner(settings)
    try:
        loaded = runner.load(COPY, "work.py", ["work"], TIMEOUT)
        if loaded.status != "ok":
            return f"{loaded.status}: {loaded.message}"
        error = use(runner, Case(x=Tensor((100,))))
        needed = f"the sandbox refused the system calls {', '.join(runner.refused)}" if runner.refused else ""
        return "; ".join(filter(None, (error, needed)))
    except RunnerDied as death:
        return str(death)
    finally:
        runner.close()
