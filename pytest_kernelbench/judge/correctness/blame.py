"""Whose fault it is that a launch fails on the interpreter: the compiler, which reads the same launch, is asked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.host.answers import Answer, plain, shown
from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.process import RunnerDied
from pytest_kernelbench.host.settings import START_SECONDS, RunnerSettings, compiling
from pytest_kernelbench.judge.comparison.evidence import signature
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.submission import entry_points, modules_for
from pytest_kernelbench.model.task import Task
from pytest_kernelbench.wire.protocol import MAX_TEXT

if TYPE_CHECKING:
    from pytest_kernelbench.model.submission import Kernel

TARGET = "sm_90"
"""The GPU that the compiler is asked about."""

MACHINE = re.compile(r"Cannot find|\[Errno \d+\]|MemoryError|OSError|was ended by SIG")
"""What the compiler says where this machine lacks something, or where it was ended: any error of the system counts."""

SECONDS = 60.0
"""Seconds for the compilation of what the kernel launches in one call."""


def ask_the_compiler(
    kernel: Kernel, task: Task, case: Case, answer: Answer, settings: RunnerSettings
) -> tuple[str, str]:
    """Return the status and the message of a call on a case whose launch raised what `answer` says.

    It is a `compile_error` where the compiler refuses the launch, and a `runtime_error` where Triton raises the same
    exception without the interpreter, or does not take the launch there. Anything else is `unsupported`: there is no
    proof that the kernel is to blame.
    """
    runner = Runner(compiling(TARGET, settings))
    try:
        loaded = _loaded(runner, kernel, task)
        if loaded.status != "ok":
            return _unsupported(answer, "the compiler could not be asked")
        return _verdict(*_compiled(runner, task, case), answer)
    except RunnerDied as death:
        return _unsupported(answer, f"the compiler could not be asked: {death}")
    finally:
        runner.close()


def ask_about_loading(kernel: Kernel, task: Task, answer: Answer, settings: RunnerSettings) -> tuple[str, str]:
    """Return the status and the message of a file with a launch that raised what `answer` says while it was loaded.

    It is a `load_error` where a launch fails without the interpreter, too, and `unsupported` otherwise.
    """
    runner = Runner(compiling(TARGET, settings))
    try:
        loaded = _loaded(runner, kernel, task)
        if loaded.status == "ok" or not (loaded.within or _kind(loaded) == _kind(answer)):
            return _unsupported(answer, "the compiler takes it")
        if MACHINE.search(loaded.message):
            return _unsupported(answer, "the compiler could not be asked")
        return "load_error", loaded.text
    except RunnerDied as death:
        return _unsupported(answer, f"the compiler could not be asked: {death}")
    finally:
        runner.close()


def _loaded(runner: Runner, kernel: Kernel, task: Task) -> Answer:
    """Load a kernel where launches are compiled and not run."""
    entries, limit = entry_points(kernel, task), SECONDS + START_SECONDS
    return runner.load(kernel.text(), f"{kernel.task}.py", entries, limit, modules_for(kernel, task))


def _compiled(runner: Runner, task: Task, case: Case) -> tuple[dict[str, Any], list[str]]:
    """Compile what is launched on a case; return the response, and what the compiler says where it refuses."""
    refused: list[str] = []

    def seen(header: dict[str, Any]) -> None:
        if header.get("done") is True and header.get("error") is not None and header.get("tuned") is not True:
            what = f"{shown(header.get('name'), 200)}({shown(header.get('specialisation'), 2000)})"
            refused.append(f"{what}\n{shown(header.get('error'), MAX_TEXT)}")

    header = runner.compile(case, signature(task), convention=task.calling_convention, timeout=SECONDS, seen=seen)
    return header, refused


def _verdict(header: dict[str, Any], refused: list[str], answer: Answer) -> tuple[str, str]:
    if refused:
        return "compile_error", refused[0]
    raised = header.get("raised")
    if header.get("status") != "ok" or raised is None:
        taken = header.get("status") == "ok" and bool(header.get("launches"))
        return _unsupported(answer, "the compiler takes it" if taken else "the compiler was not reached")
    found = plain(raised) if isinstance(raised, dict) else Answer("crash")
    if isinstance(raised, dict) and raised.get("compiler") is True and found.status != "unsupported":
        return "compile_error", found.text
    if _kind(found) == _kind(answer):
        return answer.status, answer.text
    if found.status == "unsupported":
        return _unsupported(answer, f"the compiler cannot tell why ({found.message.splitlines()[0]})")
    if isinstance(raised, dict) and raised.get("launch") is True and header.get("reads") is False:
        return "runtime_error", found.text
    return _unsupported(answer, "the compiler was not reached")


def _kind(answer: Answer) -> str:
    """Return the class of the exception that an answer tells."""
    return answer.message.partition(":")[0]


def _unsupported(answer: Answer, why: str) -> tuple[str, str]:
    return "unsupported", f"Triton's interpreter fails in {answer.within}, and {why}: {answer.text}"
