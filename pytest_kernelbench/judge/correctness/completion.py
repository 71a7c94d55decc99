"""What the compiler says about the launches of a kernel that is right on the interpreter: language and resources.

The interpreter runs code that the compiler refuses, knows no limit of shared memory, and takes any option of a launch.
Only a refusal is a finding, and only where it is certain that a GPU makes the same launch: host code that reads results
reads made-up ones here, and may catch an error of the compiler.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_kernelbench.host.answers import plain, shown
from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.process import RunnerDied
from pytest_kernelbench.host.settings import START_SECONDS, compiling
from pytest_kernelbench.judge.comparison.evidence import signature
from pytest_kernelbench.judge.correctness.blame import MACHINE
from pytest_kernelbench.judge.correctness.case_trial import CaseTrial
from pytest_kernelbench.judge.correctness.elsewhere import AMD_GPU, mentions_amd
from pytest_kernelbench.judge.correctness.trial import Finding, whole
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.submission import entry_points, modules_for
from pytest_kernelbench.model.targets import DEFAULT, target
from pytest_kernelbench.wire.protocol import MAX_TEXT

SECONDS = 60.0
"""Seconds for all launches that are compiled at once; what is not compiled by then is not known to be refused."""

NEWEST = "sm_100"
"""A GPU with instructions that the usual one lacks."""

_LACKING = re.compile(r"module 'triton[.\w]*' has no attribute|cannot import name")
"""What the installed Triton says of a part of the language that other versions have, and the interpreter here too."""

_OPTION = re.compile(r"KeyError: 'Keyword argument (\w+) was specified but unrecognised'")
"""What Triton says of an argument of a launch that neither the kernel has nor it knows as an option."""

_OPTIONS = frozenset(
    ("allow_flush_denorm", "enable_persistent", "enable_warp_specialization", "instruction_sched_variant", "kpack",
     "matrix_instr_nonkdim", "max_num_imprecise_acc_default", "num_buffers_warp_spec", "num_consumer_groups",
     "optimize_epilogue", "reg_dec_producer", "reg_inc_consumer", "schedule_hint", "waves_per_eu")
)  # fmt: skip
"""Options that other versions of Triton know, or that it knows for other GPUs."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A launch that Triton refuses without its interpreter."""

    status: str
    """`compile_error`, or `runtime_error` for an option that it does not know."""
    message: str
    """The specialisation, and what the compiler says."""
    workload: str
    """Name of the workload that makes the launch; empty for other cases."""
    case: Case


@dataclass(slots=True)
class _Compiler:
    """The compiler at work on the launches of a few cases, for one target."""

    target: str
    trial: CaseTrial
    refused: list[str] = field(default_factory=list)
    """Specialisations of the current case that the compiler refuses, with its message."""
    taken: int = 0
    """Launches of cases whose host code has returned."""

    def refusal(self, cases: Sequence[tuple[str, Case]]) -> Refusal | None:
        """Return the first refusal; None where there is none, or where that is not known."""
        trial, deadline = self.trial, time.monotonic() + SECONDS
        runner = Runner(compiling(self.target, trial.settings))
        try:
            code, entries = trial.kernel.text(), entry_points(trial.kernel, trial.task)
            file, helpers = f"{trial.kernel.task}.py", modules_for(trial.kernel, trial.task)
            if runner.load(code, file, entries, SECONDS + START_SECONDS, helpers).status != "ok":
                return None
            # Starting the first runner of a session takes seconds.
            deadline = max(deadline, time.monotonic() + SECONDS / 2)
            for workload, case in cases:
                left = deadline - time.monotonic()
                if left > 0 and (found := self._refused(runner, case, left)):
                    return Refusal(*found, workload, case)
        except RunnerDied:  # the compiler takes too long or crashes, which is no refusal
            return None
        finally:
            runner.close()
        return None

    def _refused(self, runner: Runner, case: Case, seconds: float) -> tuple[str, str] | None:
        """Return the status and what Triton says where it ends the call on a case; None where it does not."""
        self.refused.clear()
        convention = self.trial.task.calling_convention
        header = runner.compile(
            case, signature(self.trial.task), convention=convention, timeout=seconds, seen=self._seen, every=False
        )
        if header.get("status") != "ok" or header.get("reads") is not False:
            return None
        raised = header.get("raised")
        if not isinstance(raised, dict):
            self.taken += whole(header.get("launches"))
            return None
        answer = plain(raised)
        option = _OPTION.match(answer.message) if raised.get("launch") is True else None
        if option is not None and option[1] not in _OPTIONS:
            return "runtime_error", answer.text
        if raised.get("compiler") is not True or raised.get("status") == "unsupported" or not self.refused:
            return None
        message = self.refused[-1]
        return None if _LACKING.search(message) or MACHINE.search(message) else ("compile_error", message)

    def _seen(self, header: dict[str, Any]) -> None:
        if header.get("done") is True and header.get("error") is not None:
            what = f"{shown(header.get('name'), 200)}({shown(header.get('specialisation'), 2000)})"
            self.refused.append(f"{what}\n{shown(header.get('error'), MAX_TEXT)}")


def complete(trial: CaseTrial, name: str | None, cases: Sequence[tuple[str, Case]]) -> None:
    """Compile what the kernel launches on cases for a target; raises `Finding` for a launch that the compiler refuses.

    Each case has the name of its workload, or none. What is refused for the default target is only observed where
    another GPU takes it that the kernel may be made for.
    """
    if name is None or not cases or not _available(name):
        return
    started = time.monotonic()
    try:
        refusal = _Compiler(name, trial).refusal(cases)
        other = _taker(trial, refusal) if refusal is not None and name == DEFAULT else None
    finally:
        trial.deadline += time.monotonic() - started
    if refusal is None:
        return
    if other is not None:
        trial.observed[f"does not compile for {name}, but for {other}"] = ""
        return
    where = f" on the shapes of the workload {refusal.workload}" if refusal.workload else ""
    raise Finding(refusal.status, f"compiled for {name}{where}:\n{refusal.message}", refusal.case)


def _available(name: str) -> bool:
    """Whether the installed Triton compiles for a target."""
    try:
        target(name)
    except KernelBenchError:
        return False
    return True


def _taker(trial: CaseTrial, refusal: Refusal) -> str | None:
    """Return another GPU for which a refused launch compiles; None where there is none."""
    for name in (NEWEST, *([AMD_GPU[0]] if mentions_amd(trial.kernel.text()) else [])):
        if _available(name):
            compiler = _Compiler(name, trial)
            if compiler.refusal([(refusal.workload, refusal.case)]) is None and compiler.taken:
                return name
    return None
